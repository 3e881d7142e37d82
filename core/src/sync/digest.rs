//! Set digests: 32 bytes that agree when both sides hold the same items.
//!
//! The digest of a channel is the sum modulo 2²⁵⁶ of one element per item, so an item enters or
//! leaves it in constant time. Elements cover admitted heads only; pending edits never disturb it.

use sha2::{Digest as _, Sha256};

use super::Channel;
use crate::id::ItemId;

/// SHA-256.
#[must_use]
pub fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The sum of the elements of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Adds an element.
    pub fn add(&mut self, element: &[u8; 32]) {
        let mut carry = 0u16;
        for (sum, byte) in self.0.iter_mut().zip(element) {
            let total = u16::from(*sum) + u16::from(*byte) + carry;
            *sum = total.to_le_bytes()[0];
            carry = total >> 8;
        }
    }

    /// Removes an element that was added before.
    pub fn remove(&mut self, element: &[u8; 32]) {
        let mut borrow = 0i16;
        for (sum, byte) in self.0.iter_mut().zip(element) {
            let difference = i16::from(*sum) - i16::from(*byte) - borrow;
            *sum = difference.to_le_bytes()[0];
            borrow = i16::from(difference < 0);
        }
    }

    /// Reads 32 stored bytes.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

/// The element of a document: its channel, id and sorted admitted heads.
#[must_use]
pub fn document_element(channel: Channel, item: ItemId, heads: &[[u8; 32]]) -> [u8; 32] {
    let mut sorted = heads.to_vec();
    sorted.sort_unstable();
    element(b"document", channel, item, &sorted.concat())
}

/// The element of a record: its channel, id and the hash of its bytes.
#[must_use]
pub fn record_element(channel: Channel, item: ItemId, record_hash: &[u8; 32]) -> [u8; 32] {
    element(b"record", channel, item, record_hash)
}

fn element(domain: &[u8], channel: Channel, item: ItemId, state: &[u8]) -> [u8; 32] {
    let mut sha = Sha256::new();
    sha.update(domain);
    sha.update([0]);
    sha.update(channel.to_string());
    sha.update([0]);
    sha.update(item.to_bytes());
    sha.update(state);
    sha.finalize().into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn removing_undoes_adding_in_any_order(elements: Vec<[u8; 32]>, other: [u8; 32]) {
            let mut digest = Digest::default();
            digest.add(&other);
            for element in &elements {
                digest.add(element);
            }
            for element in elements.iter().rev() {
                digest.remove(element);
            }
            let mut alone = Digest::default();
            alone.add(&other);
            prop_assert_eq!(digest, alone);
        }
    }

    #[test]
    fn heads_count_as_a_set() {
        let item = ItemId::new(crate::id::ItemKind::Order, uuid::Uuid::from_u128(1));
        let (a, b) = ([1; 32], [2; 32]);
        assert_eq!(
            document_element(Channel::Catalog, item, &[a, b]),
            document_element(Channel::Catalog, item, &[b, a])
        );
    }
}
