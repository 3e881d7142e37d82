//! What can go wrong between here and there.

use std::fmt;

/// Why a call gave no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Nothing reached it.
    Unreachable(String),
    /// It was sent, and nobody knows whether it was done.
    Lost(String),
    /// It has too much to do; nothing of this call was done.
    Busy(String),
    /// Somebody else changed what this was based on; nothing of it was done.
    Stale,
    /// It refuses, in words meant for people; nothing of it was done.
    Refused(String),
    /// It does not let us in, or is not set up for what we ask.
    Setup(String),
    /// It answered what nobody expects.
    Broken(String),
}

/// Shorthand.
pub type Result<T, E = Fault> = std::result::Result<T, E>;

impl Fault {
    /// An answer without what was asked for.
    pub fn lacks(what: &str) -> Self {
        Self::Broken(format!("the answer lacks {what}"))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why) => write!(f, "Tryton cannot be reached: {why}"),
            Self::Lost(why) => write!(f, "Tryton's answer was lost: {why}"),
            Self::Busy(why) => write!(f, "Tryton is busy: {why}"),
            Self::Stale => f.write_str("somebody changed this in Tryton at the same time"),
            Self::Refused(why) => write!(f, "Tryton refuses: {why}"),
            Self::Setup(why) => write!(f, "Tryton is not set up for this: {why}"),
            Self::Broken(why) => write!(f, "Tryton answered something unexpected: {why}"),
        }
    }
}

impl std::error::Error for Fault {}
