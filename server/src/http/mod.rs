//! The way in: who may call what, and everything a browser loads. One file per resource.

mod assets;
mod device;
mod error;
mod extract;
mod live;
mod security;
mod session;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

pub use extract::{Json, Path, Query};

/// Bodies of the API are forms that people filled in.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// Nothing in the API takes longer unless something is wrong.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(30);

#[derive(OpenApi)]
#[openapi(info(title = "Roundsman office API", description = "See docs/api.md for its rules."))]
struct Document;

/// Everything that is served.
#[must_use]
pub fn router(app: Arc<App>) -> Router {
    let (api, _) = api().split_for_parts();
    let (streams, _) = streams().split_for_parts();
    api.layer(CompressionLayer::new())
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, ANSWER_TIME_MAX))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .merge(streams)
        .merge(assets::router())
        .layer(axum::middleware::map_response(security::headers))
        .layer(TraceLayer::new_for_http())
        .with_state(app)
}

/// The OpenAPI document of [`router`].
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    document.merge(api().into_openapi());
    document.merge(streams().into_openapi());
    document
}

fn api() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(session::sign_in, session::me, session::sign_out))
        .routes(routes!(device::sign_in))
        .routes(routes!(device::refresh))
}

/// What stays open for long: no time limit, and no compression, which would hold messages back.
fn streams() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(live::changes))
}

/// Names of the apps that were not built.
#[must_use]
pub fn missing_apps() -> Vec<&'static str> {
    assets::missing()
}
