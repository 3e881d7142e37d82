//! The read model of documents: rows for lists and search, always possible to rebuild.

use std::collections::BTreeMap;

use roundsman_core::documents::customer::Customer;
use roundsman_core::documents::order::Order;
use roundsman_core::documents::visit::Visit;
use roundsman_core::id::{CustomerId, VisitId};
use roundsman_core::records::CustomerAccount;
use roundsman_core::time::Timestamp;
use roundsman_core::views::{customer_search, order_search, visit_search};
use sqlx::{SqliteConnection, SqliteExecutor};

use crate::{Result, bulk, column, merges, records};

/// Projects a customer. Returns the customers that count for another one since, with that one.
///
/// # Errors
/// When the database refuses.
pub async fn customer(
    db: &mut SqliteConnection,
    id: CustomerId,
    customer: &Customer,
) -> Result<BTreeMap<CustomerId, CustomerId>> {
    let redirects = redirects(&mut *db, id, customer.replaced_by).await?;
    put_customer(&mut *db, id, customer).await?;
    if redirects { merges::follow(db).await } else { Ok(BTreeMap::new()) }
}

/// Whether this document changes who stays of merged customers: it leads elsewhere than until now,
/// or others lead to it that were here before it.
async fn redirects(
    db: &mut SqliteConnection,
    id: CustomerId,
    replaced_by: Option<CustomerId>,
) -> Result<bool> {
    let before: Option<Option<uuid::Uuid>> =
        sqlx::query_scalar("select replaced_by from customer_row where id = $1")
            .bind(id.0)
            .fetch_optional(&mut *db)
            .await?;
    match before {
        Some(before) => Ok(before != replaced_by.map(|it| it.0)),
        None => {
            let awaited = "select exists (select 1 from customer_row where replaced_by = $1)";
            let awaited: bool = sqlx::query_scalar(awaited).bind(id.0).fetch_one(db).await?;
            Ok(awaited || replaced_by.is_some())
        }
    }
}

async fn put_customer(
    db: &mut SqliteConnection,
    id: CustomerId,
    customer: &Customer,
) -> Result<()> {
    let account = records::get::<CustomerAccount>(&mut *db, id).await?;
    let code = account.map(|account| account.code).unwrap_or_default();
    sqlx::query(
        "insert into customer_row (id, name, search, phone, conflicts, inactive, body, replaced_by) \
         values ($1, $2, $3, $4, $5, $6, $7, $8) \
         on conflict (id) do update set name = $2, search = $3, phone = $4, conflicts = $5, \
             inactive = $6, body = $7, replaced_by = $8",
    )
    .bind(id.0)
    .bind(customer.value("name"))
    .bind(customer_search(customer, &code))
    .bind(customer.value("phone"))
    .bind(i64::try_from(customer.conflicts()).unwrap_or(i64::MAX))
    .bind(!customer.active)
    .bind(column::json(customer)?)
    .bind(customer.replaced_by.map(|it| it.0))
    .execute(db)
    .await?;
    Ok(())
}

/// Projects a customer again whose account changed.
///
/// # Errors
/// When the database refuses.
pub async fn customer_again(db: &mut SqliteConnection, id: CustomerId) -> Result<()> {
    let body: Option<String> = sqlx::query_scalar("select body from customer_row where id = $1")
        .bind(id.0)
        .fetch_optional(&mut *db)
        .await?;
    match body {
        Some(body) => put_customer(db, id, &column::from_json(&body)?).await,
        None => Ok(()),
    }
}

/// Projects a visit of which something was admitted now: whatever it was, it is not closed.
///
/// # Errors
/// When the database refuses.
pub async fn visit(
    db: &mut SqliteConnection,
    id: VisitId,
    visit: &Visit,
    now: Timestamp,
) -> Result<()> {
    let customer = merges::survivor(&mut *db, visit.begun.customer).await?;
    let name = customer_name(&mut *db, customer).await?;
    sqlx::query(
        "insert into visit_row (id, customer, rep, checked_in_at, checked_out_at, outcome, search, body, admitted_at, recorded_for) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
         on conflict (id) do update set customer = $2, recorded_for = $10, rep = $3, checked_in_at = $4, \
             checked_out_at = $5, outcome = $6, search = $7, body = $8, admitted_at = $9, closed = 0",
    )
    .bind(id.0)
    .bind(customer.0)
    .bind(visit.begun.rep.0)
    .bind(visit.begun.at.millis())
    .bind(visit.finished.as_ref().map(|end| end.at.millis()))
    .bind(visit.outcome.as_ref().map(column::code).transpose()?)
    .bind(visit_search(visit, &name))
    .bind(column::json(visit)?)
    .bind(now.millis())
    .bind(visit.begun.customer.0)
    .execute(db)
    .await?;
    Ok(())
}

/// Projects orders of which something was admitted now, each with when it arrived, which is written
/// once.
///
/// # Errors
/// When the database refuses.
pub async fn orders(
    db: &mut SqliteConnection,
    orders: &[(&Order, Timestamp)],
    now: Timestamp,
) -> Result<()> {
    let customers = orders.iter().map(|(order, _)| order.content.customer);
    let survivors = merges::survivors_of(&mut *db, customers).await?;
    let rows = orders.iter().map(|(order, arrived_at)| {
        Ok((*order, *arrived_at, order_search(&order.content, None), column::packed_json(*order)?))
    });
    bulk::insert(
        db,
        "insert into order_row (id, customer, recorded_for, rep, device_number, placed_at, arrived_at, requested_on, \
                                total_minor, currency, line_count, search, version, cancelled, countered, body, admitted_at) ",
        &rows.collect::<Result<Vec<_>>>()?,
        " on conflict (id) do update set customer = excluded.customer, recorded_for = excluded.recorded_for, \
             rep = excluded.rep, device_number = excluded.device_number, placed_at = excluded.placed_at, \
             requested_on = excluded.requested_on, total_minor = excluded.total_minor, \
             currency = excluded.currency, line_count = excluded.line_count, search = excluded.search, version = excluded.version, \
             cancelled = excluded.cancelled, countered = excluded.countered, body = excluded.body, \
             admitted_at = excluded.admitted_at",
        |row, (order, arrived_at, search, body)| {
            let signed = &order.content;
            row.push_bind(signed.order.0)
                .push_bind(survivors.get(&signed.customer).unwrap_or(&signed.customer).0)
                .push_bind(signed.customer.0)
                .push_bind(signed.rep.0)
                .push_bind(signed.device_number.as_str())
                .push_bind(signed.placed_at.millis())
                .push_bind(arrived_at.millis())
                .push_bind(signed.requested_on.map(|day| day.0))
                .push_bind(signed.total.minor)
                .push_bind(signed.total.currency.as_str())
                .push_bind(i64::try_from(signed.lines.len()).unwrap_or(i64::MAX))
                .push_bind(search.as_str())
                .push_bind(order.version.map(|version| version.0.to_vec()))
                .push_bind(order.cancelled.is_some())
                .push_bind(!order.countered.is_empty())
                .push_bind(body.as_slice())
                .push_bind(now.millis());
        },
    )
    .await
}

/// A customer's name as it is now; empty when there is no such customer.
///
/// # Errors
/// When the database refuses.
pub async fn customer_name(db: impl SqliteExecutor<'_>, id: CustomerId) -> Result<String> {
    let name: Option<String> = sqlx::query_scalar("select name from customer_row where id = $1")
        .bind(id.0)
        .fetch_optional(db)
        .await?;
    Ok(name.unwrap_or_default())
}

/// The customer of a visit.
///
/// # Errors
/// When the database refuses.
pub async fn visit_customer(
    db: impl SqliteExecutor<'_>,
    id: VisitId,
) -> Result<Option<CustomerId>> {
    let customer: Option<uuid::Uuid> =
        sqlx::query_scalar("select customer from visit_row where id = $1")
            .bind(id.0)
            .fetch_optional(db)
            .await?;
    Ok(customer.map(CustomerId))
}
