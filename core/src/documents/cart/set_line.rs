//! `cart.set_line`: so much of a product, in such a pack.

use minicbor::{Decode, Encode};

use super::{CartLine, line_id, still_open};
use crate::documents::operation::{Operation, Writes, operation};
use crate::documents::{Edit, SCHEMA};
use crate::error::Result;
use crate::id::{CartId, CustomerId, ItemId, ItemKind};

/// Puts a product into a cart, changes how much, or takes it out (quantity none).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SetLine {
    /// The cart.
    #[n(0)]
    pub cart: CartId,
    /// Set when this begins the cart: for whom it is.
    #[n(1)]
    pub begin_for: Option<CustomerId>,
    /// The line.
    #[n(2)]
    pub line: CartLine,
}

impl Operation for SetLine {
    operation!(SetLine, "cart.set_line", writes: &[Writes {
        kind: ItemKind::Cart,
        paths: &["lines/*"],
        once: &["customer"],
    }]);

    fn documents(&self) -> Vec<ItemId> {
        vec![self.cart.into()]
    }

    fn reads(&self) -> Vec<ItemId> {
        self.begin_for.into_iter().map(ItemId::from).collect()
    }

    fn creates(&self, _: ItemId) -> bool {
        self.begin_for.is_some()
    }

    fn apply(&self, _: ItemId, edit: &mut Edit<'_, '_>) -> Result<()> {
        still_open(edit)?;
        if let Some(customer) = &self.begin_for {
            edit.put(&["schema"], SCHEMA)?;
            edit.put_cbor(&["customer"], customer)?;
        }
        let line = line_id(self.cart, self.line.product).to_string();
        edit.put_cbor(&["lines", &line], &self.line)
    }
}
