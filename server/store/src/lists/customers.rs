//! Customers, as the office lists them.

use std::collections::BTreeMap;

use roundsman_core::documents::customer::Customer;
use roundsman_core::id::{CustomerId, PersonId, TerritoryId};
use roundsman_core::money::Money;
use roundsman_core::records::{Assignment, CustomerAccount, Territory};
use roundsman_core::time::Timestamp;
use roundsman_core::views::CustomerFacts;
use serde::Deserialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqlitePool};
use uuid::Uuid;

use super::{List, Page, Rows};
use crate::{Result, column, merges, records};

/// A customer with what stands beside its document.
#[derive(Debug, Clone)]
pub struct ListedCustomer {
    /// Which one.
    pub id: CustomerId,
    /// The document.
    pub customer: Customer,
    /// What stands beside it.
    pub facts: CustomerFacts,
}

/// What narrows the list.
#[derive(Debug, Clone, Default)]
pub struct CustomerFilter {
    /// This customer alone.
    pub id: Option<CustomerId>,
    /// Where it belongs.
    pub territory: Option<TerritoryId>,
    /// Who is in charge.
    pub manager: Option<PersonId>,
    /// Only those with values to choose from.
    pub conflicts: bool,
}

const CUSTOMERS: List = List {
    select: "c.id, c.body, m.name as manager, \
             (select max(v.checked_in_at) from visit_row v where v.customer = c.id) as last_visit, \
             (select json_object('at', o.placed_at, 'total', json_object('minor', o.total_minor, 'currency', o.currency)) from order_row o \
              where o.customer = c.id and o.cancelled = 0 order by o.placed_at desc limit 1) as last_order",
    from: "customer_row c left join erp_customer e on e.id = c.id left join person m on m.id = e.account_manager",
    // The words of a search are without their hyphens.
    search: &["c.search", "lower(replace(e.code, '-', ''))"],
    sorts: &[
        ("name", "c.name collate nocase"),
        (
            "lastOrderAt",
            "(select max(o.placed_at) from order_row o where o.customer = c.id and o.cancelled = 0)",
        ),
        ("lastVisitAt", "(select max(v.checked_in_at) from visit_row v where v.customer = c.id)"),
        ("balance", "e.balance"),
        ("overdue", "e.overdue"),
    ],
    newest_first: false,
    tie: "c.id",
};

/// A page of customers.
///
/// # Errors
/// When the database refuses.
pub async fn list(
    db: &SqlitePool,
    filter: &CustomerFilter,
    page: &Page,
) -> Result<Rows<ListedCustomer>> {
    let found = CUSTOMERS.fetch(db, page, &|query| narrow(query, filter)).await?;
    let ids =
        found.rows.iter().map(|row| row.try_get::<Uuid, _>("id")).collect::<Result<Vec<_>, _>>()?;
    let mut accounts = accounts(db, &ids).await?;
    let survivors = merges::survivors_of(db, ids.iter().copied().map(CustomerId)).await?;
    let mut assignments = records::many::<Assignment>(db, ids.iter().copied()).await?;
    let territories = records::all::<Territory>(db).await?;
    let rows = found.rows.iter().zip(ids).map(|(row, id)| {
        let assignment = assignments.remove(&id);
        let territory = assignment.as_ref().and_then(|it| territories.get(&it.territory.0));
        let facts = CustomerFacts {
            account: accounts.remove(&id),
            territory: territory.map(|it| it.name.clone()),
            assignment,
            merged_into: survivors.get(&CustomerId(id)).copied(),
            manager: row.try_get::<Option<_>, _>("manager")?.unwrap_or_default(),
            last_order: last_order(row)?,
            last_visit: row.try_get::<Option<i64>, _>("last_visit")?.map(Timestamp),
        };
        Ok(ListedCustomer {
            id: id.into(),
            customer: column::from_json(row.try_get("body")?)?,
            facts,
        })
    });
    Ok(Rows { total: found.total, rows: rows.collect::<Result<_>>()? })
}

/// The accounts of these customers, each with what those owe that were merged into it.
async fn accounts(db: &SqlitePool, ids: &[Uuid]) -> Result<BTreeMap<Uuid, CustomerAccount>> {
    let merged = merges::merged_into(db, ids.iter().copied().map(CustomerId)).await?;
    let all = ids.iter().copied().chain(merged.keys().map(|it| it.0));
    let mut accounts = records::many::<CustomerAccount>(db, all).await?;
    for (merged, survivor) in merged {
        let Some(other) = accounts.get(&merged.0).cloned() else { continue };
        if let Some(account) = accounts.remove(&survivor.0) {
            accounts.insert(survivor.0, account.with_merged([&other]));
        }
    }
    Ok(accounts)
}

/// How many customers have values to choose from.
///
/// # Errors
/// When the database refuses.
pub async fn with_conflicts(db: &SqlitePool) -> Result<u64> {
    let count: i64 = sqlx::query_scalar(
        "select count(*) from customer_row where conflicts > 0 and id not in (select customer from merged)",
    )
    .fetch_one(db)
    .await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

fn last_order(row: &SqliteRow) -> Result<Option<(Timestamp, Money)>> {
    #[derive(Deserialize)]
    struct LastOrder {
        at: Timestamp,
        total: Money,
    }
    let text: Option<&str> = row.try_get("last_order")?;
    let order: Option<LastOrder> = text.map(column::from_json).transpose()?;
    Ok(order.map(|it| (it.at, it.total)))
}

fn narrow(query: &mut QueryBuilder<Sqlite>, filter: &CustomerFilter) {
    match filter.id {
        Some(id) => query.push(" and c.id = ").push_bind(id.0),
        // Whoever was merged is another one now.
        None => query.push(" and c.id not in (select customer from merged)"),
    };
    if let Some(territory) = filter.territory {
        query.push(" and e.territory = ").push_bind(territory.0);
    }
    if let Some(manager) = filter.manager {
        query.push(" and e.account_manager = ").push_bind(manager.0);
    }
    if filter.conflicts {
        query.push(" and c.conflicts > 0");
    }
}
