//! The embedded ERP: the default, with nothing to install.
//!
//! It lives in the same database, so a decision, its reservations and what devices see of them are
//! one transaction with settling the task.

mod booking;
mod decide;
pub mod master;
mod shelf;
mod stock;
mod store;
mod verdict;

use roundsman_core::documents::cart::{Cart, CartLine};
use roundsman_core::documents::order::{Order, VersionId};
use roundsman_core::id::{CartId, CustomerId, OrderId};
use roundsman_core::records::{Progress, SalesOrder, Verdict};
use roundsman_core::views::CartView;
use roundsman_store::{Result, SqliteConnection, Store, outbox};

use crate::Now;
use crate::port::{Answer, Erp, Pulled, Task};
use booking::Judge;

pub use stock::StockPublisher;
pub use verdict::Ruled;

/// Decisions that are made at a time: as many as one durable commit may hold without a long wait.
const AT_ONCE: usize = 64;

/// The embedded ERP.
#[derive(Clone)]
pub struct Embedded {
    store: Store,
    now: Now,
}

impl Embedded {
    /// The ERP in this database.
    #[must_use]
    pub fn new(store: Store, now: Now) -> Self {
        Self { store, now }
    }
}

impl Embedded {
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// A customer's number, once the office gave it one.
    pub(crate) async fn code_of(&self, customer: CustomerId) -> Result<Option<String>> {
        let account = store::account(&self.store.read, customer, (self.now)()).await?;
        Ok(account.map(|it| it.code).filter(|code| !code.is_empty()))
    }

    /// What was last decided about an order.
    pub(crate) async fn decided(&self, order: OrderId) -> Result<Option<SalesOrder>> {
        store::sales_order(&self.store.read, order).await
    }

    /// What was decided about this version of an order, or about a newer one.
    pub(crate) async fn covering(&self, order: &Order) -> Result<Option<SalesOrder>> {
        let decided = store::sales_order(&self.store.read, order.content.order).await?;
        Ok(decided.filter(|it| covers(it, order)))
    }

    /// What would be decided now.
    async fn judge(
        &self,
        db: &mut SqliteConnection,
        order: &Order,
        verdict: Option<Verdict>,
    ) -> Result<SalesOrder> {
        let now = (self.now)();
        let before = store::sales_order(&mut *db, order.content.order).await?;
        let shelf = shelf::load(db, &order.content, now).await?;
        let shelf = before.as_ref().map_or(shelf.clone(), |before| shelf.without(before));
        Ok(decide::decide(order, before.as_ref(), verdict, &shelf, now))
    }

    /// Books what was decided with a connected ERP, and settles the task.
    pub(crate) async fn enter(&self, task: &Task, decided: SalesOrder) -> Result<Answer> {
        self.book(task, Judge::Made(Box::new(decided))).await
    }

    /// Notes how far a connected ERP got with an order; whether that was new.
    pub(crate) async fn note_progress(&self, order: OrderId, progress: Progress) -> Result<bool> {
        let now = (self.now)();
        self.store
            .write
            .run(move |db, commit| {
                Box::pin(
                    async move { booking::note_progress(db, commit, order, progress, now).await },
                )
            })
            .await
    }

    async fn book(&self, task: &Task, judge: Judge) -> Result<Answer> {
        let (task, now) = (task.clone(), (self.now)());
        self.store
            .write
            .run(move |db, commit| {
                Box::pin(async move {
                    outbox::settle(db, task.id, task.fence, now).await?;
                    let before = store::sales_order(&mut *db, task.order.content.order).await?;
                    if let Some(decided) = before.filter(|it| covers(it, &task.order)) {
                        return Ok(Answer::AlreadyApplied(decided));
                    }
                    Ok(Answer::Applied(booking::book(db, commit, &task.order, judge, now).await?))
                })
            })
            .await
    }

    /// What a cart with these lines would cost now, from the ERP's own tables. Nothing is recorded.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn quote(&self, customer: CustomerId, lines: &[CartLine]) -> Result<CartView> {
        let products = lines.iter().map(|line| line.product).collect();
        let mut db = self.store.read.acquire().await?;
        let shelf = shelf::load_for(&mut db, customer, products, (self.now)()).await?;
        let nobody = CartId(uuid::Uuid::nil());
        Ok(CartView::new(nobody, &Cart::of_lines(customer, lines), "", &shelf))
    }
}

impl Erp for Embedded {
    fn at_once(&self) -> usize {
        AT_ONCE
    }

    async fn decide(&self, order: &Order) -> Result<SalesOrder> {
        let mut db = self.store.read.acquire().await?;
        self.judge(&mut db, order, None).await
    }

    async fn apply(&self, task: &Task) -> Result<Answer> {
        if roundsman_core::planted!("settled before it is booked") {
            let (id, fence, now) = (task.id, task.fence, (self.now)());
            let first = self.store.write.run(move |db, _| {
                Box::pin(async move { outbox::settle(db, id, fence, now).await })
            });
            first.await?;
        }
        self.book(task, Judge::Rules).await
    }

    async fn find(&self, order: OrderId, version: Option<VersionId>) -> Result<Option<SalesOrder>> {
        let decided = store::sales_order(&self.store.read, order).await?;
        Ok(decided.filter(|decided| decided.version == version))
    }

    async fn pull(&self, since: &[u8]) -> Result<Pulled> {
        let since: [u8; 8] = since.try_into().unwrap_or_default();
        store::decided_after(&self.store.read, i64::from_be_bytes(since)).await
    }
}

/// Whether this version of the order, or a newer one, was decided.
fn covers(decided: &SalesOrder, order: &Order) -> bool {
    decided.version == order.version || decided.revision > order.revision()
}
