//! The port to the central ERP, and the embedded ERP behind it.
//!
//! [`Erp`] is what the server wants from an ERP; [`Embedded`] is the one that needs no installation,
//! [`Tryton`] one that others wrote, in its place; [`Central`] is whichever a company has, and
//! [`Decider`] carries what was admitted to whichever it is, each order once.

pub mod central;
mod decider;
pub mod embedded;
mod port;
pub mod tryton;

use std::sync::Arc;

use roundsman_core::time::Timestamp;

pub use central::Central;
pub use decider::{Decider, Round};
pub use embedded::Embedded;
pub use port::{Answer, Erp, Pulled, Task};
pub use tryton::Tryton;

/// Tells the time. Handed in, so that tests decide what time it is.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;
