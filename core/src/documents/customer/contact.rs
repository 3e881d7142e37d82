//! `customer.save_contact` and `customer.remove_contact`: people to talk to.

use minicbor::{Decode, Encode};

use super::TEXT_BYTES_MAX;
use crate::documents::Edit;
use crate::documents::operation::{Operation, Writes, operation};
use crate::error::{Refusal, Result, codes};
use crate::id::{ContactId, CustomerId, ItemId, ItemKind};

/// Adds a person or changes what is known of one.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SaveContact {
    /// The customer.
    #[n(0)]
    pub customer: CustomerId,
    /// The contact; a new id adds one.
    #[n(1)]
    pub contact: ContactId,
    /// Their name.
    #[n(2)]
    pub name: String,
    /// What they do there.
    #[n(3)]
    pub role: String,
    /// Their number.
    #[n(4)]
    pub phone: String,
    /// Their mail address.
    #[n(5)]
    pub email: String,
}

impl Operation for SaveContact {
    operation!(SaveContact, "customer.save_contact", writes: &[Writes {
        kind: ItemKind::Customer,
        paths: &["contacts/*/name", "contacts/*/role", "contacts/*/phone", "contacts/*/email"],
        once: &[],
    }]);

    fn documents(&self) -> Vec<ItemId> {
        vec![self.customer.into()]
    }

    fn creates(&self, _: ItemId) -> bool {
        false
    }

    fn apply(&self, _: ItemId, edit: &mut Edit<'_, '_>) -> Result<()> {
        if self.name.trim().is_empty() {
            return Err(Refusal::new(codes::EMPTY).with("field", "name"));
        }
        let id = self.contact.to_string();
        for (field, value) in [
            ("name", &self.name),
            ("role", &self.role),
            ("phone", &self.phone),
            ("email", &self.email),
        ] {
            if value.len() > TEXT_BYTES_MAX {
                return Err(Refusal::new(codes::TOO_LARGE).with("field", field));
            }
            edit.put(&["contacts", &id, field], value.trim())?;
        }
        Ok(())
    }
}

/// Takes a person off the list. Their data stays in the history.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RemoveContact {
    /// The customer.
    #[n(0)]
    pub customer: CustomerId,
    /// The contact.
    #[n(1)]
    pub contact: ContactId,
}

impl Operation for RemoveContact {
    operation!(RemoveContact, "customer.remove_contact", writes: &[Writes {
        kind: ItemKind::Customer,
        paths: &["contacts/*/removed"],
        once: &[],
    }]);

    fn documents(&self) -> Vec<ItemId> {
        vec![self.customer.into()]
    }

    fn creates(&self, _: ItemId) -> bool {
        false
    }

    fn apply(&self, _: ItemId, edit: &mut Edit<'_, '_>) -> Result<()> {
        edit.put(&["contacts", &self.contact.to_string(), "removed"], true)
    }
}
