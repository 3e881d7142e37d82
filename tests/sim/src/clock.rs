//! Virtual time, and the clocks that show it: the server's, and those of devices, which are wrong.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use roundsman_core::id::Entropy;
use roundsman_core::time::Timestamp;
use roundsman_replica::Host;
use roundsman_server::clock::Source;

use crate::chance::Chance;

/// A Monday morning.
pub const BEGIN: i64 = 1_795_390_200_000;
/// Minutes east of UTC, for everybody.
const OFFSET_MINUTES: i16 = 480;

/// What time it really is.
#[derive(Clone, Debug)]
pub struct Time(Arc<AtomicI64>);

impl Default for Time {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(BEGIN)))
    }
}

impl Time {
    /// Now, in milliseconds.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Time only goes forward.
    pub fn set(&self, now: i64) {
        self.0.fetch_max(now, Ordering::Relaxed);
    }
}

/// The server's clock and randomness.
pub struct ServerClock {
    time: Time,
    chance: Mutex<Chance>,
}

impl ServerClock {
    /// A clock that is right.
    #[must_use]
    pub fn new(time: Time, chance: Chance) -> Self {
        Self { time, chance: Mutex::new(chance) }
    }
}

impl Source for ServerClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.time.now())
    }

    fn offset_minutes(&self, _: Timestamp) -> i16 {
        OFFSET_MINUTES
    }

    fn fill(&self, bytes: &mut [u8]) {
        self.chance.lock().unwrap_or_else(PoisonError::into_inner).fill(bytes);
    }
}

/// A device's clock, which people and bad batteries set.
#[derive(Clone)]
pub struct DeviceClock {
    time: Time,
    wrong_ms: Arc<AtomicI64>,
    chance: Arc<Mutex<Chance>>,
}

impl DeviceClock {
    /// A clock that is wrong by so much.
    #[must_use]
    pub fn new(time: Time, wrong_ms: i64, chance: Chance) -> Self {
        Self {
            time,
            wrong_ms: Arc::new(AtomicI64::new(wrong_ms)),
            chance: Arc::new(Mutex::new(chance)),
        }
    }

    /// Somebody sets it.
    pub fn set(&self, wrong_ms: i64) {
        self.wrong_ms.store(wrong_ms, Ordering::Relaxed);
    }
}

impl Entropy for DeviceClock {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.chance.lock().unwrap_or_else(PoisonError::into_inner).fill(bytes);
    }
}

impl Host for DeviceClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.time.now() + self.wrong_ms.load(Ordering::Relaxed))
    }

    fn offset_minutes(&self) -> i16 {
        OFFSET_MINUTES
    }
}
