//! Who made a change, on what, when: carried by the change itself, so that every replica can say.

use std::collections::BTreeMap;

use automerge::{ActorId, Automerge, ChangeHash, ChangeMetadata};
use uuid::Uuid;

use crate::id::{DeviceId, PersonId};
use crate::time::Hlc;

/// Who, where and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    /// Hybrid-clock time; the greatest wins among concurrent values.
    pub at: Hlc,
    /// The person who acted.
    pub by: PersonId,
    /// The device they acted on.
    pub device: DeviceId,
}

impl Stamp {
    /// Reads the stamp of a change. A change that carries none was made by nobody we know.
    #[must_use]
    pub fn of(change: &ChangeMetadata<'_>) -> Self {
        let message = change.message.as_deref().unwrap_or_default();
        Self {
            at: Hlc(change.timestamp),
            by: PersonId(author(message).unwrap_or(Uuid::nil())),
            device: device_of(&change.actor).unwrap_or(DeviceId(Uuid::nil())),
        }
    }
}

/// The change's message: the operation's name and its author.
pub(super) fn message(operation: &str, by: PersonId) -> String {
    format!("{operation} {}", by.0.simple())
}

/// The author named in a message.
pub(super) fn author(message: &str) -> Option<Uuid> {
    Uuid::parse_str(message.rsplit(' ').next()?).ok()
}

/// The operation named in a message.
pub(super) fn operation(message: &str) -> &str {
    message.split(' ').next().unwrap_or_default()
}

/// What a person did at a time: what is recorded again, by whichever device, keeps it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deed {
    at: Hlc,
    message: String,
}

impl Deed {
    /// This operation by this person at this time.
    #[must_use]
    pub fn new(at: Hlc, operation: &str, by: PersonId) -> Self {
        Self { at, message: message(operation, by) }
    }

    /// All of a document, each with the change that it made.
    #[must_use]
    pub fn all_of(document: &Automerge) -> BTreeMap<Self, ChangeHash> {
        let changes = document.get_changes_meta(&[]).into_iter();
        changes
            .filter_map(|it| {
                let message = it.message.as_deref()?.to_owned();
                Some((Self { at: Hlc(it.timestamp), message }, it.hash))
            })
            .collect()
    }
}

/// The actor of a device: its id, then a counter that grows whenever the device must not go on
/// under the old one (after a refusal, or when its storage went back in time).
#[must_use]
pub fn actor_of(device: DeviceId, counter: u32) -> ActorId {
    let mut bytes = [0u8; 20];
    bytes[..16].copy_from_slice(device.0.as_bytes());
    bytes[16..].copy_from_slice(&counter.to_be_bytes());
    ActorId::from(&bytes[..])
}

/// The device an actor belongs to.
#[must_use]
pub fn device_of(actor: &ActorId) -> Option<DeviceId> {
    let bytes = actor.to_bytes();
    if bytes.len() == 20 { Uuid::from_slice(&bytes[..16]).ok().map(DeviceId) } else { None }
}
