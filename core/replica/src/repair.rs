//! Putting a channel right that differs from what the hub has.

use std::collections::BTreeMap;

use roundsman_core::id::ItemId;
use roundsman_core::sync::device::{Difference, Sums};
use roundsman_core::sync::{Buckets, Channel, Digest, FetchRes, News, RangeRes, bucket_of};
use rusqlite::{Connection, params};

use crate::apply::{cursor, set_whole};
use crate::intake::{Intake, place};
use crate::purge::purge;
use crate::{Error, Replica, Result, Topic, main_file};

/// Fetched documents that are kept, in bytes together.
const FETCHED_BYTES_MAX: u32 = 8 << 20;

impl Replica {
    /// A channel's elements by bucket; none when it is not here. Its digest is added up anew, so
    /// that it says what is stored.
    pub(crate) fn sum_up(&mut self, channel: Channel) -> Result<Option<Sums>> {
        let Some(here) = cursor(&self.db, channel)? else { return Ok(None) };
        let (mut buckets, mut digest) = (Buckets::default(), Digest::default());
        each(&self.db, channel, |item, element| {
            buckets.add(item, &element);
            digest.add(&element);
        })?;
        set_digest(&self.db, channel, digest)?;
        Ok(Some(Sums { epoch: here.epoch, seq: here.seq, buckets: buckets.to_bytes() }))
    }

    /// Takes out of the channel what the hub does not have in these buckets, and says what is
    /// missing or differs; none when what the hub says is not about what is here.
    pub(crate) fn compare(&mut self, found: &RangeRes) -> Result<Option<Difference>> {
        let here = cursor(&self.db, found.channel)?;
        let Some(here) = here.filter(|it| it.epoch == found.epoch && it.seq <= found.seq) else {
            return Ok(None);
        };
        let numbers: Vec<u8> = found.buckets.iter().map(|bucket| bucket.number).collect();
        let mut own = BTreeMap::new();
        each(&self.db, found.channel, |item, element| {
            if numbers.contains(&bucket_of(item)) {
                own.insert(item, element);
            }
        })?;
        let mut difference = Difference::default();
        for theirs in found.buckets.iter().flat_map(|bucket| &bucket.items) {
            if own.remove(&theirs.item) != Some(theirs.element) {
                difference.wanted.push(theirs.item);
            }
        }
        difference.removed = own.len() as u64;
        let transaction = self.db.transaction()?;
        let (name, mut digest) = (found.channel.to_string(), here.digest);
        for item in own.keys() {
            place(&transaction, &name, *item, None, &mut digest)?;
        }
        set_digest(&transaction, found.channel, digest)?;
        set_whole(&transaction, &name, false)?;
        transaction.commit()?;
        Ok(Some(difference))
    }

    /// Puts items of the hub in the place of what is here.
    pub(crate) fn mend(&mut self, found: &FetchRes) -> Result<()> {
        let Some(channel) = found.repair else { return Ok(()) };
        let Some(here) = cursor(&self.db, channel)? else { return Ok(()) };
        let (now, journal) = (self.now(), &self.journal);
        let topics = main_file::lasting(&mut self.db, |db| {
            let (name, mut digest) = (channel.to_string(), here.digest);
            let mut intake = Intake::new(db, journal, channel, now);
            for news in &found.items {
                let element = intake.take(news)?;
                place(db, &name, news.item, element, &mut digest)?;
            }
            let topics = intake.topics;
            set_digest(db, channel, digest)?;
            Ok(topics)
        })?;
        self.took_in(&found.items, topics)
    }

    /// Both sides agree again.
    pub(crate) fn agreed(&mut self, channel: Channel) -> Result<()> {
        let transaction = self.db.transaction()?;
        set_whole(&transaction, &channel.to_string(), true)?;
        let topics = purge(&transaction)?;
        count(&transaction, "repairs")?;
        transaction.commit()?;
        self.changed.extend(topics);
        self.changed.insert(Topic::Sync);
        Ok(())
    }

    /// Keeps documents that somebody wanted to see, the latest of them, and those that own work
    /// builds on. Remembers what the office does not show, so that nobody waits for it.
    pub(crate) fn keep_fetched(&mut self, found: &FetchRes) -> Result<()> {
        let now = self.now().millis();
        main_file::lasting(&mut self.db, |db| {
            for fetched in &found.items {
                let News::Snapshot(bytes) = &fetched.news else { continue };
                db.prepare_cached(
                    "insert or replace into fetched (item, at, base) values (?1, ?2, ?3)",
                )?
                .execute(params![fetched.item.to_bytes(), now, bytes.0])?;
            }
            db.execute(
                "delete from fetched where item in ( \
                     select item from ( \
                         select item, sum(length(base)) over (order by at desc, item) as bytes from fetched) \
                     where bytes > ?1 and item not in (select item from pending))",
                [FETCHED_BYTES_MAX],
            )?;
            Ok(())
        })?;
        for fetched in &found.items {
            self.not_there.remove(&fetched.item);
        }
        self.not_there.extend(&found.missing);
        self.changed.extend([Topic::Orders, Topic::Visits]);
        Ok(())
    }
}

/// One more of what is counted for the sync screen.
pub(crate) fn count(db: &Connection, name: &str) -> Result<()> {
    main_file::set_number(db, name, main_file::number(db, name)? + 1)
}

/// Walks through a channel's items with their elements.
pub(crate) fn each(
    db: &Connection,
    channel: Channel,
    mut take: impl FnMut(ItemId, [u8; 32]),
) -> Result<()> {
    let mut statement =
        db.prepare_cached("select item, element from membership where channel = ?1")?;
    let rows = statement.query_map([channel.to_string()], |row| {
        Ok((row.get::<_, [u8; ItemId::LEN]>(0)?, row.get(1)?))
    })?;
    for row in rows {
        let (item, element) = row?;
        let item = ItemId::from_bytes(&item);
        take(item.ok_or_else(|| Error::Corrupt("an item's id".to_owned()))?, element);
    }
    Ok(())
}

pub(crate) fn set_digest(db: &Connection, channel: Channel, digest: Digest) -> Result<()> {
    db.prepare_cached("update channel set digest = ?2 where name = ?1")?
        .execute(params![channel.to_string(), digest.0])?;
    Ok(())
}
