//! The devices' side.

use roundsman_core::id::VisitId;
use roundsman_core::sync::{FromHub, History, decode_hub_after};
use roundsman_replica::{Line, Todo};

use super::{Event, MINUTE, SECOND, Sim, WORK};
use crate::check::Broken;
use crate::work::{self, Step};

const TICK: i64 = 10 * SECOND;

impl Sim {
    /// A new day: where to go, and when there will be a network.
    pub(super) fn begin(&mut self, device: usize) -> Result<(), Broken> {
        let person = self.devices[device].identity.person;
        let now = self.time.now();
        let theirs = |territory| {
            let grants =
                self.grants.get(&(person, roundsman_core::sync::Channel::Territory(territory)));
            grants.is_some_and(|grants| {
                grants.iter().any(|(_, until)| until.is_none_or(|it| it > now))
            })
        };
        let mut customers: Vec<_> = self
            .company
            .customers
            .iter()
            .filter(|(_, territory)| theirs(*territory))
            .map(|(customer, _)| *customer)
            .collect();
        // People share their shops, so that they meet.
        customers.truncate(4);
        let it = &mut self.devices[device];
        it.day = work::day(&mut it.chance, &customers);
        it.shop = None;
        let gap = WORK / (it.day.len() as i64 + 1);
        let first = it.chance.between(0, gap);
        let online: Vec<_> =
            (0..it.chance.between(11, 13)).map(|_| it.chance.between(0, WORK)).collect();
        self.after(first, Event::Act(device));
        self.after(0, Event::Online(device));
        for wait in online {
            self.after(wait, Event::Online(device));
        }
        Ok(())
    }

    /// The next thing to do.
    pub(super) fn act(&mut self, device: usize) -> Result<(), Broken> {
        if self.calm {
            return Ok(());
        }
        let it = &mut self.devices[device];
        let gap = WORK / 130;
        if it.retired {
            return Ok(());
        }
        if it.suspended || it.replica.is_none() {
            self.after(gap, Event::Act(device));
            return Ok(());
        }
        let Some(step) = it.day.pop_front() else { return Ok(()) };
        let wait = it.chance.between(SECOND, 2 * gap - SECOND);
        self.after(wait, Event::Act(device));
        if let Some(request) = work::request(&mut self.devices[device], step, &self.company) {
            self.record(device, step, request)?;
        }
        if let Step::Edit = step
            && self.devices[device].chance.one_in(2)
        {
            self.call_colleagues(device);
        }
        Ok(())
    }

    /// Tells the others about the shop; all look at once, and each knows better.
    fn call_colleagues(&mut self, device: usize) {
        let Some(shop) = self.devices[device].shop else { return };
        self.after(0, Event::Online(device));
        for other in (0..self.devices.len()).filter(|other| *other != device) {
            let it = &mut self.devices[other];
            it.day.push_front(Step::Answer(shop));
            let wait = it.chance.between(SECOND, 30 * SECOND);
            self.after(wait, Event::Online(other));
        }
    }

    fn record(
        &mut self,
        device: usize,
        step: Step,
        request: roundsman_core::documents::Request,
    ) -> Result<(), Broken> {
        let it = &mut self.devices[device];
        let Some(recorded) = it.run(request.clone()) else { return Ok(()) };
        self.trace.note(self.time.now(), "act", device as u64, &[u8::from(recorded.is_ok())]);
        let it = &mut self.devices[device];
        match recorded {
            Ok(recorded) => {
                match step {
                    Step::CheckIn(_) => it.visit = Some(VisitId(recorded.id)),
                    Step::CheckOut => it.visit = None,
                    _ => {}
                }
                let head = it.replica.as_ref().map(roundsman_replica::Replica::journal_head);
                if let Some(head) = head.filter(|_| recorded.n > 0) {
                    self.summary.operations += 1;
                    it.promised = head;
                    it.second_place = it.second_place.max(head.n);
                    let id = it.identity.device;
                    self.ledger.saved(id, head, self.time.now());
                }
                crate::check::reads_its_write(self, device, &request)?;
            }
            Err(error) => {
                if self.trace.verbose {
                    println!("   refused: {error}");
                }
            }
        }
        if self.device_died(device)? {
            return Ok(());
        }
        self.with_line(device, |line, replica| line.recorded(replica))
    }

    pub(super) fn go_online(&mut self, device: usize) -> Result<(), Broken> {
        let it = &mut self.devices[device];
        if it.online || it.retired || it.away {
            return Ok(());
        }
        it.online = true;
        it.session += 1;
        let (session, long) = (it.session, it.chance.one_in(6));
        let length = if long {
            it.chance.between(MINUTE, 20 * MINUTE)
        } else {
            it.chance.between(8 * SECOND, 60 * SECOND)
        };
        if !self.calm {
            self.after(length, Event::Offline(device, session));
        }
        self.after(0, Event::Connect(device));
        Ok(())
    }

    /// The network is gone: most often without a word.
    pub(super) fn go_offline(&mut self, device: usize, session: u64) -> Result<(), Broken> {
        let it = &mut self.devices[device];
        if self.calm || it.session != session {
            return Ok(());
        }
        it.online = false;
        let silent = it.chance.one_in(2);
        if let Some((wire, _)) = it.line.take() {
            if let Some(replica) = &mut it.replica {
                replica.line_lost();
            }
            if silent { self.cut(wire) } else { self.end_up(wire) }
        }
        Ok(())
    }

    pub(super) fn connect(&mut self, device: usize) -> Result<(), Broken> {
        let it = &self.devices[device];
        let ready = it.online && !it.suspended && !it.retired && it.line.is_none();
        if !ready || it.replica.is_none() {
            return Ok(());
        }
        let Some(wire) = self.open_wire(device) else {
            self.try_again(device);
            return Ok(());
        };
        let it = &mut self.devices[device];
        let Some(replica) = &mut it.replica else { return Ok(()) };
        match Line::open(replica, &it.token, "sim") {
            Ok((line, todo)) => {
                it.line = Some((wire, line));
                self.after(TICK, Event::DeviceTick(device, wire));
                self.device_did(device, todo)
            }
            Err(_) => {
                self.end_up(wire);
                if !self.device_died(device)? {
                    self.try_again(device);
                }
                Ok(())
            }
        }
    }

    pub(super) fn heard_by_device(&mut self, wire: u64, frame: Vec<u8>) -> Result<(), Broken> {
        let Some(device) = self.line_of(wire) else { return Ok(()) };
        if !self.delivers(wire, false) || self.devices[device].suspended {
            return Ok(());
        }
        self.trace.note(self.time.now(), "down", wire, &frame);
        let mut nothing = History::default();
        let arrived = self.wires.get_mut(&wire).map_or(&mut nothing, |wire| &mut wire.arrived);
        let message = decode_hub_after(&frame, arrived);
        self.trace.say(|| format!("device {device}: {message:?}"));
        let whole = matches!(&message, Ok(FromHub::Batch(batch)) if batch.digest.is_some());
        let batch = matches!(&message, Ok(FromHub::Batch(_)));
        let had_line = self.devices[device].line.is_some();
        self.with_line(device, |line, replica| line.receive(replica, frame))?;
        let it = &self.devices[device];
        let started_over = had_line && it.line.is_none() && it.replica.is_some() && !it.troubled();
        // Of a storage that was copied or went back, nobody knows what it lacks.
        if batch && started_over && !self.ledger.was_copied() {
            let what = format!("device {device} starts a channel over");
            return Err(crate::check::broken("both sides never diverge", what));
        }
        self.checked("both sides never diverge", u64::from(batch));
        if batch && !whole {
            crate::check::incomplete(self, device)?;
        }
        if whole {
            self.synced(device);
        }
        self.wants_token(device)
    }

    /// Counts one catch-up of a session.
    fn synced(&mut self, device: usize) {
        let it = &mut self.devices[device];
        if it.synced != it.session {
            it.synced = it.session;
            self.summary.syncs += 1;
        }
    }

    fn wants_token(&mut self, device: usize) -> Result<(), Broken> {
        let it = &self.devices[device];
        let forked = it.replica.as_ref().is_some_and(roundsman_replica::Replica::is_forked);
        if forked {
            return self.replace(device);
        }
        let wants = it.replica.as_ref().is_some_and(roundsman_replica::Replica::wants_token);
        if !wants {
            return Ok(());
        }
        self.renew(device)
    }

    /// Gets a new token, as refreshing does.
    pub(super) fn renew(&mut self, device: usize) -> Result<(), Broken> {
        let it = &self.devices[device];
        if !self.server.is_running() || it.locked_out || it.shut_out.is_some() {
            return Ok(());
        }
        let Ok(token) = crate::company::token(&self.server, &it.identity) else {
            self.died()?;
            return Ok(());
        };
        self.hub_did();
        if self.died()? {
            return Ok(());
        }
        self.devices[device].token.clone_from(&token);
        self.with_line(device, |line, replica| line.token(replica, &token))
    }

    pub(super) fn ended_for_device(&mut self, wire: u64) -> Result<(), Broken> {
        let delivered = self.delivers(wire, false);
        let device = self.line_of(wire);
        if !delivered {
            return Ok(());
        }
        self.wires.remove(&wire);
        if let Some(device) = device {
            self.close_line(device);
        }
        Ok(())
    }

    pub(super) fn device_tick(&mut self, device: usize, wire: u64) -> Result<(), Broken> {
        if self.line_of(wire) != Some(device) {
            return Ok(());
        }
        self.after(TICK, Event::DeviceTick(device, wire));
        if self.devices[device].suspended {
            return Ok(());
        }
        self.with_line(device, |line, replica| line.tick(replica))
    }

    /// Does something with a device's line, and sends what comes of it.
    fn with_line(
        &mut self,
        device: usize,
        call: impl FnOnce(&mut Line, &mut roundsman_replica::Replica) -> roundsman_replica::Result<Todo>,
    ) -> Result<(), Broken> {
        let it = &mut self.devices[device];
        let (Some((_, line)), Some(replica)) = (&mut it.line, &mut it.replica) else {
            return Ok(());
        };
        match call(line, replica) {
            Ok(todo) => {
                if self.device_died(device)? {
                    return Ok(());
                }
                self.device_did(device, todo)
            }
            Err(error) => {
                if self.trace.verbose {
                    println!("   device {device} failed: {error}");
                }
                if !self.device_died(device)? {
                    self.hang_up(device);
                }
                Ok(())
            }
        }
    }

    fn device_did(&mut self, device: usize, todo: Todo) -> Result<(), Broken> {
        let Some(wire) = self.devices[device].line.as_ref().map(|(wire, _)| *wire) else {
            return Ok(());
        };
        for frame in todo.frames {
            self.send_up(wire, frame);
        }
        if let Some(bye) = todo.wipe {
            self.wipe(device, bye);
            return Ok(());
        }
        if todo.close {
            self.hang_up(device);
        }
        Ok(())
    }

    /// The device ends its line and comes again.
    pub(super) fn hang_up(&mut self, device: usize) {
        if let Some((wire, _)) = &self.devices[device].line {
            let wire = *wire;
            self.end_up(wire);
        }
        self.close_line(device);
    }

    fn close_line(&mut self, device: usize) {
        let it = &mut self.devices[device];
        it.line = None;
        if let Some(replica) = &mut it.replica {
            replica.line_lost();
        }
        self.try_again(device);
    }

    pub(super) fn try_again(&mut self, device: usize) {
        if self.devices[device].online {
            let wait = self.net.between(500, 20 * SECOND);
            self.after(wait, Event::Connect(device));
        }
    }

    pub(super) fn line_of(&self, wire: u64) -> Option<usize> {
        let mut devices = self.devices.iter().enumerate();
        devices
            .find(|(_, it)| it.line.as_ref().is_some_and(|(number, _)| *number == wire))
            .map(|(device, _)| device)
    }

    /// Whether the app was killed in the middle of what it did.
    pub(super) fn device_died(&mut self, device: usize) -> Result<bool, Broken> {
        if !self.devices[device].disk.is_dead() {
            return Ok(false);
        }
        let power = self.trouble.one_in(2);
        self.kill_device(device, power);
        Ok(true)
    }

    pub(super) fn kill_device(&mut self, device: usize, power: bool) {
        self.trace.note(self.time.now(), "device dies", device as u64, &[u8::from(power)]);
        if let Some((wire, _)) = self.devices[device].line.take() {
            if self.trouble.one_in(2) { self.end_up(wire) } else { self.cut(wire) }
        }
        let mut chance = self.trouble.clone();
        self.trouble.any();
        let it = &mut self.devices[device];
        if power {
            it.cut_power(&mut chance)
        } else {
            it.kill()
        }
        // When everything becomes well, whoever uses it does not wait.
        let long = if self.calm { 2 * SECOND } else { 20 * MINUTE };
        let wait = self.trouble.between(SECOND, long);
        self.after(wait, Event::Revive(device));
    }

    pub(super) fn revive(&mut self, device: usize) -> Result<(), Broken> {
        let it = &mut self.devices[device];
        if it.replica.is_some() || it.retired {
            return Ok(());
        }
        self.trace.note(self.time.now(), "device starts", device as u64, &[]);
        let it = &mut self.devices[device];
        let before = it.identity.clone();
        let started = it.start();
        let became = it.identity != before;
        it.identity = before;
        if let Err(error) = started {
            if it.disk.is_dead() {
                self.device_died(device)?;
                return Ok(());
            }
            it.kill();
            if self.trace.verbose {
                println!("   device {device} does not start: {error:#}");
            }
            if self.calm {
                return Err(crate::check::broken("a device starts", format!("{error:#}")));
            }
            self.after(30 * SECOND, Event::Revive(device));
            return Ok(());
        }
        if became {
            self.became(device);
        }
        let it = &mut self.devices[device];
        let files = it.replica.as_ref().and_then(|it| it.identity().cloned());
        if let Some(files) = files.filter(|files| *files != it.identity) {
            // The storage is from before it went on as another device: numbers are given again.
            self.ledger.may_be_lost(it.identity.device, 0);
            let had = it.replica.as_ref().map_or(0, |it| it.journal_head().n);
            self.ledger.copied(files.device, had);
            it.identity = files;
            it.shut_out = self.shut_out.get(&it.identity.device).copied();
            it.token = String::new();
            it.promised = Default::default();
            it.second_place = 0;
        }
        if !became || self.devices[device].becoming.is_some() {
            self.devices[device].becoming = None;
            crate::check::promises_are_kept(self, device)?;
        }
        self.after(0, Event::Connect(device));
        Ok(())
    }

    pub(super) fn wake(&mut self, device: usize) -> Result<(), Broken> {
        self.devices[device].suspended = false;
        // A line that slept is taken for dead.
        if self.devices[device].line.is_some() {
            self.hang_up(device);
        }
        self.after(0, Event::Connect(device));
        Ok(())
    }
}
