//! `visit.check_in`: the rep is in the shop.

use minicbor::{Decode, Encode};

use super::Begun;
use crate::documents::operation::{Operation, Writes, operation};
use crate::documents::{Edit, SCHEMA};
use crate::error::Result;
use crate::id::{ItemId, ItemKind, PersonId, VisitId};

/// Begins a visit.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct CheckIn {
    /// Its id, made on the device.
    #[n(0)]
    pub visit: VisitId,
    /// Who, where, when.
    #[n(1)]
    pub begun: Begun,
}

impl Operation for CheckIn {
    operation!(CheckIn, "visit.check_in", writes: &[Writes {
        kind: ItemKind::Visit,
        paths: &[],
        once: &["begun"],
    }]);

    fn documents(&self) -> Vec<ItemId> {
        vec![self.visit.into()]
    }

    fn reads(&self) -> Vec<ItemId> {
        vec![self.begun.customer.into()]
    }

    fn acts_as(&self) -> Option<PersonId> {
        Some(self.begun.rep)
    }

    fn creates(&self, _: ItemId) -> bool {
        true
    }

    fn apply(&self, _: ItemId, edit: &mut Edit<'_, '_>) -> Result<()> {
        edit.put(&["schema"], SCHEMA)?;
        edit.put_cbor(&["begun"], &self.begun)
    }
}
