//! Automerge changes as the hub admits them, and documents as a device loads them.

use automerge::Automerge;
use roundsman_core::documents::{cart, check, customer, decode_operation, load, order, visit};
use roundsman_core::error::Refusal;
use roundsman_core::id::{ItemId, ItemKind};
use roundsman_core::sync::Entry;
use roundsman_server::hub::change;

use super::decoders::refused;
use super::mutate::Format;
use super::{Target, honest, run};

/// The journal of the honest phone, made once: every change is read as if it stood in each entry.
fn journal() -> &'static Journal {
    static JOURNAL: std::sync::OnceLock<Journal> = std::sync::OnceLock::new();
    JOURNAL.get_or_init(honest::journal)
}

/// Entries, and the documents after them.
type Journal = (Vec<Entry>, Vec<(ItemId, Automerge)>);

fn read_document(kind: ItemKind, document: &Automerge) -> Result<(), Refusal> {
    match kind {
        ItemKind::Customer => customer::read(document).map(drop),
        ItemKind::Visit => visit::read(document).map(drop),
        ItemKind::Cart => cart::read(document).map(drop),
        _ => order::read(document).map(drop),
    }
}

/// Admits a change as the hub does: read, check what it touches, apply, read the document.
fn admit(bytes: &[u8], entry: &Entry) -> Result<&'static str, Refusal> {
    let operation = decode_operation(&entry.operation, entry.version, &entry.args)?;
    let made = change::read(bytes, entry, operation.as_ref())?;
    let item = operation.documents()[0];
    let current = journal().1.iter().find(|(id, _)| *id == item).map(|(_, it)| it.clone());
    let (before, current) = match current {
        Some(current) if !operation.creates(item) => (change::before(&current, &made)?, current),
        _ => (Automerge::new(), Automerge::new()),
    };
    change::guarded(|| check(operation.as_ref(), item, &before, &current, &made))?;
    let after = change::apply(current, made)?;
    change::guarded(|| read_document(item.kind, &after))?;
    Ok("admitted")
}

fn read_change(bytes: &[u8]) -> String {
    let mut ended = String::new();
    for entry in &journal().0 {
        match admit(bytes, entry) {
            Ok(admitted) => return format!("{}: {admitted}", entry.operation),
            Err(refusal) => ended = refused(&refusal),
        }
    }
    ended
}

/// Loads a document and reads it as each kind, as a device does with a snapshot of the hub.
fn load_document(bytes: &[u8]) -> String {
    let document = match load(bytes) {
        Ok(document) => document,
        Err(refusal) => return refused(&refusal),
    };
    let kinds = [ItemKind::Customer, ItemKind::Visit, ItemKind::Cart, ItemKind::Order];
    let read = kinds.map(|kind| read_document(kind, &document).is_ok());
    let again = load(&document.save_nocompress()).unwrap();
    assert_eq!(again.get_heads(), document.get_heads());
    format!("document {read:?}")
}

#[test]
fn documents_of_the_hub() {
    // What broke the reader is an answer here, and need not be told to everybody.
    std::panic::set_hook(Box::new(|_| {}));
    run(&Target {
        name: "document",
        format: Format::Automerge,
        per_byte: 128,
        fixed: 4 << 20,
        read: load_document,
        honest: || journal().1.iter().map(|(_, document)| document.save_nocompress()).collect(),
    });
}

#[test]
fn changes_of_documents() {
    // What broke the reader is an answer here, and need not be told to everybody.
    std::panic::set_hook(Box::new(|_| {}));
    run(&Target {
        name: "change",
        format: Format::Automerge,
        per_byte: 128,
        fixed: 4 << 20,
        read: read_change,
        honest: || {
            let changes = journal().0.iter().flat_map(|entry| &entry.changes);
            changes.map(|change| change.bytes.clone()).collect()
        },
    });
}
