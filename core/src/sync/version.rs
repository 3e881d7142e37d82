//! Which version of the protocol both sides speak.

use std::ops::RangeInclusive;

use super::PROTOCOL;
use crate::error::{Refusal, Result, codes};

/// The versions this build speaks. The lowest goes up only when no device of it can be left.
pub const PROTOCOLS: RangeInclusive<u8> = 1..=PROTOCOL;

/// The highest version that both sides speak.
///
/// # Errors
/// [`codes::UNKNOWN_VERSION`], which names the side that has to be updated.
pub fn common_version(ours: &RangeInclusive<u8>, theirs: &RangeInclusive<u8>) -> Result<u8> {
    let highest = *ours.end().min(theirs.end());
    if highest >= *ours.start().max(theirs.start()) {
        return Ok(highest);
    }
    let older = if theirs.end() < ours.start() { "app" } else { "server" };
    Err(Refusal::new(codes::UNKNOWN_VERSION)
        .with("min", theirs.start())
        .with("max", theirs.end())
        .with("update", older))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_that_both_speak() {
        assert_eq!(common_version(&(1..=3), &(2..=9)), Ok(3));
        assert_eq!(common_version(&(1..=3), &(1..=2)), Ok(2));
        assert_eq!(common_version(&PROTOCOLS, &(1..=200)), Ok(PROTOCOL));
    }

    #[test]
    fn who_has_none_is_told_which_side_is_old() {
        let side =
            |ours, theirs| common_version(ours, theirs).unwrap_err().params["update"].clone();
        assert_eq!(side(&(1..=1), &(2..=4)), "server");
        assert_eq!(side(&(3..=4), &(1..=2)), "app");
    }
}
