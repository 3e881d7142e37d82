//! Operations: one thing a person did, named and typed, with the paths it may write.

use crate::documents::{Edit, cart, customer, order, visit};
use crate::error::{Refusal, Result, codes};
use crate::id::{ItemId, ItemKind, PersonId};

/// Which paths of which kind of document an operation may write. `*` stands for one key.
pub struct Writes {
    /// The kind of document.
    pub kind: ItemKind,
    /// Paths from the root, keys joined by `/`.
    pub paths: &'static [&'static str],
    /// Paths that may be written only where nothing stands (policy `once`).
    pub once: &'static [&'static str],
}

/// One thing a person did. It makes one change in each document it touches and has one fate.
pub trait Operation: Send + Sync {
    /// Its name, such as `customer.edit`.
    fn name(&self) -> &'static str;
    /// The version of its arguments.
    fn version(&self) -> u16 {
        1
    }
    /// Its arguments as CBOR.
    fn args(&self) -> Vec<u8>;
    /// What it may write.
    fn writes(&self) -> &'static [Writes];
    /// The documents it changes, in order.
    fn documents(&self) -> Vec<ItemId>;
    /// Documents whose content it was based on, beside those it changes.
    fn reads(&self) -> Vec<ItemId> {
        Vec::new()
    }
    /// The person its arguments name as the one who acts; it must be the one who signed in.
    fn acts_as(&self) -> Option<PersonId> {
        None
    }
    /// Whether it makes this document rather than changing it.
    fn creates(&self, document: ItemId) -> bool;
    /// Writes its part of this document.
    ///
    /// # Errors
    /// A refusal that tells the person why this cannot be done now.
    fn apply(&self, document: ItemId, edit: &mut Edit<'_, '_>) -> Result<()>;
}

/// The common part of an operation's implementation: name, arguments and borders.
macro_rules! operation {
    ($type:ident, $name:literal, writes: $writes:expr) => {
        fn name(&self) -> &'static str {
            $name
        }
        fn args(&self) -> Vec<u8> {
            minicbor::to_vec(self).unwrap_or_default()
        }
        fn writes(&self) -> &'static [$crate::documents::Writes] {
            const WRITES: &[$crate::documents::Writes] = $writes;
            WRITES
        }
    };
}
pub(super) use operation;

/// Reads an operation back from its name, version and arguments.
///
/// # Errors
/// [`codes::UNKNOWN_SCHEMA`] for a name or version this build does not know,
/// [`codes::MALFORMED`] when the arguments are not what the name says.
pub fn decode_operation(name: &str, version: u16, args: &[u8]) -> Result<Box<dyn Operation>> {
    if version != 1 {
        return Err(Refusal::new(codes::UNKNOWN_SCHEMA)
            .with("operation", name)
            .with("version", version));
    }
    match name {
        "customer.create" => read::<customer::Create>(args),
        "customer.edit" => read::<customer::EditFields>(args),
        "customer.choose" => read::<customer::Choose>(args),
        "customer.save_contact" => read::<customer::SaveContact>(args),
        "customer.remove_contact" => read::<customer::RemoveContact>(args),
        "customer.set_active" => read::<customer::SetActive>(args),
        "visit.check_in" => read::<visit::CheckIn>(args),
        "visit.note" => read::<visit::Note>(args),
        "visit.check_out" => read::<visit::CheckOut>(args),
        "cart.set_line" => read::<cart::SetLine>(args),
        "cart.details" => read::<cart::Details>(args),
        "cart.discard" => read::<cart::Discard>(args),
        "order.submit" => read::<order::Submit>(args),
        _ => Err(Refusal::new(codes::UNKNOWN_SCHEMA)
            .with("operation", name)
            .with("version", version)),
    }
}

fn read<O>(args: &[u8]) -> Result<Box<dyn Operation>>
where
    O: Operation + for<'b> minicbor::Decode<'b, ()> + 'static,
{
    match minicbor::decode::<O>(args) {
        Ok(operation) => Ok(Box::new(operation)),
        Err(error) => Err(Refusal::new(codes::MALFORMED).with("detail", error)),
    }
}
