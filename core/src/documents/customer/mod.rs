//! The customer: who they are and how to reach them. What the company decided about a customer
//! (prices, credit, territory) is a record, never a field here.

mod choose;
mod contact;
mod create;
mod edit;
mod merge;
mod set_active;
mod survivors;

use std::collections::BTreeMap;

use automerge::{Automerge, ScalarValue};
pub use choose::Choose;
pub use contact::{RemoveContact, SaveContact};
pub use create::Create;
pub use edit::EditFields;
pub use merge::{Merge, Unmerge};
use serde::{Deserialize, Serialize};
pub use set_active::SetActive;
pub use survivors::survivors;

use super::{Field, Fields};
use crate::error::{Refusal, Result, codes};
use crate::id::{ContactId, CustomerId};
use crate::place::Place;

/// The fields people edit, in the order of the form, with whether competing values are shown to a
/// person (policy `ask`) or the newest simply wins.
pub const FIELDS: &[(&str, bool)] = &[
    ("name", false),
    ("phone", true),
    ("address", true),
    ("hours", true),
    ("tax_id", true),
    ("payment_terms", true),
    ("note", false),
];

/// A customer's document, read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Customer {
    /// Every field of [`FIELDS`].
    pub fields: BTreeMap<String, Field>,
    /// People to talk to; removed ones are left out.
    pub contacts: BTreeMap<ContactId, Contact>,
    /// Where it is.
    pub place: Option<Place>,
    /// Whether it is still a customer.
    pub active: bool,
    /// The customer that it was merged into, which may have been merged itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<CustomerId>,
}

/// A person to talk to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Contact {
    /// Their name.
    pub name: String,
    /// What they do there.
    pub role: String,
    /// Their number.
    pub phone: String,
    /// Their mail address.
    pub email: String,
}

impl Customer {
    /// The value of a field.
    #[must_use]
    pub fn value(&self, field: &str) -> &str {
        self.fields.get(field).map_or("", |field| &field.value)
    }

    /// Refuses an order of a customer that was switched off.
    ///
    /// # Errors
    /// [`codes::INACTIVE_CUSTOMER`].
    pub fn may_order(&self) -> Result<()> {
        if self.active {
            return Ok(());
        }
        Err(Refusal::new(codes::INACTIVE_CUSTOMER).with("customer", self.value("name")))
    }

    /// Fields with values to choose from.
    #[must_use]
    pub fn conflicts(&self) -> usize {
        self.fields.values().filter(|field| !field.versions.is_empty()).count()
    }
}

/// Reads the document.
///
/// # Errors
/// [`codes::MALFORMED`] when it has no name, which every customer is made with.
pub fn read(document: &Automerge) -> Result<Customer> {
    let root = Fields::root(document);
    let fields: BTreeMap<_, _> = FIELDS
        .iter()
        .map(|(name, ask)| {
            let field = if *ask {
                root.ask(name)
            } else {
                Field { value: root.text(name), versions: Vec::new() }
            };
            ((*name).to_owned(), field)
        })
        .collect();
    let customer = Customer {
        fields,
        contacts: contacts(&root),
        place: root.bytes("place").and_then(|bytes| minicbor::decode(&bytes).ok()),
        active: root.newest("active") != Some(ScalarValue::Boolean(false)),
        replaced_by: root.text("replaced_by").parse().ok(),
    };
    if customer.value("name").is_empty() {
        return Err(Refusal::new(codes::MALFORMED).with("detail", "a customer without a name"));
    }
    Ok(customer)
}

fn contacts(root: &Fields<'_>) -> BTreeMap<ContactId, Contact> {
    let Some(map) = root.map("contacts") else { return BTreeMap::new() };
    map.keys()
        .filter_map(|key| {
            let contact = map.map(&key)?;
            let removed = contact.newest("removed") == Some(ScalarValue::Boolean(true));
            let id = key.parse().ok().filter(|_| !removed)?;
            let read = |field| contact.text(field);
            Some((
                id,
                Contact {
                    name: read("name"),
                    role: read("role"),
                    phone: read("phone"),
                    email: read("email"),
                },
            ))
        })
        .collect()
}

/// Refuses a field that is not one of [`FIELDS`], and an empty name.
pub(super) fn valid(field: &str, value: &str) -> Result<()> {
    if FIELDS.iter().all(|(name, _)| *name != field) {
        return Err(Refusal::new(codes::INVALID).with("field", field));
    }
    if field == "name" && value.trim().is_empty() {
        return Err(Refusal::new(codes::EMPTY).with("field", field));
    }
    if value.len() > TEXT_BYTES_MAX {
        return Err(Refusal::new(codes::TOO_LARGE).with("field", field));
    }
    Ok(())
}

/// The longest text of one field, in bytes of UTF-8.
pub const TEXT_BYTES_MAX: usize = 4096;
