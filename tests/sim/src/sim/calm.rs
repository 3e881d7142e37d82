//! After the faults: everything must become well by itself, and soon.

use super::{DAY, Event, MINUTE, SECOND, Sim};
use crate::check::{self, Broken};

/// Time in which everything must be well again: half-open lines are noticed, and the journal goes up.
const WELL_MS: i64 = 10 * MINUTE;
/// More for each thousand entries that wait.
const PER_THOUSAND_MS: i64 = MINUTE;
/// How long it is looked whether anybody says more than they must.
const QUIET_MS: i64 = 3 * MINUTE;
/// Frames of a quiet line in that time: it pings, and is answered.
const QUIET_FRAMES: u64 = 24;

impl Sim {
    pub(super) fn calm_down(&mut self) -> Result<(), Broken> {
        self.calm = true;
        self.kill_before_sending = false;
        self.erp_heals();
        if self.devices.iter().any(|it| it.away) {
            let weeks = self.trouble.between(2, 6);
            self.time.set(self.time.now() + weeks * 7 * DAY);
        }
        if let Some(disk) = self.server.disk() {
            disk.set_full(false);
            disk.calm();
        }
        self.after(SECOND, Event::ServerStart);
        // Whether they were let in again may be among what the server forgot.
        for device in 0..self.devices.len() {
            self.after(2 * SECOND, Event::Enable(device));
        }
        for device in 0..self.devices.len() {
            let it = &mut self.devices[device];
            it.disk.set_full(false);
            it.disk.calm();
            it.suspended = false;
            it.away = false;
            it.online = true;
            self.after(SECOND, Event::Revive(device));
            self.after(2 * SECOND, Event::Connect(device));
        }
        let waiting: u64 = self.devices.iter().map(waiting).sum();
        let until = self.time.now() + WELL_MS + PER_THOUSAND_MS * (waiting / 1_000 + 1) as i64;
        loop {
            self.happen_until(self.time.now() + 5 * SECOND)?;
            match check::well(self) {
                Ok(()) => break,
                Err(broken) if self.time.now() > until => return Err(broken),
                Err(_) => {}
            }
        }
        self.quiet()?;
        check::finally(self)
    }

    /// Nothing is left to say.
    fn quiet(&mut self) -> Result<(), Broken> {
        let before = self.summary.frames;
        self.happen_until(self.time.now() + QUIET_MS)?;
        let said = self.summary.frames - before;
        let most = QUIET_FRAMES * self.devices.len() as u64;
        self.checked("quiet lines are quiet", 1);
        if said > most {
            let detail = format!("{said} frames in {} s of quiet", QUIET_MS / 1_000);
            return Err(check::broken("quiet lines are quiet", detail));
        }
        Ok(())
    }
}

fn waiting(device: &crate::device::Device) -> u64 {
    device.promised.n
}
