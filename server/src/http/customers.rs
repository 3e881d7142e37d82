//! Customers.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::{CustomerId, ItemId, PersonId, TerritoryId};
use roundsman_core::records::{CustomerAccount, PriceList};
use roundsman_core::views::{
    AccountView, CustomerCard, CustomerRow, HistoryRow, OrderRow, SyncState, VisitRow,
    contact_views, field_views,
};
use roundsman_store::lists::Page as Wanted;
use roundsman_store::lists::customers::{self, CustomerFilter, ListedCustomer};
use roundsman_store::lists::orders::{self, OrderFilter};
use roundsman_store::lists::visits::{self, VisitFilter};
use roundsman_store::{merges, records};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::devices::require_governor;
use super::history;
use super::list::{List, Page};
use super::merges::listed;
use super::moves::require_owner;
use super::{Json, Path, Query, orders as order_rows, visits as visit_rows};
use crate::app::App;
use crate::desk::Recorded;
use crate::error::Result;
use crate::identity::Me;

/// Orders and visits that a card shows.
const LATEST: u32 = 5;

/// What narrows the list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// Where it belongs.
    #[param(value_type = Option<String>)]
    territory: Option<TerritoryId>,
    /// Who is in charge.
    #[param(value_type = Option<String>)]
    manager: Option<PersonId>,
    /// Only those with values to choose from.
    conflicts: Option<bool>,
}

/// Customers, by name.
#[utoipa::path(get, path = "/api/customers", params(Filter, Page),
    responses((status = 200, body = List<CustomerRow>), (status = "default", body = Refusal)))]
pub async fn list(
    _: Me,
    State(app): State<Arc<App>>,
    Query(filter): Query<Filter>,
    Query(page): Query<Page>,
) -> Result<Json<List<CustomerRow>>> {
    let narrow = CustomerFilter {
        id: None,
        territory: filter.territory,
        manager: filter.manager,
        conflicts: filter.conflicts.unwrap_or(false),
    };
    let found = customers::list(&app.store.read, &narrow, &page.into()).await?;
    Ok(Json(List::of(found, |customer| row(&app, &customer))))
}

/// A shop that nobody had entered yet, and who looks after it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewCustomer {
    /// Values by field; `name` is required.
    fields: BTreeMap<String, String>,
    /// Where it belongs.
    #[schema(value_type = Option<String>)]
    territory: Option<TerritoryId>,
    /// Who is in charge.
    #[schema(value_type = Option<String>)]
    account_manager: Option<PersonId>,
}

/// Adds a customer with an account: the first price list, no credit.
#[utoipa::path(post, path = "/api/customers", request_body = NewCustomer,
    responses((status = 200, body = Recorded), (status = "default", body = Refusal)))]
pub async fn create(
    Me(me): Me,
    State(app): State<Arc<App>>,
    Json(form): Json<NewCustomer>,
) -> Result<Json<Recorded>> {
    require_governor(&me)?;
    if form.fields.get("name").is_none_or(|name| name.trim().is_empty()) {
        return Err(empty("name").into());
    }
    let territory = form.territory.ok_or_else(|| empty("territory"))?;
    let manager = form.account_manager.ok_or_else(|| empty("person"))?;
    require_owner(&app, territory, manager).await?;
    Ok(Json(app.desk.add_customer(me.id, form.fields, (territory, manager)).await?))
}

fn empty(field: &str) -> Refusal {
    Refusal::new(codes::EMPTY).with("field", field)
}

/// Everything about one customer.
#[utoipa::path(get, path = "/api/customers/{id}", params(("id" = String, Path)),
    responses((status = 200, body = CustomerCard), (status = "default", body = Refusal)))]
pub async fn show(
    _: Me,
    State(app): State<Arc<App>>,
    Path(id): Path<CustomerId>,
) -> Result<Json<CustomerCard>> {
    let customer = listed(&app, id).await?;
    let names = history::participants(&app, ItemId::from(id)).await?;
    let account = match &customer.facts.account {
        Some(account) => account_view(&app, account).await?,
        None => None,
    };
    let open = VisitFilter { customer: Some(id), open: true, ..VisitFilter::default() };
    let open_visit = visits::list(&app.store.read, &open, &Wanted::one()).await?.rows;
    Ok(Json(CustomerCard {
        row: row(&app, &customer),
        fields: field_views(&customer.customer, &names),
        contacts: contact_views(&customer.customer),
        account,
        orders: latest_orders(&app, id).await?,
        visits: latest_visits(&app, id).await?,
        open_visit: open_visit.first().map(|visit| visit.id),
        // Carts are their reps' own.
        cart: None,
        cart_lines: 0,
        merged: merges::names_of_merged(&app.store.read, id).await?,
    }))
}

/// Who changed what about it.
#[utoipa::path(get, path = "/api/customers/{id}/history", params(("id" = String, Path)),
    responses((status = 200, body = Vec<HistoryRow>), (status = "default", body = Refusal)))]
pub async fn show_history(
    _: Me,
    State(app): State<Arc<App>>,
    Path(id): Path<CustomerId>,
) -> Result<Json<Vec<HistoryRow>>> {
    Ok(Json(history::of(&app, ItemId::from(id)).await?))
}

async fn account_view(app: &App, account: &CustomerAccount) -> Result<Option<AccountView>> {
    let list: Option<PriceList> = records::get(&app.store.read, account.price_list).await?;
    Ok(list.map(|list| AccountView::new(account, list.name)))
}

async fn latest_orders(app: &App, id: CustomerId) -> Result<Vec<OrderRow>> {
    let narrow = OrderFilter { customer: Some(id), ..OrderFilter::default() };
    let found = orders::list(&app.store.read, &narrow, &Wanted::first(LATEST)).await?;
    Ok(found.rows.iter().map(order_rows::row).collect())
}

async fn latest_visits(app: &App, id: CustomerId) -> Result<Vec<VisitRow>> {
    let narrow = VisitFilter { customer: Some(id), ..VisitFilter::default() };
    let found = visits::list(&app.store.read, &narrow, &Wanted::first(LATEST)).await?;
    Ok(found.rows.iter().map(visit_rows::row).collect())
}

pub(super) fn row(app: &App, listed: &ListedCustomer) -> CustomerRow {
    let today = (app.clock.today(), app.clock.offset_minutes());
    CustomerRow::new(listed.id, &listed.customer, &listed.facts, today, SyncState::Confirmed)
}
