//! The server's epochs: a new one begins whenever the database went back in time.

use roundsman_core::id::DeviceId;
use roundsman_core::time::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, SqliteExecutor};

use crate::{Error, Result};

/// An epoch's name: random, so that no other history has the same.
pub type Epoch = [u8; 16];

/// A time at which the database went back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restoration {
    /// The epoch that began.
    pub epoch: Epoch,
    /// When it began.
    pub begun_at: Timestamp,
    /// What was stored before this is here.
    pub since: Timestamp,
    /// The device whose receipt showed it; none when it was announced.
    pub noticed_by: Option<DeviceId>,
}

/// Begins the first epoch, unless there is one.
///
/// # Errors
/// When the database refuses.
pub async fn open(db: &mut SqliteConnection, first: Epoch, now: Timestamp) -> Result<()> {
    sqlx::query(
        "insert into epoch (id, bytes, begun_at) values (1, $1, $2) on conflict (id) do nothing",
    )
    .bind(&first[..])
    .bind(now.millis())
    .execute(db)
    .await?;
    Ok(())
}

/// Begins the epoch of a restoration: every device starts its channels over.
///
/// # Errors
/// When the database refuses.
pub async fn begin(db: &mut SqliteConnection, restoration: &Restoration) -> Result<()> {
    sqlx::query("insert into epoch (bytes, begun_at, since, noticed_by) values ($1, $2, $3, $4)")
        .bind(&restoration.epoch[..])
        .bind(restoration.begun_at.millis())
        .bind(restoration.since.millis())
        .bind(restoration.noticed_by.map(|device| device.0))
        .execute(db)
        .await?;
    Ok(())
}

/// The epoch that all channels carry.
///
/// # Errors
/// When none was begun; when the database refuses.
pub async fn current(db: impl SqliteExecutor<'_>) -> Result<Epoch> {
    let bytes: Vec<u8> = sqlx::query_scalar("select bytes from epoch order by id desc limit 1")
        .fetch_optional(db)
        .await?
        .ok_or_else(|| Error::Corrupt("no epoch was begun".to_owned()))?;
    epoch(&bytes)
}

/// Every restoration, the last one first.
///
/// # Errors
/// When the database refuses.
pub async fn restorations(db: impl SqliteExecutor<'_>) -> Result<Vec<Restoration>> {
    let rows = sqlx::query(
        "select bytes, begun_at, since, noticed_by from epoch where since is not null order by id desc",
    )
    .fetch_all(db)
    .await?;
    rows.iter().map(restoration).collect()
}

fn restoration(row: &SqliteRow) -> Result<Restoration> {
    Ok(Restoration {
        epoch: epoch(row.try_get("bytes")?)?,
        begun_at: Timestamp(row.try_get("begun_at")?),
        since: Timestamp(row.try_get("since")?),
        noticed_by: row.try_get::<Option<uuid::Uuid>, _>("noticed_by")?.map(DeviceId),
    })
}

fn epoch(bytes: &[u8]) -> Result<Epoch> {
    bytes.try_into().map_err(|_| Error::Corrupt("an epoch is 16 bytes".to_owned()))
}
