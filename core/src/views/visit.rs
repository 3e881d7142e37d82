//! Visits.

use serde::{Deserialize, Serialize};

use super::{Place, SyncState};
pub use crate::documents::visit::VisitOutcome;
use crate::id::{CustomerId, PersonId, VisitId};
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
}

