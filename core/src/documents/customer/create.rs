//! `customer.create`: a shop nobody had entered yet.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use super::{TEXT_BYTES_MAX, valid};
use crate::documents::operation::{Operation, Writes, operation};
use crate::documents::{Edit, SCHEMA};
use crate::error::{Refusal, Result, codes};
use crate::id::{CustomerId, ItemId, ItemKind};
use crate::place::Place;

/// Makes a customer.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Create {
    /// Its id, made on the device.
    #[n(0)]
    pub customer: CustomerId,
    /// Values by field; `name` is required.
    #[n(1)]
    pub fields: BTreeMap<String, String>,
    /// Where it is.
    #[n(2)]
    pub place: Option<Place>,
}

impl Operation for Create {
    operation!(Create, "customer.create", writes: &[Writes {
        kind: ItemKind::Customer,
        paths: &["name", "phone", "address", "tax_id", "payment_terms", "hours", "note", "place"],
        once: &[],
    }]);

    fn documents(&self) -> Vec<ItemId> {
        vec![self.customer.into()]
    }

    fn creates(&self, _: ItemId) -> bool {
        true
    }

    fn apply(&self, _: ItemId, edit: &mut Edit<'_, '_>) -> Result<()> {
        let name = self.fields.get("name").map_or("", |name| name.trim());
        if name.is_empty() {
            return Err(Refusal::new(codes::EMPTY).with("field", "name"));
        }
        if self.fields.values().map(String::len).sum::<usize>() > 4 * TEXT_BYTES_MAX {
            return Err(Refusal::new(codes::TOO_LARGE).with("field", "note"));
        }
        edit.put(&["schema"], SCHEMA)?;
        for (field, value) in &self.fields {
            valid(field, value)?;
            if !value.trim().is_empty() {
                edit.put(&[field], value.trim())?;
            }
        }
        match &self.place {
            Some(place) => edit.put_cbor(&["place"], place),
            None => Ok(()),
        }
    }
}
