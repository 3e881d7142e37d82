//! What an operation was meant to do, kept readable when it was not taken.

use serde::{Deserialize, Serialize};

use super::{HistoryChange, SyncState};
use crate::documents::{cart, customer, order, visit};
use crate::error::Refusal;
use crate::sync::Entry;
use crate::time::Timestamp;

/// One's own copy of an operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct EntryCopy {
    /// Its number in the journal.
    pub n: u64,
    /// Its name.
    pub operation: String,
    /// When.
    pub at: Timestamp,
    /// What it is about.
    pub subject: String,
    /// How far it got.
    pub state: SyncState,
    /// Why it was not taken.
    pub refusal: Option<Refusal>,
    /// What it was to write.
    pub fields: Vec<HistoryChange>,
}

/// What an entry was to write, field by field; empty where its name says all.
#[must_use]
pub fn meant(entry: &Entry) -> Vec<HistoryChange> {
    match entry.operation.as_str() {
        "customer.create" => read::<customer::Create>(entry, |it| pairs(&it.fields)),
        "customer.edit" => read::<customer::EditFields>(entry, |it| pairs(&it.fields)),
        "customer.choose" => read::<customer::Choose>(entry, |it| vec![to(&it.field, &it.value)]),
        "customer.save_contact" => read::<customer::SaveContact>(entry, |it| {
            vec![
                to("name", &it.name),
                to("role", &it.role),
                to("phone", &it.phone),
                to("email", &it.email),
            ]
        }),
        "visit.note" => {
            read::<visit::Note>(entry, |it| it.note.iter().map(|note| to("note", note)).collect())
        }
        "visit.check_out" => {
            read::<visit::CheckOut>(entry, |it| vec![to("note", &it.finished.note)])
        }
        "cart.set_line" => read::<cart::SetLine>(entry, |it| {
            vec![to("quantity", it.line.quantity), to("pack", &it.line.pack)]
        }),
        "cart.details" => {
            read::<cart::Details>(entry, |it| it.note.iter().map(|note| to("note", note)).collect())
        }
        "order.submit" => read::<order::Submit>(entry, |it| {
            vec![
                to("lines", it.signed.lines.len()),
                to("amount", it.signed.total),
                to("note", &it.signed.note),
            ]
        }),
        "order.amend" => read::<order::Amend>(entry, |it| {
            let content = it.revision.content.iter();
            let amount = content.map(|content| to("amount", content.total));
            amount.chain([to("note", &it.revision.reason)]).collect()
        }),
        "order.cancel" => {
            read::<order::Cancel>(entry, |it| vec![to("reason", &it.revision.reason)])
        }
        _ => Vec::new(),
    }
}

fn read<O: for<'b> minicbor::Decode<'b, ()>>(
    entry: &Entry,
    fields: impl FnOnce(&O) -> Vec<HistoryChange>,
) -> Vec<HistoryChange> {
    let written = minicbor::decode::<O>(&entry.args).map(|it| fields(&it)).unwrap_or_default();
    written.into_iter().filter(|it| !it.to.is_empty()).collect()
}

fn pairs(fields: &std::collections::BTreeMap<String, String>) -> Vec<HistoryChange> {
    fields.iter().map(|(field, value)| to(field, value)).collect()
}

fn to(field: &str, value: impl ToString) -> HistoryChange {
    HistoryChange { field: field.to_owned(), from: String::new(), to: value.to_string() }
}
