//! The day in the field: who visits whom, and what is sold.

use std::collections::BTreeMap;
use std::ops::Range;

use roundsman_core::id::{PersonId, TerritoryId};
use roundsman_core::records::Assignment;
use roundsman_core::time::{Day, Timestamp};
use roundsman_core::views::due_in_days;
use sqlx::{Row, SqlitePool};
use uuid::Uuid;

use crate::Result;

const DAY_MS: i64 = 86_400_000;

/// What one rep sold in one territory.
#[derive(Debug, Clone)]
pub struct Sold {
    /// Who took the orders.
    pub rep: PersonId,
    /// Where the customers belong now; none when they belong nowhere.
    pub territory: Option<TerritoryId>,
    /// How many orders.
    pub orders: u64,
    /// What they are worth, in minor units.
    pub total_minor: i64,
}

/// What was sold between two moments; orders that were cancelled do not count.
///
/// # Errors
/// When the database refuses.
pub async fn sold(db: &SqlitePool, during: Range<Timestamp>) -> Result<Vec<Sold>> {
    let rows = sqlx::query(
        "select o.rep, e.territory, count(*) as orders, sum(o.total_minor) as total from order_row o \
         left join erp_customer e on e.id = o.customer left join outcome_row x on x.id = o.id \
         where o.placed_at >= $1 and o.placed_at < $2 and coalesce(x.cancelled, 0) = 0 group by 1, 2",
    )
    .bind(during.start.millis())
    .bind(during.end.millis())
    .fetch_all(db)
    .await?;
    let sold = rows.iter().map(|row| {
        Ok(Sold {
            rep: row.try_get::<Uuid, _>("rep")?.into(),
            territory: row.try_get::<Option<Uuid>, _>("territory")?.map(Into::into),
            orders: row.try_get::<i64, _>("orders")?.unsigned_abs(),
            total_minor: row.try_get("total")?,
        })
    });
    sold.collect()
}

/// How many orders of each day there are, and what they are worth in minor units. A day without
/// orders is left out.
///
/// # Errors
/// When the database refuses.
pub async fn by_day(
    db: &SqlitePool,
    during: Range<Timestamp>,
    offset_minutes: i16,
) -> Result<BTreeMap<Day, (u64, i64)>> {
    let rows = sqlx::query(
        "select (o.placed_at + $3) / $4 as day, count(*) as orders, sum(o.total_minor) as total \
         from order_row o left join outcome_row x on x.id = o.id \
         where o.placed_at >= $1 and o.placed_at < $2 and coalesce(x.cancelled, 0) = 0 group by 1",
    )
    .bind(during.start.millis())
    .bind(during.end.millis())
    .bind(i64::from(offset_minutes) * 60_000)
    .bind(DAY_MS)
    .fetch_all(db)
    .await?;
    let days = rows.iter().map(|row| {
        let orders = row.try_get::<i64, _>("orders")?.unsigned_abs();
        Ok((Day(row.try_get("day")?), (orders, row.try_get("total")?)))
    });
    days.collect()
}

/// A rep's round of one day.
#[derive(Debug, Clone, Default)]
pub struct Round {
    /// Customers that were visited.
    pub visited: u64,
    /// Customers that are due and were not visited yet.
    pub ahead: u64,
    /// The customer the rep is with now; none between two visits.
    pub at: Option<String>,
}

/// Everybody's round, planned as the phone plans it: whoever is due by their own rhythm, and whoever
/// was visited.
///
/// # Errors
/// When the database refuses.
pub async fn rounds(
    db: &SqlitePool,
    during: Range<Timestamp>,
    today: Day,
    offset_minutes: i16,
) -> Result<BTreeMap<PersonId, Round>> {
    let mut rounds: BTreeMap<PersonId, Round> = BTreeMap::new();
    let visits = sqlx::query(
        "select v.rep, count(distinct v.customer) as visited, \
         (select c.name from visit_row n join customer_row c on c.id = n.customer \
            where n.rep = v.rep and n.checked_out_at is null and n.checked_in_at >= $1 and n.checked_in_at < $2 \
            order by n.checked_in_at desc limit 1) as at \
         from visit_row v where v.checked_in_at >= $1 and v.checked_in_at < $2 group by v.rep",
    )
    .bind(during.start.millis())
    .bind(during.end.millis())
    .fetch_all(db)
    .await?;
    for row in &visits {
        let round = rounds.entry(row.try_get::<Uuid, _>("rep")?.into()).or_default();
        round.visited = row.try_get::<i64, _>("visited")?.unsigned_abs();
        round.at = row.try_get("at")?;
    }
    for (assignment, visited) in assignments(db).await? {
        let visited = visited.map(|at| at.day(offset_minutes));
        if due_in_days(Some(&assignment), visited, today).is_some_and(|days| days <= 0) {
            rounds.entry(assignment.account_manager).or_default().ahead += 1;
        }
    }
    Ok(rounds)
}

/// Every customer that is visited by a rhythm, and when somebody was there last.
async fn assignments(db: &SqlitePool) -> Result<Vec<(Assignment, Option<Timestamp>)>> {
    let rows = sqlx::query(
        "select e.id, e.territory, e.account_manager, e.visit_every_days, \
         (select max(v.checked_in_at) from visit_row v where v.customer = e.id) as visited \
         from erp_customer e join customer_row c on c.id = e.id \
         where c.inactive = 0 and c.id not in (select customer from merged) and e.visit_every_days > 0",
    )
    .fetch_all(db)
    .await?;
    let found = rows.iter().map(|row| {
        let assignment = Assignment {
            customer: row.try_get::<Uuid, _>("id")?.into(),
            territory: row.try_get::<Uuid, _>("territory")?.into(),
            account_manager: row.try_get::<Uuid, _>("account_manager")?.into(),
            visit_every_days: row.try_get("visit_every_days")?,
        };
        Ok((assignment, row.try_get::<Option<i64>, _>("visited")?.map(Timestamp)))
    });
    found.collect()
}

/// When somebody's phones were heard of last, and what they said they still hold.
#[derive(Debug, Clone)]
pub struct Heard {
    /// Last contact of any of them; none when there was none.
    pub at: Option<Timestamp>,
    /// Entries that are known to be on a phone and are not here.
    pub waiting: u64,
}

/// By person, from the phones in use.
///
/// # Errors
/// When the database refuses.
pub async fn heard(db: &SqlitePool) -> Result<BTreeMap<PersonId, Heard>> {
    let rows = sqlx::query(
        "select person, max(last_contact_at) as at, sum(max(reported_n - journal_n, 0)) as waiting from device \
         where person is not null and revoked_at is null and wipe_ordered_at is null group by person",
    )
    .fetch_all(db)
    .await?;
    let heard = rows.iter().map(|row| {
        let at = row.try_get::<Option<i64>, _>("at")?.map(Timestamp);
        let waiting = row.try_get::<i64, _>("waiting")?.unsigned_abs();
        Ok((row.try_get::<Uuid, _>("person")?.into(), Heard { at, waiting }))
    });
    heard.collect()
}
