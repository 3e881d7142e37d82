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
    /// The person to whom it counts, where that is not the one who acts: only the office acts so.
    fn acts_for(&self) -> Option<PersonId> {
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

macro_rules! operations {
    ($($name:literal @ $version:literal => $operation:ty,)*) => {
        /// Every operation that this build can read, with its version. What was ever recorded
        /// stays here: a device may come back after a year.
        pub const OPERATIONS: &[(&str, u16)] = &[$(($name, $version)),*];

        /// Reads an operation back from its name, version and arguments.
        ///
        /// # Errors
        /// [`codes::UNKNOWN_SCHEMA`] for a name or version this build does not know,
        /// [`codes::MALFORMED`] when the arguments are not what the name says.
        pub fn decode_operation(
            name: &str,
            version: u16,
            args: &[u8],
        ) -> Result<Box<dyn Operation>> {
            match (name, version) {
                $(($name, $version) => read::<$operation>(args),)*
                _ => Err(Refusal::new(codes::UNKNOWN_SCHEMA)
                    .with("operation", name)
                    .with("version", version)),
            }
        }
    };
}

operations! {
    "customer.create" @ 1 => customer::Create,
    "customer.edit" @ 1 => customer::EditFields,
    "customer.choose" @ 1 => customer::Choose,
    "customer.save_contact" @ 1 => customer::SaveContact,
    "customer.remove_contact" @ 1 => customer::RemoveContact,
    "customer.set_active" @ 1 => customer::SetActive,
    "customer.merge" @ 1 => customer::Merge,
    "customer.unmerge" @ 1 => customer::Unmerge,
    "visit.check_in" @ 1 => visit::CheckIn,
    "visit.note" @ 1 => visit::Note,
    "visit.check_out" @ 1 => visit::CheckOut,
    "cart.set_line" @ 1 => cart::SetLine,
    "cart.details" @ 1 => cart::Details,
    "cart.discard" @ 1 => cart::Discard,
    "order.submit" @ 1 => order::Submit,
    "order.amend" @ 1 => order::Amend,
    "order.cancel" @ 1 => order::Cancel,
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
