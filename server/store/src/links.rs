//! What a connected ERP calls what we have.

use std::collections::{BTreeMap, BTreeSet};

use roundsman_core::documents::visit::Visit;
use roundsman_core::id::{OrderId, VisitId};
use roundsman_core::time::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection, SqliteExecutor};
use uuid::Uuid;

use crate::{Result, column};

/// The ERP's id of one of ours.
///
/// # Errors
/// When the database refuses.
pub async fn theirs(db: impl SqliteExecutor<'_>, model: &str, ours: Uuid) -> Result<Option<i64>> {
    let theirs = sqlx::query_scalar("select theirs from erp_link where model = $1 and ours = $2");
    Ok(theirs.bind(model).bind(ours).fetch_optional(db).await?)
}

/// All of the ERP's ids of a kind that are known.
///
/// # Errors
/// When the database refuses.
pub async fn all_theirs(db: impl SqliteExecutor<'_>, model: &str) -> Result<BTreeSet<i64>> {
    let theirs = sqlx::query_scalar("select theirs from erp_link where model = $1");
    Ok(theirs.bind(model).fetch_all(db).await?.into_iter().collect())
}

/// Ours by the ERP's id.
///
/// # Errors
/// When the database refuses.
pub async fn ours(db: impl SqliteExecutor<'_>, model: &str, theirs: i64) -> Result<Option<Uuid>> {
    let ours = sqlx::query_scalar("select ours from erp_link where model = $1 and theirs = $2");
    Ok(ours.bind(model).bind(theirs).fetch_optional(db).await?)
}

/// Notes that the two are the same. What was noted first holds.
///
/// # Errors
/// When the database refuses.
pub async fn add(db: &mut SqliteConnection, model: &str, ours: Uuid, theirs: i64) -> Result<()> {
    sqlx::query("insert or ignore into erp_link (model, ours, theirs) values ($1, $2, $3)")
        .bind(model)
        .bind(ours)
        .bind(theirs)
        .execute(db)
        .await?;
    Ok(())
}

/// Forgets what one of ours is called there.
///
/// # Errors
/// When the database refuses.
pub async fn forget(db: &mut SqliteConnection, model: &str, ours: Uuid) -> Result<()> {
    sqlx::query("delete from erp_link where model = $1 and ours = $2")
        .bind(model)
        .bind(ours)
        .execute(db)
        .await?;
    Ok(())
}

/// Forgets all that is known of a connected ERP: another one has taken its place.
///
/// # Errors
/// When the database refuses.
pub async fn clear(db: &mut SqliteConnection) -> Result<()> {
    for sql in ["delete from erp_link", "delete from erp_pulled"] {
        sqlx::query(sql).execute(&mut *db).await?;
    }
    Ok(())
}

/// Orders that are there and not over: neither paid nor cancelled there, nor closed here.
///
/// # Errors
/// When the database refuses.
pub async fn open_orders(db: impl SqliteExecutor<'_>, model: &str) -> Result<Vec<(OrderId, i64)>> {
    let rows: Vec<(Uuid, i64)> = sqlx::query_as(
        "select l.ours, l.theirs from erp_link l \
         join erp_sales_order s on s.id = l.ours join outcome_row r on r.id = l.ours \
         where l.model = $1 and r.closed = 0 \
           and coalesce(s.stage, '') not in ('paid', 'cancelled') \
         order by l.ours",
    )
    .bind(model)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|(ours, theirs)| (ours.into(), theirs)).collect())
}

/// A visit that a connected ERP is to hear of.
#[derive(Debug, Clone)]
pub struct VisitToTell {
    /// Which one.
    pub id: VisitId,
    /// The visit.
    pub visit: Visit,
    /// Who went.
    pub rep_name: String,
    /// What its customer is called there.
    pub theirs: i64,
}

/// Finished visits that came since and that a connected ERP has not heard of, at customers whom it
/// knows, the first first.
///
/// # Errors
/// When the database refuses.
pub async fn visits_to_tell(
    db: impl SqliteExecutor<'_>,
    (customers, visits): (&str, &str),
    since: Timestamp,
    limit: u32,
) -> Result<Vec<VisitToTell>> {
    let rows = sqlx::query(
        "select v.id, v.body, coalesce(p.name, '') as rep_name, c.theirs from visit_row v \
         join erp_link c on c.model = $1 and c.ours = v.customer \
         left join person p on p.id = v.rep \
         where v.checked_out_at is not null and v.admitted_at >= $3 \
           and not exists (select 1 from erp_link l where l.model = $2 and l.ours = v.id) \
         order by v.admitted_at limit $4",
    )
    .bind(customers)
    .bind(visits)
    .bind(since.millis())
    .bind(limit)
    .fetch_all(db)
    .await?;
    let visit = |row: &SqliteRow| {
        Ok(VisitToTell {
            id: VisitId(row.try_get("id")?),
            visit: column::from_json(row.try_get("body")?)?,
            rep_name: row.try_get("rep_name")?,
            theirs: row.try_get("theirs")?,
        })
    };
    rows.iter().map(visit).collect()
}

/// A row as it was when a connected ERP was last read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PulledRow {
    /// Its cells.
    pub cells: Vec<String>,
    /// Whether it was refused here: nothing of it was taken in.
    pub refused: bool,
}

/// What a connected ERP said of a kind of thing when it was last read, by key.
///
/// # Errors
/// When the database refuses.
pub async fn pulled(
    db: impl SqliteExecutor<'_>,
    kind: &str,
) -> Result<BTreeMap<String, PulledRow>> {
    let rows: Vec<(String, String, bool)> =
        sqlx::query_as("select key, cells, refused from erp_pulled where kind = $1")
            .bind(kind)
            .fetch_all(db)
            .await?;
    let row = |(key, cells, refused): (String, String, bool)| {
        Ok((key, PulledRow { cells: column::from_json(&cells)?, refused }))
    };
    rows.into_iter().map(row).collect()
}

/// Keeps what was read of something under its new key.
///
/// # Errors
/// When the database refuses.
pub async fn rename_pulled(
    db: &mut SqliteConnection,
    kind: &str,
    was: &str,
    now: &str,
) -> Result<()> {
    sqlx::query("update or replace erp_pulled set key = $3 where kind = $1 and key = $2")
        .bind(kind)
        .bind(was)
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

/// Notes what was read.
///
/// # Errors
/// When the database refuses.
pub async fn set_pulled(
    db: &mut SqliteConnection,
    kind: &str,
    rows: &BTreeMap<String, PulledRow>,
) -> Result<()> {
    for (key, row) in rows {
        sqlx::query(
            "insert into erp_pulled (kind, key, cells, refused) values ($1, $2, $3, $4) \
             on conflict (kind, key) do update set cells = $3, refused = $4",
        )
        .bind(kind)
        .bind(key)
        .bind(column::json(&row.cells)?)
        .bind(row.refused)
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}
