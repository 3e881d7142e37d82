//! The clock and randomness of a test device.

use std::time::{SystemTime, UNIX_EPOCH};

use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};
use roundsman_core::id::Entropy;
use roundsman_core::time::Timestamp;
use roundsman_replica::Host;

/// The system's clock, moved by so much, and the system's randomness.
pub struct DeviceHost {
    /// Milliseconds by which the device's clock is wrong.
    pub skew_ms: i64,
    random: StdRng,
}

impl DeviceHost {
    /// A device whose clock is wrong by so many milliseconds.
    #[must_use]
    pub fn skewed(skew_ms: i64) -> Self {
        Self { skew_ms, random: StdRng::from_os_rng() }
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
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX).saturating_add(self.skew_ms))
    }

    fn offset_minutes(&self) -> i16 {
        480
    }
}
