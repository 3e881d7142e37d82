//! Prices of products in a list, each row from a quantity on.

use roundsman_core::quantity::{Percent, Quantity};
use roundsman_core::records::{Price, PriceBreak, PriceList};
use roundsman_erp::embedded::master;
use roundsman_store::{Result, SqliteConnection, records};
use rust_decimal::Decimal;

use super::company::money;
use super::plan::{Context, Plan};
use super::sheet::{FaultCode, Row};
use super::write::Write;

pub async fn plan(
    context: &mut Context<'_>,
    db: &mut SqliteConnection,
    mut row: Row<'_>,
) -> Result<Plan> {
    let code = row.needed("product");
    row.needed("price");
    let named = row.read("price_list", FaultCode::Unknown, |name| context.company.list(name));
    let list = match row.text("price_list") {
        Some(_) => named,
        None => context.company.usual_list(),
    };
    let product = master::product_by_code(&mut *db, &code).await?;
    if product.is_none() && !code.is_empty() {
        row.fault("product", FaultCode::Unknown);
    }
    let Some((list, product)) = list.zip(product) else {
        if list.is_none() && row.text("price_list").is_none() {
            row.fault("price_list", FaultCode::Missing);
        }
        return Ok(Plan::refused(row));
    };
    let id = Price::id_of(list.id, product.id);
    let before = match context.prices.get(&id) {
        Some(left) => Some(left.clone()),
        None => records::get::<Price>(&mut *db, id).await?,
    };
    let new = Price {
        list: list.id,
        product: product.id,
        breaks: Vec::new(),
        discount_max: Percent(Decimal::ZERO),
        since: context.company.today,
    };
    let after = price(&mut row, before.clone().unwrap_or(new), list);
    let changed = before.as_ref() != Some(&after);
    if row.faults.is_empty() {
        context.prices.insert(id, after.clone());
    }
    let writes = if changed { vec![Write::PutPrice { before, after }] } else { Vec::new() };
    Ok(Plan::of(row, id, writes))
}

/// The price as it was, but for what the row says.
fn price(row: &mut Row<'_>, was: Price, list: &PriceList) -> Price {
    let from = row.amount("from").map_or(Quantity::ZERO, Quantity);
    let amount = row.amount("price").unwrap_or_default();
    let mut breaks: Vec<_> = was.breaks.into_iter().filter(|it| it.from != from).collect();
    breaks.push(PriceBreak { from, unit_price: money(amount, list.currency) });
    breaks.sort_by_key(|it| it.from);
    if breaks.first().is_some_and(|first| first.from.is_positive()) {
        row.fault("from", FaultCode::NoFirstPrice);
    }
    Price {
        breaks,
        discount_max: row.amount("discount_max").map_or(was.discount_max, Percent),
        since: row.day("since").unwrap_or(was.since),
        ..was
    }
}
