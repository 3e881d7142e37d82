//! `cargo xtask sim`: runs seeds, and says what was checked.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use pico_args::Arguments;
use roundsman_sim::side_by_side::cores;
use roundsman_sim::{Plan, Runs};

const HELP: &str = "\
Usage: cargo xtask sim [options]

  --seed S       one run; with --devices, --days, --hours, --office, --faults it is made smaller
  --runs N       so many runs (100)
  --minutes M    runs for so long
  --first S      the first seed (1)
  --quiet        nothing goes wrong
  --verbose      every event
  --no-shrink    a run that fails is not made smaller
  --planted      known faults in product code, each of which must be found
  --rotating N   only so many of them, others every day
  --only TEXT    only those whose name contains it
  --alone        one after another, in this process";

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
    if args.contains("--planted") {
        return planted(args);
    }
    let seed: Option<u64> = args.opt_value_from_str("--seed")?;
    let runs: Option<u64> = args.opt_value_from_str("--runs")?;
    let minutes: Option<f64> = args.opt_value_from_str("--minutes")?;
    let first: Option<u64> = args.opt_value_from_str("--first")?;
    let (quiet, verbose) = (args.contains("--quiet"), args.contains("--verbose"));
    let no_shrink = args.contains("--no-shrink") || seed.is_some();
    let smaller = Smaller::read(&mut args)?;
    done(args)?;
    let plan = |seed| smaller.of(if quiet { Plan::quiet(seed) } else { Plan::of(seed) });
    let start = Instant::now();
    let first = seed.or(first).unwrap_or(1);
    let last = match (seed, runs, minutes) {
        (Some(seed), _, _) => seed,
        (None, Some(runs), _) => first + runs - 1,
        (None, None, Some(_)) => u64::MAX,
        (None, None, None) => first + 99,
    };
    let end = minutes.map(|minutes| start + Duration::from_secs_f64(minutes * 60.0));
    let runs = Runs { plan, seeds: (first, last), end, verbose, shrinks: !no_shrink };
    let (total, mut well) = runs.run()?;
    let used = usize::try_from(last - first).map_or(usize::MAX, |more| more.saturating_add(1));
    println!("{}", total.table(start.elapsed(), cores().min(used)));
    let rare = total.rare();
    if minutes.is_some() && !quiet && !rare.is_empty() {
        println!("FAILED  too rare to be claimed: {}", rare.join(", "));
        well = false;
    }
    Ok(well)
}

/// Options that make a run smaller.
struct Smaller {
    devices: Option<u32>,
    days: Option<u32>,
    hours: Option<u32>,
    office: Option<u32>,
    faults: Option<String>,
}

impl Smaller {
    fn read(args: &mut Arguments) -> Result<Self> {
        Ok(Self {
            devices: args.opt_value_from_str("--devices")?,
            days: args.opt_value_from_str("--days")?,
            hours: args.opt_value_from_str("--hours")?,
            office: args.opt_value_from_str("--office")?,
            faults: args.opt_value_from_str("--faults")?,
        })
    }

    fn of(&self, mut plan: Plan) -> Plan {
        plan.devices = self.devices.unwrap_or(plan.devices);
        plan.days = self.days.unwrap_or(plan.days);
        plan.hours = self.hours.unwrap_or(plan.hours);
        plan.office_acts = self.office.unwrap_or(plan.office_acts);
        if let Some(faults) = &self.faults {
            plan.faults = Plan::faults_of(faults);
        }
        plan
    }
}

fn done(args: Arguments) -> Result<()> {
    if let Some(unknown) = args.finish().first() {
        bail!("unknown option `{}`\n\n{HELP}", unknown.to_string_lossy());
    }
    Ok(())
}

#[cfg(not(feature = "planted"))]
fn planted(_: Arguments) -> Result<bool> {
    bail!("built without the feature `planted`")
}

#[cfg(feature = "planted")]
fn planted(mut args: Arguments) -> Result<bool> {
    use roundsman_sim::planted::{PLANTED, rotating};

    let count: Option<usize> = args.opt_value_from_str("--rotating")?;
    let only: Option<String> = args.opt_value_from_str("--only")?;
    let first: u64 = args.opt_value_from_str("--first")?.unwrap_or(1);
    let alone = args.contains("--alone");
    done(args)?;
    let today = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let day = usize::try_from(today.as_secs() / 86_400)?;
    let mut faults = count.map_or_else(|| PLANTED.to_vec(), |count| rotating(count, day));
    faults.retain(|fault| only.as_ref().is_none_or(|only| fault.contains(only.as_str())));
    if alone {
        return hunt(&faults, first);
    }
    println!("{:<48} {:<46} {:>6} {:>8}", "planted", "found by", "seeds", "time");
    let missed = hunt_side_by_side(&faults, first)?;
    println!("{} planted, {missed} not found", faults.len());
    Ok(missed == 0)
}

/// Whether each was found.
#[cfg(feature = "planted")]
fn hunt(faults: &[&'static str], first: u64) -> Result<bool> {
    // A planted fault may well panic; it is counted, not shown.
    std::panic::set_hook(Box::new(|_| {}));
    let mut all = true;
    for fault in faults {
        let hunt = roundsman_sim::planted::hunt(fault, first)?;
        let (by, seeds) = hunt.found.unwrap_or_else(|| ("NOT FOUND".to_owned(), 0));
        all &= seeds > 0;
        println!("{fault:<48} {by:<46} {seeds:>6} {:>6.1} s", hunt.took.as_secs_f64());
    }
    Ok(all)
}

/// A process for each fault, since what is planted holds for a whole process; one at a time on each
/// core. Gives how many were missed.
#[cfg(feature = "planted")]
fn hunt_side_by_side(faults: &[&'static str], first: u64) -> Result<usize> {
    use std::process::Command;
    use std::sync::atomic::{AtomicUsize, Ordering};

    let program = std::env::current_exe()?;
    let (next, missed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    roundsman_sim::side_by_side::on_each_core(|| {
        while let Some(fault) = faults.get(next.fetch_add(1, Ordering::Relaxed)) {
            let hunt = Command::new(&program)
                .args(["--planted", "--alone", "--only", fault, "--first", &first.to_string()])
                .output()?;
            print!("{}", String::from_utf8_lossy(&hunt.stdout));
            if !hunt.status.success() {
                eprint!("{}", String::from_utf8_lossy(&hunt.stderr));
                missed.fetch_add(1, Ordering::Relaxed);
            }
        }
        Ok(())
    })?;
    Ok(missed.into_inner())
}
