//! The clock and randomness of a test device.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};
use roundsman_core::id::Entropy;
use roundsman_core::time::Timestamp;
use roundsman_replica::Host;

/// By how much a device's clock is wrong; a copy moves the same clock.
#[derive(Debug, Clone, Default)]
pub struct Skew(Arc<AtomicI64>);

impl Skew {
    /// From now on the clock is this many milliseconds ahead of the true time.
    pub fn set(&self, ahead_ms: i64) {
        self.0.store(ahead_ms, Ordering::Relaxed);
    }
}

/// The system's clock, moved by so much, and the system's randomness.
pub struct DeviceHost {
    skew: Skew,
    random: StdRng,
}

impl DeviceHost {
    /// A device whose clock is wrong by so many milliseconds.
    #[must_use]
    pub fn skewed(skew_ms: i64) -> Self {
        let skew = Skew::default();
        skew.set(skew_ms);
        Self::with(skew)
    }

    /// Its clock, to move it.
    #[must_use]
    pub fn skew(&self) -> Skew {
        self.skew.clone()
    }

    /// A device whose clock can be moved.
    #[must_use]
    pub fn with(skew: Skew) -> Self {
        Self { skew, random: StdRng::from_os_rng() }
    }
}

impl Default for DeviceHost {
    fn default() -> Self {
        Self::skewed(0)
    }
}

impl Entropy for DeviceHost {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.random.fill_bytes(bytes);
    }
}

impl Host for DeviceHost {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        Timestamp(now.saturating_add(self.skew.0.load(Ordering::Relaxed)))
    }

    fn offset_minutes(&self) -> i16 {
        480
    }
}
