//! The order to delete everything, and when it is followed.

use super::{Device, Effect};
use crate::error::{Refusal, codes};
use crate::sync::{Bye, FromDevice, WIPED, Wipe, encode_device, verify_wipe};
use crate::time::Timestamp;

/// How long the order waits for what was recorded since, in milliseconds.
pub(super) const WIPE_WITHIN_MS: i64 = 60_000;

impl Device {
    /// Only the server itself may order that.
    pub(super) fn wipe_ordered(&mut self, wipe: &Wipe, now: Timestamp, effects: &mut Vec<Effect>) {
        let genuine = wipe.device == self.id
            && verify_wipe(&self.server_key, wipe.device, wipe.at, &wipe.signature).is_ok();
        if genuine {
            self.wipe_since.get_or_insert(now);
        } else {
            let forged = Refusal::new(codes::FORGED).with("detail", "wipe");
            effects.extend([Effect::Refused(forged), Effect::Close]);
        }
    }

    /// Deletes everything once the office has all of the journal, or has waited long enough.
    pub(super) fn wipe(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        let Some(since) = self.wipe_since else { return };
        let delivered = self.receipted >= self.journal.n;
        if delivered || now.millis() - since.millis() > WIPE_WITHIN_MS {
            self.wipe_since = None;
            let bye = Bye { reason: WIPED.to_owned() };
            effects.push(Effect::Wipe(encode_device(&FromDevice::Bye(bye))));
        }
    }
}
