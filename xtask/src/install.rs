//! What the build needs beyond Rust: installed when it is missing, or said plainly.

use std::env;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::shell::{command, node_command, quiet, root, works};
use crate::stage::Did;
use crate::stamp::Stamp;

/// What the engine is compiled for.
pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// A system package: how to know that it is there, and why it is needed.
struct Package {
    name: &'static str,
    /// The environment variable by which another program can take its place.
    variable: Option<&'static str>,
    probe: &'static [&'static str],
    purpose: &'static str,
    by_hand: &'static str,
}

const CLANG: Package = Package {
    name: "clang-19",
    variable: Some("CC_wasm32_unknown_unknown"),
    probe: &["clang-19", "--version"],
    purpose: "it compiles SQLite to WebAssembly for the phone",
    by_hand: "install any clang from version 16 on, and set CC_wasm32_unknown_unknown to its name",
};

const CHROMIUM: Package = Package {
    name: "chromium",
    variable: Some("ROUNDSMAN_CHROMIUM"),
    probe: &["chromium", "--version"],
    purpose: "the browser tests drive it",
    by_hand: "install Chromium or Chrome, and set ROUNDSMAN_CHROMIUM to its path",
};

const FONTS: Package = Package {
    name: "fonts-noto-cjk",
    variable: None,
    probe: &["sh", "-c", "fc-list :lang=zh | grep -q ."],
    purpose: "without a Chinese font the pictures of the browser tests show boxes",
    by_hand: "install any font with Chinese characters",
};

const STRACE: Package = Package {
    name: "strace",
    variable: None,
    probe: &["strace", "--version"],
    purpose: "it counts how often the server flushes the disk",
    by_hand: "install strace",
};

/// A clang that can compile C to WebAssembly.
pub fn clang() -> Result<Did> {
    system(&[CLANG])
}

/// Rust's library for the browser. `rust-toolchain.toml` names it, but rustup may be told not to
/// install by itself.
pub fn wasm_target() -> Result<Did> {
    let sysroot = command("rustc", &["--print", "sysroot"]).output()?.stdout;
    let libraries = Path::new(String::from_utf8(sysroot)?.trim()).join("lib/rustlib");
    if libraries.join(WASM_TARGET).is_dir() {
        return Ok(Did::Nothing);
    }
    quiet(command("rustup", &["target", "add", WASM_TARGET])).with_context(|| {
        format!("the target {WASM_TARGET} is missing; it compiles the engine for the phone")
    })?;
    Ok(Did::Work)
}

/// A browser for the tests, and letters for both languages.
pub fn browser() -> Result<Did> {
    system(&[CHROMIUM, FONTS])
}

/// Sees the calls of a running server.
pub fn strace() -> Result<Did> {
    system(&[STRACE])
}

/// All system packages that building and testing need.
pub fn system_packages() -> Result<Did> {
    system(&[CLANG, CHROMIUM, FONTS])
}

/// The npm packages of the lock file, the pinned Node among them.
pub fn npm_packages() -> Result<Did> {
    let stamp = Stamp::of("npm", &["package-lock.json"], &[])?;
    if stamp.is_current() && root().join("node_modules").is_dir() {
        return Ok(Did::Nothing);
    }
    if !works(command("npm", &["--version"])) {
        bail!(
            "npm is missing. The web apps are built with it. \
             By hand: install Node.js 20 or newer (nodejs.org), which brings npm."
        );
    }
    quiet(command("npm", &["ci"]))?;
    if !works(node_command("node", &["--version"])?) {
        bail!(
            "the npm package `node` does not start on this machine; see `npm ci` for its messages"
        );
    }
    stamp.write()?;
    Ok(Did::Work)
}

/// Whether cargo-nextest is there: faster than `cargo test`, but nothing depends on it.
pub fn has_nextest() -> bool {
    works(crate::shell::cargo(&["nextest", "--version"]))
}

fn system(packages: &[Package]) -> Result<Did> {
    let missing = missing(packages);
    if missing.is_empty() {
        return Ok(Did::Nothing);
    }
    let names = missing.iter().map(|package| package.name).collect::<Vec<_>>();
    let tried = apt_install(&names);
    let reasons = self::missing(packages).into_iter().map(|package| {
        format!("\n  {}: {}. By hand: {}.", package.name, package.purpose, package.by_hand)
    });
    let reasons = reasons.collect::<String>();
    if reasons.is_empty() {
        return Ok(Did::Work);
    }
    tried.with_context(|| format!("could not install what is missing{reasons}\n"))?;
    bail!("still missing after the installation{reasons}")
}

fn missing(packages: &[Package]) -> Vec<&Package> {
    packages.iter().filter(|package| !package.is_there()).collect()
}

fn apt_install(names: &[&str]) -> Result<()> {
    quiet(as_root(&["apt-get", "update", "-qq"]))?;
    let install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends"];
    quiet(as_root(&[&install, names].concat()))
}

/// The words as a command for root: by sudo, unless this is root already.
fn as_root(words: &[&str]) -> std::process::Command {
    let is_root = works(command("sh", &["-c", "test \"$(id -u)\" = 0"]));
    let (program, args) = if is_root { (words[0], &words[1..]) } else { ("sudo", words) };
    let mut command = command(program, args);
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

impl Package {
    fn is_there(&self) -> bool {
        let given = self.variable.and_then(|variable| env::var(variable).ok());
        let program = given.as_deref().unwrap_or(self.probe[0]);
        works(command(program, &self.probe[1..]))
    }
}
