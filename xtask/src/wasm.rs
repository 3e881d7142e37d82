//! The phone's engine: core and replica as a WebAssembly module, with its bindings.

use std::fs;
use std::path::PathBuf;

use anyhow::{Result, anyhow};
use pico_args::Arguments;
use wasm_bindgen_cli_support::Bindgen;

use crate::shell::{cargo, node_command, quiet, root, show};
use crate::stage::{Did, Stages};
use crate::stamp::Stamp;
use crate::{finish, install, size};

/// How the engine is built.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Build {
    /// In seconds, for the edit loop.
    Quick,
    /// Small, as phones download it.
    Shipped,
}

impl Build {
    /// The build that `--release` in the arguments asks for.
    pub fn from_args(args: &mut Arguments) -> Self {
        if args.contains("--release") { Self::Shipped } else { Self::Quick }
    }

    fn profile(self) -> &'static str {
        match self {
            Self::Quick => "wasm-dev",
            Self::Shipped => "wasm",
        }
    }
}

/// The module after the bindings were generated, as the client loads it.
pub fn module() -> PathBuf {
    root().join("wasm/client/dist/roundsman_wasm_bg.wasm")
}

/// `cargo xtask wasm`
pub fn run(mut args: Arguments) -> Result<()> {
    let build = Build::from_args(&mut args);
    finish(args)?;
    let mut stages = Stages::default();
    compile(&mut stages, build)?;
    stages.finish()?;
    if build == Build::Shipped {
        size::print("The engine", &[module(), module().with_file_name("roundsman_wasm.js")])?;
    }
    Ok(())
}

/// The stages that make the module.
pub fn compile(stages: &mut Stages, build: Build) -> Result<()> {
    stages.need("Rust for the browser", install::wasm_target)?;
    stages.need("clang for the browser", install::clang)?;
    if build == Build::Shipped {
        stages.need("npm packages", install::npm_packages)?;
    }
    stages.need("engine", || cargo_build(build))?;
    stages.need("engine: bindings", || bindings(build))
}

fn cargo_build(build: Build) -> Result<Did> {
    let target = ["--target", install::WASM_TARGET, "--profile", build.profile()];
    show(cargo(&[&["build", "--package", "roundsman-wasm"], &target[..]].concat()))?;
    Ok(Did::Work)
}

fn bindings(build: Build) -> Result<Did> {
    let compiled = root()
        .join("target")
        .join(install::WASM_TARGET)
        .join(build.profile())
        .join("roundsman_wasm.wasm");
    let stamp = Stamp::of("bindings", &["xtask/Cargo.toml"], std::slice::from_ref(&compiled))?;
    if stamp.is_current() && module().is_file() {
        return Ok(Did::Nothing);
    }
    let folder = root().join("wasm/client/dist");
    Bindgen::new()
        .input_path(compiled)
        .web(true)
        .and_then(|bindgen| {
            bindgen.typescript(true).remove_producers_section(true).generate(folder)
        })
        .map_err(|error| anyhow!("wasm-bindgen: {error:#}"))?;
    if build == Build::Shipped {
        shrink()?;
    }
    stamp.write()?;
    Ok(Did::Work)
}

/// Makes the module smaller still: by an eighth of the download. `-Oz` would gain nothing more.
fn shrink() -> Result<()> {
    let module = module();
    let small = module.with_extension("small");
    let args = ["-Os", "--output", &small.to_string_lossy(), &module.to_string_lossy()];
    quiet(node_command("wasm-opt", &args)?)?;
    Ok(fs::rename(small, module)?)
}
