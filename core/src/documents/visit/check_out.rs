//! `visit.check_out`: the visit is over and frozen.

use minicbor::{Decode, Encode};

use super::{Finished, still_open};
use crate::documents::Edit;
use crate::documents::customer::TEXT_BYTES_MAX;
use crate::documents::operation::{Operation, Writes, operation};
use crate::error::{Refusal, Result, codes};
use crate::id::{ItemId, ItemKind, VisitId};

/// Finishes a visit.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CheckOut {
    /// The visit.
    #[n(0)]
    pub visit: VisitId,
    /// When and how.
    #[n(1)]
    pub finished: Finished,
}

impl Operation for CheckOut {
    operation!(CheckOut, "visit.check_out", writes: &[Writes {
        kind: ItemKind::Visit,
        paths: &[],
        once: &["finished"],
    }]);

    fn documents(&self) -> Vec<ItemId> {
        vec![self.visit.into()]
    }

    fn creates(&self, _: ItemId) -> bool {
        false
    }

    fn apply(&self, _: ItemId, edit: &mut Edit<'_, '_>) -> Result<()> {
        still_open(edit)?;
        if self.finished.note.len() > TEXT_BYTES_MAX {
            return Err(Refusal::new(codes::TOO_LARGE).with("field", "note"));
        }
        edit.put_cbor(&["finished"], &self.finished)
    }
}
