//! `roundsman backup`, `roundsman verify`, `roundsman restore`

use std::path::PathBuf;

use roundsman_core::time::Timestamp;
use roundsman_store::verify::Part;

use crate::backup;
use crate::clock::Clock;
use crate::error::{Error, Result};

#[derive(Debug, clap::Args)]
pub struct Backup {
    /// The data folder; its server may be running.
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// The file to write; its manifest stands beside it.
    to: PathBuf,
}

#[derive(Debug, clap::Args)]
pub struct Verify {
    /// A backup.
    #[arg(required_unless_present = "data", conflicts_with = "data")]
    file: Option<PathBuf>,
    /// A data folder; its server may be running.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct Restore {
    /// The backup.
    from: PathBuf,
    /// The data folder; its server must be stopped.
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// Move aside what the data folder holds.
    #[arg(long)]
    force: bool,
}

pub async fn back_up(args: Backup) -> Result<()> {
    let manifest = backup::back_up(&args.data, &args.to, &Clock::system()).await?;
    println!("{}: {} bytes, sha256 {}", args.to.display(), manifest.bytes, manifest.sha256);
    Ok(())
}

pub async fn verify(args: Verify) -> Result<()> {
    let Some(what) = args.file.or(args.data) else { return Ok(()) };
    let parts = backup::check(&what).await?;
    for part in &parts {
        tell(part);
    }
    match parts.iter().map(|part| part.wrong).sum::<u64>() {
        0 => Ok(()),
        1 => Err(Error::internal(format!("{} has a problem", what.display()))),
        wrong => Err(Error::internal(format!("{} has {wrong} problems", what.display()))),
    }
}

fn tell(part: &Part) {
    let verdict = if part.wrong == 0 { "ok".to_owned() } else { format!("{} wrong", part.wrong) };
    println!("{:<14} {:>9} checked  {verdict}", part.name, part.checked);
    for problem in &part.problems {
        println!("    {problem}");
    }
}

pub async fn restore(args: Restore) -> Result<()> {
    let restored = backup::restore(&args.from, &args.data, args.force, &Clock::system()).await?;
    println!("{} is as it was at {}", args.data.display(), words(restored.since));
    if let Some(aside) = restored.aside {
        println!("what it held is in {}", aside.display());
    }
    println!(
        "devices give back what came after as they connect; the console lists what is missing"
    );
    Ok(())
}

fn words(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_millisecond(at.millis()).unwrap_or_default();
    at.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}
