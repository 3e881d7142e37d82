//! Documents as admitted: their bytes, their changes, and where they can be seen.

use std::collections::BTreeMap;

use roundsman_core::id::{DeviceId, ItemId};
use roundsman_core::sync::Channel;
use sqlx::{Row, SqliteConnection, SqliteExecutor};

use crate::feed::item_of;
use crate::journal::signed;
use crate::{Packed, Result, bulk, pack};

/// The document's bytes.
///
/// # Errors
/// When the database refuses.
pub async fn snapshot(db: impl SqliteExecutor<'_>, item: ItemId) -> Result<Option<Vec<u8>>> {
    let snapshot: Option<Packed> =
        sqlx::query_scalar("select snapshot from document where item = $1")
            .bind(&item.to_bytes()[..])
            .fetch_optional(db)
            .await?;
    Ok(snapshot.map(|it| it.0))
}

/// Whether the document is here.
///
/// # Errors
/// When the database refuses.
pub async fn exists(db: impl SqliteExecutor<'_>, item: ItemId) -> Result<bool> {
    let exists = sqlx::query_scalar("select exists (select 1 from document where item = $1)");
    Ok(exists.bind(&item.to_bytes()[..]).fetch_one(db).await?)
}

/// A document as it is to be stored.
#[derive(Debug, Clone)]
pub struct Saved {
    /// Which one.
    pub item: ItemId,
    /// Sorted.
    pub heads: Vec<[u8; 32]>,
    /// The whole document.
    pub snapshot: Vec<u8>,
}

/// Stores documents.
///
/// # Errors
/// When the database refuses.
pub async fn put(db: &mut SqliteConnection, documents: &[Saved]) -> Result<()> {
    bulk::insert(
        db,
        "insert into document (item, heads, size, snapshot) ",
        documents,
        " on conflict (item) do update set heads = excluded.heads, size = excluded.size, snapshot = excluded.snapshot",
        |row, it| {
            row.push_bind(it.item.to_bytes().to_vec())
                .push_bind(it.heads.concat())
                .push_bind(i64::try_from(it.snapshot.len()).unwrap_or(i64::MAX))
                .push_bind(pack(&it.snapshot));
        },
    )
    .await
}

/// One admitted change and the entry that brought it.
#[derive(Debug, Clone)]
pub struct NewChange {
    /// The document.
    pub item: ItemId,
    /// Its hash.
    pub hash: [u8; 32],
    /// As it came.
    pub bytes: Vec<u8>,
    /// Whose journal.
    pub device: DeviceId,
    /// Which entry.
    pub n: u64,
}

/// Stores changes.
///
/// # Errors
/// When the database refuses.
pub async fn add_changes(db: &mut SqliteConnection, changes: &[NewChange]) -> Result<()> {
    let into = "insert or ignore into change (item, hash, bytes, device, n) ";
    bulk::insert(db, into, changes, "", |row, it| {
        row.push_bind(it.item.to_bytes().to_vec())
            .push_bind(it.hash.to_vec())
            .push_bind(pack(&it.bytes))
            .push_bind(it.device.0)
            .push_bind(signed(it.n));
    })
    .await?;
    let into = "insert or ignore into document_entry (item, device, n) ";
    bulk::insert(db, into, changes, "", |row, it| {
        row.push_bind(it.item.to_bytes().to_vec()).push_bind(it.device.0).push_bind(signed(it.n));
    })
    .await
}

/// What is here of these documents: their bytes, of those that exist.
///
/// # Errors
/// When the database refuses.
pub async fn snapshots(
    db: impl SqliteExecutor<'_>,
    items: impl IntoIterator<Item = ItemId>,
) -> Result<BTreeMap<ItemId, Vec<u8>>> {
    let keys = bulk::items(items);
    let rows = sqlx::query(
        "select item, snapshot from document where item in (select unhex(value) from json_each($1))",
    )
    .bind(keys)
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| Ok((item_of(row)?, row.try_get::<Packed, _>("snapshot")?.0))).collect()
}

/// The channels in which each of these documents can be seen, itself or as its summary; those that
/// do not exist are left out.
///
/// # Errors
/// When the database refuses.
pub async fn channels_of(
    db: &mut SqliteConnection,
    items: impl IntoIterator<Item = ItemId>,
) -> Result<BTreeMap<ItemId, Vec<Channel>>> {
    let rows = sqlx::query(
        "select d.item, c.name from document d left join membership m on m.item = d.item \
           left join channel c on c.id = m.channel \
         where d.item in (select unhex(value) from json_each($1)) order by d.item, c.name",
    )
    .bind(bulk::items(items))
    .fetch_all(&mut *db)
    .await?;
    let mut channels: BTreeMap<ItemId, Vec<Channel>> = BTreeMap::new();
    for row in rows {
        let name: Option<&str> = row.try_get("name")?;
        let channel = name.map(str::parse::<Channel>).transpose()?;
        channels.entry(item_of(&row)?).or_default().extend(channel);
    }
    for (item, at) in channels.iter_mut().filter(|(_, at)| at.is_empty()) {
        if let Some(summary) = item.summary() {
            *at = self::channels(&mut *db, summary).await?;
        }
    }
    Ok(channels)
}

/// The channels an item is in.
///
/// # Errors
/// When the database refuses.
pub async fn channels(db: impl SqliteExecutor<'_>, item: ItemId) -> Result<Vec<Channel>> {
    let names: Vec<String> = sqlx::query_scalar(
        "select c.name from membership m join channel c on c.id = m.channel where m.item = $1 order by c.name",
    )
    .bind(&item.to_bytes()[..])
    .fetch_all(db)
    .await?;
    names.iter().map(|name| Ok(name.parse()?)).collect()
}

/// The channels an item has left.
///
/// # Errors
/// When the database refuses.
pub async fn channels_left(db: impl SqliteExecutor<'_>, item: ItemId) -> Result<Vec<Channel>> {
    let names: Vec<String> = sqlx::query_scalar(
        "select c.name from departure d join channel c on c.id = d.channel where d.item = $1 order by c.name",
    )
    .bind(&item.to_bytes()[..])
    .fetch_all(db)
    .await?;
    names.iter().map(|name| Ok(name.parse()?)).collect()
}
