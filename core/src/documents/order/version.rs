//! Versions: an order is never edited, it gets another version that names those it was made on.

use std::fmt;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::SignedOrder;
use crate::id::{OrderId, PersonId};
use crate::time::Timestamp;

/// What a version is called: the SHA-256 of its bytes. In JSON, hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String))]
#[serde(into = "String", try_from = "String")]
pub struct VersionId(#[cfg_attr(feature = "ts", tsify(type = "string"))] pub [u8; 32]);

impl VersionId {
    /// The name of what these bytes say.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The name of several versions that count together.
    #[must_use]
    pub(super) fn of_all(sorted: &[Self]) -> Self {
        let mut hash = Sha256::new();
        for version in sorted {
            hash.update(version.0);
        }
        Self(hash.finalize().into())
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<VersionId> for String {
    fn from(id: VersionId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for VersionId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        const WRONG: &str = "64 hexadecimal digits";
        let mut id = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return Err(WRONG);
        }
        for (byte, at) in id.iter_mut().zip((0..64).step_by(2)) {
            let digits = text.get(at..at + 2).ok_or(WRONG)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| WRONG)?;
        }
        Ok(Self(id))
    }
}

impl<C> Encode<C> for VersionId {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(&self.0)?;
        Ok(())
    }
}

impl<'b, C> Decode<'b, C> for VersionId {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let bytes = d.bytes()?.try_into();
        bytes.map(Self).map_err(|_| minicbor::decode::Error::message("not a version"))
    }
}

/// What was meant after the signature: written once, under the hash of its own bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct Revision {
    /// The order.
    #[n(0)]
    pub order: OrderId,
    /// The versions it was made on: one, or all that stood beside each other.
    #[n(1)]
    pub bases: Vec<VersionId>,
    /// Who made it.
    #[n(2)]
    pub by: PersonId,
    /// When, by the device's clock.
    #[n(3)]
    pub at: Timestamp,
    /// Minutes east of UTC on the device.
    #[n(4)]
    pub offset_minutes: i16,
    /// The whole order from now on; none when it is cancelled.
    #[n(5)]
    pub content: Option<SignedOrder>,
    /// Whether the customer signed again.
    #[n(6)]
    pub signed_again: bool,
    /// Why, in the author's words.
    #[n(7)]
    pub reason: String,
}

impl Revision {
    /// Its name.
    #[must_use]
    pub fn id(&self) -> VersionId {
        VersionId::of(&minicbor::to_vec(self).unwrap_or_default())
    }

    /// Whether it is a version of this order: what was agreed with whom never changes.
    pub(super) fn is_of(&self, first: &SignedOrder) -> bool {
        let same = |content: &SignedOrder| {
            content.order == first.order
                && content.device_number == first.device_number
                && content.customer == first.customer
                && content.rep == first.rep
                // An app from before orders were taken for others does not say it again.
                && (content.taken_by.is_none() || content.taken_by == first.taken_by)
                && content.cart == first.cart
                && content.placed_at == first.placed_at
                && content.total.currency == first.total.currency
                && !content.lines.is_empty()
                && content.lines.len() <= super::LINES_MAX
        };
        self.order == first.order && self.content.as_ref().is_none_or(same)
    }
}
