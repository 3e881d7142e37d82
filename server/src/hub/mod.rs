//! The sync endpoint: journals come up and are judged, channels go down.
//!
//! [`host`] hosts one line's state machine, which lives in the core; [`socket`] carries its frames.
//! What a line stored is judged beside it by [`Hub`], so that a receipt never waits for a judgement.

mod admission;
mod again;
pub mod change;
mod compress;
mod docket;
mod facts;
mod greeting;
pub mod host;
mod lines;
mod load;
mod new_customer;
mod pages;
mod quarantine;
mod restored;
mod shared;
pub mod socket;
mod subject;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use roundsman_core::id::DeviceId;
use roundsman_store::{Store, epochs, journal};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::config::Config;
use crate::error::Result;
use crate::metrics::Metrics;

pub(crate) use docket::{Arrival, CHANGES_MAX, Case, Docket, Source};
pub(crate) use new_customer::open_account;
pub use quarantine::{decline, release};

use self::compress::Histories;
use self::lines::Lines;
use self::load::Load;
use self::shared::Shared;

/// The pause before entries that could not be judged are tried again: nobody else would.
const RETRY: Duration = Duration::from_secs(5);

/// Devices whose entries are judged at the same time.
const AT_ONCE: usize = 8;

/// What all lines share.
#[derive(Clone)]
pub struct Hub {
    store: Store,
    clock: Clock,
    lines: Arc<Lines>,
    shared: Arc<Shared>,
    histories: Histories,
    /// What serves the lines: it ends after them, and before the server does.
    pub(crate) serving: TaskTracker,
    /// Devices with entries that nobody has judged, in the order in which they came.
    due: Arc<Mutex<VecDeque<DeviceId>>>,
    more: Arc<Notify>,
    load: Arc<Load>,
    metrics: Arc<Metrics>,
}

impl Hub {
    /// A hub that knows what a process that went down left unjudged.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn open(
        store: Store,
        clock: Clock,
        config: &Config,
        metrics: Arc<Metrics>,
    ) -> Result<Self> {
        let (first, now) = (clock.random(), clock.now());
        let begun = store
            .write
            .run(move |db, _| Box::pin(async move { epochs::open(db, first, now).await }));
        begun.await?;
        let unjudged = journal::unjudged_count(&store.read).await?;
        let load = Arc::new(Load::new(unjudged, config.unjudged_max, config.writer_queue_max));
        let hub = Self {
            store,
            clock,
            lines: Arc::default(),
            shared: Arc::default(),
            histories: Histories::default(),
            serving: TaskTracker::new(),
            due: Arc::default(),
            more: Arc::default(),
            load,
            metrics,
        };
        again::after_update(&hub.store, &hub.clock).await?;
        for device in journal::devices_behind(&hub.store.read).await? {
            hub.judge(device);
        }
        Ok(hub)
    }

    /// Has this device's entries judged, beside whatever the caller goes on to do.
    pub(crate) fn judge(&self, device: DeviceId) {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        if !due.contains(&device) {
            due.push_back(device);
        }
        self.more.notify_one();
    }

    /// Notes that so many entries of a device are on disk, and has them judged.
    fn stored(&self, device: DeviceId, entries: u64) {
        self.load.stored(entries);
        self.metrics.stored.inc_by(entries);
        self.judge(device);
    }

    /// In how many milliseconds a device should come again with its entries, when there is too
    /// much to do.
    fn too_busy(&self) -> Option<u32> {
        self.load.too_busy(&self.store.write, &self.clock)
    }

    /// Lines that are open, and entries that wait to be judged.
    #[must_use]
    pub fn load(&self) -> (u64, u64) {
        (self.lines.count(), self.load.unjudged())
    }

    /// Judges what is due until the token is cancelled: entries of several devices at once, so that
    /// they share a commit.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            let turns = (0..AT_ONCE).map(|_| {
                let hub = self.clone();
                tokio::spawn(async move { hub.judge_next().await })
            });
            let mut rest = true;
            for judged in join_all(turns).await {
                match judged {
                    Ok(Ok(false)) => {}
                    Ok(Err(roundsman_store::Error::Stopped)) => return,
                    // What went wrong was logged where it happened.
                    _ => rest = false,
                }
            }
            if rest {
                tokio::select! {
                    () = self.more.notified() => {}
                    () = stop.cancelled() => return,
                }
            }
        }
    }

    /// Judges some entries of the device that waits longest; false when nothing is due.
    ///
    /// # Errors
    /// When the database refuses; the device is then due again after a while.
    pub async fn judge_next(&self) -> roundsman_store::Result<bool> {
        let next = self.due.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let Some(device) = next else { return Ok(false) };
        match admission::judge_some(&self.store, &self.clock, device).await {
            Ok(Some(judged)) => {
                self.load.judged(judged.admitted + judged.quarantined);
                self.metrics.admitted.inc_by(judged.admitted);
                self.metrics.quarantined.inc_by(judged.quarantined);
                self.judge(device);
            }
            Ok(None) => again::after_return(&self.store, &self.clock).await?,
            Err(error) => {
                tracing::error!(%device, %error, "entries could not be judged; trying again");
                self.judge_later(device);
                return Err(error);
            }
        }
        Ok(true)
    }

    fn judge_later(&self, device: DeviceId) {
        let hub = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(RETRY).await;
            hub.judge(device);
        });
    }
}
