//! Orders, what was decided about them, and what follows from that.

use std::collections::BTreeMap;

use futures_util::TryStreamExt as _;
use roundsman_core::id::{ItemId, ItemKind};
use roundsman_core::quantity::Quantity;
use roundsman_core::records::{Record, SalesOrder};
use sqlx::{Row, SqlitePool};

use super::{Part, unpacked};
use crate::{Error, Packed, Result, column};

/// Every version of an admitted order is decided once or waits for it, and all tables say the same.
pub(super) async fn check_outcomes(db: &SqlitePool) -> Result<Part> {
    let mut part = Part::new("orders");
    let kind = ItemKind::Order as u8;
    let mut rows = sqlx::query(
        "select d.item, max(o.state) as state, count(o.id) as transitions \
         from document d left join outbox o on o.item = d.item \
         where d.item >= $1 and d.item < $2 group by d.item",
    )
    .bind(vec![kind])
    .bind(vec![kind + 1])
    .fetch(db);
    while let Some(row) = rows.try_next().await? {
        part.checked += 1;
        let Some(order) = ItemId::from_bytes(row.try_get("item")?) else { continue };
        let state: Option<String> = row.try_get("state")?;
        let changed = row.try_get::<i64, _>("transitions")? > 1;
        let record = decided(db, order).await?;
        match (state.as_deref(), &record) {
            (Some("done"), Some(decided)) => check_decision(db, order, decided, &mut part).await?,
            (Some("waiting"), None) => {}
            // A later version of it waits.
            (Some("waiting"), Some(_)) if changed => {}
            (None, _) => part.wrong(format!("{order} was never handed to the ERP")),
            (Some(state), found) => part.wrong(format!(
                "{order} is {state} in the outbox, and {}",
                if found.is_some() { "decided" } else { "not decided" }
            )),
        }
    }
    Ok(part)
}

async fn decided(db: &SqlitePool, order: ItemId) -> Result<Option<SalesOrder>> {
    let item = ItemId::new(SalesOrder::KIND, order.id).to_bytes();
    let row = sqlx::query("select bytes from record where item = $1")
        .bind(&item[..])
        .fetch_optional(db)
        .await?;
    row.map(|row| Ok(SalesOrder::from_bytes(&unpacked(&row, "bytes"))?)).transpose()
}

async fn check_decision(
    db: &SqlitePool,
    order: ItemId,
    decided: &SalesOrder,
    part: &mut Part,
) -> Result<()> {
    let shown: Option<(String, String)> =
        sqlx::query_as("select number, outcome from outcome_row where id = $1")
            .bind(order.id)
            .fetch_optional(db)
            .await?;
    let said = (decided.number.clone(), column::code(&decided.outcome)?);
    part.expect(shown.as_ref() == Some(&said), || {
        format!("{order} is listed otherwise than it was decided")
    });
    let stands: Option<Vec<u8>> = sqlx::query_scalar("select version from order_row where id = $1")
        .bind(order.id)
        .fetch_optional(db)
        .await?
        .flatten();
    part.expect(stands == decided.version.map(|version| version.0.to_vec()), || {
        format!("{order} was decided as another version than the one that stands")
    });
    let booked: Option<Packed> =
        sqlx::query_scalar("select body from erp_sales_order where id = $1")
            .bind(order.id)
            .fetch_optional(db)
            .await?;
    if let Some(body) = booked {
        part.expect(column::from_packed_json::<SalesOrder>(&body)? == *decided, || {
            format!("{order} is booked otherwise than it was told")
        });
    }
    Ok(())
}

/// What is reserved is what orders have reserved.
pub(super) async fn check_stock(db: &SqlitePool) -> Result<Part> {
    let mut part = Part::new("reservations");
    let mut sums: BTreeMap<(Vec<u8>, Vec<u8>), Quantity> = BTreeMap::new();
    let reservations = sqlx::query("select warehouse, product, quantity from erp_reservation")
        .fetch_all(db)
        .await?;
    for row in &reservations {
        part.checked += 1;
        let key = (row.try_get("warehouse")?, row.try_get("product")?);
        let sum = sums.entry(key).or_default();
        *sum = Quantity(sum.0 + quantity(row.try_get("quantity")?)?.0);
    }
    let stock =
        sqlx::query("select warehouse, product, reserved from erp_stock").fetch_all(db).await?;
    for row in &stock {
        let key = (row.try_get("warehouse")?, row.try_get("product")?);
        let (held, wanted) = (quantity(row.try_get("reserved")?)?, sums.remove(&key));
        let wanted = wanted.unwrap_or_default();
        part.expect(held == wanted, || {
            format!("{held} of a product are reserved, and {wanted} are wanted by orders")
        });
    }
    part.expect(sums.is_empty(), || "something is reserved that is in no warehouse".to_owned());
    Ok(part)
}

fn quantity(text: &str) -> Result<Quantity> {
    text.parse().map_err(|_| Error::Corrupt(format!("not a quantity: {text}")))
}
