//! What time it is: the device's clock, moved by what the hub's last said.

use roundsman_core::sync::correction_ms;
use roundsman_core::time::{DRIFT_MS_MAX, Hlc, Timestamp};

use crate::{Replica, Result, Topic, main_file};

/// A correction that differs by less is not worth a write.
const WORTH_KEEPING_MS: i64 = 1_000;

impl Replica {
    /// Now, as well as it is known here. It is never before the last contact: a clock that was set
    /// back since then is wrong.
    pub(crate) fn now(&self) -> Timestamp {
        self.host.now().plus_millis(self.journal.correction_ms).max(self.line.contact)
    }

    /// Notes when the next of the prices that were asked for begins.
    pub(crate) fn watch_prices(&self, begins: Option<Timestamp>) {
        let known = self.prices_turn.get();
        self.prices_turn.set(known.into_iter().chain(begins).min());
    }

    /// Whether one of them began since it was asked for; told once.
    pub(crate) fn prices_turned(&self) -> bool {
        let turned = self.prices_turn.get().is_some_and(|at| at <= self.now());
        if turned {
            self.prices_turn.set(None);
        }
        turned
    }

    /// Milliseconds until a price that was asked for gives way to the next; none when none does.
    #[must_use]
    pub fn prices_turn_in_ms(&self) -> Option<i64> {
        let at = self.prices_turn.get()?;
        Some(at.millis().saturating_sub(self.now().millis()).max(0))
    }

    /// By how many milliseconds the device's clock is ahead of the hub's (negative: behind), when
    /// that is worth telling.
    pub(crate) fn clock_off_ms(&self) -> Option<i64> {
        let off = self.journal.correction_ms.saturating_neg();
        (off.saturating_abs() > DRIFT_MS_MAX).then_some(off)
    }

    /// The hub told its time. A hybrid clock that a wrong clock drove into the future is given up:
    /// it would go on stamping what is done here as the newest for ever.
    pub(crate) fn heard_time(&mut self, hub: Timestamp) -> Result<()> {
        let correction = correction_ms(self.host.now(), hub);
        if correction.abs_diff(self.journal.correction_ms) >= WORTH_KEEPING_MS.unsigned_abs() {
            self.journal.set_correction(correction)?;
            self.changed.insert(Topic::Sync);
        }
        let right = |clock: Hlc| Hlc::default().observe(clock, hub);
        if right(self.journal.clock) != self.journal.clock {
            self.journal.set_clock(right(self.journal.clock))?;
        }
        let seen = Hlc(main_file::number(&self.db, "clock")?);
        if right(seen) != seen {
            main_file::set_number(&self.db, "clock", right(seen).0)?;
        }
        self.contact_at(hub)
    }

    /// Notes that the hub was heard.
    pub(crate) fn contact_at(&mut self, at: Timestamp) -> Result<()> {
        self.line.contact = at;
        main_file::set_number(&self.db, "last_contact", at.millis())
    }
}
