//! The simulator.

use std::ffi::OsStr;
use std::process::Command;

use anyhow::Result;
use pico_args::Arguments;

use crate::shell::{cargo, root, show};
use crate::stage::Did;

/// `cargo xtask sim`: everything behind it is the simulator's own.
pub fn run(args: Arguments) -> Result<()> {
    simulate(&["--profile", "sim"], "target/sim", &args.finish())
}

/// A few runs for every test run: the same seeds everywhere, so that a failure is of the change that
/// was made. Compiled as the tests are: to build it faster to run takes longer than it saves.
pub fn briefly() -> Result<Did> {
    simulate(&[], "target/debug", &["--runs", "7"]).map(|()| Did::Work)
}

/// Whether it finds five of the planted faults, others every day.
pub fn planted() -> Result<Did> {
    simulate(&[], "target/debug", &["--planted", "--rotating", "5"]).map(|()| Did::Work)
}

fn simulate<A: AsRef<OsStr>>(profile: &[&str], folder: &str, args: &[A]) -> Result<()> {
    let what = ["build", "--quiet", "--package", "roundsman-sim", "--features", "planted"];
    show(cargo(&[&what, profile].concat()))?;
    let mut simulator = Command::new(root().join(folder).join("roundsman-sim"));
    simulator.args(args).current_dir(root());
    show(simulator)
}
