//! The connection to the ERP that a company has already.
//!
//! Orders go there by the decider, like to the embedded ERP. What comes from there comes like any
//! file that the office imports: as operations of the server's own device, checked row by row, so
//! that a conflict with what a rep wrote is visible like any other.

mod bring;
mod settings;
mod tables;

use std::sync::Mutex;
use std::time::Duration;

use roundsman_core::time::Timestamp;
use roundsman_erp::Tryton;
use roundsman_erp::tryton::{Fault, Found};
use roundsman_store::Store;
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

pub use settings::ErpSettings;
pub use tables::Sheet;

use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::exchange::Imports;

/// Between two looks at what became of orders.
const FOLLOW_EVERY: Duration = Duration::from_secs(15);
/// Looks at orders for each reading of everything else.
const FOLLOWS_A_PULL: u32 = 8;

/// Keeps a connected ERP and this server together.
pub struct Connector {
    store: Store,
    imports: Imports,
    clock: Clock,
    tryton: Tryton,
    settings: ErpSettings,
    health: Mutex<Health>,
}

/// How the connection does.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// When everything was last read from there.
    pub pulled_at: Option<Timestamp>,
    /// When orders were last followed there.
    pub followed_at: Option<Timestamp>,
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
        Self { store, imports, clock, tryton, settings, health: Mutex::default() }
    }

    /// Where it is connected to.
    #[must_use]
    pub fn settings(&self) -> &ErpSettings {
        &self.settings
    }

    /// How it does.
    #[must_use]
    pub fn health(&self) -> Health {
        self.health.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Reads and follows until `stop`.
    pub async fn run(&self, stop: CancellationToken) {
        let mut follows = 0;
        loop {
            let done = if follows % FOLLOWS_A_PULL == 0 {
                self.pull().await.map(|_| ())
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
        let news = self.tryton.follow(now).await.map_err(unreachable);
        self.note(news, |health| health.followed_at = Some(now))
    }

    /// Reads everything and takes in what is new.
    ///
    /// # Errors
    /// When Tryton or the database refuses.
    pub async fn pull(&self) -> Result<Brought> {
        let brought = async {
            let found = self.look().await?;
            self.bring(&found).await
        };
        let brought = brought.await;
        let now = self.clock.now();
        let brought = self.note(brought, |health| health.pulled_at = Some(now))?;
        if !brought.rows.is_empty() {
            tracing::info!(rows = ?brought.rows, refused = brought.refused, "Tryton has news");
        }
        self.follow().await?;
        Ok(brought)
    }

    /// What is there. Nothing is written.
    ///
    /// # Errors
    /// When Tryton refuses.
    pub async fn look(&self) -> Result<Found> {
        self.tryton.pull_all(self.clock.today()).await.map_err(unreachable)
    }

    fn note<T>(&self, done: Result<T>, well: impl FnOnce(&mut Health)) -> Result<T> {
        let mut health = self.health.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
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
