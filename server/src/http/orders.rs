//! Orders.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::{CustomerId, ItemId, OrderId, PersonId};
use roundsman_core::time::Day;
use roundsman_core::views::{HistoryRow, OrderRow, OrderState, OrderView, SyncState};
use roundsman_store::clock;
use roundsman_store::lists::Page as Wanted;
use roundsman_store::lists::orders::{self, ListedOrder, OrderFilter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::list::{Page, span};
use super::{Json, Path, Query, history};
use crate::app::App;
use crate::error::Result;
use crate::identity::Me;

/// What narrows the list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// Where it stands.
    state: Option<OrderState>,
    /// Who took it.
    #[param(value_type = Option<String>)]
    rep: Option<PersonId>,
    /// Who ordered.
    #[param(value_type = Option<String>)]
    customer: Option<CustomerId>,
    /// Placed on this day or later.
    #[param(value_type = Option<String>)]
    from: Option<Day>,
    /// Placed on this day or before.
    #[param(value_type = Option<String>)]
    to: Option<Day>,
}

/// A part of the list, and how many orders there are in each state.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderList {
    /// Rows in the whole list.
    total: u64,
    /// The part.
    rows: Vec<OrderRow>,
    /// By state, over the list without its state filter.
    counts: BTreeMap<String, u64>,
}

/// Orders, newest first.
#[utoipa::path(get, path = "/api/orders", params(Filter, Page),
    responses((status = 200, body = OrderList), (status = "default", body = Refusal)))]
pub async fn list(
    _: Me,
    State(app): State<Arc<App>>,
    Query(filter): Query<Filter>,
    Query(page): Query<Page>,
) -> Result<Json<OrderList>> {
    let (from, before) = span(&app.clock, filter.from, filter.to);
    let state = filter.state.map(|state| state_code(state).to_owned());
    let narrow =
        OrderFilter { id: None, state, rep: filter.rep, customer: filter.customer, from, before };
    let page = Wanted::from(page);
    let counts = orders::counts(&app.store.read, &narrow, &page.search).await?;
    let found = orders::list(&app.store.read, &narrow, &page).await?;
    let rows = found.rows.iter().map(row).collect();
    Ok(Json(OrderList { total: found.total, rows, counts }))
}

/// One order with its decision.
#[utoipa::path(get, path = "/api/orders/{id}", params(("id" = String, Path)),
    responses((status = 200, body = OrderView), (status = "default", body = Refusal)))]
pub async fn show(
    _: Me,
    State(app): State<Arc<App>>,
    Path(id): Path<OrderId>,
) -> Result<Json<OrderView>> {
    let narrow = OrderFilter { id: Some(id), ..OrderFilter::default() };
    let found = orders::list(&app.store.read, &narrow, &Wanted::one()).await?;
    let order = found.rows.into_iter().next().ok_or_else(|| Refusal::new(codes::NOT_FOUND))?;
    let clock_off_ms = clock::off_ms(&app.store.read, ItemId::from(id)).await?;
    let view = OrderView::new(row(&order), &order.signed, order.decision.as_ref());
    Ok(Json(OrderView { clock_off_ms, ..view }))
}

/// Who did what to it.
#[utoipa::path(get, path = "/api/orders/{id}/history", params(("id" = String, Path)),
    responses((status = 200, body = Vec<HistoryRow>), (status = "default", body = Refusal)))]
pub async fn show_history(
    _: Me,
    State(app): State<Arc<App>>,
    Path(id): Path<OrderId>,
) -> Result<Json<Vec<HistoryRow>>> {
    Ok(Json(history::of(&app, ItemId::from(id)).await?))
}

/// The row with what only the office knows.
pub fn row(order: &ListedOrder) -> OrderRow {
    let row = OrderRow::new(
        &order.signed,
        order.decision.as_ref(),
        &order.rep_name,
        SyncState::SafeAtOffice,
    );
    let customer_name = order.customer_name.clone().unwrap_or_else(|| row.customer_name.clone());
    OrderRow { arrived_at: Some(order.arrived_at), customer_name, ..row }
}

fn state_code(state: OrderState) -> &'static str {
    match state {
        OrderState::Waiting => "waiting",
        OrderState::Accepted => "accepted",
        OrderState::AcceptedWithChange => "acceptedWithChange",
        OrderState::Held => "held",
        OrderState::Countered => "countered",
        OrderState::Declined => "declined",
    }
}
