//! People: where they work, and how they leave.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::{PersonId, TerritoryId};
use roundsman_core::sync::Channel;
use roundsman_core::views::StaffRow;
use roundsman_store::lists::staff;
use roundsman_store::people;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::devices::require_governor;
use super::{Json, Path};
use crate::app::App;
use crate::error::Result;
use crate::identity::Me;

/// A person, and whether everything they recorded is here.
#[derive(Debug, Serialize, ToSchema)]
pub struct StaffCard {
    #[serde(flatten)]
    row: StaffRow,
    /// Whether every device of somebody who left has delivered all it had.
    complete: bool,
}

/// Where somebody is to work, or not any more.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Grant {
    #[schema(value_type = String)]
    territory: TerritoryId,
}

/// Why an account is closed while a device is missing.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Closing {
    reason: Option<String>,
}

/// Everybody, by name.
#[utoipa::path(get, path = "/api/staff",
    responses((status = 200, body = Vec<StaffCard>), (status = "default", body = Refusal)))]
pub async fn list(_: Me, State(app): State<Arc<App>>) -> Result<Json<Vec<StaffCard>>> {
    let rows = staff::all(&app.store.read, app.clock.now()).await?;
    let card = |row: StaffRow| StaffCard { complete: row.is_complete(), row };
    Ok(Json(rows.into_iter().map(card).collect()))
}

/// Lets somebody see a territory from now on.
#[utoipa::path(post, path = "/api/staff/{id}/grant", params(("id" = String, Path)),
    request_body = Grant, responses((status = 204), (status = "default", body = Refusal)))]
pub async fn grant(
    Me(me): Me,
    State(app): State<Arc<App>>,
    Path(id): Path<PersonId>,
    Json(form): Json<Grant>,
) -> Result<StatusCode> {
    require_governor(&me)?;
    let (now, channel) = (app.clock.now(), Channel::Territory(form.territory));
    let granted = app.store.write.run(move |db, commit| {
        Box::pin(async move { people::grant(db, commit, id, channel, now).await })
    });
    granted.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends that somebody sees a territory. What they recorded until now counts.
#[utoipa::path(post, path = "/api/staff/{id}/revoke", params(("id" = String, Path)),
    request_body = Grant, responses((status = 204), (status = "default", body = Refusal)))]
pub async fn revoke(
    Me(me): Me,
    State(app): State<Arc<App>>,
    Path(id): Path<PersonId>,
    Json(form): Json<Grant>,
) -> Result<StatusCode> {
    require_governor(&me)?;
    let (now, channel) = (app.clock.now(), Channel::Territory(form.territory));
    let revoked = app.store.write.run(move |db, commit| {
        Box::pin(async move { people::revoke(db, commit, id, channel, now).await })
    });
    revoked.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends somebody's access: their phones deliver, and get nothing any more.
#[utoipa::path(post, path = "/api/staff/{id}/disable", params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Refusal)))]
pub async fn disable(
    Me(me): Me,
    State(app): State<Arc<App>>,
    Path(id): Path<PersonId>,
) -> Result<StatusCode> {
    require_governor(&me)?;
    if me.id == id {
        // Nobody would be left to undo it.
        return Err(Refusal::new(codes::INVALID).with("field", "person").into());
    }
    let now = app.clock.now();
    let ended = app
        .store
        .write
        .run(move |db, commit| Box::pin(async move { people::disable(db, commit, id, now).await }));
    ended.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets somebody sign in again.
#[utoipa::path(post, path = "/api/staff/{id}/enable", params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Refusal)))]
pub async fn enable(
    Me(me): Me,
    State(app): State<Arc<App>>,
    Path(id): Path<PersonId>,
) -> Result<StatusCode> {
    require_governor(&me)?;
    let enabled = app
        .store
        .write
        .run(move |db, commit| Box::pin(async move { people::enable(db, commit, id).await }));
    enabled.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Closes the account of somebody who left: once all their devices have delivered, or with a reason.
#[utoipa::path(post, path = "/api/staff/{id}/close", params(("id" = String, Path)),
    request_body = Closing, responses((status = 204), (status = "default", body = Refusal)))]
pub async fn close(
    Me(me): Me,
    State(app): State<Arc<App>>,
    Path(id): Path<PersonId>,
    Json(form): Json<Closing>,
) -> Result<StatusCode> {
    require_governor(&me)?;
    let now = app.clock.now();
    let all = staff::all(&app.store.read, now).await?;
    let row = all.into_iter().find(|it| it.person.id == id);
    let row = row.ok_or_else(|| Refusal::new(codes::NOT_FOUND))?;
    let reason = form.reason.unwrap_or_default().trim().to_owned();
    if row.disabled_at.is_none() {
        return Err(Refusal::new(codes::INVALID).with("field", "state").into());
    }
    if !row.is_complete() && reason.is_empty() {
        return Err(Refusal::new(codes::EMPTY).with("field", "reason").into());
    }
    let closed = app.store.write.run(move |db, commit| {
        Box::pin(async move { people::close(db, commit, id, &reason, now).await })
    });
    closed.await?;
    Ok(StatusCode::NO_CONTENT)
}
