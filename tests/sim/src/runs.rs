//! Many seeds, one after another on each core.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use anyhow::Result;

use crate::plan::Plan;
use crate::report::{Outcome, Total, run_plan};
use crate::shrink::shrink;
use crate::side_by_side::on_each_core;

/// Every so many runs, one is run twice: the same seed must give the same.
const TWICE_EVERY: u64 = 10;

/// Which seeds, and how.
pub struct Runs<P> {
    /// The plan of a seed.
    pub plan: P,
    /// The first and the last.
    pub seeds: (u64, u64),
    /// No run is begun after this.
    pub end: Option<Instant>,
    /// Every event is told.
    pub verbose: bool,
    /// A run that fails is made smaller.
    pub shrinks: bool,
}

impl<P: Fn(u64) -> Plan + Sync> Runs<P> {
    /// Runs them; what it came to, and whether all went well.
    ///
    /// # Errors
    /// When the simulator itself fails.
    pub fn run(&self) -> Result<(Total, bool)> {
        let (next, well) = (AtomicU64::new(self.seeds.0), AtomicBool::new(true));
        let total = Mutex::new(Total::default());
        on_each_core(|| {
            while self.end.is_none_or(|end| Instant::now() < end) {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed > self.seeds.1 {
                    break;
                }
                let outcome = run_plan((self.plan)(seed), self.verbose)?;
                let (held, twice) = self.judge(seed, &outcome)?;
                well.fetch_and(held, Ordering::Relaxed);
                let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
                total.add(&outcome);
                if twice {
                    total.twice();
                }
            }
            Ok(())
        })?;
        let total = total.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok((total, well.into_inner()))
    }

    /// Says what went wrong in a run; whether nothing did, and whether it was run again.
    fn judge(&self, seed: u64, outcome: &Outcome) -> Result<(bool, bool)> {
        let plan = || (self.plan)(seed);
        if self.verbose {
            println!("trace {:016x}", outcome.summary().trace);
        }
        if let Outcome::Broken(broken, _) = outcome {
            println!("FAILED  {broken}\n        cargo xtask sim {}", plan().options());
            if self.shrinks {
                let small = shrink(plan(), broken.invariant)?;
                println!("smaller cargo xtask sim {}", small.options());
            }
            return Ok((false, false));
        }
        if !seed.is_multiple_of(TWICE_EVERY) {
            return Ok((true, false));
        }
        let again = run_plan(plan(), false)?;
        let same = again.summary().trace == outcome.summary().trace;
        if !same {
            println!("FAILED  seed {seed} gave two different runs");
        }
        Ok((same, true))
    }
}
