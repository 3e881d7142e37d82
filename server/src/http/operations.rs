//! What people in the office do to documents: the operations of the phones, by the same rules.

use std::sync::Arc;

use axum::extract::State;
use roundsman_core::documents::Request;
use roundsman_core::error::{Refusal, codes};

use super::Json;
use crate::app::App;
use crate::desk::Recorded;
use crate::error::Result;
use crate::identity::Me;

/// Records an operation on a customer. It is durable when the answer comes.
#[utoipa::path(post, path = "/api/operations", request_body = Request,
    responses((status = 200, body = Recorded), (status = "default", body = Refusal)))]
pub async fn run(
    Me(person): Me,
    State(app): State<Arc<App>>,
    Json(request): Json<Request>,
) -> Result<Json<Recorded>> {
    if !is_about_a_customer(&request) {
        return Err(Refusal::new(codes::UNIMPLEMENTED).into());
    }
    Ok(Json(app.desk.run(person.id, request).await?))
}

/// Visits and orders are taken in the field.
fn is_about_a_customer(request: &Request) -> bool {
    match request {
        Request::CustomerCreate { .. }
        | Request::CustomerEdit { .. }
        | Request::CustomerChoose { .. }
        | Request::CustomerSaveContact { .. }
        | Request::CustomerRemoveContact { .. }
        | Request::CustomerSetActive { .. } => true,
        // Two customers at once, with what belongs to it.
        Request::CustomerMerge { .. } | Request::CustomerUnmerge { .. } => false,
        Request::VisitCheckIn { .. }
        | Request::VisitNote { .. }
        | Request::VisitCheckOut { .. }
        | Request::CartSetLine { .. }
        | Request::CartDetails { .. }
        | Request::CartDiscard { .. }
        | Request::OrderSubmit { .. }
        | Request::OrderAmend { .. }
        | Request::OrderCancel { .. } => false,
    }
}
