//! What goes wrong.

use super::{Event, MINUTE, SECOND, Sim};
use crate::check::Broken;
use crate::plan::Fault;

impl Sim {
    pub(super) fn fault(&mut self, kind: Fault, device: usize) -> Result<(), Broken> {
        if self.calm {
            return Ok(());
        }
        let did = match kind {
            Fault::Cut | Fault::DeadUp | Fault::DeadDown | Fault::Late | Fault::Flap => {
                self.network_fault(kind)
            }
            Fault::ServerKill
            | Fault::ServerKillAtWrite
            | Fault::ServerKillBeforeSending
            | Fault::ServerPowerCut
            | Fault::ServerWriteFails
            | Fault::ServerDiskFull => self.server_fault(kind)?,
            Fault::Move | Fault::Revoke | Fault::Forge | Fault::Token => {
                self.people_fault(kind, device)?
            }
            _ => self.device_fault(kind, device)?,
        };
        if did {
            self.trace.note(self.time.now(), kind.name(), device as u64, &[]);
            self.injected(kind.name());
        }
        Ok(())
    }

    /// Some line that is open now, with its device.
    fn some_line(&mut self) -> Option<(usize, u64)> {
        let open = self.devices.iter().enumerate();
        let open: Vec<_> = open
            .filter_map(|(device, it)| it.line.as_ref().map(|(wire, _)| (device, *wire)))
            .collect();
        (!open.is_empty()).then(|| *self.trouble.pick(&open))
    }

    fn network_fault(&mut self, kind: Fault) -> bool {
        let Some((device, wire)) = self.some_line() else {
            // Nobody is connected now: somebody will be.
            let wait = self.trouble.between(SECOND, 5 * MINUTE);
            self.after(wait, Event::Fault(kind, 0));
            return false;
        };
        let now = self.time.now();
        match kind {
            Fault::Cut => {
                self.cut(wire);
                let it = &mut self.devices[device];
                it.line = None;
                if let Some(replica) = &mut it.replica {
                    replica.line_lost();
                }
                self.try_again(device);
            }
            Fault::DeadUp => {
                if let Some(wire) = self.wires.get_mut(&wire) {
                    wire.up.dead_from = Some(now);
                }
            }
            Fault::DeadDown => {
                if let Some(wire) = self.wires.get_mut(&wire) {
                    wire.down.dead_from = Some(now);
                }
            }
            Fault::Late => {
                let late = self.trouble.between(SECOND, 2 * MINUTE);
                if let Some(wire) = self.wires.get_mut(&wire) {
                    wire.up.late = late;
                    wire.down.dead_from = Some(now);
                }
                // What was recorded goes into the old line, then the device opens a new one.
                let entry = self.devices[device].replica.is_some();
                if entry {
                    self.hang_up(device);
                    self.after(1, Event::Connect(device));
                }
            }
            _ => {
                self.hang_up(device);
                for step in 0..6 {
                    let session = self.devices[device].session;
                    self.after(SECOND * (2 * step + 1), Event::Offline(device, session));
                    self.after(SECOND * (2 * step + 2), Event::Online(device));
                }
            }
        }
        true
    }

    fn device_fault(&mut self, kind: Fault, device: usize) -> Result<bool, Broken> {
        if self.devices[device].replica.is_none() || self.devices[device].retired {
            return Ok(false);
        }
        match kind {
            Fault::Kill => self.kill_device(device, false),
            Fault::PowerCut => self.kill_device(device, true),
            Fault::KillAtWrite => {
                let writes = self.trouble.below(60);
                self.devices[device].disk.trip_after(writes);
            }
            Fault::Suspend => {
                self.devices[device].suspended = true;
                let long = self.trouble.between(SECOND, 40 * MINUTE);
                self.after(long, Event::Wake(device));
            }
            Fault::Clock => {
                let wrong = *self.trouble.pick(&[
                    0,
                    30 * SECOND,
                    -10 * MINUTE,
                    86_400_000,
                    -86_400_000,
                    3 * 365 * 86_400_000,
                    -5 * 365 * 86_400_000,
                ]);
                self.devices[device].clock.set(wrong);
            }
            Fault::WriteFails => {
                let writes = self.trouble.below(40);
                self.devices[device].disk.fail_after(writes);
            }
            Fault::DiskFull => {
                self.devices[device].disk.set_full(true);
                let long = self.trouble.between(SECOND, 30 * MINUTE);
                self.after(long, Event::DiskHeals(device));
            }
            Fault::MainGone => {
                self.kill_device(device, false);
                for file in ["main.db", "main.db-wal"] {
                    self.devices[device].disk.remove(file);
                }
            }
            _ => return self.storage_fault(kind, device),
        }
        Ok(true)
    }

    pub(super) fn disk_heals(&mut self, device: usize) -> Result<(), Broken> {
        self.devices[device].disk.set_full(false);
        Ok(())
    }

    fn server_fault(&mut self, kind: Fault) -> Result<bool, Broken> {
        if !self.server.is_running() {
            return Ok(false);
        }
        match kind {
            Fault::ServerKill => self.crash_server(false)?,
            Fault::ServerKillBeforeSending => self.kill_before_sending = true,
            // A real disk cannot be pulled from here.
            _ if self.server.disk().is_none() => return Ok(false),
            Fault::ServerPowerCut => self.crash_server(true)?,
            Fault::ServerKillAtWrite => {
                let writes = self.trouble.below(80);
                if let Some(disk) = self.server.disk() {
                    disk.trip_after(writes);
                }
            }
            Fault::ServerWriteFails => {
                let writes = self.trouble.below(60);
                if let Some(disk) = self.server.disk() {
                    disk.fail_after(writes);
                }
            }
            _ => {
                if let Some(disk) = self.server.disk() {
                    disk.set_full(true);
                }
                let long = self.trouble.between(SECOND, 10 * MINUTE);
                self.after(long, Event::ServerDiskHeals);
            }
        }
        Ok(true)
    }

    pub(super) fn server_disk_heals(&mut self) -> Result<(), Broken> {
        if let Some(disk) = self.server.disk() {
            disk.set_full(false);
        }
        Ok(())
    }

    fn people_fault(&mut self, kind: Fault, device: usize) -> Result<bool, Broken> {
        match kind {
            Fault::Token => self.devices[device].token = String::new(),
            _ if !self.server.is_running() => return Ok(false),
            Fault::Move => {
                self.move_customer();
                self.hub_did();
                self.died()?;
                crate::check::commits(self)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The device's storage is taken away or put back.
    fn storage_fault(&mut self, _kind: Fault, _device: usize) -> Result<bool, Broken> {
        Ok(false)
    }

    /// Another device takes the place of one that the server does not take any more.
    pub(super) fn replace(&mut self, _device: usize) -> Result<(), Broken> {
        Ok(())
    }
}
