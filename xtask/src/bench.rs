//! The figures, beside those of others.

use std::ffi::OsString;

use anyhow::Result;
use pico_args::Arguments;

use crate::shell::{cargo, command, node_command, quiet, root, show};
use crate::stage::{Did, Stages};
use crate::stamp::Stamp;
use crate::{finish, install, size};

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
    // In one build, so that the server is the one that ships and both share their libraries.
    stages.need("server and load", || {
        show(cargo(&["build", "--release", "--bin", "roundsman", "--bin", "roundsman-bench"]))?;
        Ok(Did::Work)
    })?;
    // What these lack is told, and the rest is measured.
    stages.judge("strace, to count flushes of the disk", install::strace);
    if peers {
        stages.judge("peers", install_peers);
        let node = root().join("node_modules/.bin/node");
        handed_on.extend(["--peers".to_owned(), node.display().to_string()]);
    }
    if let Ok(bytes) = size::download_bytes() {
        handed_on.extend(["--download-bytes".to_owned(), bytes.to_string()]);
    } else {
        println!("no built phone app: the download is not in the table");
    }
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
