//! What a cart would cost, from the ERP's own tables: the office's check of a phone's price.

use std::sync::Arc;

use axum::extract::State;
use roundsman_core::documents::cart::CartLine;
use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::CustomerId;
use roundsman_core::views::CartView;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Json;
use crate::app::App;
use crate::error::Result;
use crate::identity::Me;

/// Lines of one quote at most.
const LINES_MAX: usize = 1_000;

/// What to price, and for whom.
#[derive(Deserialize, ToSchema)]
pub struct QuoteForm {
    customer: CustomerId,
    lines: Vec<CartLine>,
}

/// Prices lines for a customer. Nothing is recorded.
#[utoipa::path(post, path = "/api/quotes", request_body = QuoteForm,
    responses((status = 200, body = CartView), (status = "default", body = Refusal)))]
pub async fn quote(
    _: Me,
    State(app): State<Arc<App>>,
    Json(wanted): Json<QuoteForm>,
) -> Result<Json<CartView>> {
    if wanted.lines.len() > LINES_MAX {
        return Err(Refusal::new(codes::TOO_LARGE).with("field", "lines").into());
    }
    Ok(Json(app.erp.central.quote(wanted.customer, &wanted.lines).await?))
}
