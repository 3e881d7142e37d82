//! The one table.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::rows::{Figure, percentile};

/// How a value is written.
#[derive(Debug, Clone, Copy)]
enum Unit {
    Ms,
    Us,
    Bytes,
    PerSecond,
    Percent,
    Count,
}

/// What is wanted.
#[derive(Debug, Clone, Copy)]
enum Goal {
    AtMost(f64),
    AtLeast(f64),
    None,
}

struct Row {
    key: &'static str,
    what: &'static str,
    unit: Unit,
    goal: Goal,
}

const fn row(key: &'static str, what: &'static str, unit: Unit, goal: Goal) -> Row {
    Row { key, what, unit, goal }
}

use Goal::{AtLeast, AtMost};
use Unit::{Bytes, Count, Ms, PerSecond, Percent, Us};

const ROWS: &[Row] = &[
    row("first-sync.time", "first sync of a year: on disk, digests agree", Ms, AtMost(400.0)),
    row("first-sync.bytes", "first sync of a year: bytes on the wire", Bytes, AtMost(2.5e6)),
    row(
        "first-sync.useful",
        "first sync: bytes until the first screen is full",
        Percent,
        AtMost(2.0),
    ),
    row("first-sync.memory", "first sync: the server's greatest memory", Bytes, AtMost(60e6)),
    row("first-sync.cpu", "first sync: the server's processor time", Ms, Goal::None),
    row("first-sync-open.time", "first sync if no order were closed yet", Ms, AtMost(400.0)),
    row(
        "first-sync-open.bytes",
        "first sync if no order were closed yet: bytes",
        Bytes,
        AtMost(2.5e6),
    ),
    row("reconnect.time", "reconnect after 100 changes", Ms, AtMost(10.0)),
    row("reconnect.bytes", "reconnect after 100 changes: bytes", Bytes, AtMost(8e3)),
    row(
        "reconnect.turns",
        "reconnect after 100 changes: turns, the upgrade is one",
        Count,
        AtMost(2.0),
    ),
    row("idle.time", "reconnect with nothing new", Ms, AtMost(5.0)),
    row("idle.bytes", "reconnect with nothing new: bytes", Bytes, AtMost(1e3)),
    row("idle.turns", "reconnect with nothing new: turns, the upgrade is one", Count, AtMost(2.0)),
    row(
        "ingest.stored",
        "ingest from 20 devices: orders on disk, with receipt",
        PerSecond,
        AtLeast(10_000.0),
    ),
    row("ingest.admitted", "ingest from 20 devices: orders admitted", PerSecond, AtLeast(10_000.0)),
    row(
        "ingest.decided",
        "ingest from 20 devices: orders decided by the ERP",
        PerSecond,
        Goal::None,
    ),
    row(
        "ingest.cpu",
        "ingest: the server's processor time for each order admitted",
        Us,
        Goal::None,
    ),
    row("ingest.memory", "ingest: the server's greatest memory", Bytes, Goal::None),
    row(
        "carts.admitted",
        "ingest with carts (11 entries an order): entries admitted",
        PerSecond,
        Goal::None,
    ),
    row("fan-out-100.p50", "fan-out to 100 devices, receipt to arrival, p50", Ms, AtMost(2.0)),
    row("fan-out-100.p99", "fan-out to 100 devices, receipt to arrival, p99", Ms, AtMost(8.0)),
    row("fan-out-1000.p50", "fan-out to 1,000 devices, receipt to arrival, p50", Ms, Goal::None),
    row("fan-out-1000.p99", "fan-out to 1,000 devices, receipt to arrival, p99", Ms, AtMost(50.0)),
    row(
        "idle-lines.memory",
        "10,000 idle lines: the server's greatest memory",
        Bytes,
        AtMost(400e6),
    ),
    row("phone.line", "native replica: record an order line, p95", Ms, AtMost(16.0)),
    row("phone.search", "native replica: search 10,000 customers, p95", Ms, AtMost(50.0)),
    row("chromium.line", "Chromium at a quarter: record an order line, p95", Ms, AtMost(16.0)),
    row("chromium.search", "Chromium at a quarter: search 10,000 customers, p95", Ms, AtMost(50.0)),
    row(
        "chromium.open",
        "Chromium at a quarter: open the app cold and offline",
        Ms,
        AtMost(1_000.0),
    ),
    row("chromium.rebase", "Chromium: record 300 entries again", Ms, AtMost(50.0)),
    row("download", "app download, all of it, brotli", Bytes, AtMost(900e3)),
    row("rest.order", "at rest: bytes on the server for each order", Bytes, Goal::None),
    row(
        "durability.unflushed",
        "receipts of 50 that came without a flush of the disk",
        Count,
        AtMost(0.0),
    ),
];

/// A peer's figure, in the same unit.
#[derive(Debug, Clone, Deserialize)]
pub struct PeerFigure {
    /// Whose.
    pub peer: String,
    /// The row of the table.
    pub row: String,
    /// What it reached.
    pub value: f64,
    /// Of the data set; anything but that of the run is told and not compared.
    pub scale: f64,
}

/// Prints the medians of what was measured.
pub fn print(figures: &[Figure], peers: &[PeerFigure], scale: f64) {
    let mut values: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for figure in figures {
        values.entry(figure.row).or_default().push(figure.value);
    }
    println!("\n{:<58} {:>11}  {:<13}  peers, and how often as much", "what", "ours", "goal");
    let mut missed = 0;
    for row in ROWS {
        let peers = peers.iter().filter(|it| it.row == row.key).collect::<Vec<_>>();
        let ours = values.get(row.key).map(|values| percentile(values, 50.0));
        if ours.is_none() && peers.is_empty() {
            continue;
        }
        missed += usize::from(ours.is_some_and(|ours| !row.goal.is_met(ours)));
        println!("{}", row.line(ours, &peers, scale));
    }
    println!("{missed} goals are missed");
}

impl Row {
    fn line(&self, ours: Option<f64>, peers: &[&PeerFigure], scale: f64) -> String {
        let value = ours.map_or("–".to_owned(), |ours| self.unit.show(ours));
        let met = match ours {
            Some(ours) if !self.goal.is_met(ours) => " missed",
            _ => "",
        };
        let goal = format!("{}{met}", self.goal.show(self.unit));
        let peers = peers.iter().map(|peer| {
            let shown = format!("{} {}", peer.peer, self.unit.show(peer.value));
            match ours {
                Some(ours) if peer.scale == scale && ours > 0.0 => {
                    format!("{shown} ({:.1}×)", peer.value / ours)
                }
                _ if peer.scale != scale => format!("{shown} (at {}× the data)", peer.scale),
                _ => shown,
            }
        });
        let peers = peers.collect::<Vec<_>>().join(", ");
        format!("{:<58} {value:>11}  {goal:<13}  {peers}", self.what).trim_end().to_owned()
    }
}

impl Goal {
    fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtMost(most) => value <= most,
            Self::AtLeast(least) => value >= least,
            Self::None => true,
        }
    }

    fn show(self, unit: Unit) -> String {
        match self {
            Self::AtMost(most) => format!("≤ {}", unit.show(most)),
            Self::AtLeast(least) => format!("≥ {}", unit.show(least)),
            Self::None => String::new(),
        }
    }
}

impl Unit {
    fn show(self, value: f64) -> String {
        match self {
            Self::Ms if value < 100.0 => format!("{value:.1} ms"),
            Self::Ms => format!("{value:.0} ms"),
            Self::Us => format!("{value:.0} µs"),
            Self::Bytes if value >= 1e6 => format!("{:.2} MB", value / 1e6),
            Self::Bytes if value >= 1e3 => format!("{:.2} kB", value / 1e3),
            Self::Bytes => format!("{value:.0} B"),
            Self::PerSecond => format!("{value:.0}/s"),
            Self::Percent => format!("{value:.1} %"),
            Self::Count => format!("{value:.0}"),
        }
    }
}
