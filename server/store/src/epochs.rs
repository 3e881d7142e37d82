//! The server's epochs: a new one begins whenever the database went back in time.

use roundsman_core::id::DeviceId;
use roundsman_core::time::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, SqliteExecutor};

use crate::{Error, Result};

/// How long devices are asked for what was lost: as long as they keep it.
pub const ASKED_MS: i64 = 30 * 86_400_000;

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

impl Restoration {
    /// What tells the numbers given from now on from those given before: nobody knows how many of
    /// these there were. Without letters that look like digits.
    #[must_use]
    pub fn suffix(&self) -> String {
        const LETTERS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
        let letter = |byte: &u8| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]);
        self.epoch.iter().take(4).map(letter).collect()
    }
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

/// Begins the epoch of a restoration that a receipt from `signed_at` shows, unless one began since:
/// then that one explains it.
///
/// # Errors
/// When the database refuses.
pub async fn begin_noticed(
    db: &mut SqliteConnection,
    restoration: Restoration,
    signed_at: Timestamp,
) -> Result<Restoration> {
    let last = restorations(&mut *db).await?.into_iter().next();
    if let Some(last) = last.filter(|last| signed_at <= last.begun_at) {
        return Ok(last);
    }
    begin(db, &restoration).await?;
    Ok(restoration)
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

/// The latest time that anything in the database is from.
///
/// # Errors
/// When the database refuses.
pub async fn last_trace(db: impl SqliteExecutor<'_>) -> Result<Timestamp> {
    let last: i64 = sqlx::query_scalar(
        "select max(coalesce((select max(received_at) from journal), 0), \
                    coalesce((select max(updated_at) from record), 0), \
                    coalesce((select max(last_contact_at) from device), 0))",
    )
    .fetch_one(db)
    .await?;
    Ok(Timestamp(last))
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
