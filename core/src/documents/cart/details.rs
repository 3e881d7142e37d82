//! `cart.details`: when it is wanted, and what to note.

use minicbor::{Decode, Encode};

use super::still_open;
use crate::documents::Edit;
use crate::documents::customer::TEXT_BYTES_MAX;
use crate::documents::operation::{Operation, Writes, operation};
use crate::error::{Refusal, Result, codes};
use crate::id::{CartId, ItemId, ItemKind};
use crate::time::Day;

/// Changes the head of a cart; what is not named stays.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Details {
    /// The cart.
    #[n(0)]
    pub cart: CartId,
    /// When the customer wants it; a list of none takes the wish back.
    #[n(1)]
    pub requested_on: Option<Vec<Day>>,
    /// The whole note.
    #[n(2)]
    pub note: Option<String>,
}

impl Operation for Details {
    operation!(Details, "cart.details", writes: &[Writes {
        kind: ItemKind::Cart,
        paths: &["requested_on", "note"],
        once: &[],
    }]);

    fn documents(&self) -> Vec<ItemId> {
        vec![self.cart.into()]
    }

    fn creates(&self, _: ItemId) -> bool {
        false
    }

    fn apply(&self, _: ItemId, edit: &mut Edit<'_, '_>) -> Result<()> {
        still_open(edit)?;
        if let Some(wish) = &self.requested_on {
            edit.put(&["requested_on"], wish.first().map(Day::to_string).unwrap_or_default())?;
        }
        let Some(note) = &self.note else { return Ok(()) };
        if note.len() > TEXT_BYTES_MAX {
            return Err(Refusal::new(codes::TOO_LARGE).with("field", "note"));
        }
        edit.put(&["note"], note.as_str())
    }
}
