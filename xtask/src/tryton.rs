//! A real Tryton to try, and to test against.

use std::process::Stdio;

use anyhow::Result;
use pico_args::Arguments;

use crate::finish;
use crate::shell::{command, quiet, root, show};
use crate::stage::Did;

const SCRIPT: &str = "tests/tryton/tryton.py";

/// `cargo xtask tryton up`: until it is interrupted.
pub fn run(mut args: Arguments) -> Result<()> {
    let up = args.subcommand()?;
    let port: Option<u16> = args.opt_value_from_str("--port")?;
    finish(args)?;
    anyhow::ensure!(up.as_deref() == Some("up"), "only `cargo xtask tryton up` is known");
    println!(
        "A Tryton with a small company: log in as `roundsman`, password `roundsman-demo`.\n\
         Connect a company to it, in another terminal, and serve it:\n\n  \
         echo roundsman-demo | target/debug/roundsman erp tryton --url http://127.0.0.1:{port} \\\n      \
         --database erp --login roundsman --territory 'Shinan district'\n\n\
         Ctrl-C ends it, and what was done in it is gone.\n",
        port = port.unwrap_or(8000),
    );
    let folder = root().join("target/tryton");
    let mut tryton = command("python3", &[SCRIPT]);
    tryton.arg(folder).arg(port.unwrap_or(8000).to_string());
    // It ends with its standard input.
    tryton.stdin(Stdio::inherit());
    show(tryton)
}

/// Installs it once, so that tests do not wait for each other. Without the registry of Python
/// packages the tests say that they were skipped.
pub fn install() -> Result<Did> {
    let folder = root().join("target/tryton");
    let mut once = command("python3", &[SCRIPT]);
    once.arg(folder).arg("--install");
    match quiet(once) {
        Ok(()) => Ok(Did::Work),
        Err(error) => {
            eprintln!("Tryton is not installed, and nothing about it will be tested: {error:#}");
            Ok(Did::Nothing)
        }
    }
}
