//! Documents as admitted: their bytes, their changes, and where they can be seen.

use roundsman_core::id::{DeviceId, ItemId};
use roundsman_core::sync::Channel;
use sqlx::{SqliteConnection, SqliteExecutor};

use crate::Result;
use crate::journal::signed;

/// The document's bytes.
///
/// # Errors
/// When the database refuses.
pub async fn snapshot(db: impl SqliteExecutor<'_>, item: ItemId) -> Result<Option<Vec<u8>>> {
    let snapshot = sqlx::query_scalar("select snapshot from document where item = $1")
        .bind(&item.to_bytes()[..])
        .fetch_optional(db)
        .await?;
    Ok(snapshot)
}

/// Whether the document is here.
///
/// # Errors
/// When the database refuses.
pub async fn exists(db: impl SqliteExecutor<'_>, item: ItemId) -> Result<bool> {
    let exists = sqlx::query_scalar("select exists (select 1 from document where item = $1)");
    Ok(exists.bind(&item.to_bytes()[..]).fetch_one(db).await?)
}

/// Stores the document with its heads, which must be sorted.
///
/// # Errors
/// When the database refuses.
pub async fn put(
    db: &mut SqliteConnection,
    item: ItemId,
    heads: &[[u8; 32]],
    snapshot: &[u8],
) -> Result<()> {
    sqlx::query(
        "insert into document (item, heads, snapshot) values ($1, $2, $3) \
         on conflict (item) do update set heads = $2, snapshot = $3",
    )
    .bind(&item.to_bytes()[..])
    .bind(heads.concat())
    .bind(snapshot)
    .execute(db)
    .await?;
    Ok(())
}

/// One admitted change and the entry that brought it.
#[derive(Debug, Clone)]
pub struct NewChange<'a> {
    /// The document.
    pub item: ItemId,
    /// Its hash.
    pub hash: [u8; 32],
    /// As it came.
    pub bytes: &'a [u8],
    /// Whose journal.
    pub device: DeviceId,
    /// Which entry.
    pub n: u64,
}

/// Stores a change.
///
/// # Errors
/// When the database refuses.
pub async fn add_change(db: &mut SqliteConnection, change: &NewChange<'_>) -> Result<()> {
    let key = change.item.to_bytes();
    sqlx::query(
        "insert or ignore into change (item, hash, bytes, device, n) values ($1, $2, $3, $4, $5)",
    )
    .bind(&key[..])
    .bind(&change.hash[..])
    .bind(change.bytes)
    .bind(change.device.0)
    .bind(signed(change.n))
    .execute(&mut *db)
    .await?;
    sqlx::query("insert or ignore into document_entry (item, device, n) values ($1, $2, $3)")
        .bind(&key[..])
        .bind(change.device.0)
        .bind(signed(change.n))
        .execute(db)
        .await?;
    Ok(())
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
