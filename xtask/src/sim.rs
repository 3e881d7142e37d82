//! The simulator.

use std::ffi::{OsStr, OsString};

use anyhow::Result;
use pico_args::Arguments;

use crate::shell::{cargo, root, show};
use crate::stage::Did;

/// `cargo xtask sim`: everything behind it is the simulator's own.
pub fn run(args: Arguments) -> Result<()> {
    simulate(&args.finish())
}

/// A few runs, about a minute, for every test run: the same seeds everywhere, so that a failure is of the
/// change that was made.
pub fn minute() -> Result<Did> {
    simulate(&["--runs", "7"]).map(|()| Did::Work)
}

fn simulate<A: AsRef<OsStr> + Into<OsString>>(args: &[A]) -> Result<()> {
    show(cargo(&[
        "build",
        "--quiet",
        "--package",
        "roundsman-sim",
        "--profile",
        "sim",
        "--features",
        "planted",
    ]))?;
    let mut simulator = std::process::Command::new(root().join("target/sim/roundsman-sim"));
    simulator.args(args).current_dir(root());
    show(simulator)
}
