//! Running an operation: from arguments to changes.

use automerge::transaction::CommitOptions;
use automerge::{ActorId, Automerge, ReadDoc};

use super::{Edit, Operation, Stamp, stamp};
use crate::error::{Refusal, Result, codes};
use crate::id::ItemId;

/// One change that an operation made.
pub struct Made {
    /// The document.
    pub item: ItemId,
    /// The document after it.
    pub document: Automerge,
    /// The change, uncompressed.
    pub change: Vec<u8>,
    /// Its hash.
    pub hash: [u8; 32],
}

/// Runs an operation on the documents that `load` hands out. Nothing is stored: the caller keeps
/// what was made, or drops it.
///
/// # Errors
/// The operation's refusal; [`codes::NOT_FOUND`] when a document to change is not here;
/// [`codes::INVALID`] when one to make already is.
pub fn execute(
    operation: &dyn Operation,
    actor: &ActorId,
    stamp: Stamp,
    load: &mut dyn FnMut(ItemId) -> Result<Option<Automerge>>,
) -> Result<Vec<Made>> {
    let mut made = Vec::new();
    for item in operation.documents() {
        let document = match (load(item)?, operation.creates(item)) {
            (Some(document), false) => document,
            (None, true) => Automerge::new(),
            (None, false) => return Err(Refusal::new(codes::NOT_FOUND).with("item", item)),
            (Some(_), true) => return Err(Refusal::new(codes::INVALID).with("item", item)),
        };
        made.extend(change(operation, item, document.with_actor(actor.clone()), stamp)?);
    }
    Ok(made)
}

fn change(
    operation: &dyn Operation,
    item: ItemId,
    mut document: Automerge,
    at: Stamp,
) -> Result<Option<Made>> {
    let mut transaction = document.transaction();
    operation.apply(item, &mut Edit::new(&mut transaction))?;
    let options = CommitOptions::default()
        .with_time(at.at.0)
        .with_message(stamp::message(operation.name(), at.by));
    let (hash, _) = transaction.commit_with(options);
    // An operation that changed nothing here leaves nothing to send.
    let Some(hash) = hash else { return Ok(None) };
    let change = document
        .get_change_by_hash(&hash)
        .ok_or_else(|| Refusal::new(codes::INTERNAL).with("detail", "a change vanished"))?;
    let bytes = change.raw_bytes().to_vec();
    Ok(Some(Made { item, document, change: bytes, hash: hash.0 }))
}
