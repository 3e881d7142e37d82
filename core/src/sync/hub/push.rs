//! Entries that come up: checked to be one chain of the device, then stored, then signed for.

use super::super::{Entry, FromHub, Head, PUSH_WINDOW, Push, Receipt, Throttle, verify_head};
use super::{Effect, Session, deny, send};
use crate::error::{Refusal, codes};
use crate::time::Timestamp;

/// Pushes that may wait here: a device keeps to its window, and may not have heard of a receipt.
const WAITING_MAX: usize = PUSH_WINDOW + 2;

impl Session {
    /// Takes in a push, or ends the line of a device that does not wait for receipts.
    pub(super) fn pushed(&mut self, push: Push, effects: &mut Vec<Effect>) {
        if self.waiting.len() + usize::from(self.storing) >= WAITING_MAX {
            let refusal = Refusal::new(codes::TOO_LARGE).with("pushes", WAITING_MAX);
            return deny(refusal, effects);
        }
        self.waiting.push_back(push);
        self.store_next(effects);
    }

    /// The server has too much to do: nothing of what waits is taken.
    pub(super) fn throttle(&mut self, retry_after_ms: u32, effects: &mut Vec<Effect>) {
        self.storing = false;
        self.waiting.clear();
        self.throttled = true;
        effects.push(send(&FromHub::Throttle(Throttle { retry_after_ms })));
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

    fn store_next(&mut self, effects: &mut Vec<Effect>) {
        if self.storing {
            return;
        }
        let Some(push) = self.waiting.pop_front() else { return };
        match self.verify(push) {
            Ok(Verified::Follows(effect)) => {
                self.storing = true;
                self.throttled = false;
                effects.push(*effect);
            }
            Ok(Verified::Known) => {
                // Everything in it is stored already: say so again.
                let Some(device) = self.device() else { return };
                let receipt = Receipt::sign(&self.key, device, self.stored, self.heard_at);
                effects.push(send(&FromHub::Receipt(receipt)));
                self.store_next(effects);
            }
            // The device heard of the first one, and will begin there again.
            Ok(Verified::Overtaken) => self.store_next(effects),
            Err(refusal) => deny(refusal, effects),
        }
    }

    /// Checks a push's chain and signature; entries that are stored already are left out.
    fn verify(&self, push: Push) -> Result<Verified, Refusal> {
        let device = self.device().ok_or_else(|| Refusal::new(codes::INTERNAL))?;
        let mut head = self.stored;
        let mut entries = Vec::with_capacity(push.entries.len());
        for bytes in push.entries {
            let bytes = bytes.0;
            let n = Entry::from_bytes(&bytes)?.n;
            if n <= self.stored.n {
                continue;
            }
            if self.throttled && entries.is_empty() && n > head.n + 1 {
                return Ok(Verified::Overtaken);
            }
            let (next, entry) = head.follow(device, &bytes)?;
            head = next;
            entries.push((head, entry, bytes));
        }
        if entries.is_empty() {
            return Ok(Verified::Known);
        }
        if head != push.head {
            return Err(Refusal::new(codes::FORGED).with("detail", "head"));
        }
        verify_head(&self.device_key, device, head, &push.signature)?;
        Ok(Verified::Follows(Box::new(Effect::Store {
            after: self.stored,
            entries,
            signature: push.signature,
        })))
    }
}

/// What a push is worth.
enum Verified {
    /// It continues the chain.
    Follows(Box<Effect>),
    /// Everything in it is stored.
    Known,
    /// It was on its way when the one before it was not taken.
    Overtaken,
}
