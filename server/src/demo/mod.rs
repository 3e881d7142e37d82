//! A demo company: a food distributor with a bakery in Qingdao, from a seed.

mod catalog;
mod customers;
mod people;
mod seeded;

use std::sync::Arc;

use roundsman_core::money::Currency;
use roundsman_erp::embedded::StockPublisher;
use roundsman_store::{people as stored_people, settings};

use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::desk::Desk;
use crate::error::{Error, Result};

/// The password of everybody in it.
pub const PASSWORD: &str = "roundsman";

/// Fills a new data folder. What keeps the company safe (its key, the salts) is never from the seed.
///
/// # Errors
/// When the folder already holds a company, or cannot be used.
pub async fn fill(config: Config, clock: Clock, seed: u64) -> Result<()> {
    let folder = config.data.display().to_string();
    let app = App::open(config, clock.clone()).await?;
    if !stored_people::all(&app.store.read).await?.is_empty() {
        return Err(Error::internal(format!("{folder} already holds a company")));
    }
    let chance = seeded::seeded(&clock, seed);
    let (store, now) = (&app.store, clock.now());
    let staff = people::add(store, &clock, &chance).await?;
    let catalog = catalog::Catalog::new(&chance, clock.today()).map_err(Error::internal)?;
    let published = catalog.clone();
    store
        .write
        .run(move |db, commit| {
            Box::pin(async move {
                settings::set(db, settings::CURRENCY, Currency::CNY.as_str().as_bytes()).await?;
                published.put(db, commit, now).await
            })
        })
        .await?;
    let desk = Desk::new(store.clone(), chance.clone());
    customers::add(store, &desk, &chance, &staff, &catalog).await?;
    let publisher = StockPublisher::new(store.clone(), Arc::new(move || clock.now()), 0);
    Ok(publisher.publish_due().await?)
}

/// Chance in the words of a generator.
trait Chance {
    /// A number below `end`, which must not be 0.
    fn below(&self, end: u32) -> u32;

    /// One of these, which must not be none.
    fn pick<'a, T>(&self, from: &'a [T]) -> &'a T {
        let index = self.below(u32::try_from(from.len()).unwrap_or(u32::MAX));
        &from[usize::try_from(index).unwrap_or(0)]
    }
}

impl Chance for Clock {
    fn below(&self, end: u32) -> u32 {
        u32::from_be_bytes(self.random()) % end
    }
}
