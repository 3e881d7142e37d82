//! What the office shows to somebody who brings a new phone.

use std::sync::Arc;

use axum::extract::State;
use roundsman_core::error::{Refusal, codes};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Json, Query};
use crate::app::App;
use crate::error::Result;
use crate::identity::Me;
use crate::lan::Lan;

/// Where the console itself was opened.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Here {
    /// Its origin, such as `https://sales.example`.
    origin: String,
}

/// How a phone begins.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Joining {
    /// What the phone opens first; none when phones cannot reach this server.
    url: Option<String>,
    /// That address as an SVG picture for the phone's camera.
    qr: Option<String>,
    /// What the phone shows of the authority that it is asked to trust, to be compared; none when
    /// its browser trusts the server anyway.
    fingerprint: Option<String>,
}

/// How a phone comes to this server.
#[utoipa::path(get, path = "/api/joining", params(Here),
    responses((status = 200, body = Joining), (status = "default", body = Refusal)))]
pub async fn show(
    _: Me,
    State(app): State<Arc<App>>,
    Query(here): Query<Here>,
) -> Result<Json<Joining>> {
    if here.origin.len() > 255 {
        return Err(Refusal::new(codes::INVALID).with("field", "origin").into());
    }
    let lan = app.lan.get();
    let url = match lan {
        Some(lan) => Some(lan.join_url.clone()),
        // Whoever reached it like that can be followed there.
        None => here.origin.starts_with("https://").then_some(here.origin),
    };
    let qr = url.as_deref().map(Lan::qr);
    Ok(Json(Joining { url, qr, fingerprint: lan.map(|it| it.fingerprint.clone()) }))
}
