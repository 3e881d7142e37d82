//! The day in figures.

use std::sync::Arc;

use axum::extract::State;
use roundsman_core::error::Refusal;
use roundsman_core::money::{Currency, Money};
use roundsman_core::time::{Day, Timestamp};
use roundsman_store::lists::orders::{self, OrderFilter};
use roundsman_store::lists::{customers, quarantine, visits};
use roundsman_store::{epochs, settings};
use serde::Serialize;
use utoipa::ToSchema;

use super::Json;
use crate::app::App;
use crate::error::Result;
use crate::identity::Me;

/// The day in the office.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Which day it is in the office, whatever the browser's clock says.
    #[schema(value_type = String)]
    today: Day,
    /// Orders placed today, without those that were cancelled.
    orders_today: u64,
    /// What they are worth, with tax.
    order_total_today: Money,
    /// Visits begun today.
    visits_today: u64,
    /// Orders that wait for the office.
    needs_office: u64,
    /// Entries that wait for the office.
    quarantined: u64,
    /// Customers with values to choose from.
    conflicts: u64,
    /// The time the database went back to, while devices are asked for what came after.
    restored_since: Option<Timestamp>,
}

/// The day in figures.
#[utoipa::path(get, path = "/api/summary",
    responses((status = 200, body = Summary), (status = "default", body = Refusal)))]
pub async fn show(_: Me, State(app): State<Arc<App>>) -> Result<Json<Summary>> {
    let db = &app.store.read;
    let today = app.clock.today();
    let begin = app.clock.begin_of(today);
    let (orders_today, total_minor) = orders::placed_since(db, begin).await?;
    let states = orders::counts(db, &OrderFilter::default(), "").await?;
    Ok(Json(Summary {
        today,
        orders_today,
        order_total_today: Money::new(total_minor, currency(&app).await?),
        visits_today: visits::begun_since(db, begin).await?,
        needs_office: states.get("held").copied().unwrap_or(0),
        quarantined: quarantine::waiting(db).await?,
        conflicts: customers::with_conflicts(db).await?,
        restored_since: restored_since(&app).await?,
    }))
}

async fn restored_since(app: &App) -> Result<Option<Timestamp>> {
    let last = epochs::restorations(&app.store.read).await?.into_iter().next();
    let now = app.clock.now().millis();
    let asked = last.filter(|last| now - last.begun_at.millis() < epochs::ASKED_MS);
    Ok(asked.map(|last| last.since))
}

/// The company's own currency.
pub(super) async fn currency(app: &App) -> Result<Currency> {
    let stored = settings::get(&app.store.read, settings::CURRENCY).await?;
    let text = stored.and_then(|bytes| String::from_utf8(bytes).ok());
    Ok(text.and_then(|text| text.parse().ok()).unwrap_or(Currency::CNY))
}
