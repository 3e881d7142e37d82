//! The embedded ERP: the default, with nothing to install.
//!
//! It lives in the same database, so a decision, its reservations and what devices see of them are
//! one transaction with settling the task.

mod decide;
pub mod master;
mod shelf;
mod stock;
mod store;

use roundsman_core::documents::cart::{Cart, CartLine};
use roundsman_core::documents::order::SignedOrder;
use roundsman_core::id::{CartId, CustomerId, OrderId};
use roundsman_core::records::{Outcome, SalesOrder};
use roundsman_core::views::CartView;
use roundsman_store::{
    Commit, Result, SqliteConnection, Store, epochs, outbox, outcomes, restoration,
};

use crate::Now;
use crate::port::{Answer, Erp, Pulled, Task, Transition};

pub use stock::StockPublisher;

/// Decisions that are made at a time: as many as one durable commit may hold without a long wait.
const AT_ONCE: usize = 64;
/// The series of order numbers.
const ORDERS: &str = "SO";

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

    async fn decide(&self, order: &SignedOrder) -> Result<SalesOrder> {
        let now = (self.now)();
        let mut db = self.store.read.acquire().await?;
        let shelf = shelf::load(&mut db, order, now).await?;
        Ok(decide::decide(order, &shelf, now))
    }

    async fn apply(&self, task: &Task) -> Result<Answer> {
        let Transition::Submit = task.transition;
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
                    if let Some(decided) = store::sales_order(&mut *db, task.order.order).await? {
                        return Ok(Answer::AlreadyApplied(decided));
                    }
                    Ok(Answer::Applied(book(db, commit, &task.order, now).await?))
                })
            })
            .await
    }

    async fn find(&self, order: OrderId, transition: Transition) -> Result<Option<SalesOrder>> {
        let Transition::Submit = transition;
        store::sales_order(&self.store.read, order).await
    }

    async fn pull(&self, since: &[u8]) -> Result<Pulled> {
        let since: [u8; 8] = since.try_into().unwrap_or_default();
        store::decided_after(&self.store.read, i64::from_be_bytes(since)).await
    }
}

/// What was decided before the database went back in time, if a device gave it back. A number that
/// another order has got since cannot be given again: then the office reads of both.
async fn given_back(db: &mut SqliteConnection, order: &SignedOrder) -> Result<Option<SalesOrder>> {
    let Some(before) = restoration::outcome(&mut *db, order.order).await? else { return Ok(None) };
    let taken = store::is_number_taken(db, &before.number).await?;
    Ok(Some(before).filter(|before| !taken && before.customer == order.customer))
}

/// The series of order numbers: another one after each restoration, since nobody knows how far the
/// one before had got.
async fn series(db: &mut SqliteConnection) -> Result<String> {
    let last = epochs::restorations(&mut *db).await?.into_iter().next();
    Ok(last.map_or_else(|| ORDERS.to_owned(), |last| format!("{ORDERS}-{}", last.suffix())))
}

/// Decides an order and does what follows from it.
async fn book(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    order: &SignedOrder,
    now: roundsman_core::time::Timestamp,
) -> Result<SalesOrder> {
    let shelf = shelf::load(db, order, now).await?;
    let decided = match given_back(db, order).await? {
        Some(before) => before,
        None => {
            let series = series(db).await?;
            let number = store::next_number(db, &series).await?;
            SalesOrder { number, ..decide::decide(order, &shelf, now) }
        }
    };
    store::insert(db, &decided).await?;
    if let Some(account) = &shelf.account
        && matches!(decided.outcome, Outcome::Accepted | Outcome::AcceptedWithChange)
    {
        store::reserve(db, account.warehouse, &decided).await?;
        if !roundsman_core::planted!("credit not used up") {
            store::add_uninvoiced(db, order.customer, decided.total).await?;
        }
        master::publish_account(db, commit, order.customer, now).await?;
    }
    if roundsman_core::planted!("a decision nobody is told of")
        && decided.outcome != Outcome::Accepted
    {
        return Ok(decided);
    }
    let territory = store::territory(&mut *db, order.customer).await?;
    outcomes::publish(db, commit, &decided, &outcomes::audience(territory, order.rep), now).await?;
    Ok(decided)
}
