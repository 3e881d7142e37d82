//! The connection to the ERP that the company has already.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use roundsman_core::access::may_govern;
use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::{OrderId, PersonId, TerritoryId};
use roundsman_core::time::Timestamp;
use roundsman_erp::tryton::Connection;
use roundsman_store::outbox::{self, Waiting};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Json;
use crate::app::App;
use crate::connector::{ErpPreview, ErpSettings, Health};
use crate::error::{Error, Result};
use crate::identity::Me;

/// How long an answer may take before nobody waits for it any more.
const ANSWER_SECONDS_MAX: u64 = 120;
/// Orders that are listed.
const LISTED_MAX: u32 = 100;

/// Which ERP decides orders, and how it does.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErpView {
    /// The connected one; none when it is the embedded one.
    connected: Option<Connected>,
    /// How many orders wait to be decided.
    waiting: u64,
    /// The first of them.
    orders: Vec<WaitingOrder>,
}

/// A connected ERP.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Connected {
    /// Its address.
    url: String,
    /// The company's database there.
    database: String,
    /// As whom we work there.
    login: String,
    /// Where customers belong that come from there.
    #[schema(value_type = String)]
    territory: TerritoryId,
    /// How it does.
    health: Health,
}

/// An order that is not decided yet.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WaitingOrder {
    /// Which one; none when its document cannot be read.
    #[schema(value_type = Option<String>)]
    order: Option<OrderId>,
    /// The number that the device gave it.
    device_number: String,
    /// Who ordered.
    customer_name: String,
    /// When it came.
    arrived_at: Timestamp,
    /// Attempts that settled nothing.
    attempts: u32,
    /// What the last one said.
    last_error: Option<String>,
    /// When it is tried again.
    next_at: Timestamp,
}

/// How the ERP does, and what waits for it.
#[utoipa::path(get, path = "/api/erp",
    responses((status = 200, body = ErpView), (status = "default", body = Refusal)))]
pub async fn show(_: Me, State(app): State<Arc<App>>) -> Result<Json<ErpView>> {
    let waiting = outbox::due(&app.store.read, Timestamp(i64::MAX), LISTED_MAX).await?;
    let connected = app.erp.connector().map(|connector| {
        let to = &connector.settings().connection;
        Connected {
            url: to.url.clone(),
            database: to.database.clone(),
            login: to.login.clone(),
            territory: connector.settings().territory,
            health: connector.health(),
        }
    });
    Ok(Json(ErpView {
        connected,
        waiting: outbox::waiting_count(&app.store.read).await?,
        orders: waiting.into_iter().map(WaitingOrder::from).collect(),
    }))
}

/// A connection that somebody wants to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Wanted {
    /// Its address, such as `https://erp.example.com`.
    url: String,
    /// The company's database there.
    database: String,
    /// As whom to work there.
    login: String,
    /// Their password; none: the one that is known, for the same user at the same address.
    password: Option<String>,
    /// Where customers belong that come from there.
    #[schema(value_type = String)]
    territory: TerritoryId,
}

impl Wanted {
    fn settings(self, app: &App, by: PersonId) -> Result<ErpSettings> {
        for (field, value) in
            [("url", &self.url), ("database", &self.database), ("login", &self.login)]
        {
            if value.trim().is_empty() {
                return Err(Refusal::new(codes::EMPTY).with("field", field).into());
            }
        }
        let known = app.erp.connector().map(|it| it.settings().clone());
        let same = known.filter(|it| {
            let to = &it.connection;
            (&to.url, &to.database, &to.login) == (&self.url, &self.database, &self.login)
        });
        // A password that is known goes nowhere else than where it was given for.
        let given = self.password.filter(|it| !it.is_empty());
        let password = given.or_else(|| same.as_ref().map(|it| it.connection.password.clone()));
        let empty = || Refusal::new(codes::EMPTY).with("field", "password");
        Ok(ErpSettings {
            connection: Connection {
                url: self.url.trim().to_owned(),
                database: self.database.trim().to_owned(),
                login: self.login.trim().to_owned(),
                password: password.ok_or_else(empty)?,
                answer_seconds_max: ANSWER_SECONDS_MAX,
            },
            by,
            territory: self.territory,
            since: same.map_or_else(|| app.clock.now(), |it| it.since),
        })
    }
}

/// Tries a connection, and shows what it would bring. Nothing is changed, here or there.
#[utoipa::path(post, path = "/api/erp/preview", request_body = Wanted,
    responses((status = 200, body = ErpPreview), (status = "default", body = Refusal)))]
pub async fn preview(
    Me(person): Me,
    State(app): State<Arc<App>>,
    Json(wanted): Json<Wanted>,
) -> Result<Json<ErpPreview>> {
    require(may_govern(person.role))?;
    let connector = app.erp.to(wanted.settings(&app, person.id)?).map_err(said)?;
    Ok(Json(connector.preview().await.map_err(said)?))
}

/// Connects it from now on: orders are decided with it, and it is read at once.
#[utoipa::path(put, path = "/api/erp", request_body = Wanted,
    responses((status = 204), (status = "default", body = Refusal)))]
pub async fn connect(
    Me(person): Me,
    State(app): State<Arc<App>>,
    Json(wanted): Json<Wanted>,
) -> Result<StatusCode> {
    require(may_govern(person.role))?;
    let connector = app.erp.to(wanted.settings(&app, person.id)?).map_err(said)?;
    connector.preview().await.map_err(said)?;
    app.erp.connect(connector).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Goes back to the embedded ERP. What was decided stays decided.
#[utoipa::path(delete, path = "/api/erp",
    responses((status = 204), (status = "default", body = Refusal)))]
pub async fn disconnect(Me(person): Me, State(app): State<Arc<App>>) -> Result<StatusCode> {
    require(may_govern(person.role))?;
    app.erp.disconnect().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Reads everything there now, and looks what became of orders.
#[utoipa::path(post, path = "/api/erp/read",
    responses((status = 204), (status = "default", body = Refusal)))]
pub async fn read(Me(person): Me, State(app): State<Arc<App>>) -> Result<StatusCode> {
    require(may_govern(person.role))?;
    let connector = app.erp.connector().ok_or_else(|| Refusal::new(codes::NOT_FOUND))?;
    connector.pull(true).await.map_err(said)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whoever set the connection up reads what it says; everything else is for the log.
fn said(error: Error) -> Error {
    match error {
        Error::Internal(why) => Refusal::new(codes::ERP_UNREACHABLE).with("detail", why).into(),
        other => other,
    }
}

/// Tries now what waits to be decided, however often it failed.
#[utoipa::path(post, path = "/api/erp/retry",
    responses((status = 204), (status = "default", body = Refusal)))]
pub async fn try_again(Me(person): Me, State(app): State<Arc<App>>) -> Result<StatusCode> {
    require(may_govern(person.role))?;
    app.store.write.run(|db, _| Box::pin(async move { outbox::try_now(db).await })).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn require(may: bool) -> Result<()> {
    if may { Ok(()) } else { Err(Refusal::new(codes::ACCESS_ENDED).into()) }
}

impl From<Waiting> for WaitingOrder {
    fn from(row: Waiting) -> Self {
        let order = row.order.ok();
        let text = |of: fn(&roundsman_core::documents::order::Order) -> &String| {
            order.as_ref().map_or_else(String::new, |it| of(it).clone())
        };
        Self {
            device_number: text(|it| &it.content.device_number),
            customer_name: text(|it| &it.content.customer_name),
            order: order.as_ref().map(|it| it.content.order),
            arrived_at: row.created_at,
            attempts: row.attempts,
            last_error: row.last_error,
            next_at: row.next_at,
        }
    }
}
