//! A smaller run that breaks the same invariant.

use anyhow::Result;

use crate::plan::Plan;
use crate::report::{Outcome, run_plan};

/// Runs that are tried at most.
const TRIES_MAX: u32 = 60;

/// Drops kinds of faults, devices, days, hours and the office, as long as the same still breaks.
///
/// # Errors
/// When the simulator itself fails.
pub fn shrink(plan: Plan, invariant: &'static str) -> Result<Plan> {
    let mut best = plan;
    let mut tries = 0;
    loop {
        let before = best.clone();
        for candidate in smaller(&best) {
            tries += 1;
            if tries > TRIES_MAX {
                return Ok(best);
            }
            if breaks(candidate.clone(), invariant)? {
                best = candidate;
                break;
            }
        }
        if best == before {
            return Ok(best);
        }
    }
}

fn breaks(plan: Plan, invariant: &'static str) -> Result<bool> {
    // A run that cannot even begin breaks nothing.
    let Ok(outcome) = run_plan(plan, false) else { return Ok(false) };
    Ok(matches!(outcome, Outcome::Broken(broken, _) if broken.invariant == invariant))
}

/// Smaller plans, the smallest first.
fn smaller(plan: &Plan) -> Vec<Plan> {
    let mut plans = Vec::new();
    if plan.days > 1 {
        plans.push(Plan { days: 1, ..plan.clone() });
    }
    if plan.devices > 1 {
        plans.push(Plan { devices: plan.devices / 2, ..plan.clone() });
        plans.push(Plan { devices: plan.devices - 1, ..plan.clone() });
    }
    if plan.hours > 1 {
        plans.push(Plan { hours: plan.hours / 2, ..plan.clone() });
    }
    if plan.office_acts > 0 {
        plans.push(Plan { office_acts: 0, ..plan.clone() });
    }
    let half = plan.faults.len() / 2;
    if half > 0 {
        plans.push(Plan { faults: plan.faults[..half].to_vec(), ..plan.clone() });
        plans.push(Plan { faults: plan.faults[half..].to_vec(), ..plan.clone() });
    }
    for left_out in 0..plan.faults.len() {
        let mut faults = plan.faults.clone();
        faults.remove(left_out);
        plans.push(Plan { faults, ..plan.clone() });
    }
    plans
}
