//! What must hold, whatever happens.

mod device;
mod end;
mod history;
mod hub;
mod merges;
mod model;
mod step;

use std::fmt;

pub use end::{finally, well};
pub use history::History;
pub use hub::{account, lost_with_their_devices, open_orders, quarantined, territory};
pub use step::{
    commits, incomplete, may_see, now, promises_are_kept, reads_its_write, receipt,
    receipts_are_kept,
};

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Which one.
    pub invariant: &'static str,
    /// What was found.
    pub detail: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.detail)
    }
}

impl std::error::Error for Broken {}

/// It does not hold.
pub fn broken(invariant: &'static str, detail: impl Into<String>) -> Broken {
    Broken { invariant, detail: detail.into() }
}

/// A database that cannot even be read.
impl From<rusqlite::Error> for Broken {
    fn from(error: rusqlite::Error) -> Self {
        broken("databases can be read", error.to_string())
    }
}

/// The first bytes of something, for people.
pub(crate) fn short(bytes: &[u8]) -> String {
    bytes.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}
