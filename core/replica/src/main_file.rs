//! The main file's documents, records and pending changes. Projections are in [`crate::project`].

use automerge::{Automerge, Change};
use roundsman_core::documents::order::{self, Order};
use roundsman_core::id::{ItemId, OrderId};
use roundsman_core::records::{OrderSummary, Record, SalesOrder};
use roundsman_core::sync::Head;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use crate::{Error, Result};

/// Writes what came from the server so that it stays when the power goes. The rest of this file
/// follows from the journal and may go back; but what people then write builds on this, and must
/// not outlive it.
///
/// # Errors
/// When the storage fails: nothing is written then.
pub(crate) fn lasting<T>(
    db: &mut Connection,
    write: impl FnOnce(&Connection) -> Result<T>,
) -> Result<T> {
    if !roundsman_core::planted!("what came is not synced") {
        db.pragma_update(None, "synchronous", "full")?;
    }
    let transaction = db.transaction()?;
    let written = write(&transaction)?;
    transaction.commit()?;
    db.pragma_update(None, "synchronous", "normal")?;
    Ok(written)
}

/// What the server has admitted of a document; none when it has nothing.
pub(crate) fn base(db: &Connection, item: ItemId) -> Result<Option<Automerge>> {
    let bytes: Option<Vec<u8>> = db
        .prepare_cached("select base from document where item = ?1")?
        .query_row([item.to_bytes()], |row| row.get(0))
        .optional()?;
    bytes.map(|bytes| Ok(Automerge::load(&bytes)?)).transpose()
}

/// A closed document that was fetched to be looked at.
pub(crate) fn fetched(db: &Connection, item: ItemId) -> Result<Option<Automerge>> {
    let bytes: Option<Vec<u8>> = db
        .prepare_cached("select base from fetched where item = ?1")?
        .query_row([item.to_bytes()], |row| row.get(0))
        .optional()?;
    bytes.map(|bytes| Ok(Automerge::load(&bytes)?)).transpose()
}

/// Stores what the server has admitted of a document.
pub(crate) fn set_base(db: &Connection, item: ItemId, document: &[u8]) -> Result<()> {
    db.prepare_cached("insert into document (item, base) values (?1, ?2) on conflict (item) do update set base = ?2")?
        .execute(params![item.to_bytes(), document])?;
    db.prepare_cached("delete from outdated where item = ?1")?.execute([item.to_bytes()])?;
    Ok(())
}

/// What changes from the server build on: its base, unless that is from before the server went back
/// and may hold what is not there any more.
pub(crate) fn base_to_build_on(db: &Connection, item: ItemId) -> Result<Option<Automerge>> {
    let outdated = db
        .prepare_cached("select exists (select 1 from outdated where item = ?1)")?
        .query_row([item.to_bytes()], |row| row.get(0))?;
    if outdated { Ok(None) } else { base(db, item) }
}

/// Notes in which of its epochs the server is. In another one everything comes anew, and nothing of
/// it builds on what is here.
pub(crate) fn enter_epoch(db: &Connection, epoch: &[u8; 16]) -> Result<()> {
    const EPOCH: &str = "epoch";
    // Half of it tells two of them apart as well.
    let (half, _) = epoch.split_first_chunk().unwrap_or((&[0; 8], &[]));
    let now = i64::from_be_bytes(*half);
    let known = number(db, EPOCH)?;
    if known == now {
        return Ok(());
    }
    // An earlier version of the app did not note it: a channel that stands in it tells.
    let same = known == 0
        && db.query_row(
            "select exists (select 1 from channel where epoch = ?1 and seq > 0)",
            [epoch],
            |row| row.get(0),
        )?;
    if !same {
        db.execute("insert or ignore into outdated select item from document", [])?;
    }
    set_number(db, EPOCH, now)
}

/// What people see: base with pending applied, in memory only; none of what is closed.
pub(crate) fn document(db: &Connection, item: ItemId) -> Result<Option<Automerge>> {
    let pending = pending(db, item)?;
    if pending.is_empty() { base(db, item) } else { with_pending(db, item, pending) }
}

/// The document with everything that is known here, also of what is closed and was fetched.
pub(crate) fn whole(db: &Connection, item: ItemId) -> Result<Option<Automerge>> {
    let pending = pending(db, item)?;
    with_pending(db, item, pending)
}

/// Whether the document itself is here, or own changes of it that are not admitted.
pub(crate) fn holds(db: &Connection, item: ItemId) -> Result<bool> {
    Ok(db
        .prepare_cached(
            "select exists (select 1 from document where item = ?1) \
                 or exists (select 1 from pending where item = ?1)",
        )?
        .query_row([item.to_bytes()], |row| row.get(0))?)
}

/// Whether only the summary of a document is visible.
pub(crate) fn is_closed(db: &Connection, item: ItemId) -> Result<bool> {
    let Some(summary) = item.summary() else { return Ok(false) };
    Ok(db
        .prepare_cached("select exists (select 1 from record where item = ?1)")?
        .query_row([summary.to_bytes()], |row| row.get(0))?)
}

/// What is admitted with these of the device's own changes.
pub(crate) fn with_pending(
    db: &Connection,
    item: ItemId,
    pending: Vec<(u64, Change)>,
) -> Result<Option<Automerge>> {
    let base = match base(db, item)? {
        Some(base) => Some(base),
        None => fetched(db, item)?,
    };
    if pending.is_empty() {
        return Ok(base);
    }
    let changes = pending.into_iter().map(|(_, change)| change).collect();
    Ok(Some(with_what_fits(base.unwrap_or_default(), changes)))
}

/// The document with these changes. After its storage went back a phone may have numbered two
/// changes alike. The hub will say so; until then it must open, and show what can be shown.
pub(crate) fn with_what_fits(document: Automerge, changes: Vec<Change>) -> Automerge {
    let mut seen = document.clone();
    if seen.apply_changes(changes.iter().cloned()).is_ok() {
        return seen;
    }
    let mut seen = document;
    for change in changes {
        let mut with = seen.clone();
        if with.apply_changes([change]).is_ok() {
            seen = with;
        }
    }
    seen
}

/// The device's own changes of a document that are not admitted, in order, each with the number of
/// its entry.
pub(crate) fn pending(db: &Connection, item: ItemId) -> Result<Vec<(u64, Change)>> {
    let mut statement =
        db.prepare_cached("select n, bytes from pending where item = ?1 order by n")?;
    let rows = statement.query_map([item.to_bytes()], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?))
    })?;
    rows.map(|row| {
        let (n, bytes) = row?;
        // Entries of an earlier device have no number in this journal.
        let n = n.max(0).unsigned_abs();
        let change = Change::from_bytes(bytes).map_err(|it| Error::Corrupt(it.to_string()))?;
        Ok((n, change))
    })
    .collect()
}

/// One pending change's bytes, by its hash.
pub(crate) fn pending_bytes(db: &Connection, item: ItemId, hash: &[u8]) -> Result<Option<Vec<u8>>> {
    Ok(db
        .prepare_cached("select bytes from pending where item = ?1 and hash = ?2")?
        .query_row(params![item.to_bytes(), hash], |row| row.get(0))
        .optional()?)
}

/// Entries whose changes of this document are not admitted.
pub(crate) fn pending_entries(db: &Connection, item: ItemId) -> Result<Vec<u64>> {
    let mut statement =
        db.prepare_cached("select n from pending where item = ?1 and n > 0 order by n")?;
    let rows = statement.query_map([item.to_bytes()], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Entries of this device's journal that changed a document.
pub(crate) fn entries_of(db: &Connection, item: ItemId) -> Result<Vec<u64>> {
    let mut statement =
        db.prepare_cached("select n from operation_item where item = ?1 order by n")?;
    let rows = statement.query_map([item.to_bytes()], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A record, as the server wrote it.
pub(crate) fn record<R: Record>(db: &Connection, id: impl Into<Uuid>) -> Result<Option<R>> {
    let item = ItemId::new(R::KIND, id);
    let bytes: Option<Vec<u8>> = db
        .prepare_cached("select bytes from record where item = ?1")?
        .query_row([item.to_bytes()], |row| row.get(0))
        .optional()?;
    bytes.map(|bytes| Ok(R::from_bytes(&bytes)?)).transpose()
}

/// The first record of a kind, by its id.
pub(crate) fn first_record<R: Record>(db: &Connection) -> Result<Option<R>> {
    let (from, to) = ([R::KIND as u8], [R::KIND as u8 + 1]);
    let bytes: Option<Vec<u8>> = db
        .prepare_cached(
            "select bytes from record where item >= ?1 and item < ?2 order by item limit 1",
        )?
        .query_row(params![from, to], |row| row.get(0))
        .optional()?;
    bytes.map(|bytes| Ok(R::from_bytes(&bytes)?)).transpose()
}

/// An order as people see it, whether it is closed or not; none when it is not here.
pub(crate) fn order(db: &Connection, id: OrderId) -> Result<Option<Order>> {
    order_of(db, id.into(), document(db, id.into())?.as_ref())
}

/// The order that this document is, or that a summary stands for.
pub(crate) fn order_of(
    db: &Connection,
    item: ItemId,
    document: Option<&Automerge>,
) -> Result<Option<Order>> {
    match document.and_then(|document| order::read(document).ok()) {
        Some(read) => Ok(Some(read)),
        None => Ok(record::<OrderSummary>(db, item.id)?.map(|summary| summary.signed().into())),
    }
}

/// What was decided about an order, closed or not.
pub(crate) fn decision(db: &Connection, order: Uuid) -> Result<Option<SalesOrder>> {
    match record::<SalesOrder>(db, order)? {
        Some(decision) => Ok(Some(decision)),
        None => Ok(record::<OrderSummary>(db, order)?.map(|summary| summary.decision())),
    }
}

/// Every record of a kind.
pub(crate) fn records<R: Record>(db: &Connection) -> Result<Vec<R>> {
    let (from, to) = ([R::KIND as u8], [R::KIND as u8 + 1]);
    let mut statement =
        db.prepare_cached("select bytes from record where item >= ?1 and item < ?2")?;
    let rows = statement.query_map([&from[..], &to[..]], |row| row.get::<_, Vec<u8>>(0))?;
    rows.map(|bytes| Ok(R::from_bytes(&bytes?)?)).collect()
}

/// 1 when nothing can be in no channel any more: looking for it goes through everything, which must
/// not be done for each piece of news.
pub(crate) const PURGED: &str = "purged";

/// The last entry of the journal that the main file has taken in.
pub(crate) fn applied(db: &Connection) -> Result<Head> {
    let n = number(db, "applied_upto")?.max(0).unsigned_abs();
    let hash: Option<[u8; 32]> = db
        .query_row("select value from meta where name = 'applied_hash'", [], |row| row.get(0))
        .optional()?;
    Ok(Head { n, hash: hash.unwrap_or_default() })
}

pub(crate) fn set_applied(db: &Connection, head: Head) -> Result<()> {
    set_number(db, "applied_upto", i64::try_from(head.n).unwrap_or(i64::MAX))?;
    db.prepare_cached("insert into meta (name, value) values ('applied_hash', ?1) on conflict (name) do update set value = ?1")?
        .execute([head.hash])?;
    Ok(())
}

/// A number kept beside the data.
pub(crate) fn number(db: &Connection, name: &str) -> Result<i64> {
    let value: Option<Vec<u8>> = db
        .prepare_cached("select value from meta where name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?;
    Ok(value.and_then(|bytes| bytes.try_into().ok()).map_or(0, i64::from_be_bytes))
}

pub(crate) fn set_number(db: &Connection, name: &str, value: i64) -> Result<()> {
    db.prepare_cached("insert into meta (name, value) values (?1, ?2) on conflict (name) do update set value = ?2")?
        .execute(params![name, value.to_be_bytes()])?;
    Ok(())
}
