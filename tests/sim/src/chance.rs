//! Chance, from the seed: each part has a stream of its own, so that one more device does not shift
//! what happens to the others.

use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use roundsman_core::sync::hash;

/// A stream of chance.
#[derive(Debug, Clone)]
pub struct Chance(ChaCha8Rng);

impl Chance {
    /// The stream of this part of a run.
    #[must_use]
    pub fn new(seed: u64, part: &str, number: u64) -> Self {
        let name = format!("{seed}/{part}/{number}");
        Self(ChaCha8Rng::from_seed(hash(name.as_bytes())))
    }

    /// Below `end`, which must not be 0.
    pub fn below(&mut self, end: u32) -> u32 {
        let wide = u64::from(self.0.next_u32()) * u64::from(end);
        (wide >> 32) as u32
    }

    /// From `from` up to and including `to`.
    pub fn between(&mut self, from: i64, to: i64) -> i64 {
        let span = u64::try_from(to - from).unwrap_or(0) + 1;
        from + (self.0.next_u64() % span) as i64
    }

    /// Once in so many times.
    pub fn one_in(&mut self, times: u32) -> bool {
        self.below(times.max(1)) == 0
    }

    /// In so many of a hundred cases.
    pub fn percent(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// One of these, which must not be none.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u32) as usize]
    }

    /// Any number.
    pub fn any(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Random bytes.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }

    /// As `rand` knows it.
    pub fn rng(&mut self) -> &mut dyn RngCore {
        &mut self.0
    }
}
