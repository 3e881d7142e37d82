//! Visits.

use serde::{Deserialize, Serialize};

use super::{Place, SyncState};
use crate::documents::visit::Visit;
pub use crate::documents::visit::VisitOutcome;
use crate::id::{CustomerId, PersonId, VisitId};
use crate::text::search_keys;
use crate::time::Timestamp;

/// A visit in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct VisitRow {
    /// Which one.
    pub id: VisitId,
    /// Where.
    pub customer: CustomerId,
    /// Its name.
    pub customer_name: String,
    /// Who went.
    pub rep: PersonId,
    /// Their name.
    pub rep_name: String,
    /// When it began.
    pub checked_in_at: Timestamp,
    /// When it ended; none while it goes on.
    pub checked_out_at: Option<Timestamp>,
    /// How it ended.
    pub outcome: Option<VisitOutcome>,
    /// What was noted.
    pub note: String,
    /// How far it got.
    pub sync: SyncState,
}

/// One visit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct VisitView {
    /// What lists show.
    pub row: VisitRow,
    /// Where the phone was at check-in.
    pub place: Option<Place>,
    /// From the customer's place, in metres.
    pub distance_m: Option<f64>,
    /// By how many milliseconds the device's clock was probably ahead (negative: behind) when it
    /// was recorded; none when it was about right. Known in the office only.
    pub clock_off_ms: Option<i64>,
}

impl VisitRow {
    /// The row of this visit.
    #[must_use]
    pub fn new(
        id: VisitId,
        visit: &Visit,
        customer_name: &str,
        rep_name: &str,
        sync: SyncState,
    ) -> Self {
        Self {
            id,
            customer: visit.begun.customer,
            customer_name: customer_name.to_owned(),
            rep: visit.begun.rep,
            rep_name: rep_name.to_owned(),
            checked_in_at: visit.begun.at,
            checked_out_at: visit.finished.as_ref().map(|end| end.at),
            outcome: visit.outcome,
            note: visit.note.clone(),
            sync,
        }
    }
}

impl VisitView {
    /// The visit with its distance from where the customer is known to be.
    #[must_use]
    pub fn new(row: VisitRow, visit: &Visit, customer_place: Option<&Place>) -> Self {
        let place = visit.begun.place;
        let distance_m = place.zip(customer_place).map(|(at, customer)| at.distance_m(customer));
        Self { row, place, distance_m, clock_off_ms: None }
    }
}

/// What a visit is found by.
#[must_use]
pub fn visit_search(visit: &Visit, customer_name: &str) -> String {
    search_keys(&[customer_name, &visit.note])
}
