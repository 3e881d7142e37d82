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
use roundsman_core::records::SalesOrder;
use roundsman_core::views::CartView;
use roundsman_store::{Result, Store, outbox};

use crate::Now;
use crate::port::{Answer, Erp, Pulled, Task};

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
        let now = (self.now)();
        let mut db = self.store.read.acquire().await?;
        let before = store::sales_order(&mut *db, order.content.order).await?;
        let shelf = shelf::load(&mut db, &order.content, now).await?;
        let shelf = before.as_ref().map_or(shelf.clone(), |before| shelf.without(before));
        Ok(decide::decide(order, before.as_ref(), None, &shelf, now))
    }

    async fn apply(&self, task: &Task) -> Result<Answer> {
        let (task, now) = (task.clone(), (self.now)());
        if roundsman_core::planted!("settled before it is booked") {
            let (id, fence) = (task.id, task.fence);
            let first = self.store.write.run(move |db, _| {
                Box::pin(async move { outbox::settle(db, id, fence, now).await })
            });
            first.await?;
        }
        self.store
            .write
            .run(move |db, commit| {
                Box::pin(async move {
                    outbox::settle(db, task.id, task.fence, now).await?;
                    let before = store::sales_order(&mut *db, task.order.content.order).await?;
                    if let Some(decided) = before.filter(|it| covers(it, &task.order)) {
                        return Ok(Answer::AlreadyApplied(decided));
                    }
                    Ok(Answer::Applied(booking::book(db, commit, &task.order, None, now).await?))
                })
            })
            .await
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
