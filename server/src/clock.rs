//! The one place that reads the system's clock, time zone and randomness.

use std::fmt;
use std::sync::Arc;

use roundsman_core::id::{Entropy, uuid_v7};
use roundsman_core::time::{Day, Timestamp};
use uuid::Uuid;

/// Where time and randomness come from: the system, or a test that says what time it is.
pub trait Source: Send + Sync {
    /// The instant.
    fn now(&self) -> Timestamp;
    /// Minutes east of UTC at that instant, where the office is.
    fn offset_minutes(&self, at: Timestamp) -> i16;
    /// Fills the slice with randomness.
    fn fill(&self, bytes: &mut [u8]);
}

/// Time and randomness, handed to whoever needs them. Cloning is cheap.
#[derive(Clone)]
pub struct Clock(Arc<dyn Source>);

impl Clock {
    /// The system's.
    #[must_use]
    pub fn system() -> Self {
        Self::new(System)
    }

    /// Another source.
    #[must_use]
    pub fn new(source: impl Source + 'static) -> Self {
        Self(Arc::new(source))
    }

    /// The instant.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.now()
    }

    /// The day in the office.
    #[must_use]
    pub fn today(&self) -> Day {
        let now = self.now();
        now.day(self.0.offset_minutes(now))
    }

    /// Minutes east of UTC, now.
    #[must_use]
    pub fn offset_minutes(&self) -> i16 {
        self.0.offset_minutes(self.now())
    }

    /// Minutes east of UTC, at that instant.
    #[must_use]
    pub fn offset_minutes_at(&self, at: Timestamp) -> i16 {
        self.0.offset_minutes(at)
    }

    /// When this day begins in the office.
    #[must_use]
    pub fn begin_of(&self, day: Day) -> Timestamp {
        day.begins(self.0.offset_minutes(day.begins(0)))
    }

    /// Random bytes.
    #[must_use]
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill(&mut bytes);
        bytes
    }

    /// A new id.
    #[must_use]
    pub fn new_id(&self) -> Uuid {
        uuid_v7(self.now(), &mut self.clone())
    }
}

impl Entropy for Clock {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill(bytes);
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

struct System;

impl Source for System {
    fn now(&self) -> Timestamp {
        let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Timestamp(since_1970.map_or(0, |it| i64::try_from(it.as_millis()).unwrap_or(i64::MAX)))
    }

    fn offset_minutes(&self, at: Timestamp) -> i16 {
        let zone = jiff::tz::TimeZone::system();
        let instant = jiff::Timestamp::from_millisecond(at.millis()).unwrap_or_default();
        i16::try_from(zone.to_offset(instant).seconds() / 60).unwrap_or(0)
    }

    #[expect(clippy::expect_used, reason = "a server without randomness must not hand out tokens")]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the system has randomness");
    }
}
