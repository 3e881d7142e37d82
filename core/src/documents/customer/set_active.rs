//! `customer.set_active`: a shop closes, or comes back. Nothing is ever deleted.

use minicbor::{Decode, Encode};

use crate::documents::Edit;
use crate::documents::operation::{Operation, Writes, operation};
use crate::error::Result;
use crate::id::{CustomerId, ItemId, ItemKind};

/// Deactivates or reactivates a customer.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SetActive {
    /// The customer.
    #[n(0)]
    pub customer: CustomerId,
    /// Whether it is a customer.
    #[n(1)]
    pub active: bool,
}

impl Operation for SetActive {
    operation!(SetActive, "customer.set_active", writes: &[Writes {
        kind: ItemKind::Customer,
        paths: &["active"],
        once: &[],
    }]);

    fn documents(&self) -> Vec<ItemId> {
        vec![self.customer.into()]
    }

    fn creates(&self, _: ItemId) -> bool {
        false
    }

    fn apply(&self, _: ItemId, edit: &mut Edit<'_, '_>) -> Result<()> {
        edit.put(&["active"], self.active)
    }
}
