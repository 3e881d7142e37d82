//! Records: facts the server alone writes. A device stores them as they come and never edits one.
//!
//! Each is CBOR with integer keys, so that an older app skips what it does not know.

mod catalog;
mod customer;
mod journal_status;
mod people;
mod price;
mod sales_order;
mod summaries;

pub use catalog::{LocalName, Pack, Picture, PriceList, Product, Stock};
pub use customer::{Assignment, CustomerAccount};
pub use journal_status::{EntryException, ExceptionState, JournalStatus};
pub use people::{DeviceCode, Person, Role, Territory, Warehouse};
pub use price::{COMING_MAX, Price, PriceBreak, PriceVersion};
pub use sales_order::{
    DecidedLine, Input, Outcome, Progress, Reason, Ruling, SalesOrder, Stage, Verdict, Who,
};
pub use summaries::{OrderSummary, SummaryLine, SummaryReason, Sums, VisitSummary};

use crate::error::{Refusal, Result, codes};
use crate::id::{ItemId, ItemKind};

/// A record's kind and its id, beside its bytes.
pub trait Record: Sized + minicbor::Encode<()> + for<'b> minicbor::Decode<'b, ()> {
    /// What kind it is.
    const KIND: ItemKind;

    /// Which one.
    fn item(&self) -> ItemId;

    /// The stored and transmitted form.
    fn to_bytes(&self) -> Vec<u8> {
        minicbor::to_vec(self).unwrap_or_default()
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// [`codes::MALFORMED`] when the bytes are not this record.
    fn from_bytes(bytes: &[u8]) -> Result<Self> {
        minicbor::decode(bytes)
            .map_err(|error| Refusal::new(codes::MALFORMED).with("detail", error))
    }
}

macro_rules! record {
    ($type:ident, $kind:ident, |$it:ident| $id:expr) => {
        impl $crate::records::Record for $type {
            const KIND: $crate::id::ItemKind = $crate::id::ItemKind::$kind;
            fn item(&self) -> $crate::id::ItemId {
                let $it = self;
                $crate::id::ItemId::new($crate::id::ItemKind::$kind, $id)
            }
        }
    };
}
pub(crate) use record;
