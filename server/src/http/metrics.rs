//! Figures for a monitoring system. They name nobody, but say how the company is doing: they are
//! given to whoever asks from this machine itself, and otherwise to an administrator.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts as _, Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use roundsman_core::error::{Refusal, codes};
use roundsman_core::records::Role;
use roundsman_store::outbox;

use crate::app::App;
use crate::error::Result;
use crate::identity::Me;
use crate::metrics::Now;

/// The media type of the text format.
const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// What a proxy on this machine adds: whoever asks through it is not on this machine.
const FORWARDED: [&str; 3] = ["forwarded", "x-forwarded-for", "x-real-ip"];

/// Everything that is counted, in the text format of Prometheus.
pub async fn show(State(app): State<Arc<App>>, request: Request) -> Result<Response> {
    if !is_local(&request) {
        let (mut parts, _) = request.into_parts();
        let Me(person) = Me::from_request_parts(&mut parts, &app).await?;
        if person.role != Role::Admin {
            return Err(Refusal::new(codes::ACCESS_ENDED).into());
        }
    }
    let (lines, unjudged) = app.hub.load();
    let now = Now {
        lines,
        unjudged,
        outbox: outbox::waiting_count(&app.store.read).await?,
        writer_queue: app.store.write.waiting() as u64,
        commits: app.store.write.done(),
    };
    Ok(([(header::CONTENT_TYPE, TEXT)], app.metrics.text(now)).into_response())
}

fn is_local(request: &Request) -> bool {
    let from = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let forwarded = FORWARDED.iter().any(|name| request.headers().contains_key(*name));
    from.is_some_and(|from| from.0.ip().to_canonical().is_loopback()) && !forwarded
}
