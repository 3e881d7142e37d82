//! Visits.

use std::sync::Arc;

use axum::extract::State;
use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::{CustomerId, ItemId, PersonId, VisitId};
use roundsman_core::time::Day;
use roundsman_core::views::{HistoryRow, SyncState, VisitOutcome, VisitRow, VisitView};
use roundsman_store::clock;
use roundsman_store::lists::Page as Wanted;
use roundsman_store::lists::visits::{self, ListedVisit, VisitFilter};
use serde::Deserialize;
use utoipa::IntoParams;

use super::list::{List, Page, span};
use super::{Json, Path, Query, history};
use crate::app::App;
use crate::error::Result;
use crate::identity::Me;

/// What narrows the list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// Who went.
    #[param(value_type = Option<String>)]
    rep: Option<PersonId>,
    /// How it ended.
    outcome: Option<VisitOutcome>,
    /// Where.
    #[param(value_type = Option<String>)]
    customer: Option<CustomerId>,
    /// Begun on this day or later.
    #[param(value_type = Option<String>)]
    from: Option<Day>,
    /// Begun on this day or before.
    #[param(value_type = Option<String>)]
    to: Option<Day>,
}

/// Visits, newest first.
#[utoipa::path(get, path = "/api/visits", params(Filter, Page),
    responses((status = 200, body = List<VisitRow>), (status = "default", body = Refusal)))]
pub async fn list(
    _: Me,
    State(app): State<Arc<App>>,
    Query(filter): Query<Filter>,
    Query(page): Query<Page>,
) -> Result<Json<List<VisitRow>>> {
    let (from, before) = span(&app.clock, filter.from, filter.to);
    let narrow = VisitFilter {
        rep: filter.rep,
        outcome: filter.outcome.map(|outcome| outcome_code(outcome).to_owned()),
        customer: filter.customer,
        from,
        before,
        ..VisitFilter::default()
    };
    let found = visits::list(&app.store.read, &narrow, &page.into()).await?;
    Ok(Json(List::of(found, |visit| row(&visit))))
}

/// One visit.
#[utoipa::path(get, path = "/api/visits/{id}", params(("id" = String, Path)),
    responses((status = 200, body = VisitView), (status = "default", body = Refusal)))]
pub async fn show(
    _: Me,
    State(app): State<Arc<App>>,
    Path(id): Path<VisitId>,
) -> Result<Json<VisitView>> {
    let narrow = VisitFilter { id: Some(id), ..VisitFilter::default() };
    let found = visits::list(&app.store.read, &narrow, &Wanted::one()).await?;
    let visit = found.rows.into_iter().next().ok_or_else(|| Refusal::new(codes::NOT_FOUND))?;
    let place = visit.customer.as_ref().and_then(|customer| customer.place);
    let clock_off_ms = clock::off_ms(&app.store.read, ItemId::from(id)).await?;
    let view = VisitView::new(row(&visit), &visit.visit, place.as_ref());
    Ok(Json(VisitView { clock_off_ms, ..view }))
}

/// Who did what to it.
#[utoipa::path(get, path = "/api/visits/{id}/history", params(("id" = String, Path)),
    responses((status = 200, body = Vec<HistoryRow>), (status = "default", body = Refusal)))]
pub async fn show_history(
    _: Me,
    State(app): State<Arc<App>>,
    Path(id): Path<VisitId>,
) -> Result<Json<Vec<HistoryRow>>> {
    Ok(Json(history::of(&app, ItemId::from(id)).await?))
}

/// The row; whatever the office sees, it has.
pub fn row(visit: &ListedVisit) -> VisitRow {
    let customer_name = visit.customer.as_ref().map_or("", |customer| customer.value("name"));
    let row =
        VisitRow::new(visit.id, &visit.visit, customer_name, &visit.rep_name, SyncState::Confirmed);
    VisitRow { customer: visit.customer_id, ..row }
}

fn outcome_code(outcome: VisitOutcome) -> &'static str {
    match outcome {
        VisitOutcome::Ordered => "ordered",
        VisitOutcome::NoNeed => "noNeed",
        VisitOutcome::Closed => "closed",
        VisitOutcome::Absent => "absent",
        VisitOutcome::Later => "later",
    }
}
