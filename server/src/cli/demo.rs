//! `roundsman demo`

use std::path::PathBuf;

use crate::clock::Clock;
use crate::config::Config;
use crate::demo;
use crate::error::Result;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The data folder; it must not hold a company yet.
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// The same seed makes the same company.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub async fn run(args: Args) -> Result<()> {
    demo::fill(Config::local(args.data), Clock::system(), args.seed).await
}
