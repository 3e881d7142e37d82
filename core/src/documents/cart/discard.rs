//! `cart.discard`: nothing came of it.

use minicbor::{Decode, Encode};

use super::still_open;
use crate::documents::Edit;
use crate::documents::operation::{Operation, Writes, operation};
use crate::error::Result;
use crate::id::{CartId, ItemId, ItemKind};

/// Throws a cart away.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Discard {
    /// The cart.
    #[n(0)]
    pub cart: CartId,
}

impl Operation for Discard {
    operation!(Discard, "cart.discard", writes: &[Writes {
        kind: ItemKind::Cart,
        paths: &["discarded"],
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
        edit.put(&["discarded"], true)
    }
}
