//! The page that a phone opens first.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LANGUAGE, CONTENT_TYPE, VARY,
};
use axum::response::{Html, IntoResponse, Redirect};
use axum::routing::get;

use super::Lan;
use crate::http::headers;

pub(super) fn router(lan: Arc<Lan>) -> Router {
    Router::new()
        .route("/join", get(page))
        .route("/join/roundsman.crt", get(certificate))
        // Passwords do not travel in the open: there is nothing else here.
        .fallback(|| async { Redirect::to("/join") })
        .layer(axum::middleware::map_response(headers))
        .with_state(lan)
}

async fn page(State(lan): State<Arc<Lan>>, asked: HeaderMap) -> impl IntoResponse {
    let wanted = asked.get(ACCEPT_LANGUAGE).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let (language, template) = if wanted.trim_start().starts_with("en") {
        ("en", include_str!("join.en.html"))
    } else {
        ("zh-CN", include_str!("join.zh-CN.html"))
    };
    let page = include_str!("join.html")
        .replace("{language}", language)
        .replace("{steps}", template)
        .replace("{app}", &lan.app_url)
        .replace("{join}", &lan.join_url)
        .replace("{qr}", &Lan::qr(&lan.join_url))
        .replace("{fingerprint}", &lan.fingerprint);
    ([(CONTENT_LANGUAGE, language), (VARY, "accept-language")], Html(page))
}

async fn certificate(State(lan): State<Arc<Lan>>) -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "application/x-x509-ca-cert"),
        (CONTENT_DISPOSITION, "attachment; filename=\"roundsman.crt\""),
        (CACHE_CONTROL, "no-store"),
    ];
    (headers, lan.certificate.clone())
}
