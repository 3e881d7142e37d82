//! How people come in: who they are, what they may do, what they sign in with.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use roundsman_core::access::may_appoint;
use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::PersonId;
use roundsman_core::records::{Person, Role};
use roundsman_store::people::{self, Standing};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Json, Path};
use crate::app::App;
use crate::error::Result;
use crate::identity::{Me, hash_password};

/// The shortest password, in characters.
const PASSWORD_CHARS_MIN: usize = 8;
/// The longest sign-in name and name, in bytes.
const NAME_BYTES_MAX: usize = 256;

/// Somebody who is to sign in.
#[derive(Deserialize, ToSchema)]
pub struct NewPerson {
    /// What they sign in with.
    login: String,
    /// As colleagues write it.
    name: String,
    role: Role,
    /// The first one.
    password: String,
}

/// Who was added.
#[derive(Debug, Serialize, ToSchema)]
pub struct Added {
    #[schema(value_type = String)]
    id: PersonId,
}

/// Another role, and the one that was looked at.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RoleChange {
    seen: Role,
    role: Role,
}

/// A new password.
#[derive(Deserialize, ToSchema)]
pub struct NewPassword {
    password: String,
}

/// Lets somebody in. Where they work is granted after that.
#[utoipa::path(post, path = "/api/staff", request_body = NewPerson,
    responses((status = 200, body = Added), (status = "default", body = Refusal)))]
pub async fn add(
    Me(me): Me,
    State(app): State<Arc<App>>,
    Json(form): Json<NewPerson>,
) -> Result<Json<Added>> {
    require(&me, form.role)?;
    let (name, login) = (said("name", &form.name)?, said("login", &form.login)?);
    if login.contains(char::is_whitespace) {
        return Err(Refusal::new(codes::INVALID).with("field", "login").into());
    }
    let hash = hashed(&app, form.password).await?;
    let (now, id) = (app.clock.now(), PersonId::from(app.clock.new_id()));
    let person = Person { id, name, role: form.role, devices: Vec::new() };
    let added = app.store.write.run(move |db, commit| {
        Box::pin(async move {
            commit.rights.insert(id);
            people::add(db, commit, &person, &login, &hash, now).await
        })
    });
    added.await?;
    tracing::info!(by = %me.id, person = %id, role = ?form.role, "somebody was let in");
    Ok(Json(Added { id }))
}

/// Gives somebody else another role. Of two people who do so at the same time, the second is told
/// `DECIDED_MEANWHILE`.
#[utoipa::path(post, path = "/api/staff/{id}/role", params(("id" = String, Path)),
    request_body = RoleChange, responses((status = 204), (status = "default", body = Refusal)))]
pub async fn change_role(
    Me(me): Me,
    State(app): State<Arc<App>>,
    Path(id): Path<PersonId>,
    Json(form): Json<RoleChange>,
) -> Result<StatusCode> {
    let standing = standing(&app, id).await?;
    require(&me, standing.person.role)?;
    require(&me, form.role)?;
    if me.id == id {
        // Nobody might be left to undo it.
        return Err(Refusal::new(codes::INVALID).with("field", "role").into());
    }
    let (now, roles) = (app.clock.now(), (form.seen, form.role));
    let changed = app.store.write.run(move |db, commit| {
        Box::pin(async move { people::set_role(db, commit, id, roles, now).await })
    });
    changed.await?;
    tracing::info!(by = %me.id, person = %id, role = ?form.role, "somebody has another role");
    Ok(StatusCode::NO_CONTENT)
}

/// Gives somebody a new password. They sign in again everywhere; what their phones hold is kept.
#[utoipa::path(post, path = "/api/staff/{id}/password", params(("id" = String, Path)),
    request_body = NewPassword, responses((status = 204), (status = "default", body = Refusal)))]
pub async fn set_password(
    Me(me): Me,
    State(app): State<Arc<App>>,
    Path(id): Path<PersonId>,
    Json(form): Json<NewPassword>,
) -> Result<StatusCode> {
    let Standing { person, login, .. } = standing(&app, id).await?;
    require(&me, person.role)?;
    let hash = hashed(&app, form.password).await?;
    let set = app
        .store
        .write
        .run(move |db, _| Box::pin(async move { people::set_password(db, &login, &hash).await }));
    set.await?;
    tracing::info!(by = %me.id, person = %id, "somebody has a new password");
    Ok(StatusCode::NO_CONTENT)
}

fn require(me: &Person, role: Role) -> Result<()> {
    if may_appoint(me.role, role) { Ok(()) } else { Err(Refusal::new(codes::ACCESS_ENDED).into()) }
}

async fn standing(app: &App, id: PersonId) -> Result<Standing> {
    let all = people::standings(&app.store.read).await?;
    let found = all.into_iter().find(|it| it.person.id == id);
    Ok(found.ok_or_else(|| Refusal::new(codes::NOT_FOUND))?)
}

/// A line of text without what surrounds it.
fn said(field: &str, text: &str) -> Result<String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Refusal::new(codes::EMPTY).with("field", field).into());
    }
    if text.len() > NAME_BYTES_MAX {
        return Err(Refusal::new(codes::TOO_LARGE).with("field", field).into());
    }
    Ok(text.to_owned())
}

async fn hashed(app: &App, password: String) -> Result<String> {
    if (1..PASSWORD_CHARS_MIN).contains(&password.chars().count()) {
        return Err(Refusal::new(codes::TOO_SHORT)
            .with("field", "password")
            .with("min", PASSWORD_CHARS_MIN)
            .into());
    }
    hash_password(password.into_bytes(), app.clock.random()).await
}
