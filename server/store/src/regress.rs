//! Journals that went backwards: a phone whose storage was lost, rolled back or copied.

use roundsman_core::id::DeviceId;
use roundsman_core::sync::Head;
use roundsman_core::time::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, SqliteExecutor};

use crate::journal::signed;
use crate::{Result, column, devices};

/// A device that came with less than is held of its journal, or with something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Regress {
    /// Where its journal stood when it came.
    pub presented: u64,
    /// What is stored of it.
    pub held: u64,
    /// Entries that it is known to have recorded and that never arrived.
    pub lost: u64,
    /// When it was last heard before.
    pub last_contact_at: Option<Timestamp>,
}

/// What is known of a device that came with a journal at `presented`, and says that it once
/// recorded `recorded`.
///
/// # Errors
/// When the database refuses.
pub async fn look(
    db: impl SqliteExecutor<'_>,
    device: DeviceId,
    presented: u64,
    recorded: u64,
) -> Result<Regress> {
    let row =
        sqlx::query("select journal_n, reported_n, last_contact_at from device where id = $1")
            .bind(device.0)
            .fetch_one(db)
            .await?;
    let held = row.try_get::<i64, _>("journal_n")?.unsigned_abs();
    let reported = row.try_get::<i64, _>("reported_n")?.unsigned_abs();
    Ok(Regress {
        presented,
        held,
        lost: reported.max(recorded).saturating_sub(held.max(presented)),
        last_contact_at: row.try_get::<Option<i64>, _>("last_contact_at")?.map(Timestamp),
    })
}

/// Notes it once, however often the device comes again with the same.
///
/// # Errors
/// When the database refuses.
pub async fn note(
    db: &mut SqliteConnection,
    device: DeviceId,
    regress: &Regress,
    now: Timestamp,
) -> Result<()> {
    sqlx::query(
        "insert into journal_regress (device, at, presented_n, held_n, lost, last_contact_at) \
         select $1, $2, $3, $4, $5, $6 where not exists ( \
             select 1 from journal_regress where device = $1 and successor is null)",
    )
    .bind(device.0)
    .bind(now.millis())
    .bind(signed(regress.presented))
    .bind(signed(regress.held))
    .bind(signed(regress.lost))
    .bind(regress.last_contact_at.map(Timestamp::millis))
    .execute(db)
    .await?;
    Ok(())
}

/// Every time a device's journal went backwards, the last first.
///
/// # Errors
/// When the database refuses.
pub async fn of(
    db: impl SqliteExecutor<'_>,
    device: DeviceId,
) -> Result<Vec<(Timestamp, Regress)>> {
    let rows = sqlx::query(
        "select at, presented_n, held_n, lost, last_contact_at from journal_regress \
         where device = $1 order by at desc",
    )
    .bind(device.0)
    .fetch_all(db)
    .await?;
    let count = |row: &SqliteRow, column: &str| -> Result<_> {
        Ok(row.try_get::<i64, _>(column)?.unsigned_abs())
    };
    rows.iter()
        .map(|row| {
            let regress = Regress {
                presented: count(row, "presented_n")?,
                held: count(row, "held_n")?,
                lost: count(row, "lost")?,
                last_contact_at: row.try_get::<Option<i64>, _>("last_contact_at")?.map(Timestamp),
            };
            Ok((Timestamp(row.try_get("at")?), regress))
        })
        .collect()
}

/// Notes which device goes on for one whose journal went backwards.
///
/// # Errors
/// When the database refuses.
pub async fn succeeded(
    db: &mut SqliteConnection,
    device: DeviceId,
    successor: DeviceId,
) -> Result<()> {
    sqlx::query("update device set follows = $2 where id = $1")
        .bind(successor.0)
        .bind(device.0)
        .execute(&mut *db)
        .await?;
    sqlx::query(
        "update journal_regress set successor = $2 where device = $1 and successor is null",
    )
    .bind(device.0)
    .bind(successor.0)
    .execute(db)
    .await?;
    Ok(())
}

/// The device that already goes on for this one under this key.
///
/// # Errors
/// When the database refuses.
pub async fn successor(
    db: impl SqliteExecutor<'_>,
    device: DeviceId,
    public_key: &[u8; 32],
) -> Result<Option<DeviceId>> {
    let id: Option<uuid::Uuid> =
        sqlx::query_scalar("select id from device where follows = $1 and public_key = $2")
            .bind(device.0)
            .bind(&public_key[..])
            .fetch_optional(db)
            .await?;
    Ok(id.map(DeviceId))
}

/// The last of these heads, given in order, that is held of a device's journal; the beginning when
/// none is.
///
/// # Errors
/// When the database refuses.
pub async fn common(db: &mut SqliteConnection, device: DeviceId, heads: &[Head]) -> Result<u64> {
    let numbers: Vec<u64> = heads.iter().map(|head| head.n).collect();
    let rows = sqlx::query(
        "select n, hash from journal where device = $1 and n in (select value from json_each($2))",
    )
    .bind(device.0)
    .bind(column::json(&numbers)?)
    .fetch_all(db)
    .await?;
    let mut common = 0;
    for row in &rows {
        let n = row.try_get::<i64, _>("n")?.unsigned_abs();
        let hash = devices::bytes_32(row, "hash")?;
        if heads.contains(&Head { n, hash }) {
            common = common.max(n);
        }
    }
    Ok(common)
}
