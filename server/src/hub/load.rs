//! How much waits, and when it is too much to take more.

use std::sync::atomic::{AtomicU64, Ordering};

use roundsman_store::Writer;

use crate::clock::Clock;

/// What a device is asked to wait at least, in milliseconds; and how much more at most, so that
/// not all come back together.
const RETRY_MS: u32 = 1_000;
const SPREAD_MS: u32 = 4_000;

/// What waits, and how much of it may.
#[derive(Debug)]
pub(super) struct Load {
    /// Entries that were stored and not judged.
    unjudged: AtomicU64,
    unjudged_max: u64,
    /// Jobs that may wait for a commit.
    jobs_max: usize,
}

impl Load {
    pub(super) fn new(unjudged: u64, unjudged_max: u64, jobs_max: usize) -> Self {
        Self { unjudged: AtomicU64::new(unjudged), unjudged_max, jobs_max }
    }

    pub(super) fn unjudged(&self) -> u64 {
        self.unjudged.load(Ordering::Relaxed)
    }

    pub(super) fn stored(&self, entries: u64) {
        self.unjudged.fetch_add(entries, Ordering::Relaxed);
    }

    pub(super) fn judged(&self, entries: u64) {
        // What the office recorded was never counted as stored.
        let less = |waiting: u64| Some(waiting.saturating_sub(entries));
        let _ = self.unjudged.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }

    /// In how many milliseconds a device should come again, when there is too much to do.
    pub(super) fn too_busy(&self, writer: &Writer, clock: &Clock) -> Option<u32> {
        let busy = self.unjudged() >= self.unjudged_max || writer.waiting() >= self.jobs_max;
        busy.then(|| RETRY_MS + u32::from_be_bytes(clock.random()) % SPREAD_MS)
    }
}
