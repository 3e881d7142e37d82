//! A server whose database is what it was some time ago.

use std::collections::BTreeSet;

use roundsman_core::time::Timestamp;

use super::{Event, HOUR, Sim};
use crate::check::{self, Broken, broken};
use crate::disk::Image;

/// A copy of the server's database.
pub(super) struct Backup {
    taken_at: i64,
    image: Image,
}

/// What the server finds at its next start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Past {
    /// What it was at this time, and it is told so.
    Announced(i64),
    /// Not what it was, and nobody says so.
    Silent,
}

impl Sim {
    pub(super) fn take_backup(&mut self) -> Result<(), Broken> {
        let wait = self.trouble.between(HOUR, 3 * HOUR);
        self.after(wait, Event::Backup);
        if let Some(disk) = self.server.disk()
            && self.server.is_running()
        {
            self.backup = Some(Backup { taken_at: self.time.now(), image: disk.durable() });
        }
        Ok(())
    }

    /// The database is replaced by its last backup. Devices that it does not know sign in again.
    pub(super) fn set_back(&mut self, announced: bool) -> Result<bool, Broken> {
        let becoming = self.devices.iter().any(|it| it.becoming.is_some());
        let Some(backup) = self.backup.take().filter(|_| !becoming) else {
            return Ok(false);
        };
        if self.server.is_running() {
            self.crash_server(false)?;
        }
        self.server.set_back(&backup.image);
        self.past = Some(match announced {
            true => Past::Announced(backup.taken_at),
            false => Past::Silent,
        });
        self.backup = Some(backup);
        Ok(true)
    }

    /// Before the server starts on what was put there.
    pub(super) fn told_of_the_past(&mut self) -> Result<(), Broken> {
        if let Some(Past::Announced(since)) = self.past {
            let begun = self.server.begin_epoch(Timestamp(since));
            begun.map_err(|error| broken("a server can be restored", format!("{error:#}")))?;
        }
        Ok(())
    }

    /// What is known of the server from before it was set back holds no more; that its devices will
    /// give it back does.
    pub(super) fn forget_the_future(&mut self) -> Result<(), Broken> {
        let Some(past) = self.past.take() else { return Ok(()) };
        self.history.set_back(self.server.lens(), past == Past::Silent)?;
        self.ledger.server_went_back = true;
        self.ledger.receipts.clear();
        let here: BTreeSet<_> =
            self.devices.iter().filter(|it| !it.retired).map(|it| it.identity.device).collect();
        check::lost_with_their_devices(self.server.lens(), &mut self.ledger, &here)?;
        if past == Past::Silent {
            // Until a device shows that something is missing, both sides count on different things.
            self.ledger.went_back = true;
            for it in &mut self.devices {
                it.meddled = true;
            }
        }
        for (customer, territory) in &mut self.company.customers {
            if let Some(now) = check::territory(self.server.lens(), *customer)? {
                *territory = now;
            }
        }
        Ok(())
    }
}
