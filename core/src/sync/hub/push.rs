//! Entries that come up: checked to be one chain of the device, then stored, then signed for.

use super::super::{Entry, FromHub, Head, Push, Receipt, verify_head};
use super::{Effect, Session, deny, send};
use crate::error::{Refusal, codes};
use crate::time::Timestamp;

impl Session {
    pub(super) fn store_next(&mut self, effects: &mut Vec<Effect>) {
        if self.storing || self.waiting.is_empty() {
            return;
        }
        let push = self.waiting.remove(0);
        match self.verify(push) {
            Ok(Some(effect)) => {
                self.storing = true;
                effects.push(effect);
            }
            Ok(None) => {
                // Everything in it is stored already: say so again.
                let Some(device) = self.device() else { return };
                let receipt = Receipt::sign(&self.key, device, self.stored, self.heard_at);
                effects.push(send(&FromHub::Receipt(receipt)));
                self.store_next(effects);
            }
            Err(refusal) => deny(refusal, effects),
        }
    }

    /// Checks a push's chain and signature; entries that are stored already are left out.
    fn verify(&self, push: Push) -> Result<Option<Effect>, Refusal> {
        let device = self.device().ok_or_else(|| Refusal::new(codes::INTERNAL))?;
        let mut head = self.stored;
        let mut entries = Vec::with_capacity(push.entries.len());
        for bytes in push.entries {
            let bytes = bytes.0;
            if Entry::from_bytes(&bytes)?.n <= self.stored.n {
                continue;
            }
            let (next, entry) = head.follow(device, &bytes)?;
            head = next;
            entries.push((head, entry, bytes));
        }
        if entries.is_empty() {
            return Ok(None);
        }
        if head != push.head {
            return Err(Refusal::new(codes::FORGED).with("detail", "head"));
        }
        verify_head(&self.device_key, device, head, &push.signature)?;
        Ok(Some(Effect::Store { after: self.stored, entries }))
    }

    pub(super) fn stored(&mut self, head: Head, at: Timestamp, effects: &mut Vec<Effect>) {
        self.storing = false;
        self.stored = head;
        if let Some(device) = self.device() {
            effects.push(send(&FromHub::Receipt(Receipt::sign(&self.key, device, head, at))));
        }
        self.send_wipe(effects);
        self.store_next(effects);
    }
}
