//! Entries that were not admitted, and what the office makes of them.

use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::{DeviceId, PersonId};
use roundsman_core::records::ExceptionState;
use roundsman_core::time::Timestamp;
use sqlx::{Row, SqliteConnection, SqliteExecutor};

use crate::journal::{Stored, signed};
use crate::{Packed, Result, column};

/// An entry that was quarantined.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The entry.
    pub entry: Stored,
    /// What became of it.
    pub state: ExceptionState,
    /// The code it was quarantined for.
    pub code: String,
}

/// The entry, if it was ever quarantined.
///
/// # Errors
/// [`codes::NOT_FOUND`] when it was not; when the database refuses.
pub async fn find(db: impl SqliteExecutor<'_>, device: DeviceId, n: u64) -> Result<Kept> {
    let row = sqlx::query(
        "select n, bytes, received_at, coalesce(clock_off_ms, 0) as off_ms, state, code from journal \
         where device = $1 and n = $2 and state not in ('stored', 'admitted')",
    )
    .bind(device.0)
    .bind(signed(n))
    .fetch_optional(db)
    .await?
    .ok_or_else(|| Refusal::new(codes::NOT_FOUND).with("n", n))?;
    Ok(Kept {
        entry: Stored {
            n,
            bytes: row.try_get::<Packed, _>("bytes")?.0,
            received_at: Timestamp(row.try_get("received_at")?),
            clock_off_ms: row.try_get("off_ms")?,
        },
        state: column::from_code(row.try_get("state")?)?,
        code: row.try_get::<Option<String>, _>("code")?.unwrap_or_default(),
    })
}

/// Puts an entry aside. It waits for `bases`, entries of the same journal.
///
/// # Errors
/// When the database refuses.
pub async fn put(
    db: &mut SqliteConnection,
    device: DeviceId,
    n: u64,
    refusal: &Refusal,
    subject: &str,
    bases: &[u64],
) -> Result<()> {
    sqlx::query(
        "update journal set state = 'quarantined', code = $3, params = $4, subject = $5 \
         where device = $1 and n = $2",
    )
    .bind(device.0)
    .bind(signed(n))
    .bind(&refusal.code)
    .bind(column::json(&refusal.params)?)
    .bind(subject)
    .execute(&mut *db)
    .await?;
    sqlx::query(
        "insert or ignore into resting (device, base, n) select $1, value, $2 from json_each($3)",
    )
    .bind(device.0)
    .bind(signed(n))
    .bind(column::json(&bases)?)
    .execute(db)
    .await?;
    Ok(())
}

/// The first of these entries that is not admitted and will not be by itself.
///
/// # Errors
/// When the database refuses.
pub async fn first_held(
    db: impl SqliteExecutor<'_>,
    device: DeviceId,
    entries: &[u64],
) -> Result<Option<u64>> {
    if entries.is_empty() {
        return Ok(None);
    }
    let first: Option<i64> = sqlx::query_scalar(
        "select min(n) from journal where device = $1 and n in (select value from json_each($2)) \
           and state in ('quarantined', 'declined', 'replaced')",
    )
    .bind(device.0)
    .bind(column::json(&entries)?)
    .fetch_one(db)
    .await?;
    Ok(first.map(i64::unsigned_abs))
}

/// Whether an entry waits, or was refused: not in, and not replaced either.
///
/// # Errors
/// When the database refuses.
pub async fn is_held(db: impl SqliteExecutor<'_>, device: DeviceId, n: u64) -> Result<bool> {
    let held = sqlx::query_scalar(
        "select exists (select 1 from journal where device = $1 and n = $2 \
           and state in ('quarantined', 'declined'))",
    );
    Ok(held.bind(device.0).bind(signed(n)).fetch_one(db).await?)
}

/// Refuses an entry without anybody having to decide.
///
/// # Errors
/// When the database refuses.
pub async fn close(db: &mut SqliteConnection, device: DeviceId, n: u64) -> Result<()> {
    sqlx::query("update journal set state = 'declined' where device = $1 and n = $2")
        .bind(device.0)
        .bind(signed(n))
        .execute(db)
        .await?;
    Ok(())
}

/// Quarantined entries that wait for this one, directly or through others, in order.
///
/// # Errors
/// When the database refuses.
pub async fn dependants(db: impl SqliteExecutor<'_>, device: DeviceId, n: u64) -> Result<Vec<u64>> {
    let numbers: Vec<i64> = sqlx::query_scalar(
        "with recursive waits (n) as (\
             select r.n from resting r where r.device = $1 and r.base = $2 \
             union select r.n from resting r join waits w on r.base = w.n where r.device = $1) \
         select w.n from waits w join journal j on j.device = $1 and j.n = w.n \
         where j.state = 'quarantined' order by w.n",
    )
    .bind(device.0)
    .bind(signed(n))
    .fetch_all(db)
    .await?;
    Ok(numbers.into_iter().map(i64::unsigned_abs).collect())
}

/// Entries that are quarantined for this reason and arrived since then, in an order of their own:
/// those after `after`.
///
/// # Errors
/// When the database refuses.
pub async fn waiting_for(
    db: impl SqliteExecutor<'_>,
    code: &str,
    since: Timestamp,
    after: Option<(DeviceId, u64)>,
    limit: u32,
) -> Result<Vec<(DeviceId, u64)>> {
    let (device, n) =
        after.map_or((Vec::new(), 0), |(device, n)| (device.0.as_bytes().to_vec(), n));
    // The second condition is the index's own, word for word, which SQLite wants to see.
    let rows = sqlx::query(
        "select device, n from journal where state = 'quarantined' and state not in ('stored', 'admitted') \
           and code = $1 and received_at >= $2 and (device, n) > ($3, $4) order by device, n limit $5",
    )
    .bind(code)
    .bind(since.millis())
    .bind(device)
    .bind(signed(n))
    .bind(limit)
    .fetch_all(db)
    .await?;
    let entry = |row: &sqlx::sqlite::SqliteRow| {
        let device: uuid::Uuid = row.try_get("device")?;
        Ok((DeviceId(device), row.try_get::<i64, _>("n")?.unsigned_abs()))
    };
    rows.iter().map(entry).collect()
}

/// Takes an entry out of quarantine: it was judged again, and it is good.
///
/// # Errors
/// When the database refuses.
pub async fn admit(db: &mut SqliteConnection, device: DeviceId, n: u64) -> Result<()> {
    sqlx::query(
        "update journal set state = 'admitted', code = null, params = null \
         where device = $1 and n = $2 and state = 'quarantined'",
    )
    .bind(device.0)
    .bind(signed(n))
    .execute(db)
    .await?;
    Ok(())
}

/// A decision about a quarantined entry.
#[derive(Debug, Clone)]
pub struct Decision {
    /// What becomes of it.
    pub state: ExceptionState,
    /// Who decided.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
    /// What they said about it.
    pub note: String,
}

/// Writes down a decision.
///
/// # Errors
/// When the database refuses.
pub async fn decide(
    db: &mut SqliteConnection,
    device: DeviceId,
    n: u64,
    decision: &Decision,
) -> Result<()> {
    sqlx::query(
        "update journal set state = $3, decided_by = $4, decided_at = $5, note = $6 \
         where device = $1 and n = $2",
    )
    .bind(device.0)
    .bind(signed(n))
    .bind(column::code(&decision.state)?)
    .bind(decision.by.0)
    .bind(decision.at.millis())
    .bind(&decision.note)
    .execute(db)
    .await?;
    Ok(())
}

/// Notes that the device sent another entry in place of this one, unless it was let in meanwhile.
///
/// # Errors
/// When the database refuses.
pub async fn replaced(db: &mut SqliteConnection, device: DeviceId, n: u64) -> Result<()> {
    sqlx::query(
        "update journal set state = 'replaced' \
         where device = $1 and n = $2 and state in ('quarantined', 'declined')",
    )
    .bind(device.0)
    .bind(signed(n))
    .execute(db)
    .await?;
    Ok(())
}
