//! Enrolment over HTTP.

use anyhow::{Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use rand::RngCore;
use roundsman_core::id::DeviceId;
use roundsman_core::records::Person;
use roundsman_core::time::Timestamp;
use roundsman_core::views::LostView;
use roundsman_replica::{Identity, Replica};
use serde::Deserialize;

/// What the server answered, with the key made for it.
pub(crate) struct Session {
    answer: Answer,
    seed: [u8; 32],
    pub(crate) access: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    device: DeviceId,
    device_code: String,
    person: Person,
    access: String,
    server_key: String,
    papers: String,
    lease_share: String,
}

/// What the server says of what was lost.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    common: u64,
    lost: u64,
    last_contact_at: Option<Timestamp>,
}

async fn post(server: &str, path: &str, body: &serde_json::Value) -> Result<String> {
    let response = reqwest::Client::new().post(format!("{server}{path}")).json(body).send().await?;
    let status = response.status();
    let text = response.text().await?;
    if !status.is_success() {
        bail!("{path} refused: {text}");
    }
    Ok(text)
}

impl Session {
    pub(crate) async fn open(server: &str, login: &str, password: &str) -> Result<Self> {
        let mut seed = [0; 32];
        rand::rng().fill_bytes(&mut seed);
        let public = SigningKey::from_bytes(&seed).verifying_key().to_bytes();
        let body = serde_json::json!({ "login": login, "password": password, "publicKey": STANDARD.encode(public) });
        let answer: Answer =
            serde_json::from_str(&post(server, "/api/device/sign-in", &body).await?)?;
        Ok(Self { access: answer.access.clone(), answer, seed })
    }

    /// Signs in again on a device that enrolled before.
    pub(crate) async fn again(
        server: &str,
        login: &str,
        password: &str,
        known: &Identity,
        before: Option<&Self>,
    ) -> Result<Self> {
        let seed = known.device_seed;
        let key = SigningKey::from_bytes(&seed);
        let body = serde_json::json!({
            "login": login,
            "password": password,
            "publicKey": STANDARD.encode(key.verifying_key().to_bytes()),
            "device": known.device,
            "proof": STANDARD.encode(key.sign(login.as_bytes()).to_bytes()),
            "papers": before.map(|it| &it.answer.papers),
            "leaseShare": before.map(|it| &it.answer.lease_share),
        });
        let answer: Answer =
            serde_json::from_str(&post(server, "/api/device/sign-in", &body).await?)?;
        Ok(Self { access: answer.access.clone(), answer, seed })
    }

    /// Enrols the device that goes on for this one, whose journal went backwards.
    pub(crate) async fn succeed(
        &self,
        server: &str,
        replica: &Replica,
    ) -> Result<(Self, u64, LostView)> {
        let mut seed = [0; 32];
        rand::rng().fill_bytes(&mut seed);
        let public = STANDARD.encode(SigningKey::from_bytes(&seed).verifying_key().to_bytes());
        let proof = SigningKey::from_bytes(&self.seed).sign(public.as_bytes()).to_bytes();
        let heads: Vec<_> = replica
            .heads()?
            .iter()
            .map(|head| serde_json::json!({ "n": head.n, "hash": STANDARD.encode(head.hash) }))
            .collect();
        let body = serde_json::json!({
            "device": self.answer.device,
            "access": self.access,
            "publicKey": public,
            "proof": STANDARD.encode(proof),
            "heads": heads,
            "recorded": replica.recorded(),
        });
        let text = post(server, "/api/device/succeed", &body).await?;
        let answer: Answer = serde_json::from_str(&text)?;
        let told: Told = serde_json::from_str(&text)?;
        let lost = LostView { entries: told.lost, set_aside: 0, since: told.last_contact_at };
        Ok((Self { access: answer.access.clone(), answer, seed }, told.common, lost))
    }

    pub(crate) fn identity(&self) -> Result<Identity> {
        let server_key = STANDARD.decode(&self.answer.server_key)?;
        Ok(Identity {
            device: self.answer.device,
            device_code: self.answer.device_code.clone(),
            person: self.answer.person.id,
            name: self.answer.person.name.clone(),
            role: self.answer.person.role,
            device_seed: self.seed,
            server_key: server_key.try_into().map_err(|_| anyhow::anyhow!("a key has 32 bytes"))?,
        })
    }
}
