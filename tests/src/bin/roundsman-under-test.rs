//! The program `roundsman`, built with the tests so that they never run an older one.

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
