//! Entries that were not admitted, and what the office makes of them.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use roundsman_core::access::may_judge;
use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::DeviceId;
use roundsman_core::records::{ExceptionState, Person};
use roundsman_core::views::QuarantineRow;
use roundsman_store::lists::quarantine;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::list::{List, Page};
use super::{Json, Path, Query};
use crate::app::App;
use crate::error::Result;
use crate::hub;
use crate::identity::Me;

/// What narrows the list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// What became of it.
    state: Option<ExceptionState>,
}

/// Why it is declined.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Decline {
    /// For the rep.
    reason: Option<String>,
}

/// Entries that wait for the office, and those it judged; newest first.
#[utoipa::path(get, path = "/api/quarantine", params(Filter, Page),
    responses((status = 200, body = List<QuarantineRow>), (status = "default", body = Refusal)))]
pub async fn list(
    _: Me,
    State(app): State<Arc<App>>,
    Query(filter): Query<Filter>,
    Query(page): Query<Page>,
) -> Result<Json<List<QuarantineRow>>> {
    let found = quarantine::list(&app.store.read, filter.state, &page.into()).await?;
    Ok(Json(List::of(found, |row| row)))
}

/// Lets an entry in after all, with those that only waited for it.
#[utoipa::path(post, path = "/api/quarantine/{device}/{n}/release",
    params(("device" = String, Path), ("n" = u64, Path)),
    responses((status = 204), (status = "default", body = Refusal)))]
pub async fn release(
    Me(person): Me,
    State(app): State<Arc<App>>,
    Path((device, n)): Path<(DeviceId, u64)>,
) -> Result<StatusCode> {
    require_judge(&person)?;
    hub::release(&app.store, &app.clock, (device, n), person.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Refuses an entry for good, with those that wait for it.
#[utoipa::path(post, path = "/api/quarantine/{device}/{n}/decline", request_body = Decline,
    params(("device" = String, Path), ("n" = u64, Path)),
    responses((status = 204), (status = "default", body = Refusal)))]
pub async fn decline(
    Me(person): Me,
    State(app): State<Arc<App>>,
    Path((device, n)): Path<(DeviceId, u64)>,
    Json(form): Json<Decline>,
) -> Result<StatusCode> {
    require_judge(&person)?;
    let note = form.reason.unwrap_or_default();
    hub::decline(&app.store, &app.clock, (device, n), person.id, note).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn require_judge(person: &Person) -> Result<()> {
    if may_judge(person.role) { Ok(()) } else { Err(Refusal::new(codes::ACCESS_ENDED).into()) }
}
