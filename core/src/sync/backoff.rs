//! When to try again: later and later, and never all together.

use crate::id::Entropy;

/// The first wait in milliseconds, at most.
const FIRST_MS: u64 = 500;
/// The longest wait in milliseconds.
const LONGEST_MS: u64 = 60_000;

/// Milliseconds to wait before this attempt (0 is the first after a line that worked).
/// Full jitter: anything up to a bound that doubles.
pub fn wait_ms(attempt: u32, entropy: &mut dyn Entropy) -> u64 {
    let bound = FIRST_MS.saturating_mul(1 << attempt.min(7)).min(LONGEST_MS);
    let mut random = [0u8; 8];
    entropy.fill(&mut random);
    u64::from_be_bytes(random) % bound + bound / 10
}
