//! The program `roundsman`, built with the tests so that they never run an older one.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    roundsman_server::cli::main().await
}
