//! What must hold before a commit: format, lints, types, unit tests.

use anyhow::Result;

use crate::shell::{cargo, show};
use crate::stage::{Did, Stages};
use crate::wasm::{self, Build};
use crate::{install, web};

/// `cargo xtask check`
pub fn run() -> Result<()> {
    let mut stages = Stages::default();
    wasm::compile(&mut stages, Build::Quick)?;
    web::client(&mut stages)?;
    lints(&mut stages);
    types(&mut stages);
    stages.judge("unit tests: Rust", || rust_tests(&["--lib", "--bins"]));
    scripts(&mut stages)?;
    stages.finish()
}

/// Format and lints of all Rust.
pub fn lints(stages: &mut Stages) {
    stages.judge("format", || done(show(cargo(&["fmt", "--all", "--check"]))));
    stages.judge("lints: server and core", || clippy(&["--all-targets"]));
    stages.judge("lints: browser", || {
        clippy(&["--package", "roundsman-wasm", "--target", install::WASM_TARGET])
    });
    stages.judge("lints: chores", || {
        clippy(&["--package", "xtask", "--profile", "xtask", "--all-targets"])
    });
}

/// Types of all TypeScript. Needs the client package.
pub fn types(stages: &mut Stages) {
    stages.judge("types: TypeScript", || web::in_each_package("check"));
}

/// Unit tests of all TypeScript, some of them in a browser.
pub fn scripts(stages: &mut Stages) -> Result<()> {
    stages.need("browser for the tests", install::browser)?;
    stages.judge("unit tests: TypeScript", || web::in_each_package("test"));
    Ok(())
}

/// Rust tests of the default members, of the targets that `selection` names.
pub fn rust_tests(selection: &[&str]) -> Result<Did> {
    let runner: &[&str] = if install::has_nextest() {
        &["nextest", "run", "--no-fail-fast", "--no-tests", "pass"]
    } else {
        &["test", "--no-fail-fast"]
    };
    done(show(cargo(&[runner, selection].concat())))
}

fn clippy(selection: &[&str]) -> Result<Did> {
    let deny: &[&str] = &["--", "--deny", "warnings"];
    done(show(cargo(&[&["clippy", "--keep-going"], selection, deny].concat())))
}

fn done(result: Result<()>) -> Result<Did> {
    result.map(|()| Did::Work)
}
