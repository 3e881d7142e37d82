//! The figures, beside those of others.

use std::ffi::OsString;

use anyhow::Result;
use pico_args::Arguments;

use crate::shell::{cargo, command, node_command, quiet, root, show};
use crate::stage::{Did, Stages};
use crate::stamp::Stamp;
use crate::wasm::{self, Build};
use crate::{finish, install, size, web};

/// `cargo xtask bench`
pub fn run(mut args: Arguments) -> Result<()> {
    let peers = args.contains("--peers");
    let mut handed_on = Vec::new();
    for option in ["--only", "--scale", "--repeats"] {
        let value: Option<String> = args.opt_value_from_str(option)?;
        handed_on.extend(value.into_iter().flat_map(|value| [option.to_owned(), value]));
    }
    finish(args)?;
    let mut stages = Stages::default();
    // The server has the phone app in it, as it ships.
    wasm::compile(&mut stages, Build::Shipped)?;
    web::client(&mut stages)?;
    web::apps(&mut stages)?;
    // In one build, so that the server is the one that ships and both share their libraries.
    stages.need("server and load", || {
        show(cargo(&["build", "--release", "--bin", "roundsman", "--bin", "roundsman-bench"]))?;
        Ok(Did::Work)
    })?;
    // What these lack is told, and the rest is measured.
    stages.judge("strace, to count flushes of the disk", install::strace);
    let node = root().join("node_modules/.bin/node").display().to_string();
    stages.judge("Chromium, for what a rep waits for", install::browser);
    handed_on.extend(["--browser".to_owned(), node.clone()]);
    if peers {
        stages.judge("peers", install_peers);
        handed_on.extend(["--peers".to_owned(), node]);
    }
    handed_on.extend(["--download-bytes".to_owned(), size::download_bytes()?.to_string()]);
    let program = root().join("target/release/roundsman-bench");
    let server = root().join("target/release/roundsman");
    let mut bench = command(&program.to_string_lossy(), &[]);
    bench.args([OsString::from("--server"), server.into()]).args(handed_on);
    show(bench)
}

/// The other engines, and the pinned Node that runs them.
fn install_peers() -> Result<Did> {
    install::npm_packages()?;
    let stamp = Stamp::of("peers", &["tests/peers/package-lock.json"], &[])?;
    if stamp.is_current() && root().join("tests/peers/node_modules").is_dir() {
        return Ok(Did::Nothing);
    }
    // Not `npm ci`: it wants every optional package of every platform in the lockfile, and registries
    // do not have all of them. This takes the versions of the lockfile and leaves it as it is.
    let mut npm = node_command("npm", &["install", "--no-save"])?;
    npm.current_dir(root().join("tests/peers"));
    quiet(npm)?;
    stamp.write()?;
    Ok(Did::Work)
}
