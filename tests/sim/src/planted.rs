//! Testing the simulator: faults planted in product code, each of which it must find.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use anyhow::Result;
use roundsman_core::planted::choose;

use crate::plan::Plan;
use crate::report::{Outcome, run_plan};

/// What is planted, as product code names it.
pub const PLANTED: &[&str] = &[
    "a commit split between pages",
    "a dead line trusted for ever",
    "a decision nobody is told of",
    "a fork appended",
    "a move that only enters",
    "a page shared with who has newer",
    "a revoked device's earlier names still good",
    "actor of a change not checked",
    "answer before the commit",
    "credit not used up",
    "cursor before data",
    "departure dropped",
    "dependants of a quarantined entry admitted",
    "every change of a document taken for admitted",
    "feed number used again",
    "first change after a cursor skipped",
    "first item after a cursor skipped",
    "grants looked up only at hello",
    "hybrid clock forgotten at a restart",
    "journal sent only when it grows",
    "judged before it is",
    "main file before the journal",
    "merge by operation counter",
    "order number used again after a restart",
    "others' clocks not observed",
    "outbox row never settled",
    "outbox row outside the transaction",
    "partial first sync counted complete",
    "person of an entry not checked",
    "purge before receipts",
    "receipt does not open the window",
    "receipt for what failed to be stored",
    "rights not checked at admission",
    "same actor after a decline",
    "saved without a sync",
    "server commits without a sync",
    "settled before it is booked",
    "status published only for the first entries",
    "unsorted heads",
    "what an entry rests on forgotten",
    "what came is not synced",
];

/// What only a rare moment shows: tens of runs and more. They are left to the whole hunt.
const RARE: &[&str] = &[
    "hybrid clock forgotten at a restart",
    "main file before the journal",
    "others' clocks not observed",
    "receipt does not open the window",
];

/// Runs for one fault at most: as many on every machine, so that what is found is found everywhere.
const SEEDS_MAX: u64 = 300;

/// What came of one.
pub struct Hunt {
    /// What was planted.
    pub fault: &'static str,
    /// The invariant that did not hold, and how many seeds it took.
    pub found: Option<(String, u64)>,
    /// How long that took.
    pub took: Duration,
}

/// Hunts one fault: through seeds that run well without it.
///
/// # Errors
/// When the simulator itself fails.
pub fn hunt(fault: &'static str, first: u64) -> Result<Hunt> {
    let start = Instant::now();
    let mut found = None;
    for tried in 1..=SEEDS_MAX {
        let seed = first + tried - 1;
        choose(Some(fault));
        let broken = invariant_broken(seed);
        choose(None);
        if let Some(invariant) = broken
            && invariant_broken(seed).is_none()
        {
            found = Some((invariant, tried));
            break;
        }
    }
    Ok(Hunt { fault, found, took: start.elapsed() })
}

/// The invariant that a run breaks, if it breaks one.
fn invariant_broken(seed: u64) -> Option<String> {
    let run = catch_unwind(AssertUnwindSafe(|| run_plan(Plan::hunting(seed), false)));
    match run {
        Ok(Ok(Outcome::Well(_))) => None,
        Ok(Ok(Outcome::Broken(broken, _))) => Some(broken.invariant.to_owned()),
        // Not even the first morning went well.
        Ok(Err(_)) => Some("a company can be founded".to_owned()),
        Err(_) => Some("nothing panics".to_owned()),
    }
}

/// Which faults to hunt today, of so many; none that is rarely seen.
#[must_use]
pub fn rotating(count: usize, day: usize) -> Vec<&'static str> {
    let often: Vec<_> = PLANTED.iter().copied().filter(|fault| !RARE.contains(fault)).collect();
    let begin = day * count % often.len();
    often.iter().cycle().skip(begin).take(count.min(often.len())).copied().collect()
}
