//! Starting other programs.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, io};

use anyhow::{Context as _, Result, bail};

/// The root of the checkout.
pub fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// `program` with `args`, to be run in the root of the checkout.
pub fn command(program: &str, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args).current_dir(root()).stdin(Stdio::null());
    command
}

/// A command that finds the pinned Node and the tools of the npm packages before the machine's.
pub fn node_command(program: &str, args: &[&str]) -> Result<Command> {
    let mut path = vec![root().join("node_modules/.bin")];
    path.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    let mut command = command(program, args);
    command.env("PATH", env::join_paths(path)?);
    Ok(command)
}

/// Cargo, the one that runs this.
pub fn cargo(args: &[&str]) -> Command {
    command(&env::var("CARGO").unwrap_or_else(|_| "cargo".into()), args)
}

/// Runs a command whose output people want to follow.
pub fn show(mut command: Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {}", line(&command)))?;
    if !status.success() {
        bail!("failed: {}", line(&command));
    }
    Ok(())
}

/// Runs a command whose output matters only when it fails.
pub fn quiet(mut command: Command) -> Result<()> {
    let output = command.output().with_context(|| format!("cannot start {}", line(&command)))?;
    if !output.status.success() {
        io::Write::write_all(&mut io::stderr(), &output.stdout)?;
        io::Write::write_all(&mut io::stderr(), &output.stderr)?;
        bail!("failed: {}", line(&command));
    }
    Ok(())
}

/// Whether a command starts and succeeds.
pub fn works(mut command: Command) -> bool {
    let quietly = command.stdout(Stdio::null()).stderr(Stdio::null());
    quietly.status().is_ok_and(|status| status.success())
}

/// The command as a person would type it.
fn line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let program = program.file_name().unwrap_or(program.as_os_str());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
