//! Enrolment over HTTP.

use anyhow::{Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;
use rand::RngCore;
use roundsman_core::id::DeviceId;
use roundsman_core::records::Person;
use roundsman_replica::Identity;
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
}

impl Session {
    pub(crate) async fn open(server: &str, login: &str, password: &str) -> Result<Self> {
        let mut seed = [0; 32];
        rand::rng().fill_bytes(&mut seed);
        let public = SigningKey::from_bytes(&seed).verifying_key().to_bytes();
        let body = serde_json::json!({ "login": login, "password": password, "publicKey": STANDARD.encode(public) });
        let response = reqwest::Client::new()
            .post(format!("{server}/api/device/sign-in"))
            .json(&body)
            .send()
            .await?;
        if !response.status().is_success() {
            bail!("sign-in refused: {}", response.text().await?);
        }
        let answer: Answer = response.json().await?;
        Ok(Self { access: answer.access.clone(), answer, seed })
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
