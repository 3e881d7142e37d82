//! What one device holds for one user, on SQLite: the journal of what was done here, the documents
//! and records that came from the hub, and the read model that screens ask.
//!
//! Two files. The *journal file* commits first, and that commit is what "saved" means. The *main
//! file* follows and can always be rebuilt from the journal and the server.
//!
//! ```text
//! request ─ plan ─► operation ─ execute ─► changes ─► journal file ─► main file ─► rows
//! hub ─ frames ─► sync::device ─ effects ─► drive ─► main file ─► rows
//! ```

// Every device must walk everything in the same order. What else is forbidden here: ../clippy.toml.
#![deny(clippy::iter_over_hash_type)]

mod apply;
mod audit;
mod clock;
mod drive;
mod error;
mod files;
mod host;
mod intake;
mod journal;
mod main_file;
mod merged;
mod names;
mod plan;
mod project;
mod purge;
mod queries;
mod regress;
mod repair;
mod replay;
mod replica;
mod restored;
mod run;
mod settle;
mod succeed;
mod topics;

pub use audit::Audited;
pub use drive::{Line, Todo};
pub use error::{Error, Result};
pub use files::Files;
pub use host::Host;
pub use journal::Identity;
pub use queries::{Page, Query, Rows};
pub use replica::Replica;
pub use run::Recorded;
pub use topics::Topic;
