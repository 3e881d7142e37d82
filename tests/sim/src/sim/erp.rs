//! The ERP's bad days.

use super::{Event, MINUTE, SECOND, Sim};
use crate::erp::Mood;
use crate::plan::Fault;

impl Sim {
    /// It is ill for a while.
    pub(super) fn erp_fault(&mut self, kind: Fault) {
        self.server.set_mood(match kind {
            Fault::ErpBusy => Mood::Busy,
            Fault::ErpDown => Mood::Down,
            Fault::ErpQuestionLost => Mood::QuestionLost,
            _ => Mood::AnswerLost,
        });
        self.erp_was_ill = true;
        let long = self.trouble.between(SECOND, 40 * MINUTE);
        self.after(long, Event::ErpHeals);
    }

    pub(super) fn erp_heals(&mut self) {
        self.server.set_mood(Mood::Well);
    }
}
