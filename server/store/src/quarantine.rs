//! Entries that were not admitted, and what the office makes of them.

use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::{DeviceId, PersonId};
use roundsman_core::records::ExceptionState;
use roundsman_core::time::Timestamp;
use roundsman_core::views::QuarantineRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, SqliteExecutor};
use uuid::Uuid;

use crate::journal::{Stored, signed};
use crate::{Result, column};

/// Which entries a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// In what people call it, the operation, the person's name or the device's code.
    pub search: String,
    /// In this state.
    pub state: Option<ExceptionState>,
    /// By arrival, oldest first; otherwise newest first.
    pub oldest_first: bool,
    /// Rows at most.
    pub limit: u32,
    /// Rows to skip.
    pub offset: u32,
}

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

/// The shared end of both queries of [`list`].
macro_rules! from_where {
    () => {
        "from journal j join device d on d.id = j.device left join person p on p.id = j.person \
         where j.state not in ('stored', 'admitted') and ($1 is null or j.state = $1) \
           and ($2 = '' or instr(lower(j.subject || ' ' || j.operation || ' ' || \
                coalesce(p.name, '') || ' ' || d.code), $2) > 0)"
    };
}

/// The entries that fit, and how many there are altogether.
///
/// # Errors
/// When the database refuses.
pub async fn list(db: &mut SqliteConnection, filter: &Filter) -> Result<(u32, Vec<QuarantineRow>)> {
    let state = filter.state.as_ref().map(column::code).transpose()?;
    let search = filter.search.trim().to_lowercase();
    let total = sqlx::query_scalar(concat!("select count(*) ", from_where!()))
        .bind(&state)
        .bind(&search)
        .fetch_one(&mut *db)
        .await?;
    let rows = sqlx::query(concat!(
        "select j.device, j.n, j.person, j.operation, j.subject, j.at, j.received_at, j.code, j.params, \
                j.state, d.code as device_code, coalesce(p.name, '') as person_name, \
                (with recursive waits (n) as (\
                     select r.n from resting r where r.device = j.device and r.base = j.n \
                     union select r.n from resting r join waits w on r.base = w.n where r.device = j.device) \
                 select count(*) from waits w join journal k on k.device = j.device and k.n = w.n \
                 where k.state = 'quarantined') as dependants ",
        from_where!(),
        " order by j.received_at * $3, j.device, j.n * $3 limit $4 offset $5"
    ))
    .bind(&state)
    .bind(&search)
    .bind(if filter.oldest_first { 1 } else { -1 })
    .bind(filter.limit)
    .bind(filter.offset)
    .fetch_all(db)
    .await?;
    Ok((total, rows.iter().map(row).collect::<Result<_>>()?))
}

fn row(row: &SqliteRow) -> Result<QuarantineRow> {
    let params: Option<&str> = row.try_get("params")?;
    Ok(QuarantineRow {
        device: row.try_get::<Uuid, _>("device")?.into(),
        device_code: row.try_get("device_code")?,
        n: row.try_get::<i64, _>("n")?.unsigned_abs(),
        person: row.try_get::<Uuid, _>("person")?.into(),
        person_name: row.try_get("person_name")?,
        operation: row.try_get("operation")?,
        subject: row.try_get("subject")?,
        at: Timestamp(row.try_get("at")?),
        received_at: Timestamp(row.try_get("received_at")?),
        refusal: Refusal {
            code: row.try_get::<Option<String>, _>("code")?.unwrap_or_default(),
            params: params.map(column::from_json).transpose()?.unwrap_or_default(),
        },
        state: column::from_code(row.try_get("state")?)?,
        dependants: row.try_get("dependants")?,
    })
}

/// The entry, if it was ever quarantined.
///
/// # Errors
/// [`codes::NOT_FOUND`] when it was not; when the database refuses.
pub async fn find(db: impl SqliteExecutor<'_>, device: DeviceId, n: u64) -> Result<Kept> {
    let row = sqlx::query(
        "select n, bytes, received_at, state, code from journal \
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
            bytes: row.try_get("bytes")?,
            received_at: Timestamp(row.try_get("received_at")?),
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

/// Quarantined entries that wait for this one, directly or through others, in order.
///
/// # Errors
/// When the database refuses.
pub async fn dependants(
    db: impl SqliteExecutor<'_>,
    device: DeviceId,
    n: u64,
) -> Result<Vec<u64>> {
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
