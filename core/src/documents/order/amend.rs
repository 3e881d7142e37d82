//! `order.amend`: another version of what was signed.

use minicbor::{Decode, Encode};

use super::{Revision, VersionId};
use crate::documents::Edit;
use crate::documents::customer::TEXT_BYTES_MAX;
use crate::documents::operation::{Operation, Writes, operation};
use crate::error::{Refusal, Result, codes};
use crate::id::{ItemId, ItemKind, PersonId};

/// Adds a version with other lines.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Amend {
    /// The version; it has a content.
    #[n(0)]
    pub revision: Revision,
}

impl Operation for Amend {
    operation!(Amend, "order.amend", writes: &[Writes {
        kind: ItemKind::Order,
        paths: &[],
        once: &["versions/*"],
    }]);

    fn documents(&self) -> Vec<ItemId> {
        vec![self.revision.order.into()]
    }

    fn acts_as(&self) -> Option<PersonId> {
        Some(self.revision.by)
    }

    fn creates(&self, _: ItemId) -> bool {
        false
    }

    fn apply(&self, _: ItemId, edit: &mut Edit<'_, '_>) -> Result<()> {
        if edit.has("cancelled") {
            return Err(Refusal::new(codes::ORDER_CANCELLED));
        }
        let lines = self.revision.content.as_ref().map_or(0, |content| content.lines.len());
        if lines == 0 {
            return Err(Refusal::new(codes::EMPTY).with("field", "lines"));
        }
        if lines > super::LINES_MAX {
            return Err(Refusal::new(codes::TOO_LARGE).with("field", "lines"));
        }
        add(&self.revision, "versions", edit)
    }
}

/// Writes a revision where nothing else can stand: under its own hash.
pub(super) fn add(revision: &Revision, map: &str, edit: &mut Edit<'_, '_>) -> Result<()> {
    if revision.reason.len() > TEXT_BYTES_MAX {
        return Err(Refusal::new(codes::TOO_LARGE).with("field", "reason"));
    }
    let first = edit.bytes("signed").map(|bytes| VersionId::of(&bytes));
    for base in &revision.bases {
        let key = base.to_string();
        if first != Some(*base) && !edit.holds("versions", &key) && !edit.holds("cancelled", &key) {
            return Err(Refusal::new(codes::MISSING_DEPENDENCY).with("version", base));
        }
    }
    edit.put_cbor(&[map, &revision.id().to_string()], revision)
}
