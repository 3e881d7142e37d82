//! The visit: who went where, when, and what came of it. Finished, it is frozen.

mod check_in;
mod check_out;
mod note;
mod summary;

use automerge::Automerge;
pub use check_in::CheckIn;
pub use check_out::CheckOut;
use minicbor::{Decode, Encode};
pub use note::Note;
use serde::{Deserialize, Serialize};

use super::Fields;
use crate::error::{Refusal, Result, codes};
use crate::id::{CustomerId, PersonId};
use crate::place::Place;
use crate::time::Timestamp;

/// How a visit ended.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Encode, Decode,
)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(index_only)]
pub enum VisitOutcome {
    /// An order was taken.
    #[n(0)]
    Ordered,
    /// Nothing was needed.
    #[n(1)]
    NoNeed,
    /// The shop was closed.
    #[n(2)]
    Closed,
    /// Nobody who decides was there.
    #[n(3)]
    Absent,
    /// Come again.
    #[n(4)]
    Later,
}

/// How it began; written once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct Begun {
    /// Where.
    #[n(0)]
    pub customer: CustomerId,
    /// Who.
    #[n(1)]
    pub rep: PersonId,
    /// When, by the device's clock.
    #[n(2)]
    pub at: Timestamp,
    /// Minutes east of UTC on the device.
    #[n(3)]
    pub offset_minutes: i16,
    /// Where the device was, when it knew.
    #[n(4)]
    pub place: Option<Place>,
}

/// How it ended; written once, and with it the visit is frozen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct Finished {
    /// When, by the device's clock.
    #[n(0)]
    pub at: Timestamp,
    /// What came of it.
    #[n(1)]
    pub outcome: VisitOutcome,
    /// What was noted.
    #[n(2)]
    pub note: String,
}

/// A visit's document, read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Visit {
    /// How it began.
    pub begun: Begun,
    /// How it ended.
    pub finished: Option<Finished>,
    /// The note so far; the final one once it is finished.
    pub note: String,
    /// The outcome so far; the final one once it is finished.
    pub outcome: Option<VisitOutcome>,
}

/// Reads the document.
///
/// # Errors
/// [`codes::MALFORMED`] when it does not say how it began.
pub fn read(document: &Automerge) -> Result<Visit> {
    let root = Fields::root(document);
    let begun =
        root.frozen("begun").and_then(|bytes| minicbor::decode::<Begun>(&bytes).ok()).ok_or_else(
            || Refusal::new(codes::MALFORMED).with("detail", "a visit without a beginning"),
        )?;
    let finished =
        root.frozen("finished").and_then(|bytes| minicbor::decode::<Finished>(&bytes).ok());
    let draft = root.bytes("outcome").and_then(|bytes| minicbor::decode(&bytes).ok());
    Ok(Visit {
        begun,
        note: finished.as_ref().map_or_else(|| root.text("note"), |end| end.note.clone()),
        outcome: finished.as_ref().map(|end| end.outcome).or(draft),
        finished,
    })
}

/// Refuses to write to a finished visit.
pub(super) fn still_open(edit: &super::Edit<'_, '_>) -> Result<()> {
    if edit.has("finished") { Err(Refusal::new(codes::VISIT_FINISHED)) } else { Ok(()) }
}
