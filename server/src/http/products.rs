//! Products with their stock.

use std::sync::Arc;

use axum::extract::State;
use roundsman_core::error::Refusal;
use roundsman_core::quantity::Quantity;
use roundsman_core::views::OfficeProductRow;
use roundsman_store::lists::products::{self, ListedProduct};

use super::list::{List, Page};
use super::{Json, Query};
use crate::app::App;
use crate::error::Result;
use crate::identity::Me;

/// Products, by article number.
#[utoipa::path(get, path = "/api/products", params(Page),
    responses((status = 200, body = List<OfficeProductRow>), (status = "default", body = Refusal)))]
pub async fn list(
    _: Me,
    State(app): State<Arc<App>>,
    Query(page): Query<Page>,
) -> Result<Json<List<OfficeProductRow>>> {
    let found = products::list(&app.store.read, &page.into()).await?;
    Ok(Json(List::of(found, row)))
}

fn row(listed: ListedProduct) -> OfficeProductRow {
    let ListedProduct { product, unit_price, on_hand, reserved } = listed;
    OfficeProductRow {
        id: product.id,
        code: product.code,
        name: product.name,
        category: product.category,
        unit: product.unit,
        picture: product.picture,
        packs: product.packs,
        tax_rate: product.tax_rate,
        unit_price,
        on_hand,
        reserved,
        available: Quantity(on_hand.0.saturating_sub(reserved.0)),
        active: product.active,
    }
}
