//! The person at the console, as an extractor.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::COOKIE;
use axum::http::request::Parts;
use roundsman_core::access::may_use_office;
use roundsman_core::error::{Refusal, codes};
use roundsman_core::records::Person;

use crate::app::App;
use crate::error::{Error, Result};

/// The name of the console's cookie.
pub const OFFICE_COOKIE: &str = "roundsman";

/// Whoever is signed in to the console. A handler that takes it is closed to everybody else.
#[derive(Debug, Clone)]
pub struct Me(pub Person);

impl FromRequestParts<Arc<App>> for Me {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self> {
        let cookie = cookie(parts).ok_or_else(|| Refusal::new(codes::SIGN_IN_AGAIN))?;
        Ok(Self(app.identity.authenticate_office(cookie).await?))
    }
}

/// The value of the console's cookie.
pub(crate) fn cookie(parts: &Parts) -> Option<&str> {
    let headers = parts.headers.get_all(COOKIE).into_iter().filter_map(|it| it.to_str().ok());
    headers
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == OFFICE_COOKIE).then_some(value))
}

/// Reps work on their phones; the console is for everybody else.
pub(super) fn require_office(person: &Person) -> Result<()> {
    if !may_use_office(person.role) {
        return Err(Refusal::new(codes::ACCESS_ENDED).into());
    }
    Ok(())
}
