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
    /// How large: 0 is three reps and sixty shops without a past, 1 is eight reps, six hundred
    /// shops and eight weeks of visits and orders, N is N times that.
    #[arg(long, value_name = "N", default_value_t = 1)]
    scale: u32,
}

pub async fn run(args: Args) -> Result<()> {
    let size = demo::Size(args.scale);
    let report = |line: &str| println!("{line}");
    demo::fill(Config::local(args.data), Clock::system(), args.seed, size, &report).await
}
