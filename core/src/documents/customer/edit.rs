//! `customer.edit`: new values for some fields.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use super::valid;
use crate::documents::Edit;
use crate::documents::operation::{Operation, Writes, operation};
use crate::error::{Refusal, Result, codes};
use crate::id::{CustomerId, ItemId, ItemKind};

/// Writes fields of a customer. Only what changed is named, so that edits of different fields merge.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EditFields {
    /// The customer.
    #[n(0)]
    pub customer: CustomerId,
    /// New values by field.
    #[n(1)]
    pub fields: BTreeMap<String, String>,
}

impl Operation for EditFields {
    operation!(EditFields, "customer.edit", writes: &[Writes {
        kind: ItemKind::Customer,
        paths: &["name", "phone", "address", "tax_id", "payment_terms", "hours", "note"],
        once: &[],
    }]);

    fn documents(&self) -> Vec<ItemId> {
        vec![self.customer.into()]
    }

    fn creates(&self, _: ItemId) -> bool {
        false
    }

    fn apply(&self, _: ItemId, edit: &mut Edit<'_, '_>) -> Result<()> {
        if self.fields.is_empty() {
            return Err(Refusal::new(codes::EMPTY).with("field", "fields"));
        }
        for (field, value) in &self.fields {
            valid(field, value)?;
            edit.put(&[field], value.trim())?;
        }
        Ok(())
    }
}
