//! `order.submit`: the cart becomes an order.

use minicbor::{Decode, Encode};

use super::SignedOrder;
use crate::documents::operation::{Operation, Writes, operation};
use crate::documents::{Edit, SCHEMA, cart};
use crate::error::{Refusal, Result, codes};
use crate::id::{ItemId, ItemKind, PersonId};

/// Signs an order and closes its cart.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Submit {
    /// What is signed.
    #[n(0)]
    pub signed: SignedOrder,
}

/// Lines in one order at most; far beyond any real one, it bounds what a hostile client can cause.
pub const LINES_MAX: usize = 5_000;

impl Operation for Submit {
    operation!(Submit, "order.submit", writes: &[
        Writes { kind: ItemKind::Order, paths: &[], once: &["signed"] },
        Writes { kind: ItemKind::Cart, paths: &[], once: &["order"] },
    ]);

    fn documents(&self) -> Vec<ItemId> {
        let cart = self.signed.cart.map(ItemId::from);
        [Some(self.signed.order.into()), cart].into_iter().flatten().collect()
    }

    fn reads(&self) -> Vec<ItemId> {
        vec![self.signed.customer.into()]
    }

    fn acts_as(&self) -> Option<PersonId> {
        Some(self.signed.author())
    }

    fn acts_for(&self) -> Option<PersonId> {
        self.signed.taken_by.map(|_| self.signed.rep)
    }

    fn creates(&self, document: ItemId) -> bool {
        document.kind == ItemKind::Order
    }

    fn apply(&self, document: ItemId, edit: &mut Edit<'_, '_>) -> Result<()> {
        if document.kind == ItemKind::Cart {
            cart::still_open(edit)?;
            return edit.put_cbor(&["order"], &self.signed.order);
        }
        if self.signed.lines.is_empty() {
            return Err(Refusal::new(codes::EMPTY).with("field", "lines"));
        }
        if self.signed.lines.len() > LINES_MAX {
            return Err(Refusal::new(codes::TOO_LARGE).with("field", "lines"));
        }
        edit.put(&["schema"], SCHEMA)?;
        edit.put_cbor(&["signed"], &self.signed)
    }
}
