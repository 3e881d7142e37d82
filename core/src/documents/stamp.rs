//! Who made a change, on what, when: carried by the change itself, so that every replica can say.

use automerge::{ActorId, ChangeMetadata};
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
