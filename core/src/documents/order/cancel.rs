//! `order.cancel`: the order is wanted no more.

use minicbor::{Decode, Encode};

use super::{Revision, amend};
use crate::documents::Edit;
use crate::documents::operation::{Operation, Writes, operation};
use crate::error::{Refusal, Result, codes};
use crate::id::{ItemId, ItemKind, PersonId};

/// Adds a version that says why the order is wanted no more.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Cancel {
    /// The version; it has no content.
    #[n(0)]
    pub revision: Revision,
}

impl Operation for Cancel {
    operation!(Cancel, "order.cancel", writes: &[Writes {
        kind: ItemKind::Order,
        paths: &[],
        once: &["cancelled/*"],
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
        if self.revision.content.is_some() {
            return Err(Refusal::new(codes::INVALID).with("field", "content"));
        }
        if self.revision.reason.trim().is_empty() {
            return Err(Refusal::new(codes::EMPTY).with("field", "reason"));
        }
        amend::add(&self.revision, "cancelled", edit)
    }
}
