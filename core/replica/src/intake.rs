//! Taking in one item of what the hub sent: stored, projected, and counted in its channel.

use std::collections::BTreeSet;

use automerge::{Automerge, Change, ReadDoc};
use roundsman_core::documents::{Stamp, load};
use roundsman_core::id::ItemId;
use roundsman_core::sync::{
    BatchItem, ChangeNews, Channel, Digest, News, document_element, hash, record_element,
};
use roundsman_core::time::{Hlc, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use crate::journal::Journal;
use crate::{Error, Result, Topic, main_file, project};

/// Takes in items of one channel.
pub(crate) struct Intake<'a> {
    db: &'a Connection,
    journal: &'a Journal,
    channel: Channel,
    now: Timestamp,
    /// What was touched.
    pub(crate) topics: BTreeSet<Topic>,
}

/// Why an item cannot be taken in: what it builds on is not here, or it cannot be read. It then
/// counts as missing, and the repair of its channel brings it whole.
enum Stop {
    Unclear,
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl<'a> Intake<'a> {
    pub(crate) fn new(
        db: &'a Connection,
        journal: &'a Journal,
        channel: Channel,
        now: Timestamp,
    ) -> Self {
        Self { db, journal, channel, now, topics: BTreeSet::new() }
    }

    /// The item's element in the channel; none when it left or cannot be taken in.
    pub(crate) fn take(&mut self, news: &BatchItem) -> Result<Option<[u8; 32]>> {
        match self.put(news) {
            Ok(element) => Ok(element),
            Err(Stop::Unclear) => Ok(None),
            Err(Stop::Failed(error)) => Err(error),
        }
    }

    fn put(&mut self, news: &BatchItem) -> Result<Option<[u8; 32]>, Stop> {
        Ok(match &news.news {
            News::Left => None,
            News::Record(bytes) | News::Signed(bytes, _) => {
                self.put_record(news.item, &bytes.0)?;
                Some(record_element(self.channel, news.item, &hash(&bytes.0)))
            }
            News::Snapshot(bytes) => {
                let document = load(&bytes.0).map_err(|_| Stop::Unclear)?;
                // Stored as it came: writing it again would only make the same bytes.
                main_file::set_base(self.db, news.item, &bytes.0)?;
                Some(self.put_document(news.item, document)?)
            }
            News::Changes(changes) => {
                let document = self.merged(news.item, changes)?;
                main_file::set_base(self.db, news.item, &document.save_nocompress())?;
                Some(self.put_document(news.item, document)?)
            }
        })
    }

    /// The base with these changes.
    fn merged(&self, item: ItemId, changes: &[ChangeNews]) -> Result<Automerge, Stop> {
        let mut document = match main_file::base_to_build_on(self.db, item) {
            Ok(document) => document.unwrap_or_default(),
            Err(Error::Corrupt(_)) => return Err(Stop::Unclear),
            Err(error) => return Err(error.into()),
        };
        let mut parsed = Vec::with_capacity(changes.len());
        for change in changes {
            let bytes = match change {
                ChangeNews::Whole(bytes) => bytes.0.clone(),
                ChangeNews::Own(own) => match main_file::pending_bytes(self.db, item, &own.0)? {
                    Some(bytes) => bytes,
                    // Another channel brought it already.
                    None if has(&document, &own.0) => continue,
                    // It was taken out of what people see and came in after all.
                    None => self
                        .journal
                        .change(&main_file::entries_of(self.db, item)?, &own.0)?
                        .ok_or(Stop::Unclear)?,
                },
            };
            parsed.push(Change::from_bytes(bytes).map_err(|_| Stop::Unclear)?);
        }
        document.apply_changes(parsed).map_err(|_| Stop::Unclear)?;
        let whole = document.get_missing_deps(&[]).is_empty() && !document.get_heads().is_empty();
        if whole { Ok(document) } else { Err(Stop::Unclear) }
    }

    /// Takes off the pending list what is in a document's new base, and projects its row.
    fn put_document(&mut self, item: ItemId, document: Automerge) -> Result<[u8; 32]> {
        let db = self.db;
        let element = element_of(self.channel, item, &document);
        if !roundsman_core::planted!("others' clocks not observed") {
            observe(db, &document, self.now)?;
        }
        let mut waiting = Vec::new();
        for (_, change) in main_file::pending(db, item)? {
            if has(&document, &change.hash().0)
                || roundsman_core::planted!("every change of a document taken for admitted")
            {
                db.prepare_cached("delete from pending where item = ?1 and hash = ?2")?
                    .execute(params![item.to_bytes(), change.hash().0])?;
            } else {
                waiting.push(change);
            }
        }
        let seen = if waiting.is_empty() {
            document
        } else {
            main_file::with_what_fits(document, waiting)
        };
        self.topics.extend(project::document(db, item, Some(&seen))?);
        Ok(element)
    }

    fn put_record(&mut self, item: ItemId, bytes: &[u8]) -> Result<()> {
        self.db
            .prepare_cached("insert into record (item, bytes) values (?1, ?2) on conflict (item) do update set bytes = ?2")?
            .execute(params![item.to_bytes(), bytes])?;
        if let Some(closed) = item.stands_for() {
            closed_now(self.db, closed)?;
        }
        self.topics.extend(project::record(self.db, item, Some(bytes))?);
        Ok(())
    }
}

/// A summary came: what was fetched of its document may be older, and own work on it may be done.
fn closed_now(db: &Connection, closed: ItemId) -> Result<()> {
    if main_file::holds(db, closed)? {
        return main_file::set_number(db, main_file::PURGED, 0);
    }
    db.prepare_cached("delete from fetched where item = ?1")?.execute([closed.to_bytes()])?;
    Ok(())
}

/// A document's element in a channel.
pub(crate) fn element_of(channel: Channel, item: ItemId, document: &Automerge) -> [u8; 32] {
    let heads: Vec<[u8; 32]> = document.get_heads().into_iter().map(|head| head.0).collect();
    document_element(channel, item, &heads)
}

fn has(document: &Automerge, hash: &[u8]) -> bool {
    <[u8; 32]>::try_from(hash)
        .is_ok_and(|hash| document.get_change_meta_by_hash(&automerge::ChangeHash(hash)).is_some())
}

/// The device's hybrid clock runs ahead of everything it has seen, unless that is from the future.
fn observe(db: &Connection, document: &Automerge, now: Timestamp) -> Result<()> {
    let known = Hlc(main_file::number(db, "clock")?);
    let mut seen = known;
    for head in document.get_heads() {
        if let Some(change) = document.get_change_meta_by_hash(&head) {
            seen = seen.observe(Stamp::of(&change).at, now);
        }
    }
    if seen > known { main_file::set_number(db, "clock", seen.0) } else { Ok(()) }
}

/// Puts an item's element into the channel, or takes it out.
pub(crate) fn place(
    db: &Connection,
    channel: &str,
    item: ItemId,
    element: Option<[u8; 32]>,
    digest: &mut Digest,
) -> Result<()> {
    let Some(element) = element else {
        if let Some(before) = element_before(db, channel, item)? {
            digest.remove(&before);
        }
        db.prepare_cached("delete from membership where channel = ?1 and item = ?2")?
            .execute(params![channel, item.to_bytes()])?;
        return main_file::set_number(db, main_file::PURGED, 0);
    };
    digest.add(&element);
    let is_new = db
        .prepare_cached(
            "insert or ignore into membership (channel, item, element) values (?1, ?2, ?3)",
        )?
        .execute(params![channel, item.to_bytes(), element])?
        == 1;
    // Mostly it is new, and that is one statement.
    if !is_new {
        if let Some(before) = element_before(db, channel, item)? {
            digest.remove(&before);
        }
        db.prepare_cached("update membership set element = ?3 where channel = ?1 and item = ?2")?
            .execute(params![channel, item.to_bytes(), element])?;
    }
    Ok(())
}

fn element_before(db: &Connection, channel: &str, item: ItemId) -> Result<Option<[u8; 32]>> {
    Ok(db
        .prepare_cached("select element from membership where channel = ?1 and item = ?2")?
        .query_row(params![channel, item.to_bytes()], |row| row.get(0))
        .optional()?)
}
