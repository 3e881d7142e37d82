//! Tryton's JSON-RPC, with a session.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::redirect::Policy;
use reqwest::{Response, StatusCode, Url, header};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

use super::fault::{Fault, Result};
use super::value::Row;

/// How long a connection may take.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);
/// Bytes of an answer: a thousand products are less than one million.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Characters of what it says that are kept.
const SAID_CHARS_MAX: usize = 500;

/// Where Tryton is, and as whom we work there.
#[derive(Clone, Serialize, Deserialize)]
pub struct Connection {
    /// Its address, such as `https://erp.example.com`.
    pub url: String,
    /// The database of the company.
    pub database: String,
    /// A user with the groups Sales, Opportunity, Stock, Accounting and Party Administration.
    pub login: String,
    /// Their password.
    pub password: String,
    /// How long an answer may take before nobody waits for it any more.
    pub answer_seconds_max: u64,
}

impl Connection {
    /// Whether what is said can be read on the way, the password among it.
    #[must_use]
    pub fn is_open_to_read(&self) -> bool {
        let Ok(url) = Url::parse(&self.url) else { return false };
        let here = |it: &str| matches!(it, "localhost" | "[::1]") || it.starts_with("127.");
        url.scheme() == "http" && !url.host_str().is_some_and(here)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {} as {}", self.database, self.url, self.login)
    }
}

/// Calls Tryton. Cloning shares the session.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    to: Arc<Connection>,
    session: Arc<Mutex<Option<Arc<Session>>>>,
}

#[derive(Debug)]
struct Session {
    authorization: String,
    /// As whom we work there, an id.
    user: i64,
    /// What every call says about whom it is for.
    context: Row,
}

impl Client {
    /// Calls this Tryton; nothing is said yet.
    ///
    /// # Errors
    /// [`Fault::Setup`] for an address that is none, or that holds a password; when no HTTP client
    /// can be made.
    pub fn new(to: Connection) -> Result<Self> {
        let url = Url::parse(&to.url).map_err(|error| Fault::Setup(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(Fault::Setup("its address does not begin with https://".to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Fault::Setup("its address holds a user or a password".to_owned()));
        }
        let http = reqwest::Client::builder()
            // A password goes where people said, and nowhere else.
            .redirect(Policy::none())
            .connect_timeout(CONNECT_TIME_MAX)
            .timeout(Duration::from_secs(to.answer_seconds_max))
            // It closes every connection itself.
            .pool_max_idle_per_host(0)
            .build()
            .map_err(|error| Fault::Setup(error.to_string()))?;
        Ok(Self { http, to: Arc::new(to), session: Arc::default() })
    }

    /// Where it calls.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.to
    }

    /// The company that we work for there.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn company(&self) -> Result<i64> {
        let session = self.session().await?;
        let company = session.context.get("company").and_then(Value::as_i64);
        company.ok_or_else(|| Fault::Setup("its user has no company".to_owned()))
    }

    /// As whom we work there, an id.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn user(&self) -> Result<i64> {
        Ok(self.session().await?.user)
    }

    /// Calls a method of a model, such as `sale.sale` and `quote`.
    ///
    /// # Errors
    /// Every kind of [`Fault`].
    pub async fn call(&self, model: &str, method: &str, args: &[Value]) -> Result<Value> {
        self.call_for(model, method, args, &Row::new()).await
    }

    /// The same, and says more about what it is for.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn call_for(
        &self,
        model: &str,
        method: &str,
        args: &[Value],
        context: &Row,
    ) -> Result<Value> {
        let method = format!("model.{model}.{method}");
        let mut again = true;
        loop {
            let session = self.session().await?;
            let mut whole = session.context.clone();
            whole.extend(context.clone());
            let mut params = args.to_vec();
            params.push(Value::Object(whole));
            let said = self.say(&method, params, Some(&session.authorization)).await?;
            if said.status() != StatusCode::UNAUTHORIZED {
                return result(said).await;
            }
            // The session ended before anything was done.
            self.forget(&session).await;
            if !std::mem::take(&mut again) {
                return Err(Fault::Setup("it ends every session at once".to_owned()));
            }
        }
    }

    /// Reads records: fields of those that fit, by their id.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn read(&self, model: &str, fits: Value, fields: &[&str]) -> Result<Vec<Row>> {
        let order = json!([["id", "ASC"]]);
        let args = [fits, json!(0), Value::Null, order, json!(fields)];
        super::value::rows(self.call(model, "search_read", &args).await?)
    }

    async fn session(&self) -> Result<Arc<Session>> {
        let mut session = self.session.lock().await;
        if let Some(open) = &*session {
            return Ok(open.clone());
        }
        let open = Arc::new(self.log_in().await?);
        *session = Some(open.clone());
        Ok(open)
    }

    async fn forget(&self, ended: &Arc<Session>) {
        let mut session = self.session.lock().await;
        if session.as_ref().is_some_and(|it| Arc::ptr_eq(it, ended)) {
            *session = None;
        }
    }

    async fn log_in(&self) -> Result<Session> {
        let Connection { login, password, .. } = &*self.to;
        let params = vec![json!(login), json!({ "password": password }), json!("en")];
        let said = self.say("common.db.login", params, None).await?;
        if said.status() == StatusCode::UNAUTHORIZED {
            return Err(Fault::Setup("it does not know this user and password".to_owned()));
        }
        let answer = result(said).await?;
        let (user, token) = (answer.get(0).and_then(Value::as_i64), answer.get(1));
        let (Some(user), Some(token)) = (user, token.and_then(Value::as_str)) else {
            return Err(Fault::Setup("it wants more than a password".to_owned()));
        };
        let key = BASE64_STANDARD.encode(format!("{login}:{user}:{token}"));
        let authorization = format!("Session {key}");
        let preferences = vec![json!(true), json!({})];
        let ask = "model.res.user.get_preferences";
        let said = self.say(ask, preferences, Some(&authorization)).await?;
        let Value::Object(mut context) = result(said).await? else {
            return Err(Fault::lacks("preferences"));
        };
        // What it says is read by people and in logs, in one language.
        context.insert("language".to_owned(), json!("en"));
        Ok(Session { authorization, user, context })
    }

    async fn say(
        &self,
        method: &str,
        params: Vec<Value>,
        authorization: Option<&str>,
    ) -> Result<Response> {
        let url = format!("{}/{}/rpc/", self.to.url.trim_end_matches('/'), self.to.database);
        let body = json!({ "id": 1, "method": method, "params": params });
        let mut request = self.http.post(url).json(&body);
        if let Some(authorization) = authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        request.send().await.map_err(|error| {
            let nothing_sent = error.is_connect() || error.is_builder();
            let why = reason(error);
            if nothing_sent { Fault::Unreachable(why) } else { Fault::Lost(why) }
        })
    }
}

/// What an answer says.
async fn result(mut said: Response) -> Result<Value> {
    let status = said.status();
    let mut body = Vec::new();
    while let Some(part) = said.chunk().await.map_err(|error| Fault::Lost(reason(error)))? {
        body.extend_from_slice(&part);
        if body.len() > ANSWER_BYTES_MAX {
            return Err(Fault::Broken("an answer without end".to_owned()));
        }
    }
    if !status.is_success() {
        return Err(refusal(status, &String::from_utf8_lossy(&body)));
    }
    let mut answer: Map<String, Value> =
        serde_json::from_slice(&body).map_err(|error| Fault::Lost(error.to_string()))?;
    match answer.remove("error") {
        None | Some(Value::Null) => Ok(answer.remove("result").unwrap_or_default()),
        Some(error) => Err(error_of(&error)),
    }
}

fn refusal(status: StatusCode, said: &str) -> Fault {
    let why = format!("{status} {}", short(said));
    match status.as_u16() {
        429 | 503 => Fault::Busy(why),
        300..=399 | 401 | 403 | 404 | 422 => Fault::Setup(why),
        _ => Fault::Lost(why),
    }
}

/// Errors of models come with status 200: a name and what it says.
fn error_of(error: &Value) -> Fault {
    let part = |at: usize| error.get(at).map(said_in).unwrap_or_default();
    match part(0).as_str() {
        // Missing rights come as any other refusal; only the words differ, and we ask for English.
        "UserError" if part(1).starts_with("You are not allowed") => Fault::Setup(short(&part(1))),
        "UserError" => Fault::Refused(short(&part(1))),
        "UserWarning" => Fault::Refused(short(&said_in(&error[1]))),
        "ConcurrencyException" => Fault::Stale,
        _ => Fault::Broken(short(&error.to_string())),
    }
}

/// The sentences of an error, which come alone or in a list.
fn said_in(it: &Value) -> String {
    match it {
        Value::String(text) => text.clone(),
        Value::Array(all) => all
            .iter()
            .filter_map(Value::as_str)
            .filter(|it| !it.is_empty())
            .collect::<Vec<_>>()
            .join(" "),
        _ => String::new(),
    }
}

fn short(text: &str) -> String {
    text.chars().take(SAID_CHARS_MAX).collect()
}

/// What went wrong, down to its cause, without the address.
fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut why = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(it) = cause {
        why = format!("{why}: {it}");
        cause = it.source();
    }
    why
}
