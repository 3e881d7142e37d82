//! People and territories, for filters and names.

use std::sync::Arc;

use axum::extract::State;
use roundsman_core::error::Refusal;
use roundsman_core::records::{Person, Territory};
use roundsman_store::{people, records};

use super::Json;
use crate::app::App;
use crate::error::Result;
use crate::identity::Me;

/// Everybody, by name.
#[utoipa::path(get, path = "/api/people",
    responses((status = 200, body = Vec<Person>), (status = "default", body = Refusal)))]
pub async fn people(_: Me, State(app): State<Arc<App>>) -> Result<Json<Vec<Person>>> {
    Ok(Json(people::all(&app.store.read).await?))
}

/// Every territory, by its English name.
#[utoipa::path(get, path = "/api/territories",
    responses((status = 200, body = Vec<Territory>), (status = "default", body = Refusal)))]
pub async fn territories(_: Me, State(app): State<Arc<App>>) -> Result<Json<Vec<Territory>>> {
    let mut territories: Vec<_> =
        records::all::<Territory>(&app.store.read).await?.into_values().collect();
    territories.sort_by(|left, right| left.name.en.cmp(&right.name.en));
    Ok(Json(territories))
}
