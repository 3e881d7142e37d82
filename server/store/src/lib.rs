//! The server's database.
//!
//! Every write goes through one [`Writer`], which puts what arrives together into one durable
//! commit; readers use a pool beside it. [`feed`] is the only place that changes what devices see.

pub mod backup;
pub mod bulk;
pub mod clock;
pub mod closing;
mod column;
pub mod devices;
pub mod divergences;
pub mod documents;
pub mod epochs;
mod error;
pub mod feed;
pub mod feed_read;
pub mod history;
pub mod impact;
pub mod imports;
pub mod journal;
pub mod links;
pub mod lists;
pub mod merges;
pub mod outbox;
pub mod outcomes;
mod packed;
pub mod past_orders;
pub mod people;
pub mod projection;
pub mod quarantine;
pub mod ranges;
pub mod records;
pub mod regress;
pub mod restoration;
pub mod route;
pub mod sessions;
pub mod settings;
pub mod verify;
pub mod visibility;
mod writer;

use std::path::Path;
use std::str::FromStr;

pub use error::{Error, Result};
pub use feed::{Commit, Published};
pub use packed::{Packed, pack, unpack};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
pub use sqlx::{SqliteConnection, SqlitePool};
pub use writer::Writer;

/// Pages that a connection keeps, in kibibytes, negative as SQLite wants it. What is not kept is in
/// the system's own cache, which all connections share.
const WRITER_CACHE: &str = "-32768";
const READER_CACHE: &str = "-4096";

fn durability() -> SqliteSynchronous {
    if roundsman_core::planted!("server commits without a sync") {
        SqliteSynchronous::Normal
    } else {
        SqliteSynchronous::Full
    }
}

/// An open database: one writer, many readers. Cloning shares both.
#[derive(Clone)]
pub struct Store {
    /// For reading only.
    pub read: SqlitePool,
    /// For everything that changes something.
    pub write: Writer,
}

impl Store {
    /// Opens the file, creating and migrating it as needed.
    ///
    /// # Errors
    /// When the file cannot be opened, is not a database, or was written by a newer version.
    pub async fn open(path: &Path) -> Result<Self> {
        Self::open_on(path, None).await
    }

    /// The same on a file system of SQLite's that goes by this name.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_on(path: &Path, vfs: Option<&str>) -> Result<Self> {
        let options = SqliteConnectOptions::from_str(&format!("sqlite://{}", path.display()))?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A receipt is a promise: the commit before it must survive a power cut.
            .synchronous(durability())
            .foreign_keys(true)
            .busy_timeout(std::time::Duration::from_secs(10))
            .pragma("cache_size", WRITER_CACHE)
            .pragma("journal_size_limit", "67108864");
        let options = match vfs {
            Some(vfs) => options.vfs(vfs.to_owned()),
            None => options,
        };
        // A file does not hang up: to ask a connection whether it lives is a way there and back.
        let pool = || SqlitePoolOptions::new().test_before_acquire(false);
        let writer = pool().max_connections(1).connect_with(options.clone()).await?;
        sqlx::migrate!("./migrations").run(&writer).await?;
        let read = pool()
            .max_connections(4)
            .connect_with(options.read_only(true).pragma("cache_size", READER_CACHE))
            .await?;
        Ok(Self { read, write: Writer::start(writer) })
    }
}
