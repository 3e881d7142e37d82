//! What a rep needs before everything else: the customers of the day and what is open with them.

use roundsman_core::id::{CustomerId, ItemId, ItemKind, PersonId};
use roundsman_core::records::{Assignment, Record as _};
use roundsman_core::sync::Channel;
use roundsman_core::time::{Day, Timestamp};
use roundsman_core::views::due_in_days;
use sqlx::{Row, SqliteConnection};
use uuid::Uuid;

use crate::{Packed, Result};

/// Customers of one day at most, as on the phone's screen of the day.
const STOPS_MAX: usize = 40;
/// Orders and visits of each that come early.
const LATEST: u32 = 5;
/// What a visit is in its channels: itself, or closed.
const VISIT: [ItemKind; 2] = [ItemKind::Visit, ItemKind::VisitSummary];
/// What an order is in its channels: itself with its outcome, or closed.
const ORDER: [ItemKind; 3] = [ItemKind::Order, ItemKind::SalesOrder, ItemKind::OrderSummary];

/// Whose day, and which.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// The rep.
    pub person: PersonId,
    /// The day.
    pub day: Day,
    /// Minutes east of UTC.
    pub offset_minutes: i16,
}

/// Items of this channel that the rep needs first: today's customers with what is known about
/// them, then their latest visits and orders. The same items in the same order as long as nothing
/// changes.
///
/// # Errors
/// When the database refuses.
pub async fn first(
    db: &mut SqliteConnection,
    channel: Channel,
    route: Route,
) -> Result<Vec<ItemId>> {
    let stops = stops(db, channel, route).await?;
    let mut items = Vec::new();
    for customer in &stops {
        for kind in [ItemKind::Customer, ItemKind::Assignment, ItemKind::CustomerAccount] {
            items.push(ItemId::new(kind, customer.0));
        }
        let visits = latest(db, "visit_row", "checked_in_at", *customer).await?;
        items.extend(visits.iter().take(1).flat_map(|id| VISIT.map(|it| ItemId::new(it, *id))));
    }
    for customer in &stops {
        for id in latest(db, "order_row", "placed_at", *customer).await? {
            items.extend(ORDER.map(|it| ItemId::new(it, id)));
        }
        let visits = latest(db, "visit_row", "checked_in_at", *customer).await?;
        items.extend(visits.iter().skip(1).flat_map(|id| VISIT.map(|it| ItemId::new(it, *id))));
    }
    Ok(items)
}

/// Customers that the rep looks after and that are due, the latest first.
async fn stops(
    db: &mut SqliteConnection,
    channel: Channel,
    route: Route,
) -> Result<Vec<CustomerId>> {
    let (from, to) = ([ItemKind::Assignment as u8], [ItemKind::Assignment as u8 + 1]);
    let rows = sqlx::query(
        "select r.bytes, (select max(checked_in_at) from visit_row where customer = substr(m.item, 2)) as visited \
         from membership m join record r on r.item = m.item \
         where m.channel = (select id from channel where name = $1) and m.item >= $2 and m.item < $3",
    )
    .bind(channel.to_string())
    .bind(&from[..])
    .bind(&to[..])
    .fetch_all(db)
    .await?;
    let mut stops = Vec::new();
    for row in &rows {
        let assignment = Assignment::from_bytes(&row.try_get::<Packed, _>("bytes")?.0)?;
        let visited: Option<i64> = row.try_get("visited")?;
        let visited = visited.map(|at| Timestamp(at).day(route.offset_minutes));
        let due = due_in_days(Some(&assignment), visited, route.day);
        // Who was visited today is on the screen of the day as well.
        let today = visited == Some(route.day) || due.is_some_and(|days| days <= 0);
        if assignment.account_manager == route.person && today {
            stops.push((due.unwrap_or(0), assignment.customer));
        }
    }
    stops.sort_unstable();
    Ok(stops.into_iter().map(|(_, customer)| customer).take(STOPS_MAX).collect())
}

async fn latest(
    db: &mut SqliteConnection,
    table: &str,
    time: &str,
    customer: CustomerId,
) -> Result<Vec<Uuid>> {
    let query =
        format!("select id from {table} where customer = $1 order by {time} desc, id limit $2");
    let query = sqlx::query_scalar(sqlx::AssertSqlSafe(query)).bind(customer.0).bind(LATEST);
    Ok(query.fetch_all(db).await?)
}
