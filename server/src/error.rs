//! Errors: what a caller is told, and what only the log is.

use roundsman_core::error::{Refusal, codes};
use roundsman_store::Error as StoreError;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller is told why.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The caller is told that something went wrong; the log says what.
    #[error("{0}")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Shorthand.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Something that is nobody's fault outside.
    pub fn internal(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(error.into())
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(refusal) => Self::Refused(refusal),
            StoreError::Full => Self::Refused(Refusal::new(codes::SERVER_FULL)),
            other => Self::internal(other),
        }
    }
}
