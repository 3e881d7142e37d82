//! Copies of a database that may be in use.

use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};

use crate::{Error, Result};

/// Writes a copy of everything committed before this call into a new file, which is on disk when
/// this returns. Others may read and write meanwhile.
///
/// # Errors
/// When the database cannot be read or the copy exists.
pub async fn copy(from: &Path, to: &Path) -> Result<()> {
    let mut db = open(from).await?;
    let to = to.to_str().ok_or_else(|| Error::Corrupt("the path is not text".to_owned()))?;
    sqlx::query("vacuum into $1").bind(to).execute(&mut db).await?;
    Ok(db.close().await?)
}

/// What SQLite finds wrong with the file itself; empty when it is sound.
///
/// # Errors
/// When it is not a database at all.
pub async fn check_file(file: &Path) -> Result<Vec<String>> {
    let mut db = open(file).await?;
    let found = sqlx::query_scalar("pragma integrity_check(20)").fetch_all(&mut db).await;
    let found: Vec<String> = match found {
        Ok(found) => found,
        // So damaged that it cannot even be checked.
        Err(sqlx::Error::Database(error)) => vec![error.to_string()],
        Err(error) => return Err(error.into()),
    };
    db.close().await?;
    Ok(found.into_iter().filter(|line| line != "ok").collect())
}

async fn open(file: &Path) -> Result<SqliteConnection> {
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(false);
    Ok(options.busy_timeout(std::time::Duration::from_secs(10)).connect().await?)
}
