//! What many runs came to.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use anyhow::Result;

use crate::check::Broken;
use crate::plan::{FAULTS, Plan};
use crate::sim::{Sim, Summary};

/// How a run ended.
pub enum Outcome {
    /// Everything held.
    Well(Summary),
    /// Something did not.
    Broken(Broken, Summary),
}

impl Outcome {
    /// What was done.
    #[must_use]
    pub fn summary(&self) -> &Summary {
        let (Self::Well(summary) | Self::Broken(_, summary)) = self;
        summary
    }
}

/// Runs a plan.
///
/// # Errors
/// When the simulator itself fails.
pub fn run_plan(plan: Plan, verbose: bool) -> Result<Outcome> {
    let mut sim = Sim::new(plan, verbose)?;
    Ok(match sim.run() {
        Ok(()) => Outcome::Well(sim.summary.clone()),
        Err(broken) => Outcome::Broken(broken, sim.summary.clone()),
    })
}

/// The sum of many runs.
#[derive(Debug, Default)]
pub struct Total {
    runs: u64,
    broken: u64,
    operations: u64,
    syncs: u64,
    frames: u64,
    orders: u64,
    quarantined: u64,
    closed: u64,
    /// Faults, by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// Checks, by invariant.
    pub checks: BTreeMap<&'static str, u64>,
}

impl Total {
    /// Adds a run.
    pub fn add(&mut self, outcome: &Outcome) {
        let summary = outcome.summary();
        self.runs += 1;
        self.broken += u64::from(matches!(outcome, Outcome::Broken(..)));
        self.operations += summary.operations;
        self.syncs += summary.syncs;
        self.frames += summary.frames;
        self.orders += summary.orders;
        self.quarantined += summary.quarantined;
        self.closed += summary.closed;
        for (kind, times) in &summary.faults {
            *self.faults.entry(kind).or_default() += times;
        }
        for (invariant, times) in &summary.checks {
            *self.checks.entry(invariant).or_default() += times;
        }
    }

    /// One run was run a second time.
    pub fn twice(&mut self) {
        *self.checks.entry("the same seed gives the same run").or_default() += 1;
    }

    /// Kinds of faults that came less often than a claim of them needs.
    #[must_use]
    pub fn rare(&self) -> Vec<&'static str> {
        /// A fault that came this often has met most of what it can meet.
        const TIMES_MIN: u64 = 100;
        let came = |name: &str| self.faults.get(name).copied().unwrap_or(0);
        let names = FAULTS.iter().map(|(_, name)| *name);
        names.filter(|name| came(name) < TIMES_MIN).collect()
    }

    /// A device-day has at least 100 operations and 10 catch-ups.
    #[must_use]
    pub fn device_days(&self) -> u64 {
        (self.operations / 100).min(self.syncs / 10)
    }

    /// In words, after so long on so many cores.
    #[must_use]
    pub fn table(&self, took: Duration, cores: usize) -> String {
        let mut text = String::new();
        let days = self.device_days();
        let years_per_core_day = days as f64 / 365.0 * 86_400.0
            / (took.as_secs_f64() * cores as f64).max(f64::MIN_POSITIVE);
        let _ = writeln!(
            text,
            "{} runs, {} broken, {:.1} s on {cores} cores\n{days} device-days: {} operations, {} catch-ups, {} frames, {} orders decided, {} entries in quarantine, {} times closed\n{years_per_core_day:.0} device-years per core-day",
            self.runs,
            self.broken,
            took.as_secs_f64(),
            self.operations,
            self.syncs,
            self.frames,
            self.orders,
            self.quarantined,
            self.closed
        );
        for (what, counts) in [("faults", &self.faults), ("checks", &self.checks)] {
            let _ = writeln!(text, "\n{what}");
            for (name, times) in counts {
                let _ = writeln!(text, "{times:>10}  {name}");
            }
        }
        text
    }
}
