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
        paths: &["phone", "address", "hours", "tax_id", "payment_terms"],
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::customer::FIELDS;

    #[test]
    fn every_field_of_which_values_compete_can_be_chosen() {
        let asked: Vec<_> = FIELDS.iter().filter(|(_, ask)| *ask).map(|(name, _)| *name).collect();
        let customer = CustomerId(uuid::Uuid::nil());
        let choose = Choose { customer, field: String::new(), value: String::new() };
        let written = choose.writes().iter().flat_map(|writes| writes.paths.iter().copied());
        assert_eq!(written.collect::<Vec<_>>(), asked);
    }
}
