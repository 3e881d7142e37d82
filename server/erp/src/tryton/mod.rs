//! Tryton in the place of the embedded ERP.
//!
//! Tryton has no rules for what reps agree with customers, so the rules stay ours: the embedded
//! ERP's tables mirror Tryton's customers, prices and stock, and an order is judged by them. What is
//! taken becomes a confirmed sale there before anybody is told, and a sale that Tryton refuses waits
//! for the office with Tryton's own words. Nothing of it is sent twice blindly: every call begins
//! with a look at what is there.

mod client;
mod fault;
mod follow;
mod give;
mod known;
mod pull;
mod push;
mod value;

use std::collections::BTreeMap;
use std::sync::Arc;

use roundsman_core::documents::cart::CartLine;
use roundsman_core::documents::order::{Order, VersionId};
use roundsman_core::error::codes;
use roundsman_core::id::{CustomerId, OrderId};
use roundsman_core::money::Money;
use roundsman_core::records::{Outcome, Progress, Reason, Ruling, SalesOrder, Stage, Who};
use roundsman_core::views::CartView;
use roundsman_store::{Result, Store};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use tokio::sync::{Mutex, OwnedMutexGuard};

pub use client::{Client, Connection};
pub use fault::Fault;
pub use follow::{Difference, Otherwise};
pub use give::NOTE;
pub use known::PARTY;
pub use pull::{Found, FoundCustomer, FoundList, FoundPrice, FoundProduct};
use push::{Pushed, Sale};

use crate::embedded::{Embedded, Ruled};
use crate::port::{Answer, Erp, Pulled, Task};

/// Tryton, and our books about it.
#[derive(Clone)]
pub struct Tryton {
    books: Embedded,
    client: Client,
    /// Whoever writes here or there, and reads stock, waits for their turn.
    turn: Arc<Mutex<()>>,
}

impl Tryton {
    /// Tryton behind this client in the place of the embedded ERP with these tables.
    #[must_use]
    pub fn new(books: Embedded, client: Client) -> Self {
        Self { books, client, turn: Arc::default() }
    }

    /// Calls it.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Waits until nothing is pushed; nothing is until the turn is given back. What is promised here
    /// and what Tryton says it has are counted against each other, so that neither may move between.
    pub async fn turn(&self) -> OwnedMutexGuard<()> {
        self.turn.clone().lock_owned().await
    }

    fn store(&self) -> &Store {
        self.books.store()
    }

    /// What a cart with these lines would cost now. Nothing is recorded.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn quote(&self, customer: CustomerId, lines: &[CartLine]) -> Result<CartView> {
        self.books.quote(customer, lines).await
    }

    /// Decides an order that the rules or Tryton left open.
    ///
    /// # Errors
    /// As [`Embedded::rule`]; [`codes::ERP_UNREACHABLE`] with why when Tryton does not take part: what it
    /// did until then is found when somebody decides again.
    pub async fn rule(&self, order: OrderId, ruled: Ruled) -> Result<SalesOrder> {
        let seen = ruled.seen;
        let _turn = self.turn().await;
        let (order, decided) = self.books.proposed(order, ruled).await?;
        let decided = match self.agreed(&order, decided).await {
            Ok(decided) => decided,
            Err(fault) => {
                let why = fault.to_string();
                return Err(roundsman_core::error::Refusal::new(codes::ERP_UNREACHABLE)
                    .with("detail", why)
                    .into());
            }
        };
        self.books.enter_ruled(&order, seen, decided).await
    }

    async fn apply_one(&self, task: &Task) -> Result<Answer> {
        let _turn = self.turn().await;
        if let Some(decided) = self.books.covering(&task.order).await? {
            return Ok(Answer::AlreadyApplied(decided));
        }
        let decided = self.books.decide(&task.order).await?;
        match self.agreed(&task.order, decided).await {
            Ok(decided) => self.books.enter(task, decided).await,
            Err(fault) => {
                tracing::warn!(order = %task.order.content.order, %fault, "Tryton did not take an order; trying again");
                let why = fault.to_string();
                Ok(match fault {
                    Fault::Lost(_) | Fault::Stale => Answer::Unknown(why),
                    _ => Answer::Busy(why),
                })
            }
        }
    }

    /// The decision as Tryton takes part in it.
    async fn agreed(&self, order: &Order, decided: SalesOrder) -> Result<SalesOrder, Fault> {
        let pushed = self.push(order, &decided).await;
        let before = self.books.decided(decided.order).await.map_err(push::ours)?;
        match pushed {
            Ok(Pushed::Absent) => Ok(decided),
            Ok(Pushed::Confirmed(sale)) => {
                let there = confirmed(&sale, decided);
                // The same sale may have left the warehouse already.
                let known = before.and_then(|it| it.progress);
                let known = known.filter(|it| it.number == sale.number);
                Ok(SalesOrder { progress: known.or(there.progress), ..there })
            }
            Ok(Pushed::InProcess(sale)) => Ok(in_process(&sale, before, decided)),
            Ok(Pushed::Differs(sale)) => {
                let said = format!("{} + {} tax", sale.net, sale.tax);
                Ok(held(decided, codes::ERP_DIFFERS, &said))
            }
            Err(Fault::Refused(said)) => Ok(held(decided, codes::ERP_REFUSED, &said)),
            Err(fault) => Err(fault),
        }
    }
}

impl Erp for Tryton {
    async fn decide(&self, order: &Order) -> Result<SalesOrder> {
        self.books.decide(order).await
    }

    async fn apply(&self, tasks: &[Task]) -> Vec<Result<Answer>> {
        let mut answers = Vec::with_capacity(tasks.len());
        for task in tasks {
            answers.push(self.apply_one(task).await);
        }
        answers
    }

    async fn find(&self, order: OrderId, version: Option<VersionId>) -> Result<Option<SalesOrder>> {
        self.books.find(order, version).await
    }

    async fn pull(&self, since: &[u8]) -> Result<Pulled> {
        self.books.pull(since).await
    }
}

/// Under Tryton's number, with the tax as it will stand on its invoice.
fn confirmed(sale: &Sale, decided: SalesOrder) -> SalesOrder {
    let currency = decided.tax.currency;
    let minor = (sale.tax * Decimal::from(10_i64.pow(currency.places()))).to_i64();
    let tax = Money::new(minor.unwrap_or(decided.tax.minor), currency);
    let progress = Progress {
        number: sale.number.clone(),
        stage: Stage::Confirmed,
        seen_at: decided.decided_at,
    };
    SalesOrder { tax, total: decided.net.plus(tax), progress: Some(progress), ..decided }
}

/// An earlier version is on its way there, and takes its stock and its credit until it has arrived.
/// What happens to the change is for the office to say: it can have it declined or given back, but
/// not released, unless somebody changed the sale there so that it fits.
fn in_process(sale: &Sale, before: Option<SalesOrder>, decided: SalesOrder) -> SalesOrder {
    let (outcome, who) = match decided.verdict.as_ref().map(|it| it.ruling) {
        Some(Ruling::Decline) => (Outcome::Declined, Who::Nobody),
        Some(Ruling::Counter) => (Outcome::Countered, Who::Rep),
        Some(Ruling::Release) | None => (Outcome::Held, Who::Office),
    };
    let said = format!("sale {} is {}", sale.number, sale.state);
    let mut open = held(decided, codes::ERP_IN_PROCESS, &said);
    open.reasons.iter_mut().for_each(|reason| reason.who = who);
    let here = confirmed(sale, open.clone());
    let before = before.filter(|it| it.is_taken() || it.progress.is_some());
    let on_its_way = before.unwrap_or_else(|| here.clone());
    SalesOrder {
        outcome,
        lines: on_its_way.lines,
        net: on_its_way.net,
        tax: on_its_way.tax,
        total: on_its_way.total,
        promised_on: on_its_way.promised_on,
        progress: on_its_way.progress.or(here.progress),
        ..open
    }
}

/// Left to the office, with what Tryton said.
fn held(decided: SalesOrder, code: &str, said: &str) -> SalesOrder {
    let reason = Reason {
        code: code.to_owned(),
        params: BTreeMap::from([("detail".to_owned(), said.to_owned())]),
        rule: "tryton@1".to_owned(),
        inputs: Vec::new(),
        fixes: Vec::new(),
        who: Who::Office,
    };
    let mut reasons = decided.reasons;
    reasons.push(reason);
    let mut lines = decided.lines;
    for line in &mut lines {
        line.reserved = roundsman_core::quantity::Quantity::ZERO;
        line.short = roundsman_core::quantity::Quantity::ZERO;
    }
    SalesOrder {
        outcome: Outcome::Held,
        cancelled: false,
        promised_on: None,
        reasons,
        lines,
        ..decided
    }
}
