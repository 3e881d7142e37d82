//! The connection to the ERP that the company has already.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use roundsman_core::access::may_govern;
use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::OrderId;
use roundsman_core::time::Timestamp;
use roundsman_store::outbox::{self, Waiting};
use serde::Serialize;
use utoipa::ToSchema;

use super::Json;
use crate::app::App;
use crate::connector::Health;
use crate::error::{Error, Result};
use crate::identity::Me;

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
    let connected = app.connector.as_ref().map(|connector| {
        let to = &connector.settings().connection;
        Connected {
            url: to.url.clone(),
            database: to.database.clone(),
            login: to.login.clone(),
            health: connector.health(),
        }
    });
    Ok(Json(ErpView {
        connected,
        waiting: outbox::waiting_count(&app.store.read).await?,
        orders: waiting.into_iter().map(WaitingOrder::from).collect(),
    }))
}

/// Reads everything there now, and looks what became of orders.
#[utoipa::path(post, path = "/api/erp/read",
    responses((status = 204), (status = "default", body = Refusal)))]
pub async fn read(Me(person): Me, State(app): State<Arc<App>>) -> Result<StatusCode> {
    require(may_govern(person.role))?;
    let connector = app.connector.as_ref().ok_or_else(|| Refusal::new(codes::NOT_FOUND))?;
    match connector.pull(true).await {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        Err(Error::Internal(why)) => {
            Err(Refusal::new(codes::ERP_UNREACHABLE).with("detail", why).into())
        }
        Err(other) => Err(other),
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
