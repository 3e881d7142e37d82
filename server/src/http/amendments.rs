//! Changes and cancellations of orders, with the customer on the telephone.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use roundsman_core::access::may_take_for_others;
use roundsman_core::documents::order::{LINES_MAX, Wanted, WantedLine};
use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::OrderId;
use roundsman_core::money::Money;
use roundsman_core::records::Person;
use roundsman_core::time::Day;
use roundsman_core::views::AmendView;
use roundsman_erp::embedded::shelf_to_amend;
use roundsman_store::Error as StoreError;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Json, Path, orders};
use crate::app::App;
use crate::desk::{Amended, Change};
use crate::error::Result;
use crate::identity::Me;

/// What somebody wants instead of what they ordered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AmendmentForm {
    /// The whole order from now on; what stays names its line.
    lines: Vec<WantedLine>,
    /// When it is wanted.
    #[schema(value_type = Option<String>)]
    requested_on: Option<Day>,
    /// What is noted.
    #[serde(default)]
    note: String,
}

impl TryFrom<AmendmentForm> for Wanted {
    type Error = Refusal;

    fn try_from(form: AmendmentForm) -> Result<Self, Refusal> {
        let AmendmentForm { lines, requested_on, note } = form;
        if lines.len() > LINES_MAX {
            return Err(Refusal::new(codes::TOO_LARGE).with("field", "lines"));
        }
        Ok(Self { lines, requested_on, note })
    }
}

/// What an order would be with other lines, and what it would cost. Nothing is recorded.
#[utoipa::path(post, path = "/api/orders/{id}/amendment", request_body = AmendmentForm,
    params(("id" = String, Path)),
    responses((status = 200, body = AmendView), (status = "default", body = Refusal)))]
pub async fn quote(
    _: Me,
    State(app): State<Arc<App>>,
    Path(id): Path<OrderId>,
    Json(form): Json<AmendmentForm>,
) -> Result<Json<AmendView>> {
    let wanted = form.try_into()?;
    let order = orders::changeable(&app, id).await?;
    let mut db = app.store.read.acquire().await.map_err(StoreError::from)?;
    let shelf = shelf_to_amend(&mut db, &order, &wanted, app.clock.now()).await?;
    Ok(Json(AmendView::new(&order.content, &wanted, &shelf)))
}

/// The change that somebody on the telephone agreed to.
#[derive(Debug, Deserialize, ToSchema)]
pub struct AmendForm {
    #[serde(flatten)]
    amendment: AmendmentForm,
    /// The total that the customer was told, with tax.
    told: Money,
    /// How many versions whoever changes it saw.
    seen: u32,
}

/// Changes an order for the customer. It is durable when the answer comes, and nothing is recorded
/// when the order is like that already. `DECIDED_MEANWHILE` when somebody else made a version that
/// was not seen, `TOTAL_CHANGED` when it costs something else than the customer was told.
#[utoipa::path(post, path = "/api/orders/{id}/amend", request_body = AmendForm,
    params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Refusal)))]
pub async fn amend(
    Me(person): Me,
    State(app): State<Arc<App>>,
    Path(id): Path<OrderId>,
    Json(AmendForm { amendment, told, seen }): Json<AmendForm>,
) -> Result<StatusCode> {
    let change = Change::Amend(Amended { wanted: amendment.try_into()?, told });
    changed(&app, &person, id, seen, change).await
}

/// Why an order is wanted no more.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CancelForm {
    /// In the words of whoever calls it off.
    reason: String,
    /// How many versions they saw.
    seen: u32,
}

/// Calls an order off for the customer, unless it is called off already.
#[utoipa::path(post, path = "/api/orders/{id}/cancel", request_body = CancelForm,
    params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Refusal)))]
pub async fn cancel(
    Me(person): Me,
    State(app): State<Arc<App>>,
    Path(id): Path<OrderId>,
    Json(CancelForm { reason, seen }): Json<CancelForm>,
) -> Result<StatusCode> {
    changed(&app, &person, id, seen, Change::Cancel(reason)).await
}

async fn changed(
    app: &App,
    person: &Person,
    id: OrderId,
    seen: u32,
    change: Change,
) -> Result<StatusCode> {
    if !may_take_for_others(person.role) {
        return Err(Refusal::new(codes::ACCESS_ENDED).into());
    }
    app.desk.change_order(person.id, id, seen, change).await?;
    Ok(StatusCode::NO_CONTENT)
}
