//! What came back after the database went back in time, and what did not.

use std::sync::Arc;

use axum::extract::State;
use roundsman_core::error::{Refusal, codes};
use roundsman_core::views::RestorationView;
use roundsman_store::epochs;
use roundsman_store::lists::restoration;

use super::Json;
use crate::app::App;
use crate::error::Result;
use crate::identity::Me;

/// The account of the last restoration.
#[utoipa::path(get, path = "/api/restorations/last",
    responses((status = 200, body = RestorationView), (status = "default", body = Refusal)))]
pub async fn show_last(_: Me, State(app): State<Arc<App>>) -> Result<Json<RestorationView>> {
    let all = epochs::restorations(&app.store.read).await?;
    let last = all.first().ok_or_else(|| Refusal::new(codes::NOT_FOUND))?;
    Ok(Json(restoration::account(&app.store.read, last).await?))
}
