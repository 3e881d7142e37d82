//! Documents: Automerge documents for one business aggregate each, and the operations on them.
//!
//! An aggregate's folder holds its typed form (`mod.rs`) and one file per operation. An
//! [`Operation`] names the paths it may write; [`execute`] runs it on a device, [`check`] judges on
//! the hub what a change that claims the name really touches. Both use the same code.

pub mod cart;
pub mod customer;
pub mod order;
pub mod visit;

mod check;
mod edit;
mod execute;
mod field;
mod history;
mod load;
mod operation;
mod request;
mod stamp;

pub use check::{check, touches};
pub use edit::Edit;
pub use execute::{Made, execute};
pub use field::{Field, Fields, Version};
pub use history::{Event, history};
pub use load::load;
pub use operation::{OPERATIONS, Operation, Writes, decode_operation};
pub use request::Request;
pub use stamp::{Deed, Stamp, actor_of, device_of};

/// The version of the documents this build writes. Older ones are still read; see each `read`.
pub const SCHEMA: u64 = 1;
