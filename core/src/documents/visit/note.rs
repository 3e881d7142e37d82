//! `visit.note`: what is noted while the visit goes on.

use minicbor::{Decode, Encode};

use super::{VisitOutcome, still_open};
use crate::documents::Edit;
use crate::documents::customer::TEXT_BYTES_MAX;
use crate::documents::operation::{Operation, Writes, operation};
use crate::error::{Refusal, Result, codes};
use crate::id::{ItemId, ItemKind, VisitId};

/// Notes something; what is not named stays.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Note {
    /// The visit.
    #[n(0)]
    pub visit: VisitId,
    /// The whole note.
    #[n(1)]
    pub note: Option<String>,
    /// The outcome as it looks now.
    #[n(2)]
    pub outcome: Option<VisitOutcome>,
}

impl Operation for Note {
    operation!(Note, "visit.note", writes: &[Writes {
        kind: ItemKind::Visit,
        paths: &["note", "outcome"],
        once: &[],
    }]);

    fn documents(&self) -> Vec<ItemId> {
        vec![self.visit.into()]
    }

    fn creates(&self, _: ItemId) -> bool {
        false
    }

    fn apply(&self, _: ItemId, edit: &mut Edit<'_, '_>) -> Result<()> {
        still_open(edit)?;
        if let Some(note) = &self.note {
            if note.len() > TEXT_BYTES_MAX {
                return Err(Refusal::new(codes::TOO_LARGE).with("field", "note"));
            }
            edit.put(&["note"], note.as_str())?;
        }
        match &self.outcome {
            Some(outcome) => edit.put_cbor(&["outcome"], outcome),
            None => Ok(()),
        }
    }
}
