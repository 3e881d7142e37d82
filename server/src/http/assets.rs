//! The two apps as files: the phone app at `/`, the console at `/office/`.
//!
//! A release carries them inside; a debug build reads them from disk at each request, so that the
//! server need not be built again after a page was.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use roundsman_core::error::{Refusal, codes};
use roundsman_core::sync::hash;
use rust_embed::{EmbeddedFile, RustEmbed};
use tower_http::compression::CompressionLayer;

use super::security;
use crate::app::App;
use crate::error::Error;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../mobile/build"]
#[allow_missing = true]
struct Mobile;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/office/build"]
#[allow_missing = true]
struct Office;

/// The page that every address inside an app loads.
const INDEX: &str = "index.html";

/// Names of the apps that were not built; the server runs without them.
#[must_use]
pub fn missing() -> Vec<&'static str> {
    let apps = [("phone app", Mobile::get(INDEX)), ("console", Office::get(INDEX))];
    apps.into_iter().filter(|(_, index)| index.is_none()).map(|(name, _)| name).collect()
}

pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/office", get(|| async { Redirect::permanent("/office/") }))
        .fallback(file)
        .layer(CompressionLayer::new())
}

async fn file(request: Request) -> Response {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return nothing_here();
    }
    let path = path(request.uri());
    if path == "api" || path.starts_with("api/") {
        return nothing_here();
    }
    match path.strip_prefix("office/") {
        Some(path) => serve::<Office>(path, request.headers()),
        None => serve::<Mobile>(&path, request.headers()),
    }
}

fn path(uri: &Uri) -> String {
    uri.path().trim_start_matches('/').to_owned()
}

/// The file, or the app's page for an address inside it. A missing file is missing: answering it
/// with the page would leave a browser with HTML for a script.
fn serve<App: RustEmbed>(path: &str, asked: &HeaderMap) -> Response {
    let is_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    let name = if path.is_empty() || !is_file { INDEX } else { path };
    let Some(whole) = App::get(name) else { return nothing_here() };
    let policy = name.ends_with(".html").then(|| security::policy(&inline_scripts(&whole.data)));
    let packed = packed::<App>(name, asked).unwrap_or(Packed { file: whole, encoding: None });
    let mut response = answer(name, packed, asked);
    if let Some(policy) = policy {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// The scripts that stand inside a page, each as base64 of its SHA-256.
fn inline_scripts(page: &[u8]) -> Vec<String> {
    let page = String::from_utf8_lossy(page);
    let scripts = page.split("<script").skip(1).filter_map(|rest| rest.split_once('>'));
    scripts
        .filter(|(attributes, _)| !attributes.contains("src="))
        .filter_map(|(_, rest)| rest.split_once("</script>"))
        .map(|(script, _)| STANDARD.encode(hash(script.as_bytes())))
        .collect()
}

/// A file as it goes over the wire.
struct Packed {
    file: EmbeddedFile,
    encoding: Option<&'static str>,
}

/// The file as the build compressed it, when it did and the browser takes it.
fn packed<App: RustEmbed>(name: &str, asked: &HeaderMap) -> Option<Packed> {
    let accepted = asked.get(ACCEPT_ENCODING)?.to_str().ok()?;
    [("br", ".br"), ("gzip", ".gz")].into_iter().find_map(|(encoding, ending)| {
        let offered = accepted.split(',').any(|it| it.trim() == encoding);
        let file = App::get(&format!("{name}{ending}")).filter(|_| offered)?;
        Some(Packed { file, encoding: Some(encoding) })
    })
}

fn answer(name: &str, packed: Packed, asked: &HeaderMap) -> Response {
    // Weak: packed or not, it is the same file.
    let etag = format!("W/\"{}\"", URL_SAFE_NO_PAD.encode(packed.file.metadata.sha256_hash()));
    if asked.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, [(ETAG, etag)]).into_response();
    }
    let kind = mime_guess::from_path(name).first_or_octet_stream();
    let mut response = Response::new(Body::from(packed.file.data));
    let headers = response.headers_mut();
    let mut set = |name, value: &str| {
        HeaderValue::from_str(value).map(|value| headers.insert(name, value)).is_ok()
    };
    set(CONTENT_TYPE, kind.as_ref());
    set(CACHE_CONTROL, cache(name));
    set(ETAG, &etag);
    set(VARY, "accept-encoding");
    if let Some(encoding) = packed.encoding {
        set(CONTENT_ENCODING, encoding);
    }
    response
}

/// Hashed names never change their content; everything else is asked for again, cheaply.
fn cache(name: &str) -> &'static str {
    if name.contains("immutable/") { "public, max-age=31536000, immutable" } else { "no-cache" }
}

fn nothing_here() -> Response {
    Error::from(Refusal::new(codes::NOT_FOUND)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hashes_of_inline_scripts_are_found() {
        let page = b"<script src=\"a.js\"></script><script type=\"module\">go()</script>";
        assert_eq!(inline_scripts(page), [STANDARD.encode(hash(b"go()"))]);
    }

    #[test]
    fn only_hashed_names_are_kept_for_long() {
        assert!(cache("_app/immutable/chunks/x.js").contains("immutable"));
        assert_eq!(cache("service-worker.js"), "no-cache");
        assert_eq!(cache("index.html"), "no-cache");
    }
}
