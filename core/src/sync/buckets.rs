//! A channel's elements in 256 buckets, by which two sides find out where they differ.

use super::Digest;
use crate::id::ItemId;

/// Buckets of a channel.
pub const BUCKETS: usize = 256;
/// Bytes that are compared of each bucket's sum.
const SUM_BYTES: usize = 8;

/// The sums of the buckets.
#[derive(Debug, Clone)]
pub struct Buckets(Vec<Digest>);

impl Default for Buckets {
    fn default() -> Self {
        Self(vec![Digest::default(); BUCKETS])
    }
}

/// The bucket an item is in: the last byte of its id, which is random in every kind of id.
#[must_use]
pub fn bucket_of(item: ItemId) -> u8 {
    item.id.as_bytes()[15]
}

impl Buckets {
    /// Adds an item's element to its bucket.
    pub fn add(&mut self, item: ItemId, element: &[u8; 32]) {
        if let Some(sum) = self.0.get_mut(usize::from(bucket_of(item))) {
            sum.add(element);
        }
    }

    /// The first 8 bytes of each sum, one after another.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|sum| sum.0[..SUM_BYTES].to_vec()).collect()
    }

    /// The numbers of the buckets that differ from the other side's; none when its bytes are not
    /// sums of 256 buckets.
    #[must_use]
    pub fn differing(&self, theirs: &[u8]) -> Option<Vec<u8>> {
        if theirs.len() != BUCKETS * SUM_BYTES {
            return None;
        }
        let pairs = (0..=u8::MAX).zip(self.0.iter().zip(theirs.chunks_exact(SUM_BYTES)));
        Some(pairs.filter(|(_, (own, it))| own.0[..SUM_BYTES] != **it).map(|(n, _)| n).collect())
    }
}
