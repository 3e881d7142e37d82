//! Everything that can be tested, the way it is shipped.

use std::ffi::OsString;

use anyhow::Result;
use pico_args::Arguments;

use crate::shell::{node_command, show};
use crate::stage::{Did, Stages};
use crate::wasm::{self, Build};
use crate::{check, finish, install, run, sim, size, tryton, web};

/// `cargo xtask test`
pub fn run(mut args: Arguments, handed_on: Vec<OsString>) -> Result<()> {
    let rust = args.contains("--rust");
    let browser = args.contains("--browser");
    finish(args)?;
    let mut stages = Stages::default();
    match (rust, browser) {
        (true, false) => stages.judge("tests: Rust", || check::rust_tests(&[])),
        (false, true) => {
            build(&mut stages, Build::Quick)?;
            browser_tests(&mut stages, &handed_on)?;
        }
        _ => everything(&mut stages)?,
    }
    stages.finish()
}

fn everything(stages: &mut Stages) -> Result<()> {
    stages.need("system packages", install::system_packages)?;
    stages.need("npm packages", install::npm_packages)?;
    check::lints(stages);
    stages.judge("Tryton for the tests", tryton::install);
    stages.judge("tests: Rust", || check::rust_tests(&[]));
    stages.judge("simulation", sim::briefly);
    stages.judge("simulation: planted faults", sim::planted);
    build(stages, Build::Shipped)?;
    check::types(stages);
    check::scripts(stages)?;
    stages.judge("download size", || size::run().map(|()| Did::Work));
    browser_tests(stages, &[])
}

/// What the browser tests open. The server is the one that the Rust tests use.
pub fn build(stages: &mut Stages, build: Build) -> Result<()> {
    wasm::compile(stages, build)?;
    web::client(stages)?;
    web::apps(stages)?;
    stages.need("server", || run::server(Build::Quick))
}

fn browser_tests(stages: &mut Stages, args: &[OsString]) -> Result<()> {
    stages.need("browser for the tests", install::browser)?;
    stages.judge("tests: browser", || {
        let mut playwright = node_command("playwright", &["test"])?;
        playwright.args(args).current_dir(crate::shell::root().join("tests/browser"));
        show(playwright).map(|()| Did::Work)
    });
    Ok(())
}
