//! The embedded ERP's tables of decisions, and what decisions took.

use std::collections::{BTreeMap, BTreeSet};

use roundsman_core::id::{CustomerId, LineId, OrderId, ProductId, WarehouseId};
use roundsman_core::quantity::Quantity;
use roundsman_core::records::{SalesOrder, Stock};
use roundsman_store::{Packed, Result, SqliteConnection, bulk, pack};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteExecutor};

use super::store::{code, decimal, from_json, id, json};
use crate::port::Pulled;

/// The first order's number.
const FIRST_NUMBER: i64 = 10_001;

/// What an order holds of a product in a warehouse.
#[derive(Debug, Clone)]
pub struct Reservation {
    /// The line, and its place in the order.
    pub line: (i64, LineId),
    /// Where.
    pub warehouse: WarehouseId,
    /// Of what.
    pub product: ProductId,
    /// In base units.
    pub quantity: Quantity,
}

/// What was decided about an order.
pub async fn get(db: impl SqliteExecutor<'_>, order: OrderId) -> Result<Option<SalesOrder>> {
    Ok(many(db, &BTreeSet::from([order])).await?.remove(&order))
}

/// What was decided about these orders.
pub async fn many(
    db: impl SqliteExecutor<'_>,
    orders: &BTreeSet<OrderId>,
) -> Result<BTreeMap<OrderId, SalesOrder>> {
    let rows = sqlx::query(
        "select body from erp_sales_order where id in (select unhex(value) from json_each($1))",
    )
    .bind(keys(orders))
    .fetch_all(db)
    .await?;
    let decided = |row: &SqliteRow| {
        let decided: SalesOrder = read(row)?;
        Ok((decided.order, decided))
    };
    rows.iter().map(decided).collect()
}

/// Decisions after this cursor: the instant and the order of the last one that was read. Many are
/// made at the same instant, so that it alone says nothing.
pub async fn decided_after(db: impl SqliteExecutor<'_>, since: &[u8]) -> Result<Pulled> {
    const AT_A_TIME: i64 = 500;
    let (at, order) = since.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
    let rows = sqlx::query(
        "select body from erp_sales_order where (decided_at, id) > ($1, $2) \
         order by decided_at, id limit $3",
    )
    .bind(i64::from_be_bytes(*at))
    .bind(order)
    .bind(AT_A_TIME)
    .fetch_all(db)
    .await?;
    let orders: Vec<SalesOrder> = rows.iter().map(read).collect::<Result<_>>()?;
    let cursor = orders.last().map_or_else(
        || since.to_vec(),
        |last| {
            [last.decided_at.millis().to_be_bytes().as_slice(), last.order.0.as_bytes()].concat()
        },
    );
    Ok(Pulled { orders, cursor })
}

fn read(row: &SqliteRow) -> Result<SalesOrder> {
    from_json(&String::from_utf8_lossy(&row.try_get::<Packed, _>("body")?.0))
}

/// The next numbers of a series; none is skipped, since they are taken in the booking's transaction.
pub async fn next_numbers(
    db: &mut SqliteConnection,
    series: &str,
    count: usize,
) -> Result<impl Iterator<Item = String> + use<>> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let last: i64 = sqlx::query_scalar(
        "insert into erp_number (series, next) values ($1, $2) \
         on conflict (series) do update set next = next + $3 returning next",
    )
    .bind(series)
    .bind(FIRST_NUMBER + count - 1)
    .bind(count)
    .fetch_one(db)
    .await?;
    let series = series.to_owned();
    Ok((last - count + 1..=last).map(move |number| format!("{series}-{number}")))
}

/// Whether another order has this number.
pub async fn is_number_of_another(
    db: &mut SqliteConnection,
    number: &str,
    order: OrderId,
) -> Result<bool> {
    let taken = sqlx::query_scalar(
        "select exists (select 1 from erp_sales_order where number = $1 and number <> '' and id <> $2)",
    );
    Ok(taken.bind(number).bind(order.0).fetch_one(db).await?)
}

/// Writes decisions, each order's in the place of what was decided before.
pub async fn put(db: &mut SqliteConnection, decided: &[&SalesOrder]) -> Result<()> {
    let rows = decided.iter().map(|it| {
        let stage = it.progress.as_ref().map(|it| code(&it.stage)).transpose()?;
        Ok((*it, code(&it.outcome)?, stage, pack(json(it)?.as_bytes())))
    });
    let rows = rows.collect::<Result<Vec<_>>>()?;
    bulk::insert(
        db,
        "insert into erp_sales_order (id, number, customer, outcome, decided_at, net_minor, tax_minor, \
                                      total_minor, currency, stage, body) ",
        &rows,
        " on conflict (id) do update set customer = excluded.customer, outcome = excluded.outcome, decided_at = excluded.decided_at, \
              net_minor = excluded.net_minor, tax_minor = excluded.tax_minor, \
              total_minor = excluded.total_minor, currency = excluded.currency, stage = excluded.stage, body = excluded.body",
        |row, (decided, outcome, stage, body)| {
            row.push_bind(decided.order.0)
                .push_bind(decided.number.as_str())
                .push_bind(decided.customer.0)
                .push_bind(outcome.as_str())
                .push_bind(decided.decided_at.millis())
                .push_bind(decided.net.minor)
                .push_bind(decided.tax.minor)
                .push_bind(decided.total.minor)
                .push_bind(decided.total.currency.as_str())
                .push_bind(stage.as_deref())
                .push_bind(body.as_slice());
        },
    )
    .await
}

/// What these orders hold.
pub async fn reservations(
    db: impl SqliteExecutor<'_>,
    orders: &BTreeSet<OrderId>,
) -> Result<BTreeMap<OrderId, Vec<Reservation>>> {
    let rows = sqlx::query(
        "select * from erp_reservation where sales_order in (select unhex(value) from json_each($1)) \
         order by sales_order, position",
    )
    .bind(keys(orders))
    .fetch_all(db)
    .await?;
    let mut held = BTreeMap::<_, Vec<_>>::new();
    for row in &rows {
        held.entry(id(row, "sales_order")?).or_default().push(Reservation {
            line: (row.try_get("position")?, id(row, "line")?),
            warehouse: id(row, "warehouse")?,
            product: id(row, "product")?,
            quantity: Quantity(decimal(row, "quantity")?),
        });
    }
    Ok(held)
}

/// Writes what orders hold, in the place of what they held; nothing where `held` has nothing.
pub async fn put_reservations(
    db: &mut SqliteConnection,
    orders: &BTreeSet<OrderId>,
    held: &BTreeMap<OrderId, Vec<Reservation>>,
) -> Result<()> {
    sqlx::query(
        "delete from erp_reservation where sales_order in (select unhex(value) from json_each($1))",
    )
    .bind(keys(orders))
    .execute(&mut *db)
    .await?;
    let of = |order| held.get(order).into_iter().flatten().map(move |it| (order, it));
    let rows: Vec<_> = orders.iter().flat_map(of).collect();
    let into =
        "insert into erp_reservation (sales_order, position, line, warehouse, product, quantity) ";
    bulk::insert(db, into, &rows, "", |row, (order, it)| {
        row.push_bind(order.0)
            .push_bind(it.line.0)
            .push_bind(it.line.1.0)
            .push_bind(it.warehouse.0)
            .push_bind(it.product.0)
            .push_bind(it.quantity.to_string());
    })
    .await
}

/// Writes what is reserved of products that are in stock.
pub async fn put_reserved(db: &mut SqliteConnection, stocks: &[&Stock]) -> Result<()> {
    bulk::insert(
        db,
        "insert into erp_stock (warehouse, product, on_hand, reserved, dirty) ",
        stocks,
        " on conflict (warehouse, product) do update set reserved = excluded.reserved, dirty = 1",
        |row, stock| {
            row.push_bind(stock.warehouse.0)
                .push_bind(stock.product.0)
                .push_bind(stock.on_hand.to_string())
                .push_bind(stock.reserved.to_string())
                .push_bind(1);
        },
    )
    .await
}

/// Writes what customers ordered and no invoice has yet, in minor units.
pub async fn put_uninvoiced(
    db: &mut SqliteConnection,
    uninvoiced: &BTreeMap<CustomerId, i64>,
) -> Result<()> {
    let by_key: BTreeMap<_, _> = uninvoiced
        .iter()
        .map(|(customer, minor)| (customer.0.simple().to_string(), minor))
        .collect();
    sqlx::query(
        "update erp_customer as c set uninvoiced = now.value from json_each($1) now where c.id = unhex(now.key)",
    )
    .bind(json(&by_key)?)
    .execute(db)
    .await?;
    Ok(())
}

fn keys(orders: &BTreeSet<OrderId>) -> String {
    bulk::keys(orders.iter().map(|order| order.0))
}
