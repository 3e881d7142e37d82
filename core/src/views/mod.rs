//! What screens show: rows and cards, the same on the phone and in the console.
//!
//! Rows are projected from documents and records; every type here crosses to TypeScript.

mod cart;
mod catalogue;
mod copy;
mod customer;
mod device;
mod order;
mod order_version;
mod restoration;
mod sync;
mod usual;
mod visit;

pub use cart::lines_by_product;
pub use catalogue::{
    CartLineView, CartView, CatalogueRow, CreditView, NextPrice, OfficeProductRow, PriceTrace,
    TaxLine, TraceStep,
};
pub use copy::{EntryCopy, meant};
pub use customer::{
    AccountView, Alternative, ContactView, CustomerCard, CustomerFacts, CustomerRow, FieldView,
    MergedCustomer, Place, contact_views, customer_search, due_in_days, field_views,
};
pub use device::{DeviceRow, DeviceState, StaffRow};
pub use order::{
    HistoryChange, HistoryRow, OrderLineView, OrderRow, OrderState, OrderView, OutcomeView,
    order_search,
};
use order_version::versions;
pub use order_version::{
    AmendView, LineChange, OrderDiff, OrderVersionView, VerdictView, VersionState, WantedView,
};
pub use restoration::{
    ChangeMissing, DeviceReturn, OutcomeMissing, OutcomeMissingWhy, RestorationView,
};
pub use sync::{
    AttentionRow, CatchUp, ChannelProgress, Connection, JournalRow, JournalView, LostView,
    QuarantineRow, SyncState, SyncView, TodayFigures, TodayStop, TodayView,
};
pub use usual::{CartPut, LastOrder, USUAL_ORDERS_MAX, UsualLine, UsualView};
pub use visit::{VisitOutcome, VisitRow, VisitView, visit_search};

use crate::id::{DeviceId, PersonId};

/// The names of those who appear in a history.
pub trait Names {
    /// A person's name; empty when unknown.
    fn person(&self, id: PersonId) -> String;
    /// A device's short code; empty when unknown.
    fn device(&self, id: DeviceId) -> String;
}
