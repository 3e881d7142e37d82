//! The office's lists: searched, filtered, sorted and paged in SQL.

pub mod customers;
pub mod devices;
pub mod field;
pub mod orders;
pub mod products;
pub mod quarantine;
pub mod restoration;
pub mod staff;
pub mod visits;

use roundsman_core::text::query_terms;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqlitePool};

use crate::Result;

/// Rows in one answer at most.
pub const LIMIT_MAX: u32 = 200;
/// Words of a search that count.
const TERMS_MAX: usize = 8;

/// What part of a list is wanted, and in which order.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// What people typed.
    pub search: String,
    /// A column's name, `-` before it for descending; empty or unknown: as the list is on its own.
    pub sort: String,
    /// Rows at most.
    pub limit: u32,
    /// Rows to skip.
    pub offset: u32,
}

impl Page {
    /// The first rows, in the list's own order.
    #[must_use]
    pub fn first(limit: u32) -> Self {
        Self { limit, ..Self::default() }
    }

    /// One row.
    #[must_use]
    pub fn one() -> Self {
        Self::first(1)
    }
}

/// A part of a list.
#[derive(Debug, Clone)]
pub struct Rows<T> {
    /// How many there are in the whole list.
    pub total: u64,
    /// The part.
    pub rows: Vec<T>,
}

/// A list: where its rows come from, and how each is narrowed and sorted.
pub(crate) struct List {
    /// The columns.
    pub select: &'static str,
    /// The tables.
    pub from: &'static str,
    /// The texts to search, as SQL expressions.
    pub search: &'static [&'static str],
    /// Names of sorts and their SQL expressions; the first is the list's own.
    pub sorts: &'static [(&'static str, &'static str)],
    /// Whether the list's own sort is descending.
    pub newest_first: bool,
    /// What makes rows unique, so that pages neither repeat nor skip any.
    pub tie: &'static str,
}

/// Adds its conditions, each beginning with ` and `.
pub(crate) type Narrow<'a> = &'a (dyn Fn(&mut QueryBuilder<Sqlite>) + Sync);

impl List {
    pub(crate) async fn fetch(
        &self,
        db: &SqlitePool,
        page: &Page,
        narrow: Narrow<'_>,
    ) -> Result<Rows<SqliteRow>> {
        let mut count = self.narrowed("count(*)", &page.search, narrow);
        let total: i64 = count.build_query_scalar().fetch_one(db).await?;
        let mut query = self.narrowed(self.select, &page.search, narrow);
        query.push(" order by ").push(self.order(&page.sort)).push(", ").push(self.tie);
        query.push(" limit ").push_bind(page.limit.min(LIMIT_MAX));
        query.push(" offset ").push_bind(page.offset);
        let rows = query.build().fetch_all(db).await?;
        Ok(Rows { total: u64::try_from(total).unwrap_or(0), rows })
    }

    /// How many rows there are for each value of an expression.
    pub(crate) async fn counts(
        &self,
        db: &SqlitePool,
        by: &str,
        search: &str,
        narrow: Narrow<'_>,
    ) -> Result<Vec<(String, u64)>> {
        let mut query = self.narrowed(&format!("{by} as value, count(*) as rows"), search, narrow);
        let rows = query.push(" group by 1 order by 1").build().fetch_all(db).await?;
        rows.iter()
            .map(|row| {
                Ok((
                    row.try_get("value")?,
                    u64::try_from(row.try_get::<i64, _>("rows")?).unwrap_or(0),
                ))
            })
            .collect()
    }

    fn narrowed(&self, select: &str, search: &str, narrow: Narrow<'_>) -> QueryBuilder<Sqlite> {
        let mut query = QueryBuilder::new("select ");
        query.push(select).push(" from ").push(self.from).push(" where true");
        for term in query_terms(search).into_iter().take(TERMS_MAX) {
            query.push(" and (false");
            for text in self.search {
                query
                    .push(" or instr(")
                    .push(text)
                    .push(", ")
                    .push_bind(term.clone())
                    .push(") > 0");
            }
            query.push(")");
        }
        narrow(&mut query);
        query
    }

    fn order(&self, sort: &str) -> String {
        let (name, descending) = sort.strip_prefix('-').map_or((sort, false), |name| (name, true));
        let known = self.sorts.iter().find(|(known, _)| *known == name);
        let own = self.sorts.first().map_or("1", |(_, by)| by);
        let (by, descending) = known.map_or((own, self.newest_first), |(_, by)| (*by, descending));
        let direction = if descending { "desc" } else { "asc" };
        // What has no value is last in both directions.
        format!("{by} is null, {by} {direction}")
    }
}
