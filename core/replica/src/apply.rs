//! Applying what came from the hub: a batch and its cursor in one transaction.

use std::collections::BTreeSet;

use roundsman_core::id::ItemKind;
use roundsman_core::sync::device::Outcome;
use roundsman_core::sync::{Batch, BatchItem, Channel, Digest, News, Part};
use roundsman_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::intake::{Intake, place};
use crate::journal::Journal;
use crate::names::Directory;
use crate::purge::purge;
use crate::{Replica, Result, Topic, main_file, restored};

impl Replica {
    /// Applies a batch, or says why not. Nothing of it is kept unless all of it is.
    pub(crate) fn apply(&mut self, batch: &Batch) -> Result<Outcome> {
        // What was saved while the main file could not be written may be in it: named by hash alone.
        self.carry_over()?;
        let begins = batch.from == 0 && batch.from_part.is_none();
        if let Some(at) = cursor(&self.db, batch.channel)?.filter(|_| !begins) {
            let same = at.epoch == batch.epoch;
            if !same || (at.seq, at.part) != (batch.from, batch.from_part) {
                let stale = same && at.part.is_none() && at.seq >= batch.to;
                return Ok(if stale { Outcome::Stale } else { Outcome::Diverged });
            }
        } else if !begins {
            return Ok(Outcome::Diverged);
        }
        let now = self.now();
        if roundsman_core::planted!("cursor before data") {
            self.db.execute(
                "update channel set seq = ?2 where name = ?1",
                params![batch.channel.to_string(), as_i64(batch.to)],
            )?;
        }
        // Kept beside the journal, so that they outlive a main file that is made anew.
        let signed: Vec<_> = batch
            .items
            .iter()
            .filter_map(|it| match &it.news {
                News::Signed(bytes, signature) => Some(restored::signed(it.item, bytes, signature)),
                _ => None,
            })
            .collect();
        if !signed.is_empty() {
            self.journal.keep_outcomes(&signed, now)?;
        }
        let journal = &self.journal;
        let (outcome, topics) =
            main_file::lasting(&mut self.db, |db| write(db, journal, batch, now))?;
        self.took_in(&batch.items, topics)?;
        Ok(outcome)
    }

    /// Looks at what came with these items: names of people, and entries that were declined.
    pub(crate) fn took_in(&mut self, items: &[BatchItem], topics: BTreeSet<Topic>) -> Result<()> {
        if items.iter().any(|it| matches!(it.item.kind, ItemKind::Person | ItemKind::Territory)) {
            *self.directory.borrow_mut() = Directory::load(&self.db)?;
        }
        self.changed.extend(topics);
        self.settle_declined()
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
            transaction.execute("delete from catching_up where channel = ?1", [name])?;
        }
        let mut topics = BTreeSet::new();
        if !left.is_empty() {
            main_file::set_number(&transaction, main_file::PURGED, 0)?;
            topics = purge(&transaction)?;
        }
        transaction.commit()?;
        self.changed.extend(topics);
        self.changed.insert(Topic::Sync);
        Ok(())
    }

    /// Forgets a channel's cursor; the next line brings all of it again.
    pub(crate) fn start_over(&mut self, channel: Channel) -> Result<()> {
        self.db.execute(
            "update channel set seq = 0, part = null where name = ?1",
            [channel.to_string()],
        )?;
        Ok(())
    }
}

/// Where a channel stands here.
pub(crate) struct Here {
    pub(crate) epoch: [u8; 16],
    pub(crate) seq: u64,
    pub(crate) digest: Digest,
    pub(crate) part: Option<Part>,
}

pub(crate) fn cursor(db: &Connection, channel: Channel) -> Result<Option<Here>> {
    Ok(db
        .prepare_cached("select epoch, seq, digest, part from channel where name = ?1")?
        .query_row([channel.to_string()], |row| {
            Ok(Here {
                epoch: row.get(0)?,
                seq: row.get::<_, i64>(1)?.unsigned_abs(),
                digest: Digest(row.get(2)?),
                part: row.get::<_, Option<_>>(3)?.map(Part),
            })
        })
        .optional()?)
}

fn write(
    db: &Connection,
    journal: &Journal,
    batch: &Batch,
    now: Timestamp,
) -> Result<(Outcome, BTreeSet<Topic>)> {
    let name = batch.channel.to_string();
    let mut digest = Digest::default();
    if batch.from == 0 && batch.from_part.is_none() {
        main_file::enter_epoch(db, &batch.epoch)?;
        db.execute("delete from membership where channel = ?1", [&name])?;
        main_file::set_number(db, main_file::PURGED, 0)?;
    } else if let Some(here) = cursor(db, batch.channel)? {
        digest = here.digest;
    }
    let mut intake = Intake::new(db, journal, batch.channel, now);
    let mut left = false;
    for news in &batch.items {
        left |= news.news == News::Left;
        let element = intake.take(news)?;
        place(db, &name, news.item, element, &mut digest)?;
    }
    let mut topics = intake.topics;
    topics.insert(Topic::Sync);
    let part = batch.to_part.map(|part| part.0);
    db.prepare_cached(
        "insert into channel (name, epoch, seq, digest, head, items, part) values (?1, ?2, ?3, ?4, ?3, 0, ?5) \
         on conflict (name) do update set epoch = ?2, seq = ?3, digest = ?4, head = max(head, ?3), part = ?5",
    )?
    .execute(params![name, batch.epoch, as_i64(batch.to), digest.0, part])?;
    let agrees = batch.digest.as_ref().map(|theirs| theirs.0 == digest.0);
    set_whole(db, &name, agrees == Some(true))?;
    if left || agrees == Some(true) {
        topics.extend(purge(db)?);
    }
    Ok((if agrees == Some(false) { Outcome::Differs } else { Outcome::Done }, topics))
}

/// Notes whether everything of a channel is here, as far as the cursor goes.
pub(crate) fn set_whole(db: &Connection, channel: &str, whole: bool) -> Result<()> {
    db.prepare_cached(if whole {
        "delete from catching_up where channel = ?1"
    } else {
        "insert or ignore into catching_up (channel) values (?1)"
    })?
    .execute([channel])?;
    Ok(())
}

pub(crate) fn as_i64(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
