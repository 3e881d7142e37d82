//! The two files: how they are opened, natively and in the browser.

use rusqlite::{Connection, OpenFlags};

use crate::Result;

/// Both files, open.
pub struct Files {
    /// What was done here.
    pub journal: Connection,
    /// Everything else.
    pub main: Connection,
}

impl Files {
    /// Opens both by name. `key` encrypts them where SQLite is built with encryption (the browser
    /// build); `vfs` names the file system there.
    ///
    /// # Errors
    /// When a file cannot be opened with this key.
    pub fn open(
        journal: &str,
        main: &str,
        vfs: Option<&str>,
        key: Option<&[u8; 32]>,
    ) -> Result<Self> {
        let journal = open(journal, vfs, key, durability())?;
        journal.execute_batch(include_str!("../sql/journal.sql"))?;
        let main = open(main, vfs, key, "normal")?;
        main.pragma_update(None, "cache_size", MAIN_CACHE)?;
        prepare_main(&main)?;
        Ok(Self { journal, main })
    }
}

/// Pages of the main file that are kept, in kibibytes, negative as SQLite wants it. In the browser each
/// page that is not there is read and decrypted anew.
const MAIN_CACHE: i64 = -16_384;

/// The shape of the main file. Another number means another version of the app wrote it: then it is
/// dropped and made anew, from the journal at once and from the server at the next contact.
const MAIN_VERSION: i64 = 5;

fn prepare_main(main: &Connection) -> Result<()> {
    let version: i64 = main.query_row("pragma user_version", [], |row| row.get(0))?;
    if version != MAIN_VERSION {
        for table in tables(main)? {
            main.execute_batch(&format!("drop table \"{table}\""))?;
        }
    }
    main.execute_batch(include_str!("../sql/main.sql"))?;
    // Only where it is another: on a phone that is full nothing can be written, and it opens.
    if version != MAIN_VERSION {
        main.pragma_update(None, "user_version", MAIN_VERSION)?;
    }
    Ok(())
}

/// What is said to be saved survives a power cut.
fn durability() -> &'static str {
    if roundsman_core::planted!("saved without a sync") { "normal" } else { "full" }
}

fn tables(main: &Connection) -> Result<Vec<String>> {
    let mut statement = main.prepare("select name from sqlite_schema where type = 'table'")?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

fn open(
    name: &str,
    vfs: Option<&str>,
    key: Option<&[u8; 32]>,
    synchronous: &str,
) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_URI;
    let connection = match vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(name, flags, vfs)?,
        None => Connection::open_with_flags(name, flags)?,
    };
    if let Some(key) = key {
        // A raw key: it is random already, so deriving one from it would only cost time.
        let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        connection.pragma_update_and_check(None, "key", format!("raw:{hex}"), |_| Ok(()))?;
    }
    // One connection owns the file, which also lets the write-ahead log live without shared memory.
    connection.pragma_update(None, "locking_mode", "exclusive")?;
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", synchronous)?;
    // What a killed app had written and not synced is read as if it were on the disk; this syncs it
    // first of all. A disk that is full or broken is met again by whatever is written next.
    let _synced = connection.query_row("pragma wal_checkpoint", [], |_| Ok(()));
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}
