//! Devices: where each stands, and what the office decides about it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use roundsman_core::access::may_govern;
use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::{DeviceId, PersonId};
use roundsman_core::records::Person;
use roundsman_core::views::{DeviceRow, DeviceState};
use roundsman_store::lists::Page as Wanted;
use roundsman_store::lists::devices::{self as listed, DeviceFilter};
use roundsman_store::{devices, regress};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::list::{List, Page};
use super::{Json, Path, Query};
use crate::app::App;
use crate::error::Result;
use crate::identity::Me;

/// What narrows the list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// What was decided about it.
    state: Option<DeviceState>,
    /// Whose.
    #[param(value_type = Option<String>)]
    person: Option<PersonId>,
}

/// Everything about one device.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeviceCard {
    row: DeviceRow,
    /// Times its journal went backwards, the last first.
    regresses: Vec<RegressRow>,
}

/// A journal that went backwards.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RegressRow {
    /// When it was noticed.
    #[schema(value_type = i64)]
    at: roundsman_core::time::Timestamp,
    /// Where its journal stood.
    presented: u64,
    /// What was here of it.
    held: u64,
    /// Entries that are known to be lost.
    lost: u64,
}

/// Phones, the last heard first.
#[utoipa::path(get, path = "/api/devices", params(Filter, Page),
    responses((status = 200, body = List<DeviceRow>), (status = "default", body = Refusal)))]
pub async fn list(
    _: Me,
    State(app): State<Arc<App>>,
    Query(filter): Query<Filter>,
    Query(page): Query<Page>,
) -> Result<Json<List<DeviceRow>>> {
    let narrow = DeviceFilter { id: None, person: filter.person, state: filter.state };
    let found = listed::list(&app.store.read, &narrow, &page.into()).await?;
    Ok(Json(List::of(found, |row| row)))
}

/// One phone.
#[utoipa::path(get, path = "/api/devices/{id}", params(("id" = String, Path)),
    responses((status = 200, body = DeviceCard), (status = "default", body = Refusal)))]
pub async fn show(
    _: Me,
    State(app): State<Arc<App>>,
    Path(id): Path<DeviceId>,
) -> Result<Json<DeviceCard>> {
    let narrow = DeviceFilter { id: Some(id), ..DeviceFilter::default() };
    let found = listed::list(&app.store.read, &narrow, &Wanted::one()).await?;
    let row = found.rows.into_iter().next().ok_or_else(|| Refusal::new(codes::NOT_FOUND))?;
    let regresses = regress::of(&app.store.read, id).await?;
    let regresses = regresses.into_iter().map(|(at, it)| RegressRow {
        at,
        presented: it.presented,
        held: it.held,
        lost: it.lost,
    });
    Ok(Json(DeviceCard { row, regresses: regresses.collect() }))
}

/// Locks a phone out. What it recorded can still be delivered, and then waits for the office.
#[utoipa::path(post, path = "/api/devices/{id}/revoke", params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Refusal)))]
pub async fn revoke(
    Me(me): Me,
    State(app): State<Arc<App>>,
    Path(id): Path<DeviceId>,
) -> Result<StatusCode> {
    require_governor(&me)?;
    let now = app.clock.now();
    let revoked = app
        .store
        .write
        .run(move |db, commit| Box::pin(async move { devices::revoke(db, commit, id, now).await }));
    revoked.await?;
    tracing::info!(by = %me.id, device = %id, "a device was locked out");
    Ok(StatusCode::NO_CONTENT)
}

/// Orders a phone to delete everything, once it has delivered what it recorded.
#[utoipa::path(post, path = "/api/devices/{id}/wipe", params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Refusal)))]
pub async fn wipe(
    Me(me): Me,
    State(app): State<Arc<App>>,
    Path(id): Path<DeviceId>,
) -> Result<StatusCode> {
    require_governor(&me)?;
    let now = app.clock.now();
    let ordered = app.store.write.run(move |db, commit| {
        Box::pin(async move { devices::order_wipe(db, commit, id, now).await })
    });
    ordered.await?;
    tracing::info!(by = %me.id, device = %id, "a device is to be wiped");
    Ok(StatusCode::NO_CONTENT)
}

/// Only those who decide who sees what may go on.
pub(super) fn require_governor(person: &Person) -> Result<()> {
    if may_govern(person.role) { Ok(()) } else { Err(Refusal::new(codes::ACCESS_ENDED).into()) }
}
