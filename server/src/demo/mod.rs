//! A demo company: a food distributor with a bakery in Qingdao, from a seed.

mod baskets;
mod calendar;
mod catalog;
mod customers;
mod history;
mod ledger;
mod people;
mod seeded;
mod shops;
mod visits;

use std::sync::Arc;

use roundsman_core::money::Currency;
use roundsman_erp::embedded::StockPublisher;
use roundsman_store::{people as stored_people, settings};

use self::calendar::HISTORY_DAYS;
use self::catalog::Catalog;
use self::customers::{Client, Register};
use self::people::Staff;
use self::seeded::Scene;
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::desk::Desk;
use crate::error::{Error, Result};

/// The password of everybody in it.
pub const PASSWORD: &str = "roundsman";
/// Minutes after midnight at which the history begins, before anybody is on the road.
const FIRST_MINUTE: u32 = 7 * 60;

/// How large the company is: 0 is how it began, with three reps, sixty shops and no history; 1 is
/// the whole company, and more is so many times its reps, shops and orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub u32);

impl Size {
    fn is_whole(self) -> bool {
        self.0 > 0
    }

    fn times(self) -> u32 {
        self.0.max(1)
    }
}

/// Fills a new data folder, saying now and then how far it is. What keeps the company safe (its
/// key, the salts) is never from the seed.
///
/// # Errors
/// When the folder already holds a company, or cannot be used.
pub async fn fill(
    config: Config,
    clock: Clock,
    seed: u64,
    size: Size,
    report: &(dyn Fn(&str) + Sync),
) -> Result<()> {
    let folder = config.data.display().to_string();
    let app = App::open(config, clock.clone()).await?;
    let store = &app.store;
    if !stored_people::all(&store.read).await?.is_empty() {
        return Err(Error::internal(format!("{folder} already holds a company")));
    }
    let (scene, today) = (Scene::new(&clock, seed), clock.today());
    if size.is_whole() {
        scene.go_to(scene.at(today.plus(-HISTORY_DAYS), FIRST_MINUTE));
    }
    let staff = Staff::hire(store, &clock, &scene, size).await?;
    let catalog = Catalog::new(&scene.clock, today, size).map_err(Error::internal)?;
    stock_up(&app, &scene, &catalog).await?;
    let desk = Desk::new(store.clone(), scene.clock.clone());
    let register = Register { store, desk: &desk, scene: &scene, staff: &staff, catalog: &catalog };
    let mut clients = register.survey(today, size).await?;
    report(&format!("{} customers, {} products", clients.len(), catalog.articles.len()));
    if size.is_whole() {
        history::write(&register, &mut clients, &clock, report).await?;
    } else {
        register.enter(&clients.iter().collect::<Vec<&Client>>()).await?;
    }
    let publisher = StockPublisher::new(store.clone(), Arc::new(move || clock.now()), 0);
    Ok(publisher.publish_due().await?)
}

async fn stock_up(app: &App, scene: &Scene, catalog: &Catalog) -> Result<()> {
    let (catalog, now) = (catalog.clone(), scene.clock.now());
    let stored = app.store.write.run(move |db, commit| {
        Box::pin(async move {
            settings::set(db, settings::CURRENCY, Currency::CNY.as_str().as_bytes()).await?;
            catalog.put(db, commit, now).await
        })
    });
    Ok(stored.await?)
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
