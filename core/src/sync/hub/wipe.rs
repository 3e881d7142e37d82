//! The order to delete everything, and when it is sent.

use super::{Effect, Session, send};
use crate::sync::{FromHub, Wipe, sign_wipe};

impl Session {
    /// Sends it once the journal, as it stood at Hello, is on disk.
    pub(super) fn send_wipe(&mut self, effects: &mut Vec<Effect>) {
        let Some(hello) = self.hello.as_ref().filter(|it| it.journal.n <= self.stored.n) else {
            return;
        };
        let (device, Some(at)) = (hello.device, self.wipe.take()) else { return };
        let signature = sign_wipe(&self.key, device, at);
        effects.push(send(&FromHub::Wipe(Wipe { device, at, signature })));
    }
}
