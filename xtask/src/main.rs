//! Every chore of the project, as one command: `cargo xtask <chore>`.

mod bench;
mod check;
mod data;
mod fuzz;
mod install;
mod run;
mod screenshots;
mod shell;
mod sim;
mod size;
mod stage;
mod stamp;
mod test;
mod torture;
mod tryton;
mod wasm;
mod web;

use std::process::ExitCode;

use anyhow::{Result, bail};
use pico_args::Arguments;

const HELP: &str = "\
Usage: cargo xtask <chore> [options]

  run     Build everything, make demo data, start the server
            --port N      listen on N (8080)
            --data DIR    keep the company in DIR (data)
            --lan         serve phones in the same network too, over HTTPS
            --release     build as it is shipped; slower to build, faster to use
  check   Formatting, lints, type checks, unit tests
  test    Everything: check, integration tests, browser tests, on the module as it is shipped
            --rust        only the Rust tests
            --browser     only the browser tests, on the quickly built module
            -- ARGS       handed to Playwright, with --browser
  fuzz    Bytes that nobody honest would send, against every decoder; adds to tests/corpus
            --minutes M   all decoders together (5)
            --seed S      repeat a run
  sim     Devices, hub and office on virtual time, with every fault from a seed
            --seed S      one run; with --verbose every event of it
            --runs N      so many runs (100)
            --minutes M   runs for so long
            --planted     known faults in product code, each of which must be found
  torture Real servers killed under load, cut off, out of disk, attacked
            --cycles N    kills (200)
            --minutes M   stop killing after so long
            --seed S      repeat a run
  wasm    Build the phone's engine and its bindings
            --release     small, as it is shipped; says what a phone downloads of it
  bench   What syncing costs, in one table
            --peers       beside other engines, on the same data
            --scale S     S times the data (1)
            --only ROWS   only rows whose name begins so: first-sync, ingest, carts, phone,
                          durability, fan-out-100, fan-out-1000, idle-lines
            --repeats N   the median of N (3)
  tryton up
          A real Tryton with a small company in it, to connect a company to
            --port N      listen on N (8000)
  screenshots
          Every screen in both languages, light and dark, into target/screenshots
  size    What a phone downloads, file by file";

fn main() -> ExitCode {
    match dispatch() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch() -> Result<()> {
    let (mut args, handed_on) = split_at_dashes(std::env::args_os().skip(1).collect());
    if args.contains(["-h", "--help"]) {
        println!("{HELP}");
        return Ok(());
    }
    match args.subcommand()?.as_deref() {
        Some("run") => run::run(args),
        Some("check") => finish(args).and_then(|()| check::run()),
        Some("test") => test::run(args, handed_on),
        Some("fuzz") => fuzz::run(args),
        Some("torture") => torture::run(args),
        Some("sim") => sim::run(args),
        Some("tryton") => tryton::run(args),
        Some("wasm") => wasm::run(args),
        Some("bench") => bench::run(args),
        Some("screenshots") => screenshots::run(args),
        Some("size") => finish(args).and_then(|()| size::run()),
        Some(other) => bail!("there is no chore `{other}`\n\n{HELP}"),
        None => bail!("which chore?\n\n{HELP}"),
    }
}

/// What follows a bare `--` belongs to the tool that the chore starts.
fn split_at_dashes(mut args: Vec<std::ffi::OsString>) -> (Arguments, Vec<std::ffi::OsString>) {
    let dashes = args.iter().position(|arg| arg == "--");
    let handed_on = dashes.map(|at| args.split_off(at).split_off(1)).unwrap_or_default();
    (Arguments::from_vec(args), handed_on)
}

/// Refuses options that the chore does not know.
fn finish(args: Arguments) -> Result<()> {
    let unknown = args.finish();
    if let Some(argument) = unknown.first() {
        bail!("unknown option `{}`\n\n{HELP}", argument.to_string_lossy());
    }
    Ok(())
}
