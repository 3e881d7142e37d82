//! `customer.choose`: one of several competing values is the right one.

use minicbor::{Decode, Encode};

use super::valid;
use crate::documents::Edit;
use crate::documents::operation::{Operation, Writes, operation};
use crate::error::Result;
use crate::id::{CustomerId, ItemId, ItemKind};

/// Settles a conflict. It replaces every value its author saw, so the badge goes everywhere;
/// a value that nobody had seen yet still competes with it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Choose {
    /// The customer.
    #[n(0)]
    pub customer: CustomerId,
    /// The field.
    #[n(1)]
    pub field: String,
    /// The right value.
    #[n(2)]
    pub value: String,
}

impl Operation for Choose {
    operation!(Choose, "customer.choose", writes: &[Writes {
        kind: ItemKind::Customer,
        paths: &["phone", "address", "tax_id", "payment_terms"],
        once: &[],
    }]);

    fn documents(&self) -> Vec<ItemId> {
        vec![self.customer.into()]
    }

    fn creates(&self, _: ItemId) -> bool {
        false
    }

    fn apply(&self, _: ItemId, edit: &mut Edit<'_, '_>) -> Result<()> {
        valid(&self.field, &self.value)?;
        edit.put(&[&self.field], self.value.trim())
    }
}
