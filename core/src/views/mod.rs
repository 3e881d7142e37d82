//! What screens show: rows and cards, the same on the phone and in the console.
//!
//! Rows are projected from documents and records; every type here crosses to TypeScript.

mod catalogue;
mod customer;
mod order;
mod sync;
mod visit;

pub use catalogue::{CartLineView, CartView, CatalogueRow, CreditView, OfficeProductRow, PriceTrace, TaxLine, TraceStep};
pub use customer::{AccountView, Alternative, ContactView, CustomerCard, CustomerRow, FieldView, Place};
pub use order::{HistoryChange, HistoryRow, OrderLineView, OrderRow, OrderState, OrderView, OutcomeView};
pub use sync::{AttentionRow, CatchUp, Connection, JournalRow, JournalView, QuarantineRow, SyncState, SyncView, TodayFigures, TodayStop, TodayView};
pub use visit::{VisitOutcome, VisitRow, VisitView};
