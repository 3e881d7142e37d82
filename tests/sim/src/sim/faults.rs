//! What goes wrong.

use ed25519_dalek::{Signer as _, SigningKey};
use roundsman_core::views::LostView;
use roundsman_replica::Identity;
use roundsman_server::identity::{Succession, Token};

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
            Fault::Restore | Fault::SetBack => self.set_back(kind == Fault::Restore)?,
            Fault::ErpBusy | Fault::ErpDown | Fault::ErpQuestionLost | Fault::ErpAnswerLost => {
                self.erp_fault(kind);
                true
            }
            Fault::Move
            | Fault::Revoke
            | Fault::Disable
            | Fault::Forge
            | Fault::Token
            | Fault::Shut
            | Fault::Wipe => self.people_fault(kind, device)?,
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
            Fault::Away => {
                self.devices[device].away = true;
                let session = self.devices[device].session;
                return self.go_offline(device, session).map(|()| true);
            }
            Fault::Suspend => {
                self.devices[device].suspended = true;
                let long = self.trouble.between(SECOND, 40 * MINUTE);
                self.after(long, Event::Wake(device));
            }
            Fault::Clock => {
                let wrong = *self.trouble.pick(&[
                    0,
                    // Not so wrong that others would not believe it.
                    2 * MINUTE,
                    3 * MINUTE,
                    4 * MINUTE,
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
        let person = self.devices[device].identity.person;
        match kind {
            Fault::Token => {
                self.devices[device].token = String::new();
                return Ok(true);
            }
            _ if !self.server.is_running() => return Ok(false),
            Fault::Shut | Fault::Wipe if !self.shut_out(device, kind == Fault::Wipe)? => {
                return Ok(false);
            }
            Fault::Shut | Fault::Wipe => {}
            Fault::Move if self.office.one_in(3) => self.merge_customers(),
            Fault::Move => self.move_customer(),
            Fault::Revoke => self.change_grant(person),
            Fault::Disable => {
                self.disable(person, true);
                let long = self.trouble.between(MINUTE, 60 * MINUTE);
                self.after(long, Event::Enable(device));
            }
            _ => return self.forge(device),
        }
        self.hub_did();
        self.died()?;
        crate::check::commits(self)?;
        Ok(true)
    }

    pub(super) fn enable(&mut self, device: usize) -> Result<(), Broken> {
        if !self.server.is_running() {
            self.after(MINUTE, Event::Enable(device));
            return Ok(());
        }
        let person = self.devices[device].identity.person;
        self.disable(person, false);
        self.hub_did();
        if self.died()? {
            self.after(MINUTE, Event::Enable(device));
        }
        Ok(())
    }

    /// The device's storage is taken away or put back.
    fn storage_fault(&mut self, kind: Fault, device: usize) -> Result<bool, Broken> {
        match kind {
            Fault::SyncLies => {
                if self.images.contains_key(&device) {
                    return Ok(false);
                }
                let image = self.devices[device].disk.durable();
                self.images.insert(device, image);
                let long = self.trouble.between(MINUTE, 30 * MINUTE);
                self.after(long, Event::LieComesOut(device));
            }
            Fault::Rollback => {
                if self.images.contains_key(&device) {
                    return Ok(false);
                }
                let image = self.devices[device].disk.image();
                let long = self.trouble.between(10 * MINUTE, 3 * 60 * MINUTE);
                self.images.insert(device, image);
                self.after(long, Event::RollBack(device));
            }
            Fault::Clone => {
                if self.devices.len() > 30 || !self.server.is_running() {
                    return Ok(false);
                }
                self.clone_device(device);
            }
            Fault::Evict => {
                if !self.server.is_running() {
                    return Ok(false);
                }
                return self.evict(device);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    pub(super) fn lie_comes_out(&mut self, device: usize) -> Result<(), Broken> {
        self.roll_back(device)
    }

    pub(super) fn roll_back(&mut self, device: usize) -> Result<(), Broken> {
        let Some(image) = self.images.remove(&device) else { return Ok(()) };
        if self.calm || self.devices[device].replica.is_none() {
            return Ok(());
        }
        self.kill_device(device, false);
        self.devices[device].disk.restore(&image);
        self.ledger.went_back = true;
        self.devices[device].tampered = true;
        self.devices[device].meddled = true;
        Ok(())
    }

    /// A second device starts on a copy of the first one's storage.
    fn clone_device(&mut self, device: usize) {
        let it = &self.devices[device];
        let number = self.devices.len();
        let (seed, part) = (self.plan.seed, number as u64);
        let clock = crate::clock::DeviceClock::new(
            self.time.clone(),
            0,
            crate::chance::Chance::new(seed, "entropy", part),
        );
        let chance = crate::chance::Chance::new(seed, "rep", part);
        let mut copy =
            crate::device::Device::new(it.identity.clone(), it.token.clone(), clock, chance);
        copy.disk.restore(&it.disk.image());
        copy.promised = it.promised;
        copy.shut_out = it.shut_out;
        copy.tampered = true;
        copy.meddled = true;
        self.ledger.copied(it.identity.device, it.promised.n);
        // Either may take the other's entries for its own, until one of them goes on as another.
        self.devices[device].meddled = true;
        self.devices.push(copy);
        self.after(SECOND, Event::Revive(number));
        self.after(SECOND, Event::Begin(number));
    }

    /// Everything on a device is gone; its user signs in again.
    fn evict(&mut self, device: usize) -> Result<bool, Broken> {
        let person = self.devices[device].identity.person;
        if self.devices[device].locked_out {
            return Ok(false);
        }
        let Ok(enrolled) = self.company.enrol(&self.server, person) else {
            self.died()?;
            return Ok(false);
        };
        self.hub_did();
        if self.died()? {
            return Ok(false);
        }
        self.kill_device(device, false);
        let it = &mut self.devices[device];
        it.disk.wipe();
        self.ledger.may_be_lost(it.identity.device, 0);
        it.identity = enrolled.identity;
        it.token = enrolled.token;
        it.promised = Default::default();
        it.second_place = 0;
        it.tampered = false;
        it.shut_out = None;
        Ok(true)
    }

    /// Goes on as another device, because the server holds more of the journal than is here, or it
    /// is known that more was recorded.
    pub(super) fn replace(&mut self, device: usize) -> Result<(), Broken> {
        if !self.server.is_running() {
            return Ok(());
        }
        let it = &mut self.devices[device];
        if it.shut_out.is_some() {
            // The app waits for somebody to sign in, and nobody may.
            it.online = false;
            self.hang_up(device);
            return Ok(());
        }
        let Some(replica) = &mut it.replica else { return Ok(()) };
        let Some(access) = Token::parse(&it.token) else { return self.renew(device) };
        let seed: [u8; 32] = {
            let mut seed = [0; 32];
            it.chance.fill(&mut seed);
            seed
        };
        let public_key = SigningKey::from_bytes(&seed).verifying_key().to_bytes();
        let signed: String = public_key.iter().map(|byte| format!("{byte:02x}")).collect();
        let old = it.identity.clone();
        let proof = SigningKey::from_bytes(&old.device_seed).sign(signed.as_bytes()).to_bytes();
        let Ok(heads) = replica.heads() else { return Ok(()) };
        let recorded = replica.recorded();
        let shown =
            Succession { device: old.device, access, public_key, proof, signed, heads, recorded };
        let app = self.server.app();
        let answer = self.server.wait(app.identity.succeed(shown));
        self.hub_did();
        if self.died()? {
            return Ok(());
        }
        self.trace.say(|| format!("succession: {:?}", answer.as_ref().err()));
        let it = &mut self.devices[device];
        let (Ok(answer), Some(replica)) = (answer, &mut it.replica) else {
            // A token that is worth nothing: the next line asks for one.
            return self.renew(device);
        };
        let lost = LostView {
            entries: answer.regress.lost,
            set_aside: 0,
            since: answer.regress.last_contact_at,
        };
        let identity = Identity {
            device: answer.enrolment.device.id,
            device_code: answer.enrolment.device.code.clone(),
            device_seed: seed,
            ..old.clone()
        };
        let token = answer.enrolment.access.access.to_string();
        it.becoming = Some((identity.clone(), token, answer.common));
        let succeeded = replica.succeed(identity, answer.common, lost);
        if self.device_died(device)? {
            return Ok(());
        }
        if succeeded.is_err() {
            self.kill_device(device, false);
            return Ok(());
        }
        self.became(device);
        self.hang_up(device);
        Ok(())
    }

    /// The device goes on as another one, if its files say so.
    pub(super) fn became(&mut self, device: usize) {
        let it = &mut self.devices[device];
        let (Some((identity, token, common)), Some(replica)) = (it.becoming.take(), &it.replica)
        else {
            return;
        };
        let old = it.identity.device;
        if replica.identity() != Some(&identity) {
            return;
        }
        let heads = replica.heads().unwrap_or_default();
        it.promised = replica.journal_head();
        it.second_place = it.promised.n;
        it.tampered = false;
        it.identity = identity.clone();
        it.shut_out = None;
        it.token = token;
        self.trace.note(self.time.now(), "succeeds", device as u64, &[]);
        *self.summary.faults.entry("journal went back, noticed").or_default() += 1;
        self.ledger.goes_on(old);
        self.ledger.may_be_lost(old, common);
        for head in heads {
            // Recorded by the one before; when is not known any more.
            self.ledger.saved(identity.device, head, i64::MIN);
        }
    }
}
