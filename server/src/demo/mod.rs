//! A demo company from a seed.

use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::error::Result;

/// Fills a new data folder.
///
/// # Errors
/// When the folder already holds a company, or cannot be used.
pub async fn fill(config: Config, clock: Clock, _seed: u64) -> Result<()> {
    let _app = App::open(config, clock).await?;
    Ok(())
}
