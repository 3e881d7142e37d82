//! What the replica asks of where it runs.

use roundsman_core::id::Entropy;
use roundsman_core::time::Timestamp;

/// The clock and the randomness of the device.
pub trait Host: Entropy {
    /// Now, by the device's clock.
    fn now(&self) -> Timestamp;
    /// Minutes east of UTC on the device.
    fn offset_minutes(&self) -> i16;
}
