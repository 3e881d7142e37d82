//! A closed visit as its summary, and back: whoever shows visits reads a summary like the document.

use super::{Begun, Finished, Visit};
use crate::id::VisitId;
use crate::records::VisitSummary;

impl VisitSummary {
    /// What stays of a visit; none while it goes on.
    #[must_use]
    pub fn new(id: VisitId, visit: &Visit) -> Option<Self> {
        let Visit { begun, finished, .. } = visit;
        let finished = finished.as_ref()?;
        Some(Self {
            visit: id,
            customer: begun.customer,
            rep: begun.rep,
            begun_at: begun.at,
            offset_minutes: begun.offset_minutes,
            place: begun.place,
            finished_at: finished.at,
            outcome: finished.outcome,
            note: finished.note.clone(),
        })
    }

    /// The visit.
    #[must_use]
    pub fn visit(&self) -> Visit {
        Visit {
            begun: Begun {
                customer: self.customer,
                rep: self.rep,
                at: self.begun_at,
                offset_minutes: self.offset_minutes,
                place: self.place,
            },
            finished: Some(Finished {
                at: self.finished_at,
                outcome: self.outcome,
                note: self.note.clone(),
            }),
            note: self.note.clone(),
            outcome: Some(self.outcome),
        }
    }
}
