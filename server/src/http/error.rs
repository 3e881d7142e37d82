//! Errors as answers: the one place that maps a code to a status.

use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use roundsman_core::error::{Refusal, codes};

use super::Json;
use crate::error::Error;

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let refusal = match self {
            Self::Refused(refusal) => refusal,
            Self::Internal(error) => {
                tracing::error!(%error, "a request failed");
                Refusal::new(codes::INTERNAL)
            }
        };
        (status(&refusal.code), Json(refusal)).into_response()
    }
}

fn status(code: &str) -> StatusCode {
    match code {
        codes::WRONG_PASSWORD | codes::SIGN_IN_AGAIN => StatusCode::UNAUTHORIZED,
        codes::ACCESS_ENDED | codes::DEVICE_REVOKED | codes::FORGED => StatusCode::FORBIDDEN,
        codes::NOT_FOUND => StatusCode::NOT_FOUND,
        codes::MALFORMED => StatusCode::BAD_REQUEST,
        codes::TOO_LARGE => StatusCode::PAYLOAD_TOO_LARGE,
        codes::TOO_MANY_ATTEMPTS => StatusCode::TOO_MANY_REQUESTS,
        codes::DECIDED_MEANWHILE | codes::TOTAL_CHANGED => StatusCode::CONFLICT,
        codes::UNIMPLEMENTED => StatusCode::NOT_IMPLEMENTED,
        codes::SERVER_FULL => StatusCode::INSUFFICIENT_STORAGE,
        codes::INTERNAL => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

impl From<JsonRejection> for Error {
    fn from(rejection: JsonRejection) -> Self {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return Refusal::new(codes::TOO_LARGE).with("field", "body").into();
        }
        malformed(rejection.body_text())
    }
}

impl From<QueryRejection> for Error {
    fn from(rejection: QueryRejection) -> Self {
        malformed(rejection.body_text())
    }
}

impl From<PathRejection> for Error {
    fn from(rejection: PathRejection) -> Self {
        malformed(rejection.body_text())
    }
}

fn malformed(detail: String) -> Error {
    Refusal::new(codes::MALFORMED).with("detail", detail).into()
}
