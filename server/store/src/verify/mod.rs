//! Everything the database claims, computed again from what it was computed from.

mod business;
mod channels;
mod documents;
mod journals;
mod merges;
mod summaries;

use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqlitePool};

use crate::{Packed, Result};

/// Problems of one part that are told; more of the same help nobody.
const PROBLEMS_MAX: usize = 20;

/// What was found in one part.
#[derive(Debug, Default)]
pub struct Part {
    /// What it is.
    pub name: &'static str,
    /// How many things were looked at.
    pub checked: u64,
    /// How many problems there are.
    pub wrong: u64,
    /// The first of them, in words.
    pub problems: Vec<String>,
}

impl Part {
    fn new(name: &'static str) -> Self {
        Self { name, ..Self::default() }
    }

    fn wrong(&mut self, problem: String) {
        self.wrong += 1;
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(problem);
        }
    }

    /// Notes a problem unless the condition holds.
    fn expect(&mut self, holds: bool, problem: impl FnOnce() -> String) {
        if !holds {
            self.wrong(problem());
        }
    }
}

/// A packed column. What cannot be unpacked is nothing, and nothing is what it should be: so it is
/// named like whatever else is wrong, and the rest is looked at as well.
fn unpacked(row: &SqliteRow, column: &str) -> Vec<u8> {
    row.try_get::<Packed, _>(column).map(|it| it.0).unwrap_or_default()
}

/// Checks every part.
///
/// # Errors
/// When the database cannot be read.
pub async fn all(db: &SqlitePool) -> Result<Vec<Part>> {
    Ok(vec![
        foreign_keys(db).await?,
        journals::check(db).await?,
        documents::check(db).await?,
        channels::check_records(db).await?,
        channels::check(db).await?,
        summaries::check(db).await?,
        business::check_outcomes(db).await?,
        business::check_stock(db).await?,
        merges::check(db).await?,
    ])
}

async fn foreign_keys(db: &SqlitePool) -> Result<Part> {
    let mut part = Part::new("references");
    let tables: Vec<String> =
        sqlx::query_scalar("select name from sqlite_schema where type = 'table'")
            .fetch_all(db)
            .await?;
    part.checked = tables.len() as u64;
    let broken: Vec<String> =
        sqlx::query_scalar("select distinct \"table\" from pragma_foreign_key_check")
            .fetch_all(db)
            .await?;
    for table in broken {
        part.wrong(format!("table {table} refers to rows that are not there"));
    }
    Ok(part)
}
