//! The program `roundsman`.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    roundsman_server::cli::main().await
}
