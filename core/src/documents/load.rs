//! Documents from outside.

use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::Automerge;

use crate::error::{Refusal, Result, codes};

/// Reads a whole document that came from outside. Automerge panics on some malformed bytes; where
/// panics can be caught, that is a refusal as well.
///
/// # Errors
/// [`codes::MALFORMED`] when the bytes are no document.
pub fn load(bytes: &[u8]) -> Result<Automerge> {
    let malformed =
        |detail: &dyn std::fmt::Display| Refusal::new(codes::MALFORMED).with("detail", detail);
    match catch_unwind(AssertUnwindSafe(|| Automerge::load(bytes))) {
        Ok(Ok(document)) => Ok(document),
        Ok(Err(error)) => Err(malformed(&error)),
        Err(_) => Err(malformed(&"it broke the reader")),
    }
}
