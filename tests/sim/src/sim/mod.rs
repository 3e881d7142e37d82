//! One run: the heap of what will happen, and what has.

mod calm;
mod devices;
mod erp;
mod faults;
mod forger;
mod hub;
mod net;
mod people;
mod set_back;
mod shut_out;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use anyhow::Result;
use roundsman_core::id::{DeviceId, PersonId};
use roundsman_core::sync::Channel;

use crate::chance::Chance;
use crate::check::{Broken, History};
use crate::clock::{BEGIN, DeviceClock, Time};
use crate::company::Company;
use crate::device::Device;
use crate::disk::{Image, Plug};
use crate::ledger::Ledger;
use crate::plan::{Fault, Plan};
use crate::server::{Home, Server};
use crate::trace::Trace;

pub use self::net::Wire;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// A working day.
const WORK: i64 = 10 * HOUR;

/// Something that will happen.
#[derive(Debug)]
enum Event {
    /// A device's user comes to work.
    Begin(usize),
    /// A device's user does the next thing.
    Act(usize),
    /// There is a network, or not.
    Online(usize),
    Offline(usize, u64),
    /// The device opens a line.
    Connect(usize),
    /// A frame arrives at the server, or at a device.
    Up(u64, Vec<u8>),
    Down(u64, Vec<u8>),
    /// The end of a line is heard of.
    UpEnd(u64),
    DownEnd(u64),
    /// The server goes on with a line.
    Page(u64),
    Commits(u64),
    HubTick(u64),
    DeviceTick(usize, u64),
    Judge,
    Decide,
    Stock,
    Close,
    Office,
    /// Something goes wrong.
    Fault(Fault, usize),
    /// It is over.
    Wake(usize),
    Revive(usize),
    DiskHeals(usize),
    Enable(usize),
    LieComesOut(usize),
    RollBack(usize),
    ServerDiskHeals,
    ServerStart,
    ErpHeals,
    /// Somebody gets another device.
    Successor(PersonId),
    Backup,
    Look,
}

/// What a run has done.
#[derive(Debug, Default, Clone)]
pub struct Summary {
    /// Operations that people recorded.
    pub operations: u64,
    /// Times a device was brought up to date.
    pub syncs: u64,
    /// Frames that were sent.
    pub frames: u64,
    /// Faults, by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// Checks, by invariant.
    pub checks: BTreeMap<&'static str, u64>,
    /// Orders that were decided.
    pub orders: u64,
    /// Entries that were quarantined.
    pub quarantined: u64,
    /// Times a visit or an order was closed.
    pub closed: u64,
    /// Hash of everything that happened.
    pub trace: u64,
    /// Virtual milliseconds.
    pub time_ms: i64,
}

/// Since when, until when somebody may see a channel.
pub(crate) type Grants = BTreeMap<(PersonId, Channel), Vec<(i64, Option<i64>)>>;

/// One run.
pub struct Sim {
    pub(crate) plan: Plan,
    pub(crate) time: Time,
    heap: BinaryHeap<Reverse<(i64, u64, u64)>>,
    events: BTreeMap<u64, Event>,
    next_event: u64,
    order: Chance,
    net: Chance,
    trouble: Chance,
    office: Chance,
    pub(crate) server: Server,
    pub(crate) company: Company,
    pub(crate) devices: Vec<Device>,
    pub(crate) wires: BTreeMap<u64, Wire>,
    next_wire: u64,
    pub(crate) ledger: Ledger,
    pub(crate) history: History,
    /// Since when, until when.
    pub(crate) grants: Grants,
    /// Those that there were, also before the server was set back.
    former_grants: BTreeSet<(PersonId, Channel)>,
    /// Devices that are not wanted, and since when.
    shut_out: BTreeMap<DeviceId, i64>,
    backup: Option<set_back::Backup>,
    /// What the server finds when it starts.
    past: Option<set_back::Past>,
    /// What a device will be set back to.
    images: BTreeMap<usize, Image>,
    /// The server is killed after the next call, before anything of it is sent.
    kill_before_sending: bool,
    /// Whether there may be orders that wait for a later try.
    erp_was_ill: bool,
    judging: bool,
    deciding: bool,
    /// Faults are over.
    pub(crate) calm: bool,
    until: i64,
    pub(crate) trace: Trace,
    pub(crate) summary: Summary,
}

impl Sim {
    /// Everything as it is on Monday morning.
    ///
    /// # Errors
    /// When the server cannot be set up: that is no finding, but a broken simulator.
    pub fn new(plan: Plan, verbose: bool) -> Result<Self> {
        let (time, seed) = (Time::default(), plan.seed);
        let home = if plan.real_disk {
            Home::Folder(tempfile::tempdir()?)
        } else {
            Home::Memory(Plug::new())
        };
        let mut server = Server::new(home, time.clone(), Chance::new(seed, "server", 0));
        server.start()?;
        let mut chance = Chance::new(seed, "company", 0);
        let company = Company::found(&server, &mut chance, plan.reps)?;
        let mut sim = Self {
            time,
            heap: BinaryHeap::new(),
            events: BTreeMap::new(),
            next_event: 0,
            order: Chance::new(seed, "order", 0),
            net: Chance::new(seed, "net", 0),
            trouble: Chance::new(seed, "trouble", 0),
            office: Chance::new(seed, "office", 0),
            server,
            company,
            devices: Vec::new(),
            wires: BTreeMap::new(),
            next_wire: 1,
            ledger: Ledger::default(),
            history: History::default(),
            grants: BTreeMap::new(),
            former_grants: BTreeSet::new(),
            shut_out: BTreeMap::new(),
            backup: None,
            past: None,
            images: BTreeMap::new(),
            kill_before_sending: false,
            erp_was_ill: false,
            judging: false,
            deciding: false,
            calm: false,
            until: BEGIN + DAY * i64::from(plan.days - 1) + HOUR * i64::from(plan.hours),
            trace: Trace::new(verbose),
            summary: Summary::default(),
            plan,
        };
        sim.note_grants();
        for number in 0..sim.plan.devices {
            let person = sim.company.reps[number as usize % sim.company.reps.len()];
            sim.add_device(person)?;
        }
        sim.schedule();
        Ok(sim)
    }

    /// Lets everything happen, then waits until all is well again.
    ///
    /// # Errors
    /// What was broken, or that the simulator failed.
    pub fn run(&mut self) -> Result<(), Broken> {
        self.happen_until(self.until)?;
        self.calm_down()?;
        self.summary.trace = self.trace.hash();
        self.summary.time_ms = self.time.now() - BEGIN;
        Ok(())
    }

    fn note_grants(&mut self) {
        for (number, rep) in self.company.reps.iter().enumerate() {
            let territory = self.company.territories[number % self.company.territories.len()];
            for channel in
                [Channel::Territory(territory), Channel::Warehouse(self.company.warehouse.id)]
            {
                self.grants.entry((*rep, channel)).or_default().push((BEGIN, None));
            }
        }
    }

    /// Enrols one more device for somebody.
    pub(crate) fn add_device(&mut self, person: PersonId) -> Result<usize> {
        let number = self.devices.len();
        let enrolled = self.company.enrol(&self.server, person)?;
        let part = number as u64;
        let clock =
            DeviceClock::new(self.time.clone(), 0, Chance::new(self.plan.seed, "entropy", part));
        let chance = Chance::new(self.plan.seed, "rep", part);
        let mut device = Device::new(enrolled.identity, enrolled.token, clock, chance);
        device.start()?;
        self.devices.push(device);
        self.hub_did();
        Ok(number)
    }

    fn schedule(&mut self) {
        for day in 0..i64::from(self.plan.days) {
            for device in 0..self.devices.len() {
                let late = self.order.between(0, 30 * MINUTE);
                self.at(BEGIN + day * DAY + late, Event::Begin(device));
            }
            for _ in 0..self.plan.office_acts {
                let at = BEGIN + day * DAY + self.order.between(0, WORK);
                self.at(at, Event::Office);
            }
            for (kind, times) in self.plan.faults.clone() {
                for _ in 0..times {
                    let at = BEGIN + day * DAY + self.order.between(0, WORK);
                    let device = self.order.below(self.devices.len() as u32) as usize;
                    self.at(at, Event::Fault(kind, device));
                }
            }
        }
        self.after(SECOND, Event::Decide);
        self.after(MINUTE, Event::Stock);
        if self.plan.closes() {
            self.after(MINUTE, Event::Close);
        }
        self.after(MINUTE, Event::Look);
        self.after(HOUR, Event::Backup);
    }

    fn at(&mut self, when: i64, event: Event) {
        let tie = self.order.any();
        self.heap.push(Reverse((when, tie, self.next_event)));
        self.events.insert(self.next_event, event);
        self.next_event += 1;
    }

    fn after(&mut self, wait: i64, event: Event) {
        self.at(self.time.now() + wait, event);
    }

    /// Lets everything happen that is due until then.
    fn happen_until(&mut self, until: i64) -> Result<(), Broken> {
        while let Some(Reverse((when, _, number))) = self.heap.peek().copied() {
            if when > until {
                break;
            }
            self.heap.pop();
            let Some(event) = self.events.remove(&number) else { continue };
            self.time.set(when.max(self.time.now()));
            self.happen(event)?;
        }
        self.time.set(until);
        Ok(())
    }

    fn happen(&mut self, event: Event) -> Result<(), Broken> {
        match event {
            Event::Begin(device) => self.begin(device),
            Event::Act(device) => self.act(device),
            Event::Online(device) => self.go_online(device),
            Event::Offline(device, session) => self.go_offline(device, session),
            Event::Connect(device) => self.connect(device),
            Event::Up(wire, frame) => self.heard_by_hub(wire, frame),
            Event::Down(wire, frame) => self.heard_by_device(wire, frame),
            Event::UpEnd(wire) => self.ended_for_hub(wire),
            Event::DownEnd(wire) => self.ended_for_device(wire),
            Event::Page(wire) => self.page(wire),
            Event::Commits(wire) => self.tell(wire),
            Event::HubTick(wire) => self.hub_tick(wire),
            Event::DeviceTick(device, wire) => self.device_tick(device, wire),
            Event::Judge => self.judge(),
            Event::Decide => self.decide(),
            Event::Stock => self.publish_stock(),
            Event::Close => self.close(),
            Event::Office => self.office_acts(),
            Event::Fault(kind, device) => self.fault(kind, device),
            Event::Wake(device) => self.wake(device),
            Event::Revive(device) => self.revive(device),
            Event::DiskHeals(device) => self.disk_heals(device),
            Event::Enable(device) => self.enable(device),
            Event::LieComesOut(device) => self.lie_comes_out(device),
            Event::RollBack(device) => self.roll_back(device),
            Event::ServerDiskHeals => self.server_disk_heals(),
            Event::ServerStart => self.server_start(),
            Event::ErpHeals => {
                self.erp_heals();
                Ok(())
            }
            Event::Successor(person) => self.successor(person),
            Event::Backup => self.take_backup(),
            Event::Look => self.look(),
        }
    }

    fn look(&mut self) -> Result<(), Broken> {
        if !self.calm {
            self.after(20 * MINUTE, Event::Look);
        }
        crate::check::now(self)
    }

    /// Counts a fault.
    fn injected(&mut self, kind: &'static str) {
        *self.summary.faults.entry(kind).or_default() += 1;
    }

    /// Counts checks of an invariant.
    pub(crate) fn checked(&mut self, invariant: &'static str, times: u64) {
        *self.summary.checks.entry(invariant).or_default() += times;
    }
}
