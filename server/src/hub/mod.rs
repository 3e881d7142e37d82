//! The sync endpoint: journals come up and are judged, channels go down.
//!
//! [`socket`] hosts one line's state machine, which lives in the core. What a line stored is judged
//! beside it by [`Hub`], so that a receipt never waits for a judgement.

mod admission;
mod change;
mod docket;
mod greeting;
mod lines;
mod new_customer;
mod quarantine;
pub mod socket;
mod subject;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use roundsman_core::id::DeviceId;
use roundsman_store::{Store, journal};

use crate::clock::Clock;
use crate::error::Result;

pub(crate) use docket::{Docket, Source};
pub use quarantine::{decline, release};

use self::lines::Lines;

/// The pause before entries that could not be judged are tried again: nobody else would.
const RETRY: Duration = Duration::from_secs(30);

/// What all lines share.
#[derive(Clone)]
pub struct Hub {
    store: Store,
    clock: Clock,
    lines: Arc<Lines>,
    /// Devices whose entries are being judged; true: more came meanwhile.
    judging: Arc<Mutex<BTreeMap<DeviceId, bool>>>,
}

impl Hub {
    /// Starts judging what a process that went down left unjudged.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn start(store: Store, clock: Clock) -> Result<Self> {
        let hub = Self { store, clock, lines: Arc::default(), judging: Arc::default() };
        for device in journal::devices_behind(&hub.store.read).await? {
            hub.judge(device);
        }
        Ok(hub)
    }

    /// Judges what this device stored, beside whatever the caller goes on to do.
    pub(crate) fn judge(&self, device: DeviceId) {
        let mut judging = self.judging.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(more) = judging.get_mut(&device) {
            *more = true;
            return;
        }
        judging.insert(device, false);
        let hub = self.clone();
        tokio::spawn(async move { hub.judge_all(device).await });
    }

    async fn judge_all(&self, device: DeviceId) {
        loop {
            match admission::judge_some(&self.store, &self.clock, device).await {
                Ok(true) => continue,
                Ok(false) if self.rest(device) => return,
                Ok(false) => continue,
                Err(roundsman_store::Error::Stopped) => return,
                Err(error) => {
                    tracing::error!(%device, %error, "entries could not be judged; trying again");
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
    }

    /// Stops judging, unless more came meanwhile.
    fn rest(&self, device: DeviceId) -> bool {
        let mut judging = self.judging.lock().unwrap_or_else(PoisonError::into_inner);
        let more = judging.insert(device, false).unwrap_or(false);
        if !more {
            judging.remove(&device);
        }
        !more
    }
}
