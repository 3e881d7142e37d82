//! The journal: a device's own append-only, hash-chained list of operations.

use minicbor::{Decode, Encode};

use super::hash;
use crate::error::{Refusal, Result, codes};
use crate::id::{DeviceId, ItemId, PersonId};
use crate::time::Hlc;

/// One operation as recorded: what was done, by whom, and the changes it made.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Entry {
    /// Its number; the first is 1.
    #[n(0)]
    pub n: u64,
    /// Hash of the entry before; zeros for the first.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub previous: [u8; 32],
    /// Whose journal.
    #[n(2)]
    pub device: DeviceId,
    /// Who acted.
    #[n(3)]
    pub person: PersonId,
    /// When, by the device's hybrid clock.
    #[n(4)]
    pub at: Hlc,
    /// Minutes east of UTC on the device.
    #[n(5)]
    pub offset_minutes: i16,
    /// The operation's name.
    #[n(6)]
    pub operation: String,
    /// The version of its arguments.
    #[n(7)]
    pub version: u16,
    /// Its arguments.
    #[n(8)]
    #[cbor(with = "minicbor::bytes")]
    pub args: Vec<u8>,
    /// The changes it made, one in each document it touched.
    #[n(9)]
    pub changes: Vec<EntryChange>,
    /// Earlier entries, not admitted yet, whose documents it read or changed.
    #[n(10)]
    #[cbor(decode_with = "super::bounded::rests_on")]
    pub rests_on: Vec<u64>,
    /// The entry it takes the place of, after that was refused.
    #[n(11)]
    pub replaces: Option<u64>,
}

/// One change of one document.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EntryChange {
    /// The document.
    #[n(0)]
    pub item: ItemId,
    /// The Automerge change, uncompressed.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
}

impl Entry {
    /// The bytes that are stored, hashed and sent; they are never encoded again.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        minicbor::to_vec(self).unwrap_or_default()
    }

    /// Reads stored or received bytes.
    ///
    /// # Errors
    /// [`codes::MALFORMED`] or [`codes::TOO_LARGE`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        if bytes.len() > super::ENTRY_BYTES_MAX {
            return Err(Refusal::new(codes::TOO_LARGE).with("bytes", bytes.len()));
        }
        minicbor::decode(bytes)
            .map_err(|error| Refusal::new(codes::MALFORMED).with("detail", error))
    }
}

/// Where a chain stands: the number and hash of its last entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct Head {
    /// Number of the last entry; 0 for an empty journal.
    #[n(0)]
    pub n: u64,
    /// Its hash; zeros for an empty journal.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub hash: [u8; 32],
}

impl Head {
    /// The head after an entry, when it continues the chain of `device`.
    ///
    /// # Errors
    /// [`codes::FORGED`] when it names another device, [`codes::JOURNAL_FORKED`] when it does not
    /// continue this head, [`codes::MALFORMED`] when it cannot be read.
    pub fn follow(&self, device: DeviceId, bytes: &[u8]) -> Result<(Self, Entry)> {
        let entry = Entry::from_bytes(bytes)?;
        if entry.device != device {
            return Err(Refusal::new(codes::FORGED).with("device", entry.device));
        }
        if entry.n != self.n + 1 || entry.previous != self.hash {
            return Err(Refusal::new(codes::JOURNAL_FORKED)
                .with("n", entry.n)
                .with("held", self.n));
        }
        Ok((Self { n: entry.n, hash: hash(bytes) }, entry))
    }
}
