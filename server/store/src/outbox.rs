//! The outbox: what has to reach the ERP, once. A row is written in the commit that admits its
//! document, so that nothing admitted is forgotten.

use std::collections::BTreeSet;

use automerge::Automerge;
use roundsman_core::documents::order::{self, Order, VersionId};
use roundsman_core::id::{ItemId, OrderId};
use roundsman_core::time::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, SqliteExecutor};

use crate::{Error, Packed, Result, bulk, documents, settings};

/// An order was submitted.
pub const SUBMIT: &str = "submit";

/// An order got this version.
#[must_use]
pub fn version(id: VersionId) -> String {
    format!("version/{id}")
}

/// The number of the decider that may settle rows.
const FENCE: &str = "decider_fence";

/// A row that waits.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// The row.
    pub id: i64,
    /// The order as it stands; the error when its document cannot be read.
    pub order: Result<Order, String>,
    /// How often it was tried without an answer that settles it.
    pub attempts: u32,
    /// When it was admitted.
    pub created_at: Timestamp,
    /// Why it was not settled at the last attempt.
    pub last_error: Option<String>,
    /// When it is tried again.
    pub next_at: Timestamp,
}

/// Puts transitions of documents into the outbox, in this order; each once, however often it is
/// called.
///
/// # Errors
/// When the database refuses.
pub async fn add(
    db: &mut SqliteConnection,
    transitions: &[(ItemId, String)],
    now: Timestamp,
) -> Result<()> {
    let into = "insert or ignore into outbox (item, transition, created_at) ";
    bulk::insert(db, into, transitions, "", |row, (item, transition)| {
        row.push_bind(item.to_bytes().to_vec())
            .push_bind(transition.as_str())
            .push_bind(now.millis());
    })
    .await
}

/// Makes the caller the one decider; whoever was it before can settle nothing any more.
///
/// # Errors
/// When the database refuses.
pub async fn claim(db: &mut SqliteConnection) -> Result<i64> {
    let next = fence(&mut *db).await? + 1;
    settings::set(db, FENCE, &next.to_be_bytes()).await?;
    Ok(next)
}

/// Rows that may be tried now, oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn due(db: impl SqliteExecutor<'_>, now: Timestamp, limit: u32) -> Result<Vec<Waiting>> {
    let rows = sqlx::query(
        "select o.id, o.attempts, o.created_at, o.last_error, o.next_at, d.snapshot \
         from outbox o left join document d on d.item = o.item \
         where o.state = 'waiting' and o.next_at <= $1 order by o.id limit $2",
    )
    .bind(now.millis())
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter().map(waiting).collect()
}

/// An order as it stands; none when its document is not here.
///
/// # Errors
/// [`Error::Corrupt`] when it cannot be read; when the database refuses.
pub async fn order(db: impl SqliteExecutor<'_>, id: OrderId) -> Result<Option<Order>> {
    let snapshot = documents::snapshot(db, id.into()).await?;
    snapshot.map(|snapshot| read(&snapshot).map_err(Error::Corrupt)).transpose()
}

/// Lets everything that waits be tried at once.
///
/// # Errors
/// When the database refuses.
pub async fn try_now(db: &mut SqliteConnection) -> Result<()> {
    sqlx::query("update outbox set next_at = 0 where state = 'waiting'").execute(db).await?;
    Ok(())
}

/// How many wait.
///
/// # Errors
/// When the database refuses.
pub async fn waiting_count(db: impl SqliteExecutor<'_>) -> Result<u64> {
    let count: i64 = sqlx::query_scalar("select count(*) from outbox where state = 'waiting'")
        .fetch_one(db)
        .await?;
    Ok(count.unsigned_abs())
}

/// Which of these rows still wait.
///
/// # Errors
/// When the database refuses.
pub async fn waiting_among(db: impl SqliteExecutor<'_>, ids: &[i64]) -> Result<BTreeSet<i64>> {
    let waiting = sqlx::query_scalar(
        "select id from outbox where id in (select value from json_each($1)) and state = 'waiting'",
    );
    let ids: Vec<i64> = waiting.bind(bulk::numbers(ids)).fetch_all(db).await?;
    Ok(ids.into_iter().collect())
}

/// Settles rows, in the transaction that settles what they are about. Returns how many still waited.
///
/// # Errors
/// [`Error::Fenced`] when another decider took over; when the database refuses.
pub async fn settle(
    db: &mut SqliteConnection,
    ids: &[i64],
    by: i64,
    now: Timestamp,
) -> Result<usize> {
    if fence(&mut *db).await? != by {
        return Err(Error::Fenced);
    }
    if roundsman_core::planted!("outbox row never settled") {
        return Ok(ids.len());
    }
    let done = sqlx::query(
        "update outbox set state = 'done', done_at = $2, last_error = null \
         where id in (select value from json_each($1)) and state = 'waiting'",
    );
    let done = done.bind(bulk::numbers(ids)).bind(now.millis()).execute(db).await?;
    Ok(usize::try_from(done.rows_affected()).unwrap_or(usize::MAX))
}

/// Notes why a row could not be settled, and when to look at it again.
///
/// # Errors
/// When the database refuses.
pub async fn defer(
    db: &mut SqliteConnection,
    id: i64,
    why: &str,
    next_at: Timestamp,
) -> Result<()> {
    sqlx::query(
        "update outbox set attempts = attempts + 1, last_error = $2, next_at = $3 where id = $1",
    )
    .bind(id)
    .bind(why)
    .bind(next_at.millis())
    .execute(db)
    .await?;
    Ok(())
}

async fn fence(db: impl SqliteExecutor<'_>) -> Result<i64> {
    let Some(bytes) = settings::get(db, FENCE).await? else { return Ok(0) };
    let bytes = bytes.try_into().map_err(|_| Error::Corrupt("the decider's fence".to_owned()))?;
    Ok(i64::from_be_bytes(bytes))
}

fn waiting(row: &SqliteRow) -> Result<Waiting> {
    let snapshot: Option<Packed> = row.try_get("snapshot")?;
    let order = match snapshot {
        Some(snapshot) => read(&snapshot.0),
        None => Err("the document is not here".to_owned()),
    };
    Ok(Waiting {
        id: row.try_get("id")?,
        order,
        attempts: row.try_get("attempts")?,
        created_at: Timestamp(row.try_get("created_at")?),
        last_error: row.try_get("last_error")?,
        next_at: Timestamp(row.try_get("next_at")?),
    })
}

fn read(snapshot: &[u8]) -> Result<Order, String> {
    let document = Automerge::load(snapshot).map_err(|error| error.to_string())?;
    order::read(&document).map_err(|refusal| refusal.to_string())
}
