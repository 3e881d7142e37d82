//! Customers that were merged: who stays, and what counts for it.

use std::collections::{BTreeMap, BTreeSet};

use roundsman_core::documents::customer::survivors;
use roundsman_core::id::{CustomerId, PersonId};
use roundsman_core::time::Timestamp;
use roundsman_core::views::MergedCustomer;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, SqliteExecutor};

use crate::{Result, bulk};

/// Those of these customers that were merged, with the one that stays.
///
/// # Errors
/// When the database refuses.
pub async fn survivors_of(
    db: impl SqliteExecutor<'_>,
    customers: impl IntoIterator<Item = CustomerId>,
) -> Result<BTreeMap<CustomerId, CustomerId>> {
    let rows = sqlx::query(
        "select customer, survivor from merged where customer in (select unhex(value) from json_each($1))",
    );
    let rows = rows.bind(bulk::keys(customers.into_iter().map(|it| it.0))).fetch_all(db).await?;
    rows.iter().map(|row| pair(row, "survivor")).collect()
}

/// The customer that stays: this one, unless it was merged.
///
/// # Errors
/// When the database refuses.
pub async fn survivor(db: impl SqliteExecutor<'_>, customer: CustomerId) -> Result<CustomerId> {
    Ok(survivors_of(db, [customer]).await?.remove(&customer).unwrap_or(customer))
}

/// The customers that were merged into these, each with the one that stays.
///
/// # Errors
/// When the database refuses.
pub async fn merged_into(
    db: impl SqliteExecutor<'_>,
    survivors: impl IntoIterator<Item = CustomerId>,
) -> Result<BTreeMap<CustomerId, CustomerId>> {
    let rows = sqlx::query(
        "select customer, survivor from merged where survivor in (select unhex(value) from json_each($1))",
    );
    let rows = rows.bind(bulk::keys(survivors.into_iter().map(|it| it.0))).fetch_all(db).await?;
    rows.iter().map(|row| pair(row, "survivor")).collect()
}

/// The customers that were merged into this one as people know them, by name.
///
/// # Errors
/// When the database refuses.
pub async fn names_of_merged(
    db: impl SqliteExecutor<'_>,
    survivor: CustomerId,
) -> Result<Vec<MergedCustomer>> {
    let rows = sqlx::query(
        "select c.id, c.name, coalesce(e.code, '') as code from merged m \
         join customer_row c on c.id = m.customer left join erp_customer e on e.id = c.id \
         where m.survivor = $1 order by c.name, c.id",
    );
    let row = |row: &SqliteRow| {
        Ok(MergedCustomer {
            id: CustomerId(row.try_get("id")?),
            name: row.try_get("name")?,
            code: row.try_get("code")?,
        })
    };
    rows.bind(survivor.0).fetch_all(db).await?.iter().map(row).collect()
}

/// Finds out anew who stays, and counts visits and orders for it. Returns the customers for which
/// that is another one now, with the one that stays; one that was taken apart stays itself.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn follow(db: &mut SqliteConnection) -> Result<BTreeMap<CustomerId, CustomerId>> {
    let (now, before) = (said(&mut *db).await?, kept(&mut *db).await?);
    let mut changed = BTreeMap::new();
    for customer in before.keys().chain(now.keys()).copied().collect::<BTreeSet<_>>() {
        let was = before.get(&customer).copied().unwrap_or(customer);
        let is = now.get(&customer).copied().unwrap_or(customer);
        if was != is {
            count_for(db, customer, was, is).await?;
            changed.insert(customer, is);
        }
    }
    Ok(changed)
}

/// Counts what was recorded for a customer for another one than until now.
async fn count_for(
    db: &mut SqliteConnection,
    customer: CustomerId,
    was: CustomerId,
    is: CustomerId,
) -> Result<()> {
    for sql in [
        "update visit_row set customer = $3 \
         where customer = $2 and recorded_for = $1",
        "update order_row set customer = $3 \
         where customer = $2 and recorded_for = $1",
        if is == customer {
            "delete from merged where customer = $1"
        } else {
            "insert or replace into merged (customer, survivor) values ($1, $3)"
        },
    ] {
        sqlx::query(sql).bind(customer.0).bind(was.0).bind(is.0).execute(&mut *db).await?;
    }
    Ok(())
}

/// Who stays, as documents say it; one that leads to a customer that is not here stays itself.
pub(crate) async fn said(db: impl SqliteExecutor<'_>) -> Result<BTreeMap<CustomerId, CustomerId>> {
    let rows = "select c.id as customer, c.replaced_by from customer_row c \
                join customer_row n on n.id = c.replaced_by";
    let rows = sqlx::query(rows).fetch_all(db).await?;
    let replaced_by = rows.iter().map(|row| pair(row, "replaced_by")).collect::<Result<_>>()?;
    Ok(survivors(&replaced_by))
}

/// Who stays, as it was last computed.
pub(crate) async fn kept(db: impl SqliteExecutor<'_>) -> Result<BTreeMap<CustomerId, CustomerId>> {
    let rows = sqlx::query("select customer, survivor from merged").fetch_all(db).await?;
    rows.iter().map(|row| pair(row, "survivor")).collect()
}

/// Notes that two customers look alike and are not the same.
///
/// # Errors
/// When the database refuses.
pub async fn tell_apart(
    db: &mut SqliteConnection,
    (one, other): (CustomerId, CustomerId),
    by: PersonId,
    now: Timestamp,
) -> Result<()> {
    sqlx::query("insert or ignore into told_apart (one, other, by, at) values ($1, $2, $3, $4)")
        .bind(one.min(other).0)
        .bind(one.max(other).0)
        .bind(by.0)
        .bind(now.millis())
        .execute(db)
        .await?;
    Ok(())
}

/// Pairs of customers that are not the same, as people said; the smaller id first.
///
/// # Errors
/// When the database refuses.
pub async fn told_apart(db: impl SqliteExecutor<'_>) -> Result<BTreeSet<(CustomerId, CustomerId)>> {
    let rows = sqlx::query("select one as customer, other from told_apart").fetch_all(db).await?;
    rows.iter().map(|row| pair(row, "other")).collect()
}

fn pair(row: &SqliteRow, other: &str) -> Result<(CustomerId, CustomerId)> {
    Ok((CustomerId(row.try_get("customer")?), CustomerId(row.try_get(other)?)))
}
