//! The device checks what it stores: storage that rots, or a fault of ours, shows as an item whose
//! content is not what its channel counted. What is found counts as different from then on, and
//! the repair of its channel brings it anew.

use std::collections::BTreeSet;

use roundsman_core::id::ItemId;
use roundsman_core::sync::{Channel, Digest, hash, record_element};
use rusqlite::{Connection, OptionalExtension, params};

use crate::apply::{cursor, set_whole};
use crate::intake::{element_of, place};
use crate::repair::{each, set_digest};
use crate::{Error, Replica, Result, main_file};

/// What a slice of an audit found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Audited {
    /// Items that were looked at.
    pub checked: u32,
    /// Items whose content is not what was counted.
    pub rotten: Vec<(Channel, ItemId)>,
    /// Channels whose digest was not the sum of what they hold.
    pub miscounted: Vec<Channel>,
    /// Whether everything has been looked at; the next slice begins anew.
    pub finished: bool,
}

impl Audited {
    /// Channels in which something was found.
    pub(crate) fn doubted(&self) -> BTreeSet<Channel> {
        let rotten = self.rotten.iter().map(|(channel, _)| *channel);
        rotten.chain(self.miscounted.iter().copied()).collect()
    }
}

/// The name of the place where the next slice begins.
const PLACE: &str = "audited_upto";

impl Replica {
    /// Looks at the next so many items.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn audit(&mut self, budget: u32) -> Result<Audited> {
        let transaction = self.db.transaction()?;
        let slice = slice(&transaction, budget)?;
        let mut audited = Audited { finished: slice.len() < budget as usize, ..Audited::default() };
        for (channel, item, counted) in &slice {
            audited.checked += 1;
            let stored = stored_element(&transaction, *channel, *item)?;
            if stored.as_ref() != Some(counted) {
                audited.rotten.push((*channel, *item));
                recount(&transaction, *channel, *item, stored)?;
            }
        }
        let next = slice.last().filter(|_| !audited.finished);
        set_place(&transaction, next.map(|(channel, item, _)| (*channel, *item)))?;
        if audited.finished {
            audited.miscounted = add_up(&transaction)?;
            main_file::set_number(&transaction, "audited_at", self.host.now().millis())?;
        }
        transaction.commit()?;
        Ok(audited)
    }

    /// Whether the last complete audit is more than a day ago.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn audit_is_due(&self) -> Result<bool> {
        const DAY_MS: i64 = 86_400_000;
        let last = main_file::number(&self.db, "audited_at")?;
        Ok(self.host.now().millis().saturating_sub(last) >= DAY_MS)
    }
}

/// The next items in the order of channels and ids.
fn slice(db: &Connection, budget: u32) -> Result<Vec<(Channel, ItemId, [u8; 32])>> {
    let place: Option<Vec<u8>> = db
        .query_row("select value from meta where name = ?1", [PLACE], |row| row.get(0))
        .optional()?;
    let place = place.unwrap_or_default();
    let (item, channel) = place.split_at(place.len().min(ItemId::LEN));
    let channel = String::from_utf8_lossy(channel).into_owned();
    let mut statement = db.prepare_cached(
        "select channel, item, element from membership \
         where (channel, item) > (?1, ?2) order by channel, item limit ?3",
    )?;
    let rows = statement.query_map(params![channel, item, budget], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, [u8; ItemId::LEN]>(1)?, row.get(2)?))
    })?;
    rows.map(|row| {
        let (channel, item, element) = row?;
        let item = ItemId::from_bytes(&item);
        Ok((
            channel.parse()?,
            item.ok_or_else(|| Error::Corrupt("an item's id".to_owned()))?,
            element,
        ))
    })
    .collect()
}

fn set_place(db: &Connection, place: Option<(Channel, ItemId)>) -> Result<()> {
    let bytes = place.map_or_else(Vec::new, |(channel, item)| {
        let mut bytes = item.to_bytes().to_vec();
        bytes.extend_from_slice(channel.to_string().as_bytes());
        bytes
    });
    db.prepare_cached("insert or replace into meta (name, value) values (?1, ?2)")?
        .execute(params![PLACE, bytes])?;
    Ok(())
}

/// The element of what is really stored; none when that cannot be read.
fn stored_element(db: &Connection, channel: Channel, item: ItemId) -> Result<Option<[u8; 32]>> {
    if item.kind.is_document() {
        return match main_file::base(db, item) {
            Ok(document) => Ok(document.map(|document| element_of(channel, item, &document))),
            Err(Error::Corrupt(_)) => Ok(None),
            Err(error) => Err(error),
        };
    }
    let bytes: Option<Vec<u8>> = db
        .prepare_cached("select bytes from record where item = ?1")?
        .query_row([item.to_bytes()], |row| row.get(0))
        .optional()?;
    Ok(bytes.map(|bytes| record_element(channel, item, &hash(&bytes))))
}

/// Counts in the channel what is really stored.
fn recount(
    db: &Connection,
    channel: Channel,
    item: ItemId,
    element: Option<[u8; 32]>,
) -> Result<()> {
    let mut digest = cursor(db, channel)?.map_or(Digest::default(), |here| here.digest);
    let name = channel.to_string();
    place(db, &name, item, element, &mut digest)?;
    set_digest(db, channel, digest)?;
    set_whole(db, &name, false)
}

/// Adds every channel up anew, and names those whose digest said something else.
fn add_up(db: &Connection) -> Result<Vec<Channel>> {
    let names: Vec<String> = db
        .prepare_cached("select name from channel")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut miscounted = Vec::new();
    for name in names {
        let channel: Channel = name.parse()?;
        let mut digest = Digest::default();
        each(db, channel, |_, element| digest.add(&element))?;
        if cursor(db, channel)?.is_some_and(|here| here.digest != digest) {
            set_digest(db, channel, digest)?;
            set_whole(db, &name, false)?;
            miscounted.push(channel);
        }
    }
    Ok(miscounted)
}
