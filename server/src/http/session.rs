//! Signing in to the console.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderName, StatusCode};
use roundsman_core::access::{
    may_appoint, may_govern, may_record, may_set_terms, may_take_for_others,
};
use roundsman_core::error::Refusal;
use roundsman_core::id::PersonId;
use roundsman_core::records::{Person, Role};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Json;
use crate::app::App;
use crate::error::Result;
use crate::identity::{self, OFFICE_COOKIE, OFFICE_MS, Token};

/// Name and password.
#[derive(Deserialize, ToSchema)]
pub struct SignIn {
    login: String,
    password: String,
}

/// Who is signed in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    person: PersonId,
    name: String,
    role: Role,
    may: Rights,
}

/// What the console offers to somebody: the answers of the policy that judges each call.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rights {
    /// Write on customers.
    edit_customers: bool,
    /// Decide who sees what, and add customers.
    govern: bool,
    /// Decide what a customer buys by.
    set_terms: bool,
    /// Take orders for the reps.
    take_orders: bool,
    /// Let people in with these roles.
    appoint: Vec<Role>,
}

impl From<Person> for Me {
    fn from(person: Person) -> Self {
        let role = person.role;
        let appoint = Role::ALL.into_iter().filter(|it| may_appoint(role, *it)).collect();
        let may = Rights {
            edit_customers: may_record(role, "customer.edit"),
            govern: may_govern(role),
            set_terms: may_set_terms(role),
            take_orders: may_take_for_others(role),
            appoint,
        };
        Self { person: person.id, name: person.name, role, may }
    }
}

/// Signs in and sets the cookie.
#[utoipa::path(post, path = "/api/session", request_body = SignIn,
    responses((status = 200, body = Me), (status = "default", body = Refusal)))]
pub async fn sign_in(
    State(app): State<Arc<App>>,
    parts: Parts,
    Json(form): Json<SignIn>,
) -> Result<([(HeaderName, String); 1], Json<Me>)> {
    let (person, token) = app.identity.sign_in_office(&form.login, &form.password).await?;
    let header = cookie(&token.to_string(), OFFICE_MS / 1000, behind_tls(&parts));
    Ok(([(SET_COOKIE, header)], Json(person.into())))
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/session",
    responses((status = 200, body = Me), (status = "default", body = Refusal)))]
pub async fn me(identity::Me(person): identity::Me) -> Json<Me> {
    Json(person.into())
}

/// Signs out; safe to repeat.
#[utoipa::path(delete, path = "/api/session",
    responses((status = 204), (status = "default", body = Refusal)))]
pub async fn sign_out(
    State(app): State<Arc<App>>,
    parts: Parts,
) -> Result<(StatusCode, [(HeaderName, String); 1])> {
    if let Some(token) = identity::cookie(&parts).and_then(Token::parse) {
        app.identity.sign_out_office(&token).await?;
    }
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cookie("", 0, behind_tls(&parts)))]))
}

fn cookie(value: &str, age_s: i64, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{OFFICE_COOKIE}={value}; Path=/; Max-Age={age_s}; HttpOnly; SameSite=Strict{secure}")
}

/// Whether a proxy in front speaks HTTPS with the browser. Believing the header can only make the
/// cookie stricter.
fn behind_tls(parts: &Parts) -> bool {
    parts.headers.get("x-forwarded-proto").is_some_and(|proto| proto == "https")
}
