//! The embedded ERP: the default, with nothing to install.
//!
//! It lives in the same database, so a decision, its reservations and what devices see of them are
//! one transaction with settling the task.

mod decide;
mod ledger;
pub mod master;
mod orders;
mod shelf;
mod stock;
mod store;
mod verdict;

use std::collections::BTreeSet;

use roundsman_core::documents::cart::{Cart, CartLine};
use roundsman_core::documents::order::{Order, VersionId, Wanted};
use roundsman_core::id::{CartId, CustomerId, OrderId, ProductId};
use roundsman_core::records::{Progress, SalesOrder, Verdict};
use roundsman_core::rules::Shelf;
use roundsman_core::time::Timestamp;
use roundsman_core::views::CartView;
use roundsman_store::{Error, Result, SqliteConnection, Store, outbox, records};

use crate::Now;
use crate::port::{Answer, Erp, Pulled, Task};
use ledger::{Judge, Ledger};
use shelf::Shelves;

pub use stock::StockPublisher;
pub use verdict::Ruled;

/// Decisions that are made at a time: as many as one durable commit may hold without a long wait.
const AT_ONCE: usize = 128;

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
        orders::get(&self.store.read, order).await
    }

    /// What was decided about this version of an order, or about a newer one.
    pub(crate) async fn covering(&self, order: &Order) -> Result<Option<SalesOrder>> {
        let decided = orders::get(&self.store.read, order.content.order).await?;
        Ok(decided.filter(|it| covers(it, order)))
    }

    /// What would be decided now.
    async fn judge(
        &self,
        db: &mut SqliteConnection,
        order: &Order,
        verdict: Option<Verdict>,
    ) -> Result<SalesOrder> {
        let (now, signed) = ((self.now)(), &order.content);
        let before = orders::get(&mut *db, signed.order).await?;
        let products = signed.lines.iter().map(|line| line.product).collect();
        let shelf = shelf_for(db, signed.customer, &products, now).await?;
        let shelf = before.as_ref().map_or(shelf.clone(), |before| shelf.without(before));
        Ok(decide::decide(order, before.as_ref(), verdict, &shelf, now))
    }

    /// Books what was decided with a connected ERP, and settles the task.
    pub(crate) async fn enter(&self, task: &Task, decided: SalesOrder) -> Result<Answer> {
        self.book_one((task.clone(), Judge::Made(Box::new(decided)))).await
    }

    /// Notes how far a connected ERP got with an order; whether that was new.
    pub(crate) async fn note_progress(&self, order: OrderId, progress: Progress) -> Result<bool> {
        let now = (self.now)();
        self.store
            .write
            .run(move |db, commit| {
                Box::pin(async move {
                    let Some(order) = outbox::order(&mut *db, order).await? else {
                        return Ok(false);
                    };
                    // Opening the books would take a number for one that was never decided.
                    if orders::get(&mut *db, order.content.order).await?.is_none() {
                        return Ok(false);
                    }
                    let mut ledger = Ledger::open(db, &[&order], now).await?;
                    let noted = ledger.note_progress(&order, progress);
                    ledger.close(db, commit).await?;
                    Ok(noted)
                })
            })
            .await
    }

    async fn book_one(&self, task: (Task, Judge)) -> Result<Answer> {
        let answers = self.book(vec![task]).await?;
        answers.into_iter().next().ok_or_else(|| Error::Corrupt("a task without answer".to_owned()))
    }

    /// Books tasks and settles them, all or none.
    async fn book(&self, tasks: Vec<(Task, Judge)>) -> Result<Vec<Answer>> {
        let now = (self.now)();
        let booked = self.store.write.run(move |db, commit| {
            Box::pin(async move {
                let ids: Vec<_> = tasks.iter().map(|(task, _)| task.id).collect();
                // One decider asks.
                if let Some((first, _)) = tasks.first() {
                    outbox::settle(db, &ids, first.fence, now).await?;
                }
                let orders: Vec<_> = tasks.iter().map(|(task, _)| &task.order).collect();
                let mut ledger = Ledger::open(db, &orders, now).await?;
                let mut answers = Vec::with_capacity(tasks.len());
                for (task, judge) in tasks {
                    answers.push(match ledger.covering(&task.order) {
                        Some(decided) => Answer::AlreadyApplied(decided.clone()),
                        None => Answer::Applied(ledger.book(&task.order, judge)),
                    });
                }
                ledger.close(db, commit).await?;
                Ok(answers)
            })
        });
        booked.await
    }

    /// Plants a fault: rows are settled, and what they are about is not.
    async fn settle_first(&self, tasks: &[Task]) {
        let now = (self.now)();
        for task in tasks {
            let (id, fence) = (task.id, task.fence);
            let settled = self.store.write.run(move |db, _| {
                Box::pin(async move { outbox::settle(db, &[id], fence, now).await })
            });
            let _planted = settled.await;
        }
    }

    /// What a cart with these lines would cost now, from the ERP's own tables. Nothing is recorded.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn quote(&self, customer: CustomerId, lines: &[CartLine]) -> Result<CartView> {
        let products = lines.iter().map(|line| line.product).collect();
        let mut db = self.store.read.acquire().await?;
        let now = (self.now)();
        let shelf = shelf_for(&mut db, customer, &products, now).await?.at(now);
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

    async fn apply(&self, tasks: &[Task]) -> Vec<Result<Answer>> {
        if roundsman_core::planted!("settled before it is booked") {
            self.settle_first(tasks).await;
        }
        let judged = |task: &Task| (task.clone(), Judge::Rules);
        match self.book(tasks.iter().map(judged).collect()).await {
            Ok(answers) => return answers.into_iter().map(Ok).collect(),
            Err(error) if tasks.len() < 2 => return vec![Err(error)],
            // What one of them fails at is not the others' fault.
            Err(_) => {}
        }
        let mut answers = Vec::with_capacity(tasks.len());
        for task in tasks {
            answers.push(self.book_one(judged(task)).await);
        }
        answers
    }

    async fn find(&self, order: OrderId, version: Option<VersionId>) -> Result<Option<SalesOrder>> {
        let decided = orders::get(&self.store.read, order).await?;
        Ok(decided.filter(|decided| decided.version == version))
    }

    async fn pull(&self, since: &[u8]) -> Result<Pulled> {
        orders::decided_after(&self.store.read, since).await
    }
}

/// Everything that prices and judges these products for a customer now, with prices of all days.
///
/// # Errors
/// When the database refuses.
pub async fn shelf_for(
    db: &mut SqliteConnection,
    customer: CustomerId,
    products: &BTreeSet<ProductId>,
    now: Timestamp,
) -> Result<Shelf> {
    let customers = BTreeSet::from([customer]);
    let shelves = Shelves::load(db, &customers, products, BTreeSet::new(), now).await?;
    Ok(shelves.shelf(customer, products.iter().copied()))
}

/// What prices and judges these lines of an order, as if it took nothing itself.
///
/// # Errors
/// When the database fails.
pub async fn shelf_to_amend(
    db: &mut SqliteConnection,
    order: &Order,
    wanted: &Wanted,
    now: Timestamp,
) -> Result<Shelf> {
    let products = wanted.lines.iter().map(|line| line.product).collect();
    let shelf = shelf_for(db, order.content.customer, &products, now).await?.at(now);
    let decision: Option<SalesOrder> = records::get(db, order.content.order).await?;
    Ok(match decision {
        Some(decision) => shelf.without(&decision),
        None => shelf,
    })
}

/// Whether this version of the order, or a newer one, was decided.
fn covers(decided: &SalesOrder, order: &Order) -> bool {
    decided.version == order.version || decided.revision > order.revision()
}
