//! Channels of which a device held something else than the server sent.

use roundsman_core::id::DeviceId;
use roundsman_core::sync::hub::{Divergence, Mending};
use roundsman_core::time::Timestamp;
use sqlx::{Row, SqliteConnection, SqliteExecutor};
use uuid::Uuid;

use crate::Result;
use crate::journal::signed;

/// Rows of the list at most: more of them need a person anyway.
const ROWS_MAX: u32 = 200;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DivergenceRow {
    /// The device.
    pub device: DeviceId,
    /// Its short code.
    pub device_code: String,
    /// Who uses it.
    pub person: String,
    /// The channel.
    pub channel: String,
    /// When it was found.
    pub found_at: Timestamp,
    /// Items that were put right.
    pub items: u64,
    /// `begun`, `repaired` or `startedOver`.
    pub state: String,
    /// When both sides agreed again, or the channel started over.
    pub mended_at: Option<Timestamp>,
}

/// Notes how a repair goes. One that was cut off goes on when the device comes again.
///
/// # Errors
/// When the database refuses.
pub async fn report(
    db: &mut SqliteConnection,
    device: DeviceId,
    report: Divergence,
    now: Timestamp,
) -> Result<()> {
    let channel = report.channel.to_string();
    let ended = report.state != Mending::Begun;
    let known = sqlx::query(
        "update divergence set items = items + $3, state = $4, mended_at = $5 \
         where device = $1 and channel = $2 and state = 'begun'",
    )
    .bind(device.0)
    .bind(&channel)
    .bind(signed(report.items))
    .bind(report.state.code())
    .bind(ended.then_some(now.millis()))
    .execute(&mut *db)
    .await?;
    if known.rows_affected() > 0 {
        return Ok(());
    }
    sqlx::query(
        "insert into divergence (device, channel, found_at, items, state, mended_at) \
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(device.0)
    .bind(&channel)
    .bind(now.millis())
    .bind(signed(report.items))
    .bind(report.state.code())
    .bind(ended.then_some(now.millis()))
    .execute(db)
    .await?;
    Ok(())
}

/// The latest, newest first.
///
/// # Errors
/// When the database refuses.
pub async fn list(db: impl SqliteExecutor<'_>) -> Result<Vec<DivergenceRow>> {
    let rows = sqlx::query(
        "select v.device, d.code, coalesce(p.name, '') as person, v.channel, v.found_at, v.items, \
                v.state, v.mended_at \
         from divergence v join device d on d.id = v.device left join person p on p.id = d.person \
         order by v.found_at desc, v.id desc limit $1",
    )
    .bind(ROWS_MAX)
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(DivergenceRow {
                device: DeviceId(row.try_get::<Uuid, _>("device")?),
                device_code: row.try_get("code")?,
                person: row.try_get("person")?,
                channel: row.try_get("channel")?,
                found_at: Timestamp(row.try_get("found_at")?),
                items: row.try_get::<i64, _>("items")?.unsigned_abs(),
                state: row.try_get("state")?,
                mended_at: row.try_get::<Option<i64>, _>("mended_at")?.map(Timestamp),
            })
        })
        .collect()
}
