//! Headers that keep a page to itself.

use axum::http::HeaderValue;
use axum::http::header::{
    CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::response::Response;

/// Everything comes from this server, and nothing but WASM is compiled. Pages that begin with a
/// script of their own name its hash in front of this; see [`policy`].
const REST: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
    object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

/// Adds the headers to every answer that has none of its own.
pub async fn headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    if !headers.contains_key(CONTENT_SECURITY_POLICY) {
        headers.insert(CONTENT_SECURITY_POLICY, policy(&[]));
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(
        "permissions-policy",
        HeaderValue::from_static("geolocation=(self), camera=(self), microphone=()"),
    );
    response
}

/// The content security policy of a page with these inline scripts, each as base64 of its SHA-256.
pub fn policy(inline_scripts: &[String]) -> HeaderValue {
    let mut policy = "script-src 'self' 'wasm-unsafe-eval'".to_owned();
    for hash in inline_scripts {
        policy.push_str(&format!(" 'sha256-{hash}'"));
    }
    policy.push_str("; ");
    policy.push_str(REST);
    HeaderValue::from_str(&policy)
        .unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"))
}
