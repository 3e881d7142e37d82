//! The journal on its way up: a window of pushes, receipts, and patience when the hub asks for it.

use super::super::{FromDevice, PUSH_BYTES, PUSH_WINDOW, Push, Receipt};
use super::{Device, Effect, send};
use crate::error::{Refusal, codes};

impl Device {
    pub(super) fn receipt(&mut self, receipt: Receipt, effects: &mut Vec<Effect>) {
        let genuine = receipt.device == self.id && receipt.verify(&self.server_key).is_ok();
        if !genuine || receipt.head.n > self.journal.n {
            effects.extend([
                Effect::Refused(Refusal::new(codes::FORGED).with("detail", "receipt")),
                Effect::Close,
            ]);
            return;
        }
        self.receipted = self.receipted.max(receipt.head.n);
        self.sent_upto = self.sent_upto.max(receipt.head.n);
        if !crate::planted!("receipt does not open the window") {
            self.pushed.retain(|n| *n > receipt.head.n);
        }
        self.deadlines.receipt(!self.pushed.is_empty(), self.now);
        effects.push(Effect::KeepReceipt(receipt));
        self.pump(effects);
    }

    /// Asks for entries while there are some and the window is open.
    pub(super) fn pump(&mut self, effects: &mut Vec<Effect>) {
        let open = self.welcome && self.quiet_until.is_none() && self.pushed.len() < PUSH_WINDOW;
        if open && self.sent_upto < self.journal.n {
            effects.push(Effect::ReadJournal { after: self.sent_upto, bytes_max: PUSH_BYTES });
        }
    }

    pub(super) fn push(&mut self, push: Option<Push>, effects: &mut Vec<Effect>) {
        let Some(push) = push.filter(|push| push.head.n > self.sent_upto) else { return };
        if self.quiet_until.is_some() {
            return;
        }
        self.sent_upto = push.head.n;
        if self.pushed.is_empty() {
            self.deadlines.receipt(true, self.now);
        }
        self.pushed.push_back(push.head.n);
        effects.push(send(&FromDevice::Push(push)));
        self.pump(effects);
    }

    /// Nothing that is on the way was taken: it is sent again, but not before.
    pub(super) fn throttled(&mut self, retry_after_ms: u32, effects: &mut Vec<Effect>) {
        self.pushed.clear();
        self.sent_upto = self.receipted;
        self.deadlines.receipt(false, self.now);
        self.quiet_until = Some(self.now.plus_millis(i64::from(retry_after_ms)));
        let notice = Refusal::new(codes::THROTTLED).with("retry_after_ms", retry_after_ms);
        effects.push(Effect::Notice(notice));
    }

    pub(super) fn quiet_is_over(&mut self, effects: &mut Vec<Effect>) {
        if self.quiet_until.is_some_and(|until| until <= self.now) {
            self.quiet_until = None;
            self.pump(effects);
        }
    }
}
