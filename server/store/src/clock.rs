//! Entries whose device had a wrong clock: noted, never refused.

use roundsman_core::id::{DeviceId, ItemId};
use sqlx::{SqliteConnection, SqliteExecutor};

use crate::{Result, journal};

/// Notes by how much the clock was off when each of these entries was made.
///
/// # Errors
/// When the database refuses.
pub async fn note(
    db: &mut SqliteConnection,
    device: DeviceId,
    suspects: &[(u64, i64)],
) -> Result<()> {
    for (n, off_ms) in suspects {
        sqlx::query("update journal set clock_off_ms = $3 where device = $1 and n = $2")
            .bind(device.0)
            .bind(journal::signed(*n))
            .bind(off_ms)
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// By how much the clock was off at worst when a document was made or changed; none when never.
///
/// # Errors
/// When the database refuses.
pub async fn off_ms(db: impl SqliteExecutor<'_>, item: ItemId) -> Result<Option<i64>> {
    let off = sqlx::query_scalar(
        "select j.clock_off_ms from document_entry e join journal j on j.device = e.device and j.n = e.n \
         where e.item = $1 and j.clock_off_ms is not null order by abs(j.clock_off_ms) desc limit 1",
    )
    .bind(&item.to_bytes()[..])
    .fetch_optional(db)
    .await?;
    Ok(off)
}
