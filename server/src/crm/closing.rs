//! When visits and orders are closed. These are the rules; decision 38 has their reasons.
//!
//! | document | is closed |
//! |---|---|
//! | visit | when it is finished and nothing of it was admitted for 7 days |
//! | order that was declined | 7 days after that decision |
//! | order that was accepted, also with changes | 28 days after that decision |
//! | order that is held, countered or not decided | never |
//! | order that was changed or called off after the signature | not yet |
//!
//! An order also rests that long after the last of its changes was admitted. Nothing is closed as
//! long as an entry on it waits for the office. Whatever is admitted later opens it again, and the
//! same time begins anew. Once deliveries and payments are here, an accepted order is closed when it
//! is delivered and paid.

use std::time::Duration;

use roundsman_core::time::Timestamp;
use roundsman_store::closing::{self, Before};
use roundsman_store::{Error, Store};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::error::Result;
use crate::hub::CHANGES_MAX;

const DAY_MS: i64 = 86_400_000;
/// Documents that are closed in one commit: small enough that nobody waits for it.
const AT_ONCE: u32 = 50;
/// Entries that wait for the office at most; with more, nothing is closed until they are judged.
const HELD_MAX: usize = 2_000;
/// The pause when nothing more is due.
const PAUSE: Duration = Duration::from_secs(60);
/// The pause between two commits: others write, too.
const BREATH: Duration = Duration::from_millis(200);

/// How long documents rest before they are closed.
#[derive(Debug, Clone, Copy)]
pub struct Ages {
    /// A finished visit.
    pub visit_ms: i64,
    /// An order that was declined.
    pub declined_ms: i64,
    /// An order that was accepted.
    pub accepted_ms: i64,
}

impl Ages {
    /// Those of the rules.
    pub const RULES: Self =
        Self { visit_ms: 7 * DAY_MS, declined_ms: 7 * DAY_MS, accepted_ms: 28 * DAY_MS };

    fn before(self, now: Timestamp) -> Before {
        Before {
            visit: now.plus_millis(-self.visit_ms),
            declined: now.plus_millis(-self.declined_ms),
            accepted: now.plus_millis(-self.accepted_ms),
        }
    }
}

/// Closes what is due.
pub struct Closer {
    store: Store,
    clock: Clock,
    ages: Ages,
}

impl Closer {
    /// A closer that lets documents rest this long.
    #[must_use]
    pub fn new(store: Store, clock: Clock, ages: Ages) -> Self {
        Self { store, clock, ages }
    }

    /// Closes what is due until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut pause = Duration::ZERO;
        while stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_some() {
            pause = match self.close_due().await {
                Ok(0) => PAUSE,
                Ok(_) => BREATH,
                Err(error) => {
                    tracing::error!(%error, "documents could not be closed");
                    PAUSE
                }
            };
        }
    }

    /// Closes some of what is due; how many.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn close_due(&self) -> Result<usize> {
        let now = self.clock.now();
        let before = self.ages.before(now);
        let mut db = self.store.read.acquire().await.map_err(Error::from)?;
        let anything = !closing::due(&mut db, before, &[], 1).await?.is_empty();
        drop(db);
        let read = &self.store.read;
        let held = if anything { closing::held(read, HELD_MAX, CHANGES_MAX).await? } else { None };
        let Some(held) = held else { return Ok(0) };
        let close = self.store.write.run(move |db, commit| {
            Box::pin(async move {
                let mut closed = 0;
                for item in closing::due(db, before, &held, AT_ONCE).await? {
                    closed += usize::from(closing::close(db, commit, item, now).await?);
                }
                Ok(closed)
            })
        });
        Ok(close.await?)
    }
}
