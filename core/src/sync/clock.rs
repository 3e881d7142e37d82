//! Wrong clocks. A device's clock is corrected and flagged, never trusted and never a reason to
//! refuse: the device moves its own by what the hub's says, and the hub notes which entries were
//! made before the device knew.

use super::Entry;
use crate::time::{DRIFT_MS_MAX, Timestamp};

/// A difference that the way to the hub may explain: such a clock is left alone.
pub(super) const TOLERANCE_MS: i64 = 60_000;

/// What a device has to add to its own clock, in milliseconds, to have the hub's time.
#[must_use]
pub fn correction_ms(own: Timestamp, hub: Timestamp) -> i64 {
    let off = hub.millis().saturating_sub(own.millis());
    if off.saturating_abs() < TOLERANCE_MS { 0 } else { off }
}

/// How far a device's clock was off when its line began. What it records later is stamped with the
/// hub's time, which it has been told by then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LineClock {
    ahead_ms: i64,
    upto: u64,
}

impl LineClock {
    /// Compares what the device said in its first frame, when its journal stood at `upto`.
    #[must_use]
    pub fn new(device: Timestamp, hub: Timestamp, upto: u64) -> Self {
        Self { ahead_ms: device.millis().saturating_sub(hub.millis()), upto }
    }

    /// By how many milliseconds the time of an entry is probably ahead of the true one (negative:
    /// behind); none when nothing is suspicious.
    #[must_use]
    pub fn suspects(&self, entry: &Entry, received_at: Timestamp) -> Option<i64> {
        let measured = if entry.n <= self.upto { self.ahead_ms } else { 0 };
        // Whatever was measured: nothing can arrive before it was made.
        let early = entry.at.timestamp().millis().saturating_sub(received_at.millis());
        let off = if early > DRIFT_MS_MAX { early.max(measured) } else { measured };
        (off.saturating_abs() > DRIFT_MS_MAX).then_some(off)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::time::Hlc;

    const YEAR_MS: i64 = 365 * 86_400_000;
    const NOW: Timestamp = Timestamp(50 * YEAR_MS);

    fn entry(n: u64, at: Timestamp) -> Entry {
        Entry {
            n,
            previous: [0; 32],
            device: Uuid::nil().into(),
            person: Uuid::nil().into(),
            at: Hlc::default().tick(at),
            offset_minutes: 0,
            operation: String::new(),
            version: 1,
            args: vec![],
            changes: vec![],
            rests_on: vec![],
            replaces: None,
        }
    }

    #[test]
    fn what_the_network_explains_is_left_alone() {
        assert_eq!(correction_ms(NOW, NOW.plus_millis(-20_000)), 0);
        assert_eq!(correction_ms(NOW.plus_millis(YEAR_MS), NOW), -YEAR_MS);
        assert_eq!(correction_ms(Timestamp(i64::MIN), Timestamp(i64::MAX)), i64::MAX);
    }

    #[test]
    fn what_was_made_before_the_device_knew_is_suspicious() {
        let behind = LineClock::new(NOW.plus_millis(-2 * YEAR_MS), NOW, 3);
        let made = NOW.plus_millis(-2 * YEAR_MS - 60_000);
        assert_eq!(behind.suspects(&entry(3, made), NOW), Some(-2 * YEAR_MS));
        assert_eq!(behind.suspects(&entry(4, NOW), NOW), None);
    }

    #[test]
    fn nothing_arrives_before_it_was_made() {
        let right = LineClock::new(NOW, NOW, 3);
        assert_eq!(right.suspects(&entry(9, NOW.plus_millis(YEAR_MS)), NOW), Some(YEAR_MS));
        assert_eq!(right.suspects(&entry(3, NOW.plus_millis(-YEAR_MS)), NOW), None);
    }
}
