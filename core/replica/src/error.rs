//! What can go wrong on the device.

use roundsman_core::error::{Refusal, codes};
use rusqlite::ErrorCode;

/// A failure on the device.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The storage refused: full, evicted, or not readable with this key.
    #[error("storage: {0}")]
    Storage(#[from] rusqlite::Error),
    /// A refusal that a person can read.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// What is stored is not what this build wrote.
    #[error("stored data: {0}")]
    Corrupt(String),
}

/// Shorthand.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Whether the disk is full.
    pub(crate) fn is_no_room(&self) -> bool {
        matches!(self, Self::Storage(error) if error.sqlite_error_code() == Some(ErrorCode::DiskFull))
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refusal) => refusal,
            Error::Storage(error) => Self::new(codes::STORAGE).with("detail", error),
            Error::Corrupt(detail) => Self::new(codes::STORAGE).with("detail", detail),
        }
    }
}

impl From<automerge::AutomergeError> for Error {
    fn from(error: automerge::AutomergeError) -> Self {
        Self::Corrupt(error.to_string())
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Corrupt(error.to_string())
    }
}
