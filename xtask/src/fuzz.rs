//! Decoders against bytes that nobody honest would send, for as long as one likes.

use anyhow::Result;
use pico_args::Arguments;

use crate::finish;
use crate::shell::{cargo, root, show};

/// `cargo xtask fuzz`: mutates every decoder's corpus and adds what ends in a way none did before.
pub fn run(mut args: Arguments) -> Result<()> {
    let minutes: u64 = args.opt_value_from_str("--minutes")?.unwrap_or(5);
    let seed: Option<String> = args.opt_value_from_str("--seed")?;
    finish(args)?;
    let decoders = std::fs::read_dir(root().join("tests/corpus"))?.count().max(1) as u64;
    let mut fuzz = cargo(&["test", "--package", "roundsman-tests", "--test", "fuzz"]);
    // One decoder after the other: each has the time to itself, and memory is counted by thread.
    fuzz.args(["--", "--nocapture", "--test-threads", "1"]);
    fuzz.env("ROUNDSMAN_FUZZ_SECONDS", (minutes * 60).div_ceil(decoders).to_string());
    fuzz.env("ROUNDSMAN_FUZZ_KEEP", "1");
    if let Some(seed) = seed {
        fuzz.env("ROUNDSMAN_FUZZ_SEED", seed);
    }
    show(fuzz)
}
