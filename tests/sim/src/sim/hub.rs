//! The server's side: one call at a time, and it may be killed after each.

use roundsman_core::sync::{FromHub, History, decode_device, decode_hub_after};
use roundsman_server::hub::host::{Host, Todo};

use super::net::{Pipe, Wire};
use super::{Event, MINUTE, SECOND, Sim};
use crate::check::{Broken, broken};

/// Every so many ticks the rights are looked up.
const TICKS_PER_CHECK: u32 = 3;
const TICK: i64 = 10 * SECOND;

impl Sim {
    /// Opens a wire for a device, if the server is there.
    pub(super) fn open_wire(&mut self, device: usize) -> Option<u64> {
        if !self.server.is_running() {
            return None;
        }
        let host = Host::open(self.server.app())?;
        let wire = self.next_wire;
        self.next_wire += 1;
        let wires = Wire {
            whose: (self.devices[device].identity.person, self.devices[device].identity.device),
            replaced: host.replaced(),
            host: Some(host),
            commits: Default::default(),
            ticks: 0,
            up: Pipe::new(&mut self.net),
            down: Pipe::new(&mut self.net),
            left: History::default(),
            arrived: History::default(),
        };
        self.wires.insert(wire, wires);
        self.after(TICK, Event::HubTick(wire));
        Some(wire)
    }

    pub(super) fn heard_by_hub(&mut self, wire: u64, frame: Vec<u8>) -> Result<(), Broken> {
        if !self.delivers(wire, true) {
            return Ok(());
        }
        self.trace.note(self.time.now(), "up", wire, &frame);
        self.trace.say(|| format!("{:?}", decode_device(&frame)));
        let Some(mut host) = self.take_host(wire) else { return Ok(()) };
        let todo = self.server.wait(host.receive(frame));
        self.judge_soon();
        self.carried_out(wire, host, todo)
    }

    pub(super) fn page(&mut self, wire: u64) -> Result<(), Broken> {
        let Some(mut host) = self.take_host(wire) else { return Ok(()) };
        let todo = self.server.wait(host.read_page());
        self.carried_out(wire, host, todo)
    }

    pub(super) fn tell(&mut self, wire: u64) -> Result<(), Broken> {
        let Some(mut host) = self.take_host(wire) else { return Ok(()) };
        let commit = self.wires.get_mut(&wire).and_then(|wire| wire.commits.pop_front());
        let Some(commit) = commit else {
            self.put_host(wire, host);
            return Ok(());
        };
        // A line that falls behind skips commits and looks for itself.
        let todo = if !self.calm && self.net.one_in(20) {
            if let Some(wire) = self.wires.get_mut(&wire) {
                wire.commits.clear();
            }
            self.server.wait(host.look_again()).unwrap_or(Todo { frames: vec![], close: true })
        } else {
            self.server.wait(host.committed(&commit))
        };
        if self.wires.get(&wire).is_some_and(|wire| !wire.commits.is_empty()) {
            self.after(1, Event::Commits(wire));
        }
        self.carried_out(wire, host, todo)
    }

    pub(super) fn hub_tick(&mut self, wire: u64) -> Result<(), Broken> {
        let Some(mut host) = self.take_host(wire) else { return Ok(()) };
        let ticks = self.wires.get_mut(&wire).map_or(0, |wire| {
            wire.ticks += 1;
            wire.ticks
        });
        let mut todo = self.server.wait(host.tick());
        if !todo.close && ticks.is_multiple_of(TICKS_PER_CHECK) {
            let more = self.server.wait(host.check_rights());
            let more = more.unwrap_or(Todo { frames: vec![], close: true });
            todo.frames.extend(more.frames);
            todo.close |= more.close;
        }
        self.after(TICK, Event::HubTick(wire));
        self.carried_out(wire, host, todo)
    }

    pub(super) fn ended_for_hub(&mut self, wire: u64) -> Result<(), Broken> {
        if self.delivers(wire, true) {
            self.wires.remove(&wire);
        }
        Ok(())
    }

    pub(super) fn judge_soon(&mut self) {
        if !self.judging {
            self.judging = true;
            let wait = self.net.between(0, 200);
            self.after(wait, Event::Judge);
        }
    }

    pub(super) fn judge(&mut self) -> Result<(), Broken> {
        self.judging = false;
        if !self.server.is_running() {
            return Ok(());
        }
        self.trace.note(self.time.now(), "judge", 0, &[]);
        let judged = self.server.judge();
        self.hub_did();
        if self.died()? {
            return Ok(());
        }
        match judged {
            Ok(true) => self.judge_soon(),
            Ok(false) => {}
            // It tries again after a while; here it is started anew, which does the same.
            Err(_) => self.crash_server(false)?,
        }
        if !self.deciding {
            self.deciding = true;
            let wait = self.net.between(0, 500);
            self.after(wait, Event::Decide);
        }
        crate::check::commits(self)
    }

    pub(super) fn decide(&mut self) -> Result<(), Broken> {
        self.deciding = false;
        if !self.server.is_running() {
            return Ok(());
        }
        let round = self.server.decide();
        self.hub_did();
        if self.died()? {
            return Ok(());
        }
        let wait = match round {
            Ok(roundsman_erp::Round::Worked(_)) => SECOND,
            // What was put off is looked at again; it runs anyway where the product looks every second.
            _ if self.erp_was_ill => 20 * SECOND,
            _ => return crate::check::commits(self),
        };
        if !self.deciding {
            self.deciding = true;
            self.after(wait, Event::Decide);
        }
        crate::check::commits(self)
    }

    pub(super) fn publish_stock(&mut self) -> Result<(), Broken> {
        self.after(15 * MINUTE, Event::Stock);
        if !self.server.is_running() {
            return Ok(());
        }
        // What fails is due again.
        let _later = self.server.publish_stock();
        self.hub_did();
        self.died()?;
        crate::check::commits(self)
    }

    pub(super) fn close(&mut self) -> Result<(), Broken> {
        // A document that is closed while everything becomes well would only be more to say.
        if self.calm {
            return Ok(());
        }
        self.after(7 * MINUTE, Event::Close);
        if !self.server.is_running() {
            return Ok(());
        }
        // What fails is due again.
        self.summary.closed += self.server.close().map_or(0, |closed| closed as u64);
        self.hub_did();
        self.died()?;
        crate::check::commits(self)
    }

    pub(super) fn server_start(&mut self) -> Result<(), Broken> {
        if self.server.is_running() {
            return Ok(());
        }
        self.told_of_the_past()?;
        if let Err(error) = self.server.start() {
            if self.server.disk().is_some_and(|disk| disk.is_dead()) || !self.calm {
                self.server.stop();
                self.after(SECOND, Event::ServerStart);
                return Ok(());
            }
            return Err(broken("the server starts", format!("{error:#}")));
        }
        self.trace.note(self.time.now(), "server starts", 0, &[]);
        self.judge_soon();
        self.history.restarted();
        self.forget_the_future()?;
        self.read_rights()?;
        crate::check::receipts_are_kept(self)
    }

    /// The server process is gone. Devices hear of it, or not.
    pub(super) fn crash_server(&mut self, power: bool) -> Result<(), Broken> {
        self.trace.note(self.time.now(), "server dies", u64::from(power), &[]);
        for wire in self.wires.keys().copied().collect::<Vec<_>>() {
            if let Some(wire) = self.wires.get_mut(&wire) {
                wire.host = None;
                wire.commits.clear();
            }
            if self.calm || !self.trouble.one_in(3) {
                self.end_down(wire);
            }
        }
        if power {
            let mut chance = self.trouble.clone();
            self.trouble.any();
            self.server.cut_power(&mut chance);
        } else {
            self.server.stop();
        }
        let wait = self.trouble.between(SECOND, 5 * MINUTE);
        self.after(wait, Event::ServerStart);
        Ok(())
    }

    /// Whether the server was killed in the middle of what it did.
    pub(super) fn died(&mut self) -> Result<bool, Broken> {
        let killed = std::mem::take(&mut self.kill_before_sending);
        if self.server.is_dead() || killed {
            let power = self.server.is_dead() && self.trouble.one_in(2);
            self.crash_server(power)?;
            return Ok(true);
        }
        Ok(false)
    }

    /// Tells open lines of what was committed.
    pub(super) fn hub_did(&mut self) {
        for commit in self.server.commits() {
            self.history.committed(&commit, &self.server);
            for (number, wire) in &mut self.wires {
                if wire.host.is_none() {
                    continue;
                }
                wire.commits.push_back(commit.clone());
                if wire.commits.len() == 1 {
                    let wait = self.net.between(0, 30);
                    let (tie, when) = (self.order.any(), self.time.now() + wait);
                    self.heap.push(std::cmp::Reverse((when, tie, self.next_event)));
                    self.events.insert(self.next_event, Event::Commits(*number));
                    self.next_event += 1;
                }
            }
        }
    }

    fn take_host(&mut self, wire: u64) -> Option<Host> {
        let wire = self.wires.get_mut(&wire)?;
        if wire.replaced.is_cancelled() {
            wire.host = None;
        }
        wire.host.take()
    }

    fn put_host(&mut self, wire: u64, host: Host) {
        if let Some(wire) = self.wires.get_mut(&wire) {
            wire.host = Some(host);
        }
    }

    /// Sends what a call gave, unless the server died in it.
    fn carried_out(&mut self, wire: u64, host: Host, todo: Todo) -> Result<(), Broken> {
        self.hub_did();
        if self.server.is_dead() || (self.kill_before_sending && !todo.frames.is_empty()) {
            drop(host);
            self.died()?;
            return Ok(());
        }
        crate::check::commits(self)?;
        for frame in todo.frames {
            self.look_at(wire, &frame)?;
            self.send_down(wire, frame.to_vec());
        }
        if todo.close {
            drop(host);
            self.end_down(wire);
            return Ok(());
        }
        if host.has_page() {
            let wait = self.net.between(0, 20);
            self.after(wait, Event::Page(wire));
        }
        self.put_host(wire, host);
        Ok(())
    }

    /// A frame leaves the server.
    fn look_at(&mut self, wire: u64, frame: &[u8]) -> Result<(), Broken> {
        let Some(wire) = self.wires.get_mut(&wire) else { return Ok(()) };
        let whose = wire.whose;
        match decode_hub_after(frame, &mut wire.left) {
            Ok(FromHub::Receipt(receipt)) => {
                self.ledger.receipt(receipt.device, receipt.head);
                crate::check::receipt(self, &receipt)
            }
            Ok(FromHub::Welcome(welcome)) => match welcome.receipt {
                Some(receipt) => {
                    self.ledger.receipt(receipt.device, receipt.head);
                    crate::check::receipt(self, &receipt)
                }
                None => Ok(()),
            },
            Ok(FromHub::Batch(batch)) => crate::check::may_see(self, whose, &batch),
            Ok(_) => Ok(()),
            Err(refusal) => Err(broken("frames can be read", refusal.to_string())),
        }
    }
}
