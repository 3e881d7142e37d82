//! Orders.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use roundsman_core::access::{may_judge, may_take_for_others};
use roundsman_core::documents::customer::TEXT_BYTES_MAX;
use roundsman_core::documents::order::{Order, Wanted as WantedOrder, WantedLine};
use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::{CustomerId, ItemId, OrderId, PersonId};
use roundsman_core::money::Money;
use roundsman_core::records::{Product, Ruling};
use roundsman_core::time::{Day, Timestamp};
use roundsman_core::views::{HistoryRow, OrderRow, OrderState, OrderView, SyncState};
use roundsman_erp::embedded::Ruled;
use roundsman_store::lists::Page as Wanted;
use roundsman_store::lists::orders::{self, ListedOrder, OrderFilter};
use roundsman_store::{clock, documents, history as stored, records};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::list::{Page, span};
use super::{Json, Path, Query, history};
use crate::app::App;
use crate::desk::{Asked, Taken};
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
    let state = filter.state.map(|state| state.code().to_owned());
    let narrow =
        OrderFilter { id: None, state, rep: filter.rep, customer: filter.customer, from, before };
    let page = Wanted::from(page);
    let counts = orders::counts(&app.store.read, &narrow, &page.search).await?;
    let found = orders::list(&app.store.read, &narrow, &page).await?;
    let rows = found.rows.iter().map(row).collect();
    Ok(Json(OrderList { total: found.total, rows, counts }))
}

/// What somebody on the telephone orders.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderForm {
    /// The new order, made by whoever asks: asked for twice, it is still one.
    #[schema(value_type = String)]
    id: OrderId,
    /// Who orders.
    #[schema(value_type = String)]
    customer: CustomerId,
    /// What, each product once; `line` is none in all of them.
    lines: Vec<WantedLine>,
    /// When it is wanted.
    #[schema(value_type = Option<String>)]
    requested_on: Option<Day>,
    /// What to note.
    #[serde(default)]
    note: String,
    /// The total that the customer was told, with tax.
    told: Money,
}

/// Takes an order for the rep who looks after the customer. It is durable when the answer comes; one
/// that is here already is answered as it was. `TOTAL_CHANGED` when it costs something else than
/// the customer was told.
#[utoipa::path(post, path = "/api/orders", request_body = OrderForm,
    responses((status = 200, body = Taken), (status = "default", body = Refusal)))]
pub async fn take(
    Me(person): Me,
    State(app): State<Arc<App>>,
    Json(form): Json<OrderForm>,
) -> Result<Json<Taken>> {
    if !may_take_for_others(person.role) {
        return Err(Refusal::new(codes::ACCESS_ENDED).into());
    }
    let OrderForm { id, customer, lines, requested_on, note, told } = form;
    let wanted = WantedOrder { lines, requested_on, note };
    let asked = Asked { order: id, customer, wanted, told };
    Ok(Json(app.desk.take_order(person.id, asked).await?))
}

/// An order as the office sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderCard {
    #[serde(flatten)]
    view: OrderView,
    /// Whether it comes from the company's old files: it is history, and nothing of it changes.
    imported: bool,
}

/// One order with its decision.
#[utoipa::path(get, path = "/api/orders/{id}", params(("id" = String, Path)),
    responses((status = 200, body = OrderCard), (status = "default", body = Refusal)))]
pub async fn show(
    _: Me,
    State(app): State<Arc<App>>,
    Path(id): Path<OrderId>,
) -> Result<Json<OrderCard>> {
    let order = one(&app, id).await?;
    let clock_off_ms = clock::off_ms(&app.store.read, ItemId::from(id)).await?;
    let names = stored::everybody(&app.store.read).await?;
    let mut view = OrderView::new(row(&order), &order.order, order.decision.as_ref(), &names);
    let products = view.lines.iter().map(|line| line.product.0);
    let products = records::many::<Product>(&app.store.read, products).await?;
    for line in &mut view.lines {
        line.picture = products.get(&line.product.0).and_then(|it| it.picture.clone());
    }
    let imported = !documents::exists(&app.store.read, id.into()).await?;
    Ok(Json(OrderCard { view: OrderView { clock_off_ms, ..view }, imported }))
}

/// What somebody decides about an order that the rules left open.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RuleForm {
    /// What.
    ruling: Ruling,
    /// Why; nobody is refused without a reason.
    #[serde(default)]
    note: String,
    /// The time of the decision they are looking at.
    seen: Timestamp,
}

/// Takes a held order in spite of what holds it, refuses it, or gives it back to the rep. Of two
/// people who do so at the same time, the second is told `DECIDED_MEANWHILE`.
#[utoipa::path(post, path = "/api/orders/{id}/rule", request_body = RuleForm,
    params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Refusal)))]
pub async fn rule(
    Me(person): Me,
    State(app): State<Arc<App>>,
    Path(id): Path<OrderId>,
    Json(form): Json<RuleForm>,
) -> Result<StatusCode> {
    if !may_judge(person.role) {
        return Err(Refusal::new(codes::ACCESS_ENDED).into());
    }
    if form.note.len() > TEXT_BYTES_MAX {
        return Err(Refusal::new(codes::TOO_LARGE).with("field", "note").into());
    }
    let RuleForm { ruling, note, seen } = form;
    app.erp.central.rule(id, Ruled { ruling, by: person.id, note, seen }).await?;
    Ok(StatusCode::NO_CONTENT)
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

/// One that can be changed: what was imported of the past is not.
pub(super) async fn changeable(app: &App, id: OrderId) -> Result<Order> {
    if !documents::exists(&app.store.read, id.into()).await? {
        return Err(Refusal::new(codes::NOT_FOUND).with("item", id).into());
    }
    Ok(one(app, id).await?.order)
}

async fn one(app: &App, id: OrderId) -> Result<ListedOrder> {
    let narrow = OrderFilter { id: Some(id), ..OrderFilter::default() };
    let found = orders::list(&app.store.read, &narrow, &Wanted::one()).await?;
    Ok(found.rows.into_iter().next().ok_or_else(|| Refusal::new(codes::NOT_FOUND))?)
}

/// The row with what only the office knows.
pub fn row(order: &ListedOrder) -> OrderRow {
    let row = OrderRow::new(
        &order.order,
        order.decision.as_ref(),
        &order.rep_name,
        SyncState::SafeAtOffice,
    );
    let customer_name = order.customer_name.clone().unwrap_or_else(|| row.customer_name.clone());
    let (customer, arrived_at) = (order.customer, Some(order.arrived_at));
    OrderRow { arrived_at, customer, customer_name, ..row }
}
