//! Runs of imports, and what each row of a file became.

use std::collections::BTreeMap;

use roundsman_core::documents::customer::Customer;
use roundsman_core::id::{CustomerId, PersonId};
use roundsman_core::time::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, SqliteExecutor};
use uuid::Uuid;

use crate::{Result, bulk, column};

/// A run without its file.
#[derive(Debug, Clone)]
pub struct Run {
    /// Which one.
    pub id: Uuid,
    /// What was brought in: `customers`, `products`, …
    pub kind: String,
    /// What the file was called.
    pub file_name: String,
    /// JSON: which column is what.
    pub settings: String,
    /// `uploaded`, `checking`, `checked`, `running`, `done`, `undoing`, `undone` or `failed`.
    pub state: String,
    /// Why it stopped.
    pub failure: Option<String>,
    /// Rows of the file.
    pub row_count: u32,
    /// Rows that are through, of what goes on now.
    pub row_done: u32,
    /// Who brought it in.
    pub by: PersonId,
    /// When the file came.
    pub created_at: Timestamp,
    /// When it was done or undone.
    pub finished_at: Option<Timestamp>,
}

/// What one row became.
#[derive(Debug, Clone)]
pub struct RunRow {
    /// Its number in the file, as a spreadsheet counts.
    pub n: u32,
    /// The document or record it is about.
    pub item: Option<Uuid>,
    /// `created`, `changed`, `coming`, `same`, `refused` or `twin`.
    pub outcome: String,
    /// Whether it was written; otherwise it was only looked at.
    pub applied: bool,
    /// JSON: what is wrong with it.
    pub faults: String,
    /// JSON: what it is probably the same as.
    pub twin: Option<String>,
    /// JSON: the names of territories that it makes.
    pub makes: String,
    /// JSON: what was there before, and what was written.
    pub writes: String,
    /// Whether undoing left something that somebody changed since.
    pub kept: bool,
}

/// What [`run`] reads.
macro_rules! select_run {
    ($then:literal) => {
        concat!(
            "select id, kind, file_name, settings, state, failure, row_count, row_done, by_person, \
             created_at, finished_at from import_run ",
            $then
        )
    };
}

/// Stores a file that came.
///
/// # Errors
/// When the database refuses.
pub async fn add(db: &mut SqliteConnection, run: &Run, content: &[u8]) -> Result<()> {
    sqlx::query(
        "insert into import_run (id, kind, file_name, content, settings, state, row_count, \
                                 by_person, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(run.id)
    .bind(&run.kind)
    .bind(&run.file_name)
    .bind(content)
    .bind(&run.settings)
    .bind(&run.state)
    .bind(run.row_count)
    .bind(run.by.0)
    .bind(run.created_at.millis())
    .execute(db)
    .await?;
    Ok(())
}

/// The run with this id.
///
/// # Errors
/// When the database refuses.
pub async fn find(db: impl SqliteExecutor<'_>, id: Uuid) -> Result<Option<Run>> {
    let row = sqlx::query(select_run!("where id = $1")).bind(id).fetch_optional(db).await?;
    row.as_ref().map(run).transpose()
}

/// The latest runs, the newest first.
///
/// # Errors
/// When the database refuses.
pub async fn latest(db: impl SqliteExecutor<'_>, limit: u32) -> Result<Vec<Run>> {
    let latest = select_run!("order by created_at desc, id desc limit $1");
    let rows = sqlx::query(latest).bind(limit).fetch_all(db).await?;
    rows.iter().map(run).collect()
}

/// The file of a run as it came.
///
/// # Errors
/// When the database refuses.
pub async fn content(db: impl SqliteExecutor<'_>, id: Uuid) -> Result<Option<Vec<u8>>> {
    let content = sqlx::query_scalar("select content from import_run where id = $1");
    Ok(content.bind(id).fetch_optional(db).await?)
}

/// Says which column is what.
///
/// # Errors
/// When the database refuses.
pub async fn set_settings(db: &mut SqliteConnection, id: Uuid, settings: &str) -> Result<()> {
    sqlx::query("update import_run set settings = $2 where id = $1")
        .bind(id)
        .bind(settings)
        .execute(db)
        .await?;
    Ok(())
}

/// Begins something with a run: none of its rows is through yet.
///
/// # Errors
/// When the database refuses.
pub async fn begin(db: &mut SqliteConnection, id: Uuid, state: &str) -> Result<()> {
    sqlx::query("update import_run set state = $2, row_done = 0, failure = null where id = $1")
        .bind(id)
        .bind(state)
        .execute(db)
        .await?;
    Ok(())
}

/// Says how many rows are through.
///
/// # Errors
/// When the database refuses.
pub async fn set_done(db: &mut SqliteConnection, id: Uuid, done: u32) -> Result<()> {
    sqlx::query("update import_run set row_done = $2 where id = $1")
        .bind(id)
        .bind(done)
        .execute(db)
        .await?;
    Ok(())
}

/// Ends what was going on with a run.
///
/// # Errors
/// When the database refuses.
pub async fn finish(
    db: &mut SqliteConnection,
    id: Uuid,
    state: &str,
    failure: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    sqlx::query("update import_run set state = $2, failure = $3, finished_at = $4 where id = $1")
        .bind(id)
        .bind(state)
        .bind(failure)
        .bind(now.millis())
        .execute(db)
        .await?;
    Ok(())
}

/// Forgets rows that were only looked at.
///
/// # Errors
/// When the database refuses.
pub async fn forget_looked_at(db: &mut SqliteConnection, run: Uuid) -> Result<()> {
    let forget = sqlx::query("delete from import_row where run = $1 and applied = 0");
    forget.bind(run).execute(db).await?;
    Ok(())
}

/// Writes what rows became.
///
/// # Errors
/// When the database refuses.
pub async fn put_rows(db: &mut SqliteConnection, run: Uuid, rows: &[RunRow]) -> Result<()> {
    bulk::insert(
        db,
        "insert or replace into import_row (run, n, item, outcome, applied, faults, twin, makes, writes) ",
        rows,
        "",
        |row, it| {
            row.push_bind(run)
                .push_bind(it.n)
                .push_bind(it.item)
                .push_bind(it.outcome.as_str())
                .push_bind(it.applied)
                .push_bind(it.faults.as_str())
                .push_bind(it.twin.as_deref())
                .push_bind(it.makes.as_str())
                .push_bind(it.writes.as_str());
        },
    )
    .await
}

/// Notes that undoing a row left what somebody changed since, or not.
///
/// # Errors
/// When the database refuses.
pub async fn set_undone(db: &mut SqliteConnection, run: Uuid, n: u32, kept: bool) -> Result<()> {
    sqlx::query("update import_row set writes = '[]', kept = $3 where run = $1 and n = $2")
        .bind(run)
        .bind(n)
        .bind(kept)
        .execute(db)
        .await?;
    Ok(())
}

/// Rows of a run from this number on, with these outcomes.
///
/// # Errors
/// When the database refuses.
pub async fn rows(
    db: impl SqliteExecutor<'_>,
    run: Uuid,
    outcomes: &[&str],
    (after, limit): (u32, u32),
) -> Result<Vec<RunRow>> {
    let rows = sqlx::query(
        "select * from import_row where run = $1 and n > $2 \
           and outcome in (select value from json_each($3)) order by n limit $4",
    )
    .bind(run)
    .bind(after)
    .bind(column::json(outcomes)?)
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter().map(run_row).collect()
}

/// Rows that were written and not undone yet, the last first.
///
/// # Errors
/// When the database refuses.
pub async fn to_undo(db: impl SqliteExecutor<'_>, run: Uuid, limit: u32) -> Result<Vec<RunRow>> {
    let rows = sqlx::query(
        "select * from import_row where run = $1 and applied = 1 and writes <> '[]' \
         order by n desc limit $2",
    )
    .bind(run)
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter().map(run_row).collect()
}

/// The numbers of the rows that are through for good.
///
/// # Errors
/// When the database refuses.
pub async fn settled(db: impl SqliteExecutor<'_>, run: Uuid) -> Result<Vec<u32>> {
    let numbers = sqlx::query_scalar(
        "select n from import_row where run = $1 and applied = 1 \
           and outcome in ('created', 'changed', 'coming', 'same')",
    );
    Ok(numbers.bind(run).fetch_all(db).await?)
}

/// How many rows became what, and in how many undoing left something.
///
/// # Errors
/// When the database refuses.
pub async fn counts(db: &mut SqliteConnection, run: Uuid) -> Result<(BTreeMap<String, u32>, u32)> {
    let counts: Vec<(String, u32)> =
        sqlx::query_as("select outcome, count(*) from import_row where run = $1 group by outcome")
            .bind(run)
            .fetch_all(&mut *db)
            .await?;
    let kept = sqlx::query_scalar("select count(*) from import_row where run = $1 and kept = 1");
    Ok((counts.into_iter().collect(), kept.bind(run).fetch_one(db).await?))
}

/// The names of the territories that its rows make, in their order.
///
/// # Errors
/// When the database refuses.
pub async fn makes(db: impl SqliteExecutor<'_>, run: Uuid) -> Result<Vec<String>> {
    let names = sqlx::query_scalar(
        "select m.value from import_row r, json_each(r.makes) m \
         where r.run = $1 and r.makes <> '[]' order by r.n, m.key",
    );
    Ok(names.bind(run).fetch_all(db).await?)
}

/// Whether this was made by an import that was taken back.
///
/// # Errors
/// When the database refuses.
pub async fn was_undone(db: impl SqliteExecutor<'_>, item: Uuid) -> Result<bool> {
    let undone = sqlx::query_scalar(
        "select exists (select 1 from import_row r join import_run i on i.id = r.run \
                        where r.item = $1 and r.outcome = 'created' \
                          and i.kind = 'customers' and i.state = 'undone')",
    );
    Ok(undone.bind(item).fetch_one(db).await?)
}

/// A customer as it is looked for.
#[derive(Debug, Clone)]
pub struct Known {
    /// Which one.
    pub id: CustomerId,
    /// The company's own number; empty without an account.
    pub code: String,
    /// Its document.
    pub customer: Customer,
}

/// What [`known`] reads.
macro_rules! select_known {
    ($then:literal) => {
        concat!(
            "select r.id, coalesce(c.code, '') as code, r.body \
             from customer_row r left join erp_customer c on c.id = r.id ",
            $then
        )
    };
}

/// Every customer that was not merged into another one.
///
/// # Errors
/// When the database refuses.
pub async fn customers(db: impl SqliteExecutor<'_>) -> Result<Vec<Known>> {
    let here = select_known!("where r.id not in (select customer from merged)");
    sqlx::query(here).fetch_all(db).await?.iter().map(known).collect()
}

/// The customer with this id.
///
/// # Errors
/// When the database refuses.
pub async fn customer(db: impl SqliteExecutor<'_>, id: CustomerId) -> Result<Option<Known>> {
    let row = sqlx::query(select_known!("where r.id = $1")).bind(id.0).fetch_optional(db).await?;
    row.as_ref().map(known).transpose()
}

/// The customer with this number of the company's own.
///
/// # Errors
/// When the database refuses.
pub async fn customer_by_code(db: impl SqliteExecutor<'_>, code: &str) -> Result<Option<Known>> {
    let by_code = select_known!("where c.code = $1");
    let row = sqlx::query(by_code).bind(code).fetch_optional(db).await?;
    row.as_ref().map(known).transpose()
}

fn known(row: &SqliteRow) -> Result<Known> {
    Ok(Known {
        id: CustomerId(row.try_get("id")?),
        code: row.try_get("code")?,
        customer: column::from_json(row.try_get("body")?)?,
    })
}

fn run(row: &SqliteRow) -> Result<Run> {
    Ok(Run {
        id: row.try_get("id")?,
        kind: row.try_get("kind")?,
        file_name: row.try_get("file_name")?,
        settings: row.try_get("settings")?,
        state: row.try_get("state")?,
        failure: row.try_get("failure")?,
        row_count: row.try_get("row_count")?,
        row_done: row.try_get("row_done")?,
        by: PersonId(row.try_get("by_person")?),
        created_at: Timestamp(row.try_get("created_at")?),
        finished_at: row.try_get::<Option<i64>, _>("finished_at")?.map(Timestamp),
    })
}

fn run_row(row: &SqliteRow) -> Result<RunRow> {
    Ok(RunRow {
        n: row.try_get("n")?,
        item: row.try_get("item")?,
        outcome: row.try_get("outcome")?,
        applied: row.try_get("applied")?,
        faults: row.try_get("faults")?,
        twin: row.try_get("twin")?,
        makes: row.try_get("makes")?,
        writes: row.try_get("writes")?,
        kept: row.try_get("kept")?,
    })
}
