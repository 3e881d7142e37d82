//! Channels of which a device held something else than the server sent. It should never happen.

use std::sync::Arc;

use axum::extract::State;
use roundsman_core::error::Refusal;
use roundsman_core::id::DeviceId;
use roundsman_core::time::Timestamp;
use roundsman_store::divergences::{self, DivergenceRow};
use serde::Serialize;
use utoipa::ToSchema;

use super::Json;
use crate::app::App;
use crate::error::Result;
use crate::identity::Me;

/// One of them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Divergence {
    /// The device.
    device: DeviceId,
    /// Its short code.
    device_code: String,
    /// Who uses it.
    person_name: String,
    /// `device`, `user`, `territory`, `catalog` or `warehouse`.
    channel: String,
    /// When it was found.
    found_at: Timestamp,
    /// Items that were put right.
    items: u64,
    /// `begun`, `repaired` or `startedOver`.
    state: String,
    /// When both sides agreed again, or the channel started over.
    mended_at: Option<Timestamp>,
}

impl From<DivergenceRow> for Divergence {
    fn from(row: DivergenceRow) -> Self {
        let channel = row.channel.split('/').next().unwrap_or_default().to_owned();
        Self {
            device: row.device,
            device_code: row.device_code,
            person_name: row.person,
            channel,
            found_at: row.found_at,
            items: row.items,
            state: row.state,
            mended_at: row.mended_at,
        }
    }
}

/// The latest 200, newest first.
#[utoipa::path(get, path = "/api/divergences",
    responses((status = 200, body = Vec<Divergence>), (status = "default", body = Refusal)))]
pub async fn list(_: Me, State(app): State<Arc<App>>) -> Result<Json<Vec<Divergence>>> {
    let rows = divergences::list(&app.store.read).await?;
    Ok(Json(rows.into_iter().map(Divergence::from).collect()))
}
