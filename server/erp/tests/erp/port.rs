//! The suite of the port: whatever an ERP answers, each order is decided once.
//!
//! It runs against the embedded ERP, and against the same behind lines that are busy, or that lose
//! the request or the answer.

use std::collections::BTreeSet;
use std::sync::Mutex;

use roundsman_core::documents::order::{Order, SignedOrder, VersionId};
use roundsman_core::id::OrderId;
use roundsman_core::quantity::Quantity;
use roundsman_core::records::{Outcome, SalesOrder};
use roundsman_erp::{Answer, Embedded, Erp, Pulled, Task};
use roundsman_store::Result;

use crate::support::{Company, FLOUR, FLOUR_ON_HAND, GOOD, one};

/// How much the suite orders: in all more than there is.
#[derive(Clone, Copy)]
pub struct Demand {
    /// Orders.
    pub orders: u128,
    /// Bags of 25 kg in each.
    pub bags: i64,
}

const MANY: Demand = Demand { orders: 60, bags: 1 };

#[tokio::test]
async fn the_embedded_erp() {
    suite(MANY, |erp| erp).await;
}

#[tokio::test]
async fn an_erp_that_is_busy() {
    suite(MANY, |erp| Line::new(erp, Fault::Busy, 64)).await;
}

#[tokio::test]
async fn an_erp_whose_requests_get_lost() {
    suite(MANY, |erp| Line::new(erp, Fault::RequestLost, 64)).await;
}

#[tokio::test]
async fn an_erp_whose_answers_get_lost() {
    suite(MANY, |erp| Line::new(erp, Fault::AnswerLost, 64)).await;
}

#[tokio::test]
async fn an_erp_that_takes_one_at_a_time_and_loses_answers() {
    suite(MANY, |erp| Line::new(erp, Fault::AnswerLost, 1)).await;
}

/// What every ERP has to keep behind the port.
pub async fn suite<E: Erp>(demand: Demand, connect: impl Fn(Embedded) -> E) {
    let company = Company::open().await;
    let decider = company.decider(connect(company.embedded())).await;
    company.wait(1);
    let wanted = [(FLOUR, "bag", demand.bags)];
    let orders: Vec<_> = (1..=demand.orders).map(|n| company.order(n, GOOD, &wanted)).collect();
    for order in &orders {
        company.admit(order).await;
        // Admitted again, as after a lost receipt.
        company.admit(order).await;
    }
    company.settle_all(&decider).await;

    let decided = decisions(&company, &orders).await;
    each_has_one_number(&decided);
    no_more_is_promised_than_is_there(&decided);
    what_is_missing_is_said(&decided, demand);
    asking_again_changes_nothing(&company, &connect(company.embedded()), &orders).await;
}

async fn decisions(company: &Company, orders: &[SignedOrder]) -> Vec<SalesOrder> {
    let mut decided = Vec::new();
    for order in orders {
        decided.push(company.decision(order).await.unwrap());
    }
    decided
}

fn each_has_one_number(decided: &[SalesOrder]) {
    let numbers: BTreeSet<_> = decided.iter().map(|it| it.number.clone()).collect();
    let expected: BTreeSet<_> = (10_001..).take(decided.len()).map(|n| format!("SO-{n}")).collect();
    assert_eq!(numbers, expected);
}

fn no_more_is_promised_than_is_there(decided: &[SalesOrder]) {
    let promised: Quantity = sum(decided, |line| line.reserved);
    assert_eq!(promised, Quantity::from(FLOUR_ON_HAND));
}

fn what_is_missing_is_said(decided: &[SalesOrder], demand: Demand) {
    let ordered = i64::try_from(demand.orders).unwrap() * demand.bags * 25;
    assert_eq!(sum(decided, |line| line.short), Quantity::from(ordered - FLOUR_ON_HAND));
    for order in decided {
        let short = order.lines.iter().any(|line| line.short.is_positive());
        let expected = if short { Outcome::AcceptedWithChange } else { Outcome::Accepted };
        assert_eq!(order.outcome, expected);
    }
}

async fn asking_again_changes_nothing<E: Erp>(company: &Company, erp: &E, orders: &[SignedOrder]) {
    let order = &orders[0];
    let before = company.decision(order).await;
    assert_eq!(erp.find(order.order, None).await.unwrap(), before);
    let again = company.decider(company.embedded()).await;
    company.admit(order).await;
    company.settle_all(&again).await;
    assert_eq!(company.decision(order).await, before);
    let pulled = erp.pull(&[]).await.unwrap();
    assert_eq!(pulled.orders.len(), orders.len());
    assert!(erp.pull(&pulled.cursor).await.unwrap().orders.is_empty());
}

fn sum(
    decided: &[SalesOrder],
    part: impl Fn(&roundsman_core::records::DecidedLine) -> Quantity,
) -> Quantity {
    let lines = decided.iter().flat_map(|order| &order.lines);
    lines.fold(Quantity::ZERO, |sum, line| Quantity(sum.0 + part(line).0))
}

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    Busy,
    RequestLost,
    AnswerLost,
}

/// An ERP behind a line with a fault: it strikes at the first two of every three calls.
struct Line {
    erp: Embedded,
    fault: Fault,
    at_once: usize,
    calls: Mutex<Calls>,
}

#[derive(Default)]
struct Calls {
    count: usize,
    /// Orders whose answer nobody knows, until they are looked up.
    unknown: BTreeSet<OrderId>,
}

impl Line {
    fn new(erp: Embedded, fault: Fault, at_once: usize) -> Self {
        Self { erp, fault, at_once, calls: Mutex::default() }
    }

    async fn send(&self, task: &Task) -> Result<Answer> {
        if !self.strikes(task.order.content.order) {
            return one(&self.erp, task).await;
        }
        match self.fault {
            Fault::Busy => Ok(Answer::Busy("busy".to_owned())),
            Fault::RequestLost => Ok(Answer::Unknown("lost".to_owned())),
            Fault::AnswerLost => {
                one(&self.erp, task).await.map(|_| Answer::Unknown("lost".to_owned()))
            }
        }
    }

    fn strikes(&self, order: OrderId) -> bool {
        let mut calls = self.calls.lock().unwrap();
        assert!(!calls.unknown.contains(&order), "sent again without looking it up");
        calls.count += 1;
        let strikes = !calls.count.is_multiple_of(3);
        if strikes && self.fault != Fault::Busy {
            calls.unknown.insert(order);
        }
        strikes
    }
}

impl Erp for Line {
    fn at_once(&self) -> usize {
        self.at_once
    }

    async fn decide(&self, order: &Order) -> Result<SalesOrder> {
        self.erp.decide(order).await
    }

    async fn apply(&self, tasks: &[Task]) -> Vec<Result<Answer>> {
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(self.send(task).await);
        }
        answers
    }

    async fn find(&self, order: OrderId, version: Option<VersionId>) -> Result<Option<SalesOrder>> {
        self.calls.lock().unwrap().unknown.remove(&order);
        self.erp.find(order, version).await
    }

    async fn pull(&self, since: &[u8]) -> Result<Pulled> {
        self.erp.pull(since).await
    }
}
