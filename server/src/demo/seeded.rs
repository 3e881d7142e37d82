//! Time from a clock, chance from a seed: the same seed makes the same company.

use std::sync::{Mutex, PoisonError};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use roundsman_core::time::Timestamp;

use crate::clock::{Clock, Source};

/// A clock whose randomness follows from a seed.
pub fn seeded(clock: &Clock, seed: u64) -> Clock {
    let random = Mutex::new(StdRng::seed_from_u64(seed));
    Clock::new(Seeded { clock: clock.clone(), random })
}

struct Seeded {
    clock: Clock,
    random: Mutex<StdRng>,
}

impl Source for Seeded {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn offset_minutes(&self, _: Timestamp) -> i16 {
        self.clock.offset_minutes()
    }

    fn fill(&self, bytes: &mut [u8]) {
        self.random.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(bytes);
    }
}
