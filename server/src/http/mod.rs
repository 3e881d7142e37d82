//! The way in: who may call what, and everything a browser loads. One file per resource.

mod accounts;
mod amendments;
mod appointments;
mod assets;
mod catalogue;
mod customers;
mod device;
mod devices;
mod divergences;
mod document;
mod erp;
mod error;
mod extract;
mod field;
mod history;
mod imports;
mod joining;
mod list;
mod live;
mod merges;
mod metrics;
mod moves;
mod operations;
mod orders;
mod people;
mod prices;
mod products;
mod quarantine;
mod quotes;
mod restorations;
mod security;
mod session;
mod staff;
mod summary;
mod visits;

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
use crate::exchange::read::FILE_BYTES_MAX;
use crate::hub;

pub use extract::{Json, Path, Query};
pub use security::headers;

/// Bodies of the API are forms that people filled in.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// Nothing in the API takes longer unless something is wrong.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(30);

#[derive(OpenApi)]
#[openapi(info(title = "Roundsman office API", description = "See docs/api.md for its rules."))]
struct Document;

/// Everything that is served.
pub fn router(app: Arc<App>) -> Router {
    let (api, _) = api().split_for_parts();
    let (streams, _) = streams().split_for_parts();
    api.layer(CompressionLayer::new())
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, ANSWER_TIME_MAX))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .merge(streams)
        .route("/sync", axum::routing::any(hub::socket::upgrade))
        .route("/metrics", axum::routing::get(metrics::show))
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
    for path in document.paths.paths.values_mut() {
        for operation in [&mut path.get, &mut path.post, &mut path.delete].into_iter().flatten() {
            // The handlers' own names: each resource has a `list`, and an id must be unique.
            operation.operation_id = None;
        }
    }
    document
}

fn api() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(session::sign_in, session::me, session::sign_out))
        .routes(routes!(device::sign_in))
        .routes(routes!(device::refresh))
        .routes(routes!(device::succeed))
        .routes(routes!(orders::list, orders::take))
        .routes(routes!(orders::show))
        .routes(routes!(orders::show_history))
        .routes(routes!(orders::rule))
        .routes(routes!(amendments::quote))
        .routes(routes!(amendments::amend))
        .routes(routes!(amendments::cancel))
        .routes(routes!(visits::list))
        .routes(routes!(visits::show))
        .routes(routes!(visits::show_history))
        .routes(routes!(customers::list, customers::create))
        .routes(routes!(customers::show))
        .routes(routes!(customers::show_history))
        .routes(routes!(merges::list))
        .routes(routes!(merges::merge))
        .routes(routes!(merges::unmerge))
        .routes(routes!(merges::tell_apart))
        .routes(routes!(accounts::show, accounts::change))
        .routes(routes!(catalogue::list))
        .routes(routes!(catalogue::show_usual))
        .routes(routes!(moves::show_impact))
        .routes(routes!(moves::run))
        .routes(routes!(devices::list))
        .routes(routes!(devices::show))
        .routes(routes!(devices::revoke))
        .routes(routes!(devices::wipe))
        .routes(routes!(staff::list, appointments::add))
        .routes(routes!(appointments::change_role))
        .routes(routes!(appointments::set_password))
        .routes(routes!(staff::grant))
        .routes(routes!(staff::revoke))
        .routes(routes!(staff::disable))
        .routes(routes!(staff::enable))
        .routes(routes!(staff::close))
        .routes(routes!(products::list))
        .routes(routes!(products::show, products::change))
        .routes(routes!(prices::change))
        .routes(routes!(prices::withdraw))
        .routes(routes!(products::count))
        .routes(routes!(people::people))
        .routes(routes!(people::territories))
        .routes(routes!(operations::run))
        .routes(routes!(quotes::quote))
        .routes(routes!(quarantine::list))
        .routes(routes!(quarantine::release))
        .routes(routes!(quarantine::decline))
        .routes(routes!(restorations::show_last))
        .routes(routes!(divergences::list))
        .routes(routes!(erp::show, erp::connect, erp::disconnect))
        .routes(routes!(erp::preview))
        .routes(routes!(erp::read))
        .routes(routes!(erp::try_again))
        .routes(routes!(joining::show))
        .routes(routes!(summary::show))
        .routes(routes!(field::show))
        .routes(routes!(imports::show))
        .routes(routes!(imports::show_progress))
        .routes(routes!(imports::set))
        .routes(routes!(imports::check))
        .routes(routes!(imports::run))
        .routes(routes!(imports::undo))
        .routes(routes!(imports::list_rows))
        .routes(routes!(imports::show_refused))
        .routes(routes!(document::show))
        .merge(files())
}

/// What takes files, which are larger than forms.
fn files() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(imports::list, imports::add))
        .layer(DefaultBodyLimit::max(FILE_BYTES_MAX))
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
