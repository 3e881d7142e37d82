//! Orders, as the office lists them.

use std::collections::BTreeMap;

use roundsman_core::documents::order::{Order, SignedOrder};
use roundsman_core::id::{CustomerId, OrderId, PersonId};
use roundsman_core::records::SalesOrder;
use roundsman_core::time::Timestamp;
use sqlx::{QueryBuilder, Row, Sqlite, SqlitePool};
use uuid::Uuid;

use super::{List, Page, Rows};
use crate::{Packed, Result, column, records};

/// An order and what was decided about it.
#[derive(Debug, Clone)]
pub struct ListedOrder {
    /// As it stands.
    pub order: Order,
    /// The decision, once there is one.
    pub decision: Option<SalesOrder>,
    /// Who took it.
    pub rep_name: String,
    /// For whom it counts: the customer that stays, when the one it was signed for was merged.
    pub customer: CustomerId,
    /// The customer's name now; none when its document is not here.
    pub customer_name: Option<String>,
    /// When the office received it.
    pub arrived_at: Timestamp,
}

/// What narrows the list.
#[derive(Debug, Clone, Default)]
pub struct OrderFilter {
    /// This order alone.
    pub id: Option<OrderId>,
    /// A state's code, such as `waiting` or `held`.
    pub state: Option<String>,
    /// Who took it.
    pub rep: Option<PersonId>,
    /// Who ordered.
    pub customer: Option<CustomerId>,
    /// Placed at or after this.
    pub from: Option<Timestamp>,
    /// Placed before this.
    pub before: Option<Timestamp>,
}

/// The same as `OrderState::of` says of a row.
const STATE: &str = "case when x.id is null or x.version is not o.version then 'waiting' \
                     when o.countered then 'countered' when x.cancelled then 'cancelled' \
                     else x.outcome end";

const ORDERS: List = List {
    select: "o.id, o.customer, o.body, o.arrived_at, p.name as rep_name, c.name as customer_name",
    from: "order_row o left join outcome_row x on x.id = o.id \
           left join person p on p.id = o.rep left join customer_row c on c.id = o.customer",
    search: &["o.search", "x.search", "c.search"],
    sorts: &[
        ("placedAt", "o.placed_at"),
        ("customerName", "coalesce(c.name, '') collate nocase"),
        ("total", "o.total_minor"),
        ("state", STATE),
        ("requestedOn", "o.requested_on"),
        ("deviceNumber", "o.device_number"),
    ],
    newest_first: true,
    tie: "o.id",
};

/// A page of orders.
///
/// # Errors
/// When the database refuses.
pub async fn list(db: &SqlitePool, filter: &OrderFilter, page: &Page) -> Result<Rows<ListedOrder>> {
    let narrow = |query: &mut QueryBuilder<Sqlite>| {
        narrow_but_state(query, filter);
        if let Some(state) = &filter.state {
            query.push(" and ").push(STATE).push(" = ").push_bind(state.clone());
        }
    };
    let found = ORDERS.fetch(db, page, &narrow).await?;
    let ids =
        found.rows.iter().map(|row| row.try_get::<Uuid, _>("id")).collect::<Result<Vec<_>, _>>()?;
    let mut decisions = records::many::<SalesOrder>(db, ids).await?;
    let rows = found.rows.iter().map(|row| {
        Ok(ListedOrder {
            order: column::from_packed_json(&row.try_get("body")?)?,
            decision: decisions.remove(&row.try_get("id")?),
            rep_name: row.try_get::<Option<_>, _>("rep_name")?.unwrap_or_default(),
            customer: CustomerId(row.try_get("customer")?),
            customer_name: row.try_get("customer_name")?,
            arrived_at: Timestamp(row.try_get("arrived_at")?),
        })
    });
    Ok(Rows { total: found.total, rows: rows.collect::<Result<_>>()? })
}

/// What a customer ordered last, newest first, without what was cancelled.
///
/// # Errors
/// When the database refuses.
pub async fn latest_of(
    db: &SqlitePool,
    customer: CustomerId,
    limit: usize,
) -> Result<Vec<SignedOrder>> {
    let bodies: Vec<Packed> = sqlx::query_scalar(
        "select body from order_row where customer = $1 and cancelled = 0 \
         order by placed_at desc, id desc limit $2",
    )
    .bind(customer.0)
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await?;
    bodies.iter().map(|body| Ok(column::from_packed_json::<Order>(body)?.content)).collect()
}

/// How many orders are in each state, whatever state is filtered by.
///
/// # Errors
/// When the database refuses.
pub async fn counts(
    db: &SqlitePool,
    filter: &OrderFilter,
    search: &str,
) -> Result<BTreeMap<String, u64>> {
    let narrow = |query: &mut QueryBuilder<Sqlite>| narrow_but_state(query, filter);
    Ok(ORDERS.counts(db, STATE, search, &narrow).await?.into_iter().collect())
}

/// How many orders were placed since then, and what they are worth in minor units; those that were
/// cancelled do not count.
///
/// # Errors
/// When the database refuses.
pub async fn placed_since(db: &SqlitePool, since: Timestamp) -> Result<(u64, i64)> {
    let row = sqlx::query(
        "select count(*) as orders, coalesce(sum(o.total_minor), 0) as total \
         from order_row o left join outcome_row x on x.id = o.id \
         where o.placed_at >= $1 and coalesce(x.cancelled, 0) = 0",
    )
    .bind(since.millis())
    .fetch_one(db)
    .await?;
    Ok((u64::try_from(row.try_get::<i64, _>("orders")?).unwrap_or(0), row.try_get("total")?))
}

fn narrow_but_state(query: &mut QueryBuilder<Sqlite>, filter: &OrderFilter) {
    if let Some(id) = filter.id {
        query.push(" and o.id = ").push_bind(id.0);
    }
    if let Some(rep) = filter.rep {
        query.push(" and o.rep = ").push_bind(rep.0);
    }
    if let Some(customer) = filter.customer {
        query.push(" and o.customer = ").push_bind(customer.0);
    }
    if let Some(from) = filter.from {
        query.push(" and o.placed_at >= ").push_bind(from.millis());
    }
    if let Some(before) = filter.before {
        query.push(" and o.placed_at < ").push_bind(before.millis());
    }
}
