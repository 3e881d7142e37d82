//! Phones: enrolment and its renewal. Everything else they do goes through `/sync`.

use std::sync::Arc;

use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::DeviceId;
use roundsman_core::records::Person;
use roundsman_core::sync::Head;
use roundsman_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Json;
use crate::app::App;
use crate::error::Result;
use crate::identity::{Access, Enrolment, Known, Succession, Token};

/// Signing in on a phone.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceSignIn {
    login: String,
    password: String,
    /// Ed25519, base64 of 32 bytes.
    public_key: String,
    /// The id of an earlier enrolment on this phone.
    device: Option<DeviceId>,
    /// Base64 of that device's signature of the login.
    proof: Option<String>,
    /// What it was given with its last access.
    papers: Option<String>,
    /// Base64 of 32 bytes: the lease share that it holds.
    lease_share: Option<String>,
}

/// A device after sign-in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceEnrolment {
    device: DeviceId,
    /// Begins the numbers it gives.
    device_code: String,
    person: Person,
    /// Opens `/sync`.
    access: String,
    access_until: Timestamp,
    /// Gets the next access, once.
    refresh: String,
    /// Ed25519, base64 of 32 bytes: receipts are signed with it.
    server_key: String,
    /// Base64 of 32 bytes.
    lease_share: String,
    lease_until: Timestamp,
    /// To be shown at a later sign-in: a server that was set back to before this enrolment takes the
    /// device back as what it was.
    papers: String,
}

/// What a phone shows to get the next access.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceRefresh {
    device: DeviceId,
    refresh: String,
}

/// The next access.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceAccess {
    access: String,
    access_until: Timestamp,
    refresh: String,
    /// Base64 of 32 bytes.
    lease_share: String,
    lease_until: Timestamp,
    /// To be shown at a later sign-in: a server that was set back to before this enrolment takes the
    /// device back as what it was.
    papers: String,
}

/// Enrols this phone for a person, or signs them in again on it.
#[utoipa::path(post, path = "/api/device/sign-in", request_body = DeviceSignIn,
    responses((status = 200, body = DeviceEnrolment), (status = "default", body = Refusal)))]
pub async fn sign_in(
    State(app): State<Arc<App>>,
    Json(form): Json<DeviceSignIn>,
) -> Result<Json<DeviceEnrolment>> {
    let public_key = bytes("publicKey", &form.public_key)?;
    let known = match (form.device, form.proof) {
        (Some(device), Some(proof)) => {
            let share = form.lease_share.map(|share| bytes("leaseShare", &share)).transpose()?;
            let papers = form.papers.zip(share);
            Some(Known { device, proof: bytes("proof", &proof)?, papers })
        }
        (None, None) => None,
        // One without the other proves nothing.
        _ => return Err(Refusal::new(codes::EMPTY).with("field", "proof").into()),
    };
    let enrolled =
        app.identity.sign_in_device(&form.login, &form.password, public_key, known).await?;
    Ok(Json(enrolment(&app, enrolled)))
}

/// A phone whose journal went backwards, and what it still has of it.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceSuccession {
    device: DeviceId,
    access: String,
    /// Ed25519, base64 of 32 bytes: the key of the device that goes on.
    public_key: String,
    /// Base64 of the old key's signature of `publicKey`.
    proof: String,
    /// Where its journal stands, from the last receipt on.
    heads: Vec<JournalHead>,
    /// The highest number it remembers having recorded.
    recorded: u64,
}

/// A place in a journal.
#[derive(Deserialize, ToSchema)]
pub struct JournalHead {
    n: u64,
    /// Base64 of 32 bytes.
    hash: String,
}

/// The device that goes on.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceSucceeded {
    #[serde(flatten)]
    enrolment: DeviceEnrolment,
    /// Entries up to this are at the office; later ones are recorded again.
    common: u64,
    /// Entries that are known to have been recorded and are lost.
    lost: u64,
    /// When the device was last heard before.
    last_contact_at: Option<Timestamp>,
}

/// Lets a phone whose storage was lost or went back in time go on as another device.
#[utoipa::path(post, path = "/api/device/succeed", request_body = DeviceSuccession,
    responses((status = 200, body = DeviceSucceeded), (status = "default", body = Refusal)))]
pub async fn succeed(
    State(app): State<Arc<App>>,
    Json(form): Json<DeviceSuccession>,
) -> Result<Json<DeviceSucceeded>> {
    let access = Token::parse(&form.access).ok_or_else(|| Refusal::new(codes::SIGN_IN_AGAIN))?;
    let heads = form.heads.iter().map(|it| Ok(Head { n: it.n, hash: bytes("heads", &it.hash)? }));
    let succeeded = app
        .identity
        .succeed(Succession {
            device: form.device,
            access,
            public_key: bytes("publicKey", &form.public_key)?,
            proof: bytes("proof", &form.proof)?,
            signed: form.public_key.clone(),
            heads: heads.collect::<Result<_>>()?,
            recorded: form.recorded,
        })
        .await?;
    Ok(Json(DeviceSucceeded {
        enrolment: enrolment(&app, succeeded.enrolment),
        common: succeeded.common,
        lost: succeeded.regress.lost,
        last_contact_at: succeeded.regress.last_contact_at,
    }))
}

fn enrolment(app: &App, enrolled: Enrolment) -> DeviceEnrolment {
    let access = DeviceAccess::from(enrolled.access);
    DeviceEnrolment {
        device: enrolled.device.id,
        device_code: enrolled.device.code,
        person: enrolled.person,
        access: access.access,
        access_until: access.access_until,
        refresh: access.refresh,
        server_key: STANDARD.encode(app.identity.key().verifying_key().as_bytes()),
        lease_share: access.lease_share,
        lease_until: access.lease_until,
        papers: access.papers,
    }
}

/// Renews the access and the lease.
#[utoipa::path(post, path = "/api/device/refresh", request_body = DeviceRefresh,
    responses((status = 200, body = DeviceAccess), (status = "default", body = Refusal)))]
pub async fn refresh(
    State(app): State<Arc<App>>,
    Json(form): Json<DeviceRefresh>,
) -> Result<Json<DeviceAccess>> {
    let token = Token::parse(&form.refresh).ok_or_else(|| Refusal::new(codes::SIGN_IN_AGAIN))?;
    Ok(Json(app.identity.refresh_device(form.device, &token).await?.into()))
}

impl From<Access> for DeviceAccess {
    fn from(access: Access) -> Self {
        Self {
            access: access.access.to_string(),
            access_until: access.until,
            refresh: access.refresh.to_string(),
            lease_share: STANDARD.encode(access.lease_share),
            lease_until: access.lease_until,
            papers: access.papers,
        }
    }
}

fn bytes<const N: usize>(field: &str, text: &str) -> Result<[u8; N]> {
    let decoded = STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    Ok(decoded.ok_or_else(|| Refusal::new(codes::INVALID).with("field", field))?)
}
