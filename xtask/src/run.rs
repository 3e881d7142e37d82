//! From a clean clone to a running company.

use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{self, Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use pico_args::Arguments;

use crate::shell::{cargo, root, show};
use crate::stage::{Did, Stages};
use crate::wasm::{self, Build};
use crate::{data, finish, web};

/// `cargo xtask run`
pub fn run(mut args: Arguments) -> Result<()> {
    let port = args.opt_value_from_str("--port")?.unwrap_or(8080);
    let folder: Option<PathBuf> = args.opt_value_from_str("--data")?;
    let lan = args.contains("--lan");
    let build = Build::from_args(&mut args);
    finish(args)?;
    let folder = path::absolute(folder.unwrap_or_else(|| root().join("data")))?;
    require_free(port)?;

    let mut stages = Stages::default();
    wasm::compile(&mut stages, build)?;
    web::client(&mut stages)?;
    web::apps(&mut stages)?;
    stages.need("server", || server(build))?;
    let server = server_path(build);
    stages.need("demo data", || data::demo(&server, &folder))?;
    stages.finish()?;
    serve(&server, &folder, port, lan)
}

/// Builds the server.
pub fn server(build: Build) -> Result<Did> {
    let release: &[&str] = if build == Build::Shipped { &["--release"] } else { &[] };
    // By binary, not by package: so its libraries are the ones that the tests use.
    show(cargo(&[&["build", "--bin", "roundsman"], release].concat()))?;
    Ok(Did::Work)
}

fn server_path(build: Build) -> PathBuf {
    let profile = if build == Build::Shipped { "release" } else { "debug" };
    root().join("target").join(profile).join("roundsman")
}

/// Says so before the build, rather than after it, when someone else listens on the port.
fn require_free(port: u16) -> Result<()> {
    TcpListener::bind(("127.0.0.1", port))
        .map(drop)
        .with_context(|| format!("port {port} is taken; choose another with --port"))
}

/// Becomes the server, so that a signal to this process reaches it.
fn serve(server: &Path, folder: &Path, port: u16, lan: bool) -> Result<()> {
    println!(
        "
Starting Roundsman; Ctrl-C stops it.

  Phone app    http://localhost:{port}/           sign in as lin, wang or chen
  Console      http://localhost:{port}/office/    sign in as office

  The password of all of them is roundsman. The company lives in {}.
",
        folder.display()
    );
    let mut serve = Command::new(server);
    serve.arg("serve").arg("--data").arg(folder).args(["--port", &port.to_string()]);
    serve.args(lan.then_some("--lan"));
    Err(serve.exec()).context("cannot start the server")
}
