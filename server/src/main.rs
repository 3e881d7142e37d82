//! The program `roundsman`.

use std::process::ExitCode;

use clap::Parser as _;
use roundsman_server::cli::Cli;

#[tokio::main]
async fn main() -> ExitCode {
    match Cli::parse().run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("roundsman: {error}");
            ExitCode::FAILURE
        }
    }
}
