//! Applying what came from the hub: a batch and its cursor in one transaction.

use std::collections::BTreeSet;

use automerge::{Automerge, Change, ReadDoc};
use roundsman_core::documents::{Stamp, load};
use roundsman_core::id::{ItemId, ItemKind};
use roundsman_core::sync::device::Outcome;
use roundsman_core::sync::{
    Batch, ChangeNews, Channel, Digest, News, document_element, hash, record_element,
};
use roundsman_core::time::{Hlc, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use crate::journal::Journal;
use crate::names::Directory;
use crate::{Error, Replica, Result, Topic, main_file, project};

/// Why a batch cannot be applied as it is.
enum Stop {
    /// The channel must start over.
    Diverged,
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl Replica {
    /// Applies a batch, or says why not. Nothing of it is kept unless all of it is.
    pub(crate) fn apply(&mut self, batch: &Batch) -> Result<Outcome> {
        let cursor = cursor(&self.db, batch.channel)?;
        let follows = batch.from == 0
            || cursor.is_some_and(|(epoch, seq, _)| epoch == batch.epoch && seq == batch.from);
        if !follows {
            let stale =
                cursor.is_some_and(|(epoch, seq, _)| epoch == batch.epoch && seq >= batch.to);
            return Ok(if stale { Outcome::Stale } else { Outcome::Diverged });
        }
        let now = self.now();
        let transaction = self.db.transaction()?;
        match write(&transaction, &self.journal, batch, now) {
            Ok(topics) => {
                transaction.commit()?;
                if batch
                    .items
                    .iter()
                    .any(|it| matches!(it.item.kind, ItemKind::Person | ItemKind::Territory))
                {
                    *self.directory.borrow_mut() = Directory::load(&self.db)?;
                }
                self.changed.extend(topics);
                self.settle_declined()?;
                Ok(Outcome::Done)
            }
            Err(Stop::Diverged) => Ok(Outcome::Diverged),
            Err(Stop::Failed(error)) => Err(error),
        }
    }

    /// Leaves every channel that is not in the list, and takes on new ones.
    pub(crate) fn set_channels(
        &mut self,
        heads: &[roundsman_core::sync::ChannelHead],
    ) -> Result<()> {
        let transaction = self.db.transaction()?;
        let names: Vec<String> = {
            let mut statement = transaction.prepare_cached("select name from channel")?;
            let rows = statement.query_map([], |row| row.get(0))?;
            rows.collect::<Result<_, _>>()?
        };
        // First what comes: nothing is purged that is on its way through another channel.
        for head in heads {
            let (name, seq, items) =
                (head.channel.to_string(), as_i64(head.seq), as_i64(head.items));
            transaction
                .prepare_cached(
                    "insert into channel (name, epoch, seq, digest, head, items) values (?1, ?2, 0, zeroblob(32), ?3, ?4) \
                     on conflict (name) do update set head = ?3, items = ?4",
                )?
                .execute(params![name, head.epoch, seq, items])?;
        }
        let ended = |name: &&String| heads.iter().all(|head| head.channel.to_string() != **name);
        let left: Vec<_> = names.iter().filter(ended).collect();
        for name in &left {
            transaction.execute("delete from membership where channel = ?1", [name])?;
            transaction.execute("delete from channel where name = ?1", [name])?;
        }
        let topics = if left.is_empty() { BTreeSet::new() } else { purge(&transaction)? };
        transaction.commit()?;
        self.changed.extend(topics);
        self.changed.insert(Topic::Sync);
        Ok(())
    }

    /// Forgets a channel's cursor; the next line brings all of it again.
    pub(crate) fn start_over(&mut self, channel: Channel) -> Result<()> {
        self.db.execute("update channel set seq = 0 where name = ?1", [channel.to_string()])?;
        Ok(())
    }
}

/// A channel's epoch, cursor and digest.
type Place = ([u8; 16], u64, [u8; 32]);

fn cursor(db: &Connection, channel: Channel) -> Result<Option<Place>> {
    Ok(db
        .prepare_cached("select epoch, seq, digest from channel where name = ?1")?
        .query_row([channel.to_string()], |row| {
            Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs(), row.get(2)?))
        })
        .optional()?)
}

fn write(
    db: &Connection,
    journal: &Journal,
    batch: &Batch,
    now: Timestamp,
) -> Result<BTreeSet<Topic>, Stop> {
    let name = batch.channel.to_string();
    let mut digest = Digest::default();
    if batch.from == 0 {
        db.execute("delete from membership where channel = ?1", [&name])?;
    } else if let Some((_, _, sum)) = cursor(db, batch.channel)? {
        digest = Digest(sum);
    }
    let mut topics = BTreeSet::from([Topic::Sync]);
    let mut left = false;
    for news in &batch.items {
        let element = match &news.news {
            News::Left => None,
            News::Record(bytes) | News::Signed(bytes, _) => {
                put_record(db, news.item, &bytes.0, &mut topics)?;
                Some(record_element(batch.channel, news.item, &hash(&bytes.0)))
            }
            News::Snapshot(bytes) => {
                let document = load(&bytes.0).map_err(|_| Stop::Diverged)?;
                Some(put_document(db, batch.channel, news.item, &document, now, &mut topics)?)
            }
            News::Changes(changes) => {
                let document = merged(db, journal, news.item, changes)?;
                Some(put_document(db, batch.channel, news.item, &document, now, &mut topics)?)
            }
        };
        left |= element.is_none();
        place(db, &name, news.item, element, &mut digest)?;
    }
    db.prepare_cached(
        "insert into channel (name, epoch, seq, digest, head, items) values (?1, ?2, ?3, ?4, ?3, 0) \
         on conflict (name) do update set epoch = ?2, seq = ?3, digest = ?4, head = max(head, ?3)",
    )?
    .execute(params![name, batch.epoch, as_i64(batch.to), digest.0])?;
    let complete = batch.digest.is_some();
    db.prepare_cached(if complete {
        "delete from catching_up where channel = ?1"
    } else {
        "insert or ignore into catching_up (channel) values (?1)"
    })?
    .execute([&name])?;
    if batch.digest.as_ref().is_some_and(|theirs| theirs.0 != digest.0) {
        return Err(Stop::Diverged);
    }
    if left || complete {
        topics.extend(purge(db)?);
    }
    Ok(topics)
}

/// The base with these changes; a change whose dependencies are missing means a gap.
fn merged(
    db: &Connection,
    journal: &Journal,
    item: ItemId,
    changes: &[ChangeNews],
) -> Result<Automerge, Stop> {
    let mut document = main_file::base(db, item)?.unwrap_or_default();
    let mut parsed = Vec::with_capacity(changes.len());
    for change in changes {
        let bytes = match change {
            ChangeNews::Whole(bytes) => bytes.0.clone(),
            ChangeNews::Own(own) => match main_file::pending_bytes(db, item, &own.0)? {
                Some(bytes) => bytes,
                // Another channel brought it already.
                None if has(&document, &own.0) => continue,
                // It was taken out of what people see and came in after all.
                None => journal
                    .change(&main_file::entries_of(db, item)?, &own.0)?
                    .ok_or(Stop::Diverged)?,
            },
        };
        parsed.push(Change::from_bytes(bytes).map_err(|_| Stop::Diverged)?);
    }
    document.apply_changes(parsed).map_err(|_| Stop::Diverged)?;
    if document.get_missing_deps(&[]).is_empty() { Ok(document) } else { Err(Stop::Diverged) }
}

fn has(document: &Automerge, hash: &[u8]) -> bool {
    <[u8; 32]>::try_from(hash)
        .is_ok_and(|hash| document.get_change_meta_by_hash(&automerge::ChangeHash(hash)).is_some())
}

/// Stores a document's new base, takes off the pending list what is in it, and projects its row.
fn put_document(
    db: &Connection,
    channel: Channel,
    item: ItemId,
    document: &Automerge,
    now: Timestamp,
    topics: &mut BTreeSet<Topic>,
) -> Result<[u8; 32], Stop> {
    main_file::set_base(db, item, document)?;
    for (_, change) in main_file::pending(db, item)? {
        if has(document, &change.hash().0) {
            db.prepare_cached("delete from pending where item = ?1 and hash = ?2")?
                .execute(params![item.to_bytes(), change.hash().0])?;
        }
    }
    observe(db, document, now)?;
    let seen = main_file::document(db, item)?;
    topics.extend(project::document(db, item, seen.as_ref())?);
    let heads: Vec<[u8; 32]> = document.get_heads().into_iter().map(|head| head.0).collect();
    Ok(document_element(channel, item, &heads))
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

fn put_record(
    db: &Connection,
    item: ItemId,
    bytes: &[u8],
    topics: &mut BTreeSet<Topic>,
) -> Result<(), Stop> {
    db.prepare_cached("insert into record (item, bytes) values (?1, ?2) on conflict (item) do update set bytes = ?2")?
        .execute(params![item.to_bytes(), bytes])?;
    topics.extend(project::record(db, item, Some(bytes))?);
    Ok(())
}

/// Puts an item's element into the channel, or takes it out.
fn place(
    db: &Connection,
    channel: &str,
    item: ItemId,
    element: Option<[u8; 32]>,
    digest: &mut Digest,
) -> Result<(), Stop> {
    let before: Option<[u8; 32]> = db
        .prepare_cached("select element from membership where channel = ?1 and item = ?2")?
        .query_row(params![channel, item.to_bytes()], |row| row.get(0))
        .optional()?;
    if let Some(before) = before {
        digest.remove(&before);
    }
    let Some(element) = element else {
        db.prepare_cached("delete from membership where channel = ?1 and item = ?2")?
            .execute(params![channel, item.to_bytes()])?;
        return Ok(());
    };
    digest.add(&element);
    db.prepare_cached(
        "insert or replace into membership (channel, item, element) values (?1, ?2, ?3)",
    )?
    .execute(params![channel, item.to_bytes(), element])?;
    Ok(())
}

/// Removes what is in no channel any more and on which nothing of one's own is on the way.
fn purge(db: &Connection) -> Result<BTreeSet<Topic>> {
    let mut topics = BTreeSet::new();
    let gone = |table: &str| -> Result<Vec<ItemId>> {
        let mut statement = db.prepare(&format!(
            "delete from {table} where item not in (select item from membership) \
             and item not in (select item from pending) returning item"
        ))?;
        let rows = statement.query_map([], |row| row.get::<_, [u8; ItemId::LEN]>(0))?;
        let items: Vec<_> = rows.collect::<Result<_, _>>()?;
        Ok(items.iter().filter_map(|bytes| ItemId::from_bytes(bytes)).collect())
    };
    // While a channel is on its way again, its items are only missing for the moment.
    let under_way: i64 =
        db.query_row("select count(*) from channel where seq < head", [], |row| row.get(0))?;
    if under_way > 0 {
        return Ok(topics);
    }
    for item in gone("document")? {
        topics.extend(project::document(db, item, None)?);
    }
    for item in gone("record")? {
        topics.extend(project::record(db, item, None)?);
    }
    Ok(topics)
}

fn as_i64(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
