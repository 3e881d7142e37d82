//! Prices of products in a list, each row from a quantity and a day on.

use roundsman_core::quantity::{Percent, Quantity};
use roundsman_core::records::{Price, PriceBreak, PriceList, PriceVersion};
use roundsman_core::time::Day;
use roundsman_erp::embedded::master;
use roundsman_store::{Result, SqliteConnection, records};

use super::company::money;
use super::plan::{Context, Left, Plan};
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
        Some(left) => Some(left.price.clone()),
        None => records::get::<Price>(&mut *db, id).await?,
    };
    let was = before.clone().unwrap_or_else(|| Price::none(list.id, product.id));
    let since = row.day("since").unwrap_or(context.company.today);
    let last = context.prices.get(&id).and_then(|left| left.since);
    if last.is_some_and(|last| since < last) {
        row.fault("since", FaultCode::BeforeEarlierRow);
    }
    let after = priced(context, &mut row, &was, (list, since));
    if row.faults.is_empty() {
        let begun = Some(since).filter(|since| *since <= context.company.today);
        let left = Left { price: after.clone().unwrap_or(was), since: begun.or(last) };
        context.prices.insert(id, left);
    }
    let writes = after.map(|after| Write::PutPrice { before, after }).into_iter().collect();
    Ok(Plan::of(row, id, writes))
}

/// The price with what the row says from its day on; none when that holds then already. A day that
/// has begun is about the price that holds now.
fn priced(
    context: &Context<'_>,
    row: &mut Row<'_>,
    was: &Price,
    (list, since): (&PriceList, Day),
) -> Option<Price> {
    let (now, begins) = (context.company.now, context.clock.begin_of(since));
    let holds = was.at(begins.max(now));
    let breaks = breaks(row, holds.breaks.clone(), list);
    let discount_max = row.amount("discount_max").map_or(holds.discount_max, Percent);
    let same = breaks == holds.breaks && discount_max == holds.discount_max;
    let version = PriceVersion { since, begins, breaks, discount_max };
    (!same).then(|| was.with(version, now))
}

/// The prices by quantity as they were, but for what the row says.
fn breaks(row: &mut Row<'_>, was: Vec<PriceBreak>, list: &PriceList) -> Vec<PriceBreak> {
    let from = row.amount("from").map_or(Quantity::ZERO, Quantity);
    let amount = row.amount("price").unwrap_or_default();
    let mut breaks: Vec<_> = was.into_iter().filter(|it| it.from != from).collect();
    breaks.push(PriceBreak { from, unit_price: money(amount, list.currency) });
    breaks.sort_by_key(|it| it.from);
    if breaks.first().is_some_and(|first| first.from.is_positive()) {
        row.fault("from", FaultCode::NoFirstPrice);
    }
    breaks
}
