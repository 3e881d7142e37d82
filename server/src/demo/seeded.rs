//! Time that the generator sets, chance from a seed: the same seed makes the same company.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use roundsman_core::time::{Day, Timestamp};

use crate::clock::{Clock, Source};

/// The clock of a company whose past is written.
#[derive(Clone)]
pub struct Scene {
    /// What stands for time and chance.
    pub clock: Clock,
    now_ms: Arc<AtomicI64>,
}

impl Scene {
    /// Begins now, by this clock.
    pub fn new(clock: &Clock, seed: u64) -> Self {
        let now_ms = Arc::new(AtomicI64::new(clock.now().millis()));
        let random = Mutex::new(StdRng::seed_from_u64(seed));
        let seeded = Seeded { clock: clock.clone(), now_ms: now_ms.clone(), random };
        Self { clock: Clock::new(seeded), now_ms }
    }

    /// Sets the time.
    pub fn go_to(&self, at: Timestamp) {
        self.now_ms.store(at.millis(), Ordering::Relaxed);
    }

    /// This many minutes after midnight of a day in the office.
    pub fn at(&self, day: Day, minutes: u32) -> Timestamp {
        self.clock.begin_of(day).plus_millis(i64::from(minutes) * 60_000)
    }
}

struct Seeded {
    clock: Clock,
    now_ms: Arc<AtomicI64>,
    random: Mutex<StdRng>,
}

impl Source for Seeded {
    fn now(&self) -> Timestamp {
        Timestamp(self.now_ms.load(Ordering::Relaxed))
    }

    fn offset_minutes(&self, at: Timestamp) -> i16 {
        self.clock.offset_minutes_at(at)
    }

    fn fill(&self, bytes: &mut [u8]) {
        self.random.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(bytes);
    }
}
