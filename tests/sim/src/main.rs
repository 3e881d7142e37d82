//! `cargo xtask sim`: runs seeds, and says what was checked.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use pico_args::Arguments;
use roundsman_sim::{Outcome, Plan, Total, run_plan};

const HELP: &str = "\
Usage: roundsman-sim [options]

  --seed S       only this seed, and what happens in words with --verbose
  --runs N       so many seeds
  --minutes M    seeds for so long
  --first S      the first seed
  --quiet        nothing goes wrong
  --verbose      every event";

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("sim: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all went well.
fn run() -> Result<bool> {
    let mut args = Arguments::from_env();
    if args.contains(["-h", "--help"]) {
        println!("{HELP}");
        return Ok(true);
    }
    let seed: Option<u64> = args.opt_value_from_str("--seed")?;
    let runs: Option<u64> = args.opt_value_from_str("--runs")?;
    let minutes: Option<f64> = args.opt_value_from_str("--minutes")?;
    let first: Option<u64> = args.opt_value_from_str("--first")?;
    let (quiet, verbose) = (args.contains("--quiet"), args.contains("--verbose"));
    if let Some(unknown) = args.finish().first() {
        bail!("unknown option `{}`\n\n{HELP}", unknown.to_string_lossy());
    }
    let plan = |seed| if quiet { Plan::quiet(seed) } else { Plan::of(seed) };
    let start = Instant::now();
    let mut total = Total::default();
    let first = seed.or(first).unwrap_or(1);
    let last = match (seed, runs, minutes) {
        (Some(seed), _, _) => seed,
        (None, Some(runs), _) => first + runs - 1,
        (None, None, Some(_)) => u64::MAX,
        (None, None, None) => first + 99,
    };
    let end = minutes.map(|minutes| start + Duration::from_secs_f64(minutes * 60.0));
    let mut well = true;
    for seed in first..=last {
        if end.is_some_and(|end| Instant::now() >= end) {
            break;
        }
        let outcome = run_plan(plan(seed), verbose)?;
        if verbose {
            println!("trace {:016x}", outcome.summary().trace);
        }
        if let Outcome::Broken(broken, _) = &outcome {
            well = false;
            println!("FAILED  seed {seed}: {broken}\n        replay: cargo xtask sim --seed {seed}");
        }
        total.add(&outcome);
    }
    println!("{}", total.table(start.elapsed()));
    Ok(well)
}
