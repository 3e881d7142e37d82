//! Where a page of a channel ended that is not the end of a commit.

use minicbor::{Decode, Encode};

use crate::id::ItemId;

/// A place between two commits of a channel. Only the hub reads it: a device keeps it beside its
/// cursor, compares it and gives it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Part(
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub [u8; 1 + ItemId::LEN],
);

/// What the hub means by a [`Part`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Before the first commit: so many of the things that a person needs first have been sent.
    Early(u32),
    /// Of the next commit, everything up to this item has been sent; none: nothing of it yet.
    Within(Option<ItemId>),
}

const EARLY: u8 = 0;
const WITHIN: u8 = 1;

impl Part {
    /// What is meant; none for bytes that this hub never wrote.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        let (tag, rest) = self.0.split_first()?;
        match *tag {
            EARLY => {
                let (count, _) = rest.split_first_chunk::<4>()?;
                Some(Place::Early(u32::from_be_bytes(*count)))
            }
            WITHIN if rest.iter().all(|byte| *byte == 0) => Some(Place::Within(None)),
            WITHIN => ItemId::from_bytes(rest).map(|item| Place::Within(Some(item))),
            _ => None,
        }
    }

    /// Whether it stands before the first commit.
    #[must_use]
    pub fn is_early(&self) -> bool {
        matches!(self.place(), Some(Place::Early(_)))
    }
}

impl From<Place> for Part {
    fn from(place: Place) -> Self {
        let mut bytes = [0; 1 + ItemId::LEN];
        match place {
            Place::Early(count) => {
                bytes[0] = EARLY;
                bytes[1..5].copy_from_slice(&count.to_be_bytes());
            }
            Place::Within(item) => {
                bytes[0] = WITHIN;
                if let Some(item) = item {
                    bytes[1..].copy_from_slice(&item.to_bytes());
                }
            }
        }
        Self(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ItemKind;

    #[test]
    fn places_are_read_back() {
        let item = ItemId::new(ItemKind::Order, uuid::Uuid::from_u128(7));
        for place in
            [Place::Early(0), Place::Early(9), Place::Within(None), Place::Within(Some(item))]
        {
            assert_eq!(Part::from(place).place(), Some(place));
        }
        assert_eq!(Part([9; 18]).place(), None);
    }
}
