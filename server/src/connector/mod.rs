//! The connection to the ERP that a company has already.
//!
//! Orders go there by the decider, like to the embedded ERP. What comes from there comes like any
//! file that the office imports: as operations of the server's own device, checked row by row, so
//! that a conflict with what a rep wrote is visible like any other.

mod bring;
mod compare;
mod give;
mod preview;
mod settings;
mod slot;
mod tables;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use roundsman_core::time::Timestamp;
use roundsman_erp::Tryton;
use roundsman_erp::tryton::{Fault, Found};
use roundsman_store::Store;
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

pub use compare::{Difference, Subject};
pub use preview::{ErpPreview, ErpSheet};
pub use settings::ErpSettings;
pub use slot::Slot;
pub use tables::Sheet;

use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::exchange::Imports;

/// Between two looks at what became of orders.
const FOLLOW_EVERY: Duration = Duration::from_secs(15);
/// Looks at orders for each reading of everything else.
const FOLLOWS_A_PULL: u32 = 8;
/// Looks at orders until both sides are compared, and what was refused is tried again: about an hour.
const FOLLOWS_A_COMPARISON: u32 = 240;
/// Differences that are kept to be shown: against an ERP that was just connected there may be thousands.
const DIFFERENCES_MAX: usize = 100;

/// Keeps a connected ERP and this server together.
pub struct Connector {
    store: Store,
    imports: Imports,
    clock: Clock,
    tryton: Tryton,
    settings: ErpSettings,
    health: Mutex<Health>,
    /// Whoever reads, be it a person or the clock, waits for their turn: what is new is new once.
    reading: tokio::sync::Mutex<()>,
}

/// How the connection does.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// When everything was last read from there.
    pub pulled_at: Option<Timestamp>,
    /// When orders were last followed there.
    pub followed_at: Option<Timestamp>,
    /// When both sides were last compared.
    pub compared_at: Option<Timestamp>,
    /// How much was different then.
    pub different: usize,
    /// The first of it, orders before everything else.
    pub differences: Vec<Difference>,
    /// What went wrong at the last attempt; none when nothing did.
    pub failure: Option<String>,
}

/// What a reading brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Brought {
    /// Rows that were new or had changed there, by kind.
    pub rows: Vec<(&'static str, usize)>,
    /// Rows that could not be taken in; the list of imports says why.
    pub refused: u32,
}

impl Connector {
    /// Keeps them together; nothing is read yet.
    #[must_use]
    pub fn new(
        store: Store,
        imports: Imports,
        clock: Clock,
        tryton: Tryton,
        settings: ErpSettings,
    ) -> Self {
        Self {
            store,
            imports,
            clock,
            tryton,
            settings,
            health: Mutex::default(),
            reading: tokio::sync::Mutex::default(),
        }
    }

    /// Where it is connected to.
    #[must_use]
    pub fn settings(&self) -> &ErpSettings {
        &self.settings
    }

    /// How it does.
    #[must_use]
    pub fn health(&self) -> Health {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads and follows until `stop`.
    pub async fn run(&self, stop: CancellationToken) {
        let mut follows = 0;
        loop {
            let done = if follows % FOLLOWS_A_PULL == 0 {
                self.pull(follows % FOLLOWS_A_COMPARISON == 0).await.map(|_| ())
            } else {
                self.follow().await.map(|_| ())
            };
            // What failed is tried again at once when it is due, whichever it was.
            follows = if done.is_ok() { follows + 1 } else { 0 };
            if stop.run_until_cancelled(tokio::time::sleep(FOLLOW_EVERY)).await.is_none() {
                return;
            }
        }
    }

    /// Looks what became of orders; gives of how many there was news.
    ///
    /// # Errors
    /// When Tryton or the database refuses.
    pub async fn follow(&self) -> Result<usize> {
        let now = self.clock.now();
        let news = self.follow_and_count(now, false).await;
        self.note(news, |health| health.followed_at = Some(now))
    }

    /// What left the warehouse is reserved no more, and what is on an invoice is owed: both are
    /// counted before anything else is promised.
    async fn follow_and_count(&self, now: Timestamp, always: bool) -> Result<usize> {
        let turn = self.tryton.turn().await;
        let news = self.tryton.follow(now).await.map_err(unreachable)?;
        if news > 0 || always {
            self.count(&turn).await?;
        }
        Ok(news)
    }

    /// Reads everything and takes in what is new, and tells there what is new here. `thorough`: also
    /// what was refused before, and both sides are compared.
    ///
    /// # Errors
    /// When Tryton or the database refuses.
    pub async fn pull(&self, thorough: bool) -> Result<Brought> {
        let _reading = self.reading.lock().await;
        let now = self.clock.now();
        let done = self.exchange(thorough).await;
        let well = |health: &mut Health| {
            health.pulled_at = Some(now);
            health.followed_at = Some(now);
        };
        let (brought, differences) = self.note(done, well)?;
        if let Some(mut differences) = differences {
            let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
            health.compared_at = Some(now);
            health.different = differences.len();
            differences.truncate(DIFFERENCES_MAX);
            health.differences = differences;
        }
        if !brought.rows.is_empty() {
            tracing::info!(rows = ?brought.rows, refused = brought.refused, "Tryton has news");
        }
        Ok(brought)
    }

    async fn exchange(&self, thorough: bool) -> Result<(Brought, Option<Vec<Difference>>)> {
        let mut found = self.look().await?;
        let refused = self.give_corrections(&mut found).await?;
        let brought = self.bring(&found, thorough).await?;
        self.give_visits().await?;
        self.follow_and_count(self.clock.now(), true).await?;
        if !thorough {
            return Ok((brought, None));
        }
        let differences = self.compare(&found).await?;
        Ok((brought, Some([refused, differences].concat())))
    }

    /// What is there. Nothing is written.
    ///
    /// # Errors
    /// When Tryton refuses.
    pub async fn look(&self) -> Result<Found> {
        self.tryton.pull_all().await.map_err(unreachable)
    }

    fn note<T>(&self, done: Result<T>, well: impl FnOnce(&mut Health)) -> Result<T> {
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        match &done {
            Ok(_) => {
                well(&mut health);
                health.failure = None;
            }
            Err(error) => {
                if health.failure.is_none() {
                    tracing::warn!(%error, "Tryton cannot be read; trying again");
                }
                health.failure = Some(error.to_string());
            }
        }
        done
    }
}

fn unreachable(fault: Fault) -> Error {
    Error::internal(fault)
}
