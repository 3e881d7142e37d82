//! Devices that the company does not want any more.

use super::{Event, MINUTE, SECOND, Sim};
use crate::check::Broken;
use roundsman_store::devices;

/// So many devices are enough.
const DEVICES_MAX: usize = 30;

impl Sim {
    /// The office shuts a device out, and may order it to delete everything. Its user gets another.
    pub(super) fn shut_out(&mut self, device: usize, wipe: bool) -> Result<bool, Broken> {
        let it = &self.devices[device];
        if it.shut_out.is_some()
            || it.retired
            || it.becoming.is_some()
            || self.devices.len() >= DEVICES_MAX
        {
            return Ok(false);
        }
        let (id, person) = (it.identity.device, it.identity.person);
        let (app, now) = (self.server.app(), self.server.now());
        let answer = self.server.wait(app.store.write.run(move |db, commit| {
            Box::pin(async move {
                if wipe {
                    devices::order_wipe(db, commit, id, now).await?;
                }
                devices::revoke(db, commit, id, now).await
            })
        }));
        self.devices[device].shut_out = Some(now.millis());
        if !self.server.is_dead() {
            self.read_rights()?;
        }
        if answer.is_ok() {
            let wait = self.trouble.between(SECOND, 30 * MINUTE);
            self.after(wait, Event::Successor(person));
        }
        Ok(true)
    }

    /// Somebody signs in on a new device.
    pub(super) fn successor(&mut self, person: roundsman_core::id::PersonId) -> Result<(), Broken> {
        if self.calm || self.devices.len() >= DEVICES_MAX {
            return Ok(());
        }
        if !self.server.is_running() || self.add_device(person).is_err() {
            self.died()?;
            self.after(5 * MINUTE, Event::Successor(person));
            return Ok(());
        }
        if self.died()? {
            return Ok(());
        }
        self.after(SECOND, Event::Begin(self.devices.len() - 1));
        Ok(())
    }

    /// The device deletes everything, and says so.
    pub(super) fn wipe(&mut self, device: usize, bye: Vec<u8>) {
        let it = &mut self.devices[device];
        let id = it.identity.device;
        let receipts = self.ledger.receipts.get(&id).map_or(0, |receipt| receipt.n);
        // It waits a minute for what was recorded since, no longer.
        self.ledger.may_be_lost(id, receipts);
        if let Some((wire, _)) = it.line.take() {
            self.send_up(wire, bye);
            self.end_up(wire);
        }
        let it = &mut self.devices[device];
        it.forget();
        it.disk.wipe();
        it.retired = true;
        self.trace.note(self.time.now(), "device wiped", device as u64, &[]);
    }
}
