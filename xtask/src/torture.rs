//! Real processes, treated badly.

use anyhow::Result;
use pico_args::Arguments;

use crate::finish;
use crate::shell::{cargo, show};
use crate::stage::{Did, Stages};

/// What is done to them, by test file.
const KINDS: [(&str, &str); 5] = [
    ("killed under load", "torture"),
    ("lines cut at every message", "cuts"),
    ("disks that are full", "full_disk"),
    ("clocks years off", "clocks"),
    ("hostile clients", "hostile"),
];

/// `cargo xtask torture`: the long form of what every test run does for a moment.
pub fn run(mut args: Arguments) -> Result<()> {
    let cycles: u64 = args.opt_value_from_str("--cycles")?.unwrap_or(200);
    let minutes: Option<u64> = args.opt_value_from_str("--minutes")?;
    let seed: Option<String> = args.opt_value_from_str("--seed")?;
    finish(args)?;
    let mut stages = Stages::default();
    for (kind, test) in KINDS {
        stages.judge(kind, || {
            let mut torture = cargo(&["test", "--package", "roundsman-tests", "--test", test]);
            torture.args(["--", "--nocapture", "--test-threads", "1"]);
            torture.env("ROUNDSMAN_TORTURE_CYCLES", cycles.to_string());
            if let Some(minutes) = minutes {
                torture.env("ROUNDSMAN_TORTURE_MINUTES", minutes.to_string());
            }
            if let Some(seed) = &seed {
                torture.env("ROUNDSMAN_SEED", seed);
            }
            show(torture).map(|()| Did::Work)
        });
    }
    stages.finish()
}
