//! What the server wants from an ERP.

use roundsman_core::documents::order::{Order, VersionId};
use roundsman_core::error::Refusal;
use roundsman_core::id::OrderId;
use roundsman_core::records::{Reason, SalesOrder};
use roundsman_store::Result;

/// One version of one order, to be applied once: it was submitted, changed or cancelled.
#[derive(Debug, Clone)]
pub struct Task {
    /// Its row in the outbox.
    pub id: i64,
    /// The decider's number: work of one that was replaced is not written.
    pub fence: i64,
    /// The order as it stands.
    pub order: Order,
}

/// What an ERP says to a task.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Done now.
    Applied(SalesOrder),
    /// Done before; this is what came of it.
    AlreadyApplied(SalesOrder),
    /// It will not take this, ever.
    Rejected(Refusal),
    /// A person has to decide there.
    NeedsDecision(Vec<Reason>),
    /// Not now, and why; nothing was done.
    Busy(String),
    /// Nobody knows whether it was done: the answer was lost, and how.
    Unknown(String),
}

/// What changed in an ERP since a cursor.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pulled {
    /// Decisions that changed.
    pub orders: Vec<SalesOrder>,
    /// Where to go on.
    pub cursor: Vec<u8>,
}

/// An ERP, embedded or connected.
///
/// `apply` is safe to call again: a version of an order is applied once, by the order's id and the
/// version. It takes the place of what was applied before under the same number; an older version
/// never takes the place of a newer one.
pub trait Erp: Send + Sync {
    /// How many tasks it takes at a time.
    fn at_once(&self) -> usize {
        1
    }

    /// What it would say to this order. Nothing is done.
    fn decide(&self, order: &Order) -> impl Future<Output = Result<SalesOrder>> + Send;

    /// Does the tasks of one decider in their order, each unless it was done before. There is an
    /// answer to each, in the same order.
    fn apply(&self, tasks: &[Task]) -> impl Future<Output = Vec<Result<Answer>>> + Send;

    /// What came of a version of an order, if it was applied; none: as it was first signed.
    fn find(
        &self,
        order: OrderId,
        version: Option<VersionId>,
    ) -> impl Future<Output = Result<Option<SalesOrder>>> + Send;

    /// What changed there since the cursor; an empty cursor is the beginning.
    fn pull(&self, since: &[u8]) -> impl Future<Output = Result<Pulled>> + Send;
}
