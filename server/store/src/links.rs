//! What a connected ERP calls what we have.

use sqlx::{SqliteConnection, SqliteExecutor};
use uuid::Uuid;

use crate::Result;

/// The ERP's id of one of ours.
///
/// # Errors
/// When the database refuses.
pub async fn theirs(db: impl SqliteExecutor<'_>, model: &str, ours: Uuid) -> Result<Option<i64>> {
    let theirs = sqlx::query_scalar("select theirs from erp_link where model = $1 and ours = $2");
    Ok(theirs.bind(model).bind(ours).fetch_optional(db).await?)
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
