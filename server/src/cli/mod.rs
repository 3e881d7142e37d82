//! The command line.

mod backup;
mod demo;
mod erp;
mod import;
mod serve;
mod user;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::Result;

/// The program: does what its arguments ask.
pub async fn main() -> ExitCode {
    match Cli::parse().run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("roundsman: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Field sales that works offline, and the office it reports to.
#[derive(Debug, Parser)]
#[command(version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the phone app, the console and sync.
    Serve(serve::Args),
    /// Fill a new data folder with a demo company.
    Demo(demo::Args),
    /// Write a backup while the server runs.
    Backup(backup::Backup),
    /// Check a backup or a data folder: everything it claims is computed again.
    Verify(backup::Verify),
    /// Put a backup in the place of a data folder; devices then give back what came after.
    Restore(backup::Restore),
    /// Bring in customers, contacts, products, prices or stock from a CSV file or a workbook.
    #[command(subcommand)]
    Import(import::Command),
    /// Say which ERP the company has.
    #[command(subcommand)]
    Erp(erp::Command),
    /// Manage who may sign in.
    #[command(subcommand)]
    User(user::Command),
}

impl Cli {
    /// Does what was asked.
    ///
    /// # Errors
    /// What a person at the terminal should read.
    pub async fn run(self) -> Result<()> {
        match self.command {
            Command::Serve(args) => serve::run(args).await,
            Command::Demo(args) => demo::run(args).await,
            Command::Backup(args) => backup::back_up(args).await,
            Command::Verify(args) => backup::verify(args).await,
            Command::Restore(args) => backup::restore(args).await,
            Command::Import(command) => import::run(command).await,
            Command::Erp(command) => erp::run(command).await,
            Command::User(command) => user::run(command).await,
        }
    }
}
