//! The console's calls.

use std::time::Duration;

use anyhow::{Result, bail};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// How long the office looks for something.
const PATIENCE: Duration = Duration::from_secs(20);

/// A signed-in console.
pub struct Office {
    http: reqwest::Client,
    server: String,
}

impl Office {
    /// Signs in.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn sign_in(server: &str, login: &str, password: &str) -> Result<Self> {
        let http = reqwest::Client::builder().cookie_store(true).build()?;
        let office = Self { http, server: server.to_owned() };
        let _: Value = office
            .post("/api/session", &serde_json::json!({ "login": login, "password": password }))
            .await?;
        Ok(office)
    }

    /// Reads a resource.
    ///
    /// # Errors
    /// When the server refuses or answers in another form.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        read(self.http.get(format!("{}{path}", self.server)).send().await?).await
    }

    /// Reads a resource until it is as wanted.
    ///
    /// # Errors
    /// As [`Self::get`]; when it is not after a while.
    pub async fn until<T: DeserializeOwned>(
        &self,
        path: &str,
        wanted: impl Fn(&T) -> bool,
    ) -> Result<T> {
        let reads = async {
            loop {
                let seen = self.get(path).await?;
                if wanted(&seen) {
                    return Ok(seen);
                }
            }
        };
        let late = |_| anyhow::anyhow!("{path} is not as wanted");
        tokio::time::timeout(PATIENCE, reads).await.map_err(late)?
    }

    /// Sends something.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T> {
        read(self.http.post(format!("{}{path}", self.server)).json(body).send().await?).await
    }

    /// Sends a file as it is.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn upload<T: DeserializeOwned>(&self, path: &str, file: Vec<u8>) -> Result<T> {
        read(self.http.post(format!("{}{path}", self.server)).body(file).send().await?).await
    }
}

async fn read<T: DeserializeOwned>(response: reqwest::Response) -> Result<T> {
    let status = response.status();
    let text = response.text().await?;
    if !status.is_success() {
        bail!("{status}: {text}");
    }
    Ok(serde_json::from_str(if text.is_empty() { "null" } else { &text })?)
}
