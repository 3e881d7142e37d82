//! The network: wires that delay, end, go dead in either direction, and deliver late.

use std::collections::VecDeque;

use roundsman_core::id::{DeviceId, PersonId};
use roundsman_core::sync::History;
use roundsman_server::hub::host::Host;
use roundsman_store::Commit;
use tokio_util::sync::CancellationToken;

use super::{Event, SECOND, Sim};
use crate::chance::Chance;

/// One line between a device and the server.
pub struct Wire {
    /// Who it said it is.
    pub whose: (PersonId, DeviceId),
    /// The server's end; none when it is gone.
    pub host: Option<Host>,
    /// Cancelled when the device has opened another one.
    pub replaced: CancellationToken,
    /// What the server has not told this line of.
    pub commits: VecDeque<Commit>,
    /// Ticks of the server's end.
    pub ticks: u32,
    pub(super) up: Pipe,
    pub(super) down: Pipe,
    /// What the frames that left the server said, and those that arrived.
    pub(super) left: History,
    pub(super) arrived: History,
}

/// One direction.
#[derive(Debug, Clone)]
pub(super) struct Pipe {
    /// When the last frame arrives: order is kept.
    last: i64,
    /// Nothing arrives from here on.
    pub(super) dead_from: Option<i64>,
    delay: (i64, i64),
    /// Everything arrives this much later.
    pub(super) late: i64,
}

impl Pipe {
    pub(super) fn new(chance: &mut Chance) -> Self {
        // Wi-Fi, a good day, a bad day, the edge of a cell.
        let delay = *chance.pick(&[(2, 10), (20, 80), (60, 400), (300, 4_000)]);
        Self { last: 0, dead_from: None, delay, late: 0 }
    }

    /// When what is sent now arrives; none: never.
    fn arrival(&mut self, now: i64, chance: &mut Chance) -> Option<i64> {
        let at = now + chance.between(self.delay.0, self.delay.1) + self.late;
        self.last = at.max(self.last + 1);
        self.dead_from.is_none_or(|from| self.last < from).then_some(self.last)
    }

    fn delivers(&self, now: i64) -> bool {
        self.dead_from.is_none_or(|from| now < from)
    }
}

impl Sim {
    pub(super) fn send_up(&mut self, wire: u64, frame: Vec<u8>) {
        let Some(at) = self.arrival(wire, true) else { return };
        self.at(at, Event::Up(wire, frame));
    }

    pub(super) fn send_down(&mut self, wire: u64, frame: Vec<u8>) {
        let Some(at) = self.arrival(wire, false) else { return };
        self.at(at, Event::Down(wire, frame));
    }

    /// The device closes its end.
    pub(super) fn end_up(&mut self, wire: u64) {
        let Some(at) = self.arrival(wire, true) else { return };
        self.at(at, Event::UpEnd(wire));
    }

    /// The server closes its end.
    pub(super) fn end_down(&mut self, wire: u64) {
        let Some(at) = self.arrival(wire, false) else { return };
        self.at(at, Event::DownEnd(wire));
    }

    fn arrival(&mut self, wire: u64, up: bool) -> Option<i64> {
        let (now, wire) = (self.time.now(), self.wires.get_mut(&wire)?);
        self.summary.frames += 1;
        let pipe = if up { &mut wire.up } else { &mut wire.down };
        pipe.arrival(now, &mut self.net)
    }

    pub(super) fn delivers(&self, wire: u64, up: bool) -> bool {
        let now = self.time.now();
        self.wires
            .get(&wire)
            .is_some_and(|wire| if up { wire.up.delivers(now) } else { wire.down.delivers(now) })
    }

    /// Cuts a wire: what is on its way is lost from a random moment on, in each direction.
    pub(super) fn cut(&mut self, wire: u64) {
        let now = self.time.now();
        let (up, down) = (self.trouble.between(0, 2 * SECOND), self.trouble.between(0, 2 * SECOND));
        if let Some(wire) = self.wires.get_mut(&wire) {
            wire.up.dead_from = Some(now + up);
            wire.down.dead_from = Some(now + down);
        }
    }
}
