//! What products cost: from today on, and from days to come. With a connected ERP all of it is kept
//! there.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use roundsman_core::error::{Refusal, Result as Refused, codes};
use roundsman_core::id::{PriceListId, ProductId};
use roundsman_core::quantity::Quantity;
use roundsman_core::records::{COMING_MAX, Price, PriceBreak, PriceList, PriceVersion};
use roundsman_core::time::{Day, Timestamp};
use roundsman_erp::embedded::master;
use roundsman_store::{Commit, Result as StoreResult, SqliteConnection, records};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::products::{invalid, require, unchanged};
use super::{Json, Path};
use crate::app::App;
use crate::error::Result;
use crate::identity::Me;

/// What a product costs by a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListedPrice {
    list: PriceList,
    /// Now, smallest quantity first; none when it is not sold by this list.
    breaks: Vec<PriceBreak>,
    /// From days to come, earliest first.
    coming: Vec<DatedPrice>,
    /// What it cost in the last 90 days, latest first.
    earlier: Vec<DatedPrice>,
}

/// What a product costs from a day on.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DatedPrice {
    /// The first day.
    since: Day,
    breaks: Vec<PriceBreak>,
}

/// Another price, and the one that was looked at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PriceChange {
    #[schema(value_type = String)]
    list: PriceListId,
    /// The first day it holds; none: today.
    #[serde(default)]
    since: Option<Day>,
    /// The price to come that gives way to it, by its day; none: it is a further one.
    #[serde(default)]
    instead_of: Option<Day>,
    /// The price that gives way, or the one that holds now.
    seen: Vec<PriceBreak>,
    breaks: Vec<PriceBreak>,
}

/// A price to come that is not to come any more.
#[derive(Debug, Deserialize, ToSchema)]
pub struct PriceWithdrawal {
    #[schema(value_type = String)]
    list: PriceListId,
    /// Its first day.
    since: Day,
    seen: Vec<PriceBreak>,
}

impl ListedPrice {
    /// What a product costs by this list now, soon and before.
    pub fn of(list: PriceList, price: Option<Price>, now: Timestamp) -> Self {
        let Some(price) = price.map(|it| it.at(now)) else {
            return Self { list, breaks: Vec::new(), coming: Vec::new(), earlier: Vec::new() };
        };
        let dated = |it: &PriceVersion| DatedPrice { since: it.since, breaks: it.breaks.clone() };
        let coming = price.coming().map(dated).collect();
        let earlier = price.earlier().filter(|it| !it.breaks.is_empty()).map(dated).collect();
        Self { list, coming, earlier, breaks: price.breaks }
    }
}

/// Changes what a product costs by a list, from today or a day to come on; orders keep the price of
/// the day they were taken on.
#[utoipa::path(post, path = "/api/products/{id}/price", request_body = PriceChange,
    params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Refusal)))]
pub async fn change(
    Me(me): Me,
    State(app): State<Arc<App>>,
    Path(id): Path<ProductId>,
    Json(form): Json<PriceChange>,
) -> Result<StatusCode> {
    require(&app, &me)?;
    let list = records::get::<PriceList>(&app.store.read, form.list).await?;
    let list = list.ok_or_else(|| Refusal::new(codes::NOT_FOUND))?;
    rising(&form.breaks, &list)?;
    let (now, today) = (app.clock.now(), app.clock.today());
    let (at, since) = (form.list, form.since.unwrap_or(today));
    if since < today {
        return Err(invalid("since").into());
    }
    let begins = app.clock.begin_of(since);
    let job = app.store.write.run(move |db, commit| {
        Box::pin(async move {
            let price = price_of(db, list.id, id).await?.at(now);
            let price = changed(&price, form, (since, begins), now)?;
            master::put_price(db, commit, &price, now).await
        })
    });
    job.await?;
    tracing::info!(by = %me.id, product = %id, list = %at, %since, "a price changed");
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a price to come back: what holds before its day goes on.
#[utoipa::path(post, path = "/api/products/{id}/price/withdraw", request_body = PriceWithdrawal,
    params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Refusal)))]
pub async fn withdraw(
    Me(me): Me,
    State(app): State<Arc<App>>,
    Path(id): Path<ProductId>,
    Json(form): Json<PriceWithdrawal>,
) -> Result<StatusCode> {
    require(&app, &me)?;
    let now = app.clock.now();
    let job = app.store.write.run(move |db, commit| {
        Box::pin(async move {
            let price = price_of(db, form.list, id).await?.at(now);
            let price = without(&price, form.since, &form.seen, now)?;
            put(db, commit, &price, now).await
        })
    });
    job.await?;
    tracing::info!(by = %me.id, product = %id, list = %form.list, since = %form.since, "a price to come was taken back");
    Ok(StatusCode::NO_CONTENT)
}

async fn price_of(
    db: &mut SqliteConnection,
    list: PriceListId,
    product: ProductId,
) -> StoreResult<Price> {
    let price = records::get::<Price>(db, Price::id_of(list, product)).await?;
    Ok(price.unwrap_or_else(|| Price::none(list, product)))
}

async fn put(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    price: &Price,
    now: Timestamp,
) -> StoreResult<()> {
    if price.is_none() {
        return master::remove_price(db, commit, price).await;
    }
    master::put_price(db, commit, price, now).await
}

/// The price with what the form says, from this day on.
fn changed(
    price: &Price,
    form: PriceChange,
    (since, begins): (Day, Timestamp),
    now: Timestamp,
) -> Refused<Price> {
    let price = match form.instead_of {
        Some(day) => without(price, day, &form.seen, now)?,
        None => {
            unchanged(&price.breaks, &form.seen)?;
            price.clone()
        }
    };
    if price.coming().any(|it| it.since == since) {
        return Err(Refusal::new(codes::TAKEN).with("field", "since"));
    }
    if begins > now && price.coming().count() >= COMING_MAX {
        return Err(Refusal::new(codes::TOO_LARGE).with("field", "since"));
    }
    let discount_max = price.at(begins).discount_max;
    let version = PriceVersion { since, begins, breaks: form.breaks, discount_max };
    Ok(price.with(version, now))
}

/// The price without the one to come on this day, if that is as it was looked at.
fn without(price: &Price, since: Day, seen: &[PriceBreak], now: Timestamp) -> Refused<Price> {
    let is_seen = price.coming().any(|it| it.since == since && it.breaks == seen);
    let rest = price.without(since, now).filter(|_| is_seen);
    rest.ok_or_else(|| Refusal::new(codes::DECIDED_MEANWHILE))
}

/// Prices from nothing on, each from more than the one before, in the list's currency.
fn rising(breaks: &[PriceBreak], list: &PriceList) -> Refused<()> {
    let first = breaks.first().is_some_and(|it| it.from == Quantity::ZERO);
    let rising = breaks.windows(2).all(|pair| matches!(pair, [a, b] if a.from.0 < b.from.0));
    let priced =
        breaks.iter().all(|it| it.unit_price.minor >= 0 && it.unit_price.currency == list.currency);
    if first && rising && priced { Ok(()) } else { Err(invalid("breaks")) }
}
