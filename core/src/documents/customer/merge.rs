//! `customer.merge` and `customer.unmerge`: two that are one shop. Nothing moves from one document to
//! the other: the one that was entered twice says which one stays, and readers follow.

use minicbor::{Decode, Encode};

use crate::documents::Edit;
use crate::documents::operation::{Operation, Writes, operation};
use crate::error::{Refusal, Result, codes};
use crate::id::{CustomerId, ItemId, ItemKind};

/// From now on this customer is another one.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Merge {
    /// The one that was entered twice.
    #[n(0)]
    pub customer: CustomerId,
    /// The one that stays.
    #[n(1)]
    pub into: CustomerId,
}

impl Operation for Merge {
    operation!(Merge, "customer.merge", writes: &[Writes {
        kind: ItemKind::Customer,
        paths: &["replaced_by"],
        once: &[],
    }]);

    fn documents(&self) -> Vec<ItemId> {
        vec![self.customer.into()]
    }

    fn reads(&self) -> Vec<ItemId> {
        vec![self.into.into()]
    }

    fn creates(&self, _: ItemId) -> bool {
        false
    }

    fn apply(&self, _: ItemId, edit: &mut Edit<'_, '_>) -> Result<()> {
        if self.customer == self.into {
            return Err(Refusal::new(codes::INVALID).with("field", "into"));
        }
        edit.put(&["replaced_by"], self.into.to_string())
    }
}

/// They are two after all.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Unmerge {
    /// The one that was merged.
    #[n(0)]
    pub customer: CustomerId,
}

impl Operation for Unmerge {
    operation!(Unmerge, "customer.unmerge", writes: &[Writes {
        kind: ItemKind::Customer,
        paths: &["replaced_by"],
        once: &[],
    }]);

    fn documents(&self) -> Vec<ItemId> {
        vec![self.customer.into()]
    }

    fn creates(&self, _: ItemId) -> bool {
        false
    }

    fn apply(&self, _: ItemId, edit: &mut Edit<'_, '_>) -> Result<()> {
        edit.put(&["replaced_by"], "")
    }
}
