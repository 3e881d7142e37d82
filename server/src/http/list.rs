//! What all lists have in common.

use roundsman_core::time::{Day, Timestamp};
use roundsman_store::lists::{self, Rows};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::clock::Clock;

/// Rows when nothing else is said.
const LIMIT: u32 = 50;

/// Which part of a list, in which order.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// Words that must all occur; pinyin initials and parts of numbers count.
    search: Option<String>,
    /// A column, `-` before it for descending.
    sort: Option<String>,
    /// At most 200; 50 when not given.
    limit: Option<u32>,
    /// Rows to skip.
    offset: Option<u32>,
}

impl From<Page> for lists::Page {
    fn from(page: Page) -> Self {
        Self {
            search: page.search.unwrap_or_default(),
            sort: page.sort.unwrap_or_default(),
            limit: page.limit.unwrap_or(LIMIT).min(lists::LIMIT_MAX),
            offset: page.offset.unwrap_or(0),
        }
    }
}

/// A part of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct List<T> {
    /// Rows in the whole list.
    total: u64,
    /// The part.
    rows: Vec<T>,
}

impl<T> List<T> {
    /// A part of a list of so many rows.
    pub fn part(total: u64, rows: Vec<T>) -> Self {
        Self { total, rows }
    }

    /// Turns what the database found into rows.
    pub fn of<R>(found: Rows<R>, row: impl FnMut(R) -> T) -> Self {
        Self::part(found.total, found.rows.into_iter().map(row).collect())
    }
}

/// The instants at which these days begin and end in the office.
pub fn span(
    clock: &Clock,
    from: Option<Day>,
    to: Option<Day>,
) -> (Option<Timestamp>, Option<Timestamp>) {
    (from.map(|day| clock.begin_of(day)), to.map(|day| clock.begin_of(day.plus(1))))
}
