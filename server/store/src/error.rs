//! What can go wrong below the domain.

/// A failure of the database or of what is stored in it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database refused.
    #[error("database: {0}")]
    Sql(#[source] sqlx::Error),
    /// There is no room on the disk; nothing of it was written.
    #[error("the disk is full")]
    Full,
    /// The schema could not be brought up to date.
    #[error("migration: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// Stored bytes are not what they should be.
    #[error("stored data: {0}")]
    Corrupt(String),
    /// The writer has stopped; the process is going down.
    #[error("the writer has stopped")]
    Stopped,
    /// The commit failed, for everybody in it; nothing of it was written.
    #[error("the commit failed")]
    Uncommitted,
    /// A job broke; nothing of it was written.
    #[error("a job panicked")]
    Panicked,
    /// Another decider took over; what this one was doing was not written.
    #[error("another decider took over")]
    Fenced,
    /// The domain refused; nothing was written.
    #[error(transparent)]
    Refused(#[from] roundsman_core::error::Refusal),
}

/// Shorthand.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        /// `SQLITE_FULL`
        const FULL: &str = "13";
        match error.as_database_error().and_then(|it| it.code()) {
            Some(code) if code == FULL => Self::Full,
            _ => Self::Sql(error),
        }
    }
}
