//! What a customer can order, and usually does: as on the phone, from the ERP's own tables.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::State;
use roundsman_core::documents::order::SignedOrder;
use roundsman_core::error::Refusal;
use roundsman_core::id::{CustomerId, ProductId};
use roundsman_core::rules::Shelf;
use roundsman_core::views::{CatalogueRow, USUAL_ORDERS_MAX, UsualView};
use roundsman_erp::embedded::shelf_for;
use roundsman_store::Error as StoreError;
use roundsman_store::lists::{orders, products};

use super::list::{List, Page};
use super::{Json, Path, Query};
use crate::app::App;
use crate::error::Result;
use crate::identity::Me;

/// What is sold now, as this customer may order it; found by name, article number or barcode.
#[utoipa::path(get, path = "/api/customers/{id}/catalogue", params(("id" = String, Path), Page),
    responses((status = 200, body = List<CatalogueRow>), (status = "default", body = Refusal)))]
pub async fn list(
    _: Me,
    State(app): State<Arc<App>>,
    Path(id): Path<CustomerId>,
    Query(page): Query<Page>,
) -> Result<Json<List<CatalogueRow>>> {
    let found = products::sold(&app.store.read, &page.into()).await?;
    let shelf = shelf(&app, id, found.rows.iter().copied().collect()).await?;
    let last = orders::latest_of(&app.store.read, id, 1).await?;
    let mut last: BTreeMap<_, _> = last
        .into_iter()
        .flat_map(|order| order.lines)
        .map(|line| (line.product, (line.quantity, line.pack)))
        .collect();
    let total = found.total;
    let rows = found.rows.into_iter().filter_map(|id| {
        let slot = shelf.slots.get(&id)?;
        Some(CatalogueRow::new(slot.product.as_ref()?, slot, &shelf, None, last.remove(&id)))
    });
    Ok(Json(List::part(total, rows.collect())))
}

/// What it usually orders, and its last order again.
#[utoipa::path(get, path = "/api/customers/{id}/usual", params(("id" = String, Path)),
    responses((status = 200, body = UsualView), (status = "default", body = Refusal)))]
pub async fn show_usual(
    _: Me,
    State(app): State<Arc<App>>,
    Path(id): Path<CustomerId>,
) -> Result<Json<UsualView>> {
    let orders = orders::latest_of(&app.store.read, id, USUAL_ORDERS_MAX).await?;
    let products = |order: &SignedOrder| order.lines.iter().map(|line| line.product).collect();
    let products: BTreeSet<_> = orders.iter().flat_map::<Vec<_>, _>(products).collect();
    Ok(Json(UsualView::new(&orders, None, &shelf(&app, id, products).await?)))
}

async fn shelf(app: &App, customer: CustomerId, products: BTreeSet<ProductId>) -> Result<Shelf> {
    let mut db = app.store.read.acquire().await.map_err(StoreError::from)?;
    let now = app.clock.now();
    Ok(shelf_for(&mut db, customer, &products, now).await?.at(now))
}
