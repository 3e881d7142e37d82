//! Who changed what in a document, and when.

use automerge::{Automerge, ChangeHash, ObjId, Prop, ReadDoc};

use super::{Stamp, field::text_of, stamp};
use crate::views::HistoryChange;

/// One change of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its hash.
    pub hash: [u8; 32],
    /// Who, where, when.
    pub stamp: Stamp,
    /// The operation's name.
    pub operation: String,
    /// What it changed, by path.
    pub changes: Vec<HistoryChange>,
}

/// Every change of the document, newest first.
#[must_use]
pub fn history(document: &Automerge) -> Vec<Event> {
    let mut events: Vec<Event> = document
        .get_changes_meta(&[])
        .iter()
        .map(|change| Event {
            hash: change.hash.0,
            stamp: Stamp::of(change),
            operation: stamp::operation(change.message.as_deref().unwrap_or_default()).to_owned(),
            changes: what_changed(document, &change.deps, change.hash),
        })
        .collect();
    events.sort_by_key(|event| std::cmp::Reverse(event.stamp));
    events
}

fn what_changed(
    document: &Automerge,
    before: &[ChangeHash],
    after: ChangeHash,
) -> Vec<HistoryChange> {
    let mut changes: Vec<HistoryChange> = Vec::new();
    for patch in document.diff(before, &[after]) {
        let automerge::PatchAction::PutMap { key, .. } = &patch.action else { continue };
        let mut path: Vec<String> = patch.path.iter().map(|(_, prop)| prop.to_string()).collect();
        path.push(key.clone());
        // An id says nothing to people: what was done to the customer is said by its name.
        if path == ["schema"] || path == ["replaced_by"] {
            continue;
        }
        let (from, to) =
            (read(document, &patch.obj, key, before), read(document, &patch.obj, key, &[after]));
        // Ids of contacts and lines mean nothing to people, nor do frozen values: what the operation
        // did is said by its name.
        let field = path
            .iter()
            .filter(|key| uuid::Uuid::parse_str(key).is_err())
            .cloned()
            .collect::<Vec<_>>();
        if from != to {
            changes.push(HistoryChange { field: field.join("/"), from, to });
        }
    }
    changes
}

fn read(document: &Automerge, object: &ObjId, key: &str, heads: &[ChangeHash]) -> String {
    if heads.is_empty() {
        return String::new();
    }
    match document.get_at(object, Prop::from(key), heads) {
        Ok(Some((automerge::Value::Scalar(value), _))) => text_of(&value),
        _ => String::new(),
    }
}
