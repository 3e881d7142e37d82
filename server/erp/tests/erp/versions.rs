//! Orders that are changed, cancelled and released after the signature: each version is decided
//! once, and what the decisions that stand have taken is what is taken.

use roundsman_core::documents::order::{self, SignedOrder};
use roundsman_core::error::codes;
use roundsman_core::id::{CustomerId, ProductId};
use roundsman_core::quantity::Quantity;
use roundsman_core::records::{Outcome, Ruling, SalesOrder, Who};
use roundsman_core::time::Timestamp;
use roundsman_erp::embedded::Ruled;
use roundsman_erp::{Answer, Decider, Embedded, Task};
use roundsman_store::{Error, outbox};

use crate::support::{CAKE, Company, FLOUR, GOOD, POOR, REP, one};

struct Desk {
    company: Company,
    decider: Decider<Embedded>,
}

impl Desk {
    async fn open() -> Self {
        let company = Company::open().await;
        let decider = company.decider(company.embedded()).await;
        Self { company, decider }
    }

    async fn settle(&self) {
        self.company.settle_all(&self.decider).await;
        self.company.adds_up().await;
    }

    async fn submit(&self, customer: CustomerId, wanted: &[(ProductId, &str, i64)]) -> SignedOrder {
        let order = self.company.order(1, customer, wanted);
        self.company.admit(&order).await;
        self.settle().await;
        order
    }

    /// Another content of the order, as a phone makes it.
    fn content(&self, first: &SignedOrder, wanted: &[(ProductId, &str, i64)]) -> SignedOrder {
        let number = first.order.0.as_u128();
        let content = self.company.order(number, first.customer, wanted);
        SignedOrder { placed_at: first.placed_at, ..content }
    }

    async fn decided(&self, order: &SignedOrder) -> SalesOrder {
        self.company.decision(order).await.unwrap()
    }

    async fn rule(
        &self,
        order: &SignedOrder,
        ruling: Ruling,
        seen: Timestamp,
    ) -> Result<SalesOrder, Error> {
        let ruled = Ruled { ruling, by: REP, note: "known well".to_owned(), seen };
        self.company.embedded().rule(order.order, ruled).await
    }
}

fn refused(answer: Result<SalesOrder, Error>) -> String {
    match answer {
        Err(Error::Refused(refusal)) => refusal.code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn another_version_is_decided_anew_under_the_same_number() {
    let desk = Desk::open().await;
    let order = desk.submit(GOOD, &[(FLOUR, "bag", 4), (CAKE, "kg", 3)]).await;
    let before = desk.decided(&order).await;
    desk.company.revise(order.order, Some(desk.content(&order, &[(FLOUR, "bag", 2)]))).await;
    desk.settle().await;
    let after = desk.decided(&order).await;
    assert_eq!(after.number, before.number);
    assert_eq!((after.outcome, after.lines.len()), (Outcome::Accepted, 1));
    assert_eq!(after.lines[0].reserved, Quantity::from(50));
    assert_eq!((before.version, after.revision), (None, 1));
    assert_eq!(
        after.version,
        order::read(&desk.company.document(order.order).await).unwrap().version
    );
}

#[tokio::test]
async fn what_a_version_gives_back_another_order_can_have() {
    let desk = Desk::open().await;
    let order = desk.submit(GOOD, &[(FLOUR, "bag", 38)]).await;
    desk.company.revise(order.order, Some(desk.content(&order, &[(FLOUR, "bag", 30)]))).await;
    let next = desk.company.order(2, GOOD, &[(FLOUR, "bag", 8)]);
    desk.company.admit(&next).await;
    desk.settle().await;
    assert_eq!(desk.decided(&next).await.outcome, Outcome::Accepted);
}

#[tokio::test]
async fn an_amendment_is_judged_without_what_the_order_itself_had_taken() {
    let desk = Desk::open().await;
    // Most of what POOR may owe.
    let order = desk.submit(POOR, &[(FLOUR, "bag", 4)]).await;
    assert_eq!(desk.decided(&order).await.outcome, Outcome::Accepted);
    desk.company
        .revise(order.order, Some(desk.content(&order, &[(FLOUR, "bag", 4), (FLOUR, "kg", 1)])))
        .await;
    desk.settle().await;
    assert_eq!(desk.decided(&order).await.outcome, Outcome::Accepted);
}

#[tokio::test]
async fn what_was_taken_keeps_its_price() {
    let desk = Desk::open().await;
    let order = desk.submit(GOOD, &[(FLOUR, "bag", 1), (CAKE, "kg", 3)]).await;
    let smaller = desk.content(&order, &[(FLOUR, "bag", 1)]);
    desk.company.set_price(FLOUR, 900).await;
    desk.company.revise(order.order, Some(smaller)).await;
    desk.settle().await;
    assert_eq!(desk.decided(&order).await.outcome, Outcome::Accepted);
}

#[tokio::test]
async fn a_cancelled_order_is_closed_and_takes_nothing() {
    let desk = Desk::open().await;
    let order = desk.submit(GOOD, &[(FLOUR, "bag", 4)]).await;
    desk.company.revise(order.order, Some(desk.content(&order, &[(FLOUR, "bag", 6)]))).await;
    desk.company.revise(order.order, None).await;
    desk.settle().await;
    let decided = desk.decided(&order).await;
    assert!(decided.cancelled && !decided.is_taken() && decided.reasons.is_empty());
    assert_eq!(decided.number, "SO-10001");
    let known = desk.company.document(order.order).await;
    desk.company.revise_on(order.order, &known, None).await;
    desk.settle().await;
    assert!(desk.decided(&order).await.cancelled, "and again");
}

#[tokio::test]
async fn both_orders_of_arrival_end_the_same() {
    let mut ends = Vec::new();
    for cancel_first in [false, true] {
        let desk = Desk::open().await;
        let order = desk.submit(GOOD, &[(FLOUR, "bag", 4)]).await;
        let known = desk.company.document(order.order).await;
        let content = Some(desk.content(&order, &[(FLOUR, "bag", 6)]));
        let (first, second) = if cancel_first { (None, content) } else { (content, None) };
        desk.company.revise_on(order.order, &known, first).await;
        desk.settle().await;
        desk.company.revise_on(order.order, &known, second).await;
        desk.settle().await;
        let end = desk.decided(&order).await;
        ends.push((end.outcome, end.cancelled, end.total, end.reasons, end.lines));
    }
    assert_eq!(ends[0], ends[1]);
    assert_eq!(ends[0].3[0].code, codes::CHANGED_MEANWHILE);
}

#[tokio::test]
async fn an_older_version_never_takes_the_place_of_a_newer_one() {
    let desk = Desk::open().await;
    let order = desk.submit(GOOD, &[(FLOUR, "bag", 4)]).await;
    let old = order::read(&desk.company.document(order.order).await).unwrap();
    desk.company.revise(order.order, Some(desk.content(&order, &[(FLOUR, "bag", 2)]))).await;
    desk.settle().await;
    let newer = desk.decided(&order).await;
    // A decider that had read the document before.
    let fence =
        desk.company.store.write.run(|db, _| Box::pin(async move { outbox::claim(db).await }));
    let task = Task { id: 1, fence: fence.await.unwrap(), order: old };
    let answer = one(&desk.company.embedded(), &task).await.unwrap();
    assert_eq!(answer, Answer::AlreadyApplied(newer.clone()));
    assert_eq!(desk.decided(&order).await, newer);
    desk.company.adds_up().await;
}

#[tokio::test]
async fn a_held_order_is_released_as_it_was_signed() {
    let desk = Desk::open().await;
    let order = desk.submit(POOR, &[(CAKE, "box", 1)]).await;
    let held = desk.decided(&order).await;
    assert_eq!(held.outcome, Outcome::Held);
    let released = desk.rule(&order, Ruling::Release, held.decided_at).await.unwrap();
    assert_eq!((released.outcome, &released.number), (Outcome::Accepted, &held.number));
    assert_eq!(released.total, order.total);
    let verdict = released.verdict.as_ref().unwrap();
    assert_eq!((verdict.by, verdict.note.as_str()), (REP, "known well"));
    assert_eq!(desk.decided(&order).await, released);
    desk.company.adds_up().await;
}

#[tokio::test]
async fn what_the_office_gives_back_waits_for_the_rep() {
    let desk = Desk::open().await;
    let order = desk.submit(POOR, &[(CAKE, "box", 1)]).await;
    let held = desk.decided(&order).await;
    let given_back = desk.rule(&order, Ruling::Counter, held.decided_at).await.unwrap();
    assert_eq!(given_back.outcome, Outcome::Countered);
    assert!(given_back.reasons.iter().all(|reason| reason.who == Who::Rep));
    let taken = desk.rule(&order, Ruling::Release, given_back.decided_at).await.unwrap();
    assert!(taken.is_taken() && taken.reasons.iter().all(|reason| reason.who == Who::Nobody));
    desk.company.adds_up().await;
}

#[tokio::test]
async fn of_two_who_decide_at_the_same_time_one_does() {
    let desk = Desk::open().await;
    let order = desk.submit(POOR, &[(CAKE, "box", 1)]).await;
    let seen = desk.decided(&order).await.decided_at;
    let (one, other) = tokio::join!(
        desk.rule(&order, Ruling::Release, seen),
        desk.rule(&order, Ruling::Decline, seen)
    );
    let (done, told) = if one.is_ok() { (one, other) } else { (other, one) };
    assert_eq!(refused(told), codes::DECIDED_MEANWHILE);
    assert_eq!(desk.decided(&order).await, done.unwrap());
    desk.company.adds_up().await;
}

#[tokio::test]
async fn nobody_is_refused_without_a_reason() {
    let desk = Desk::open().await;
    let order = desk.submit(POOR, &[(CAKE, "box", 1)]).await;
    let seen = desk.decided(&order).await.decided_at;
    let ruled = Ruled { ruling: Ruling::Decline, by: REP, note: " ".to_owned(), seen };
    assert_eq!(refused(desk.company.embedded().rule(order.order, ruled).await), codes::EMPTY);
    let declined = desk.rule(&order, Ruling::Decline, seen).await.unwrap();
    assert_eq!(declined.outcome, Outcome::Declined);
    // What is decided stays decided, until the rep changes the order.
    let again = desk.rule(&order, Ruling::Release, declined.decided_at).await;
    assert_eq!(refused(again), codes::DECIDED_MEANWHILE);
    desk.company.revise(order.order, Some(desk.content(&order, &[(CAKE, "kg", 1)]))).await;
    desk.settle().await;
    let anew = desk.decided(&order).await;
    assert_eq!((anew.outcome, anew.verdict), (Outcome::Accepted, None));
}

#[tokio::test]
async fn a_release_of_what_changed_meanwhile_is_refused() {
    let desk = Desk::open().await;
    let order = desk.submit(POOR, &[(CAKE, "box", 1)]).await;
    let seen = desk.decided(&order).await.decided_at;
    desk.company.revise(order.order, None).await;
    assert_eq!(refused(desk.rule(&order, Ruling::Release, seen).await), codes::DECIDED_MEANWHILE);
    desk.settle().await;
    assert!(desk.decided(&order).await.cancelled);
    assert_eq!(refused(desk.rule(&order, Ruling::Release, seen).await), codes::DECIDED_MEANWHILE);
    desk.company.adds_up().await;
}

#[tokio::test]
async fn a_release_and_an_amendment_that_came_together_add_up() {
    for amended_first in [false, true] {
        let desk = Desk::open().await;
        let order = desk.submit(POOR, &[(CAKE, "box", 1)]).await;
        let seen = desk.decided(&order).await.decided_at;
        let smaller = Some(desk.content(&order, &[(CAKE, "kg", 1)]));
        if amended_first {
            desk.company.revise(order.order, smaller).await;
            let _refused = desk.rule(&order, Ruling::Release, seen).await;
        } else {
            desk.rule(&order, Ruling::Release, seen).await.unwrap();
            desk.company.revise(order.order, smaller).await;
        }
        desk.settle().await;
        let end = desk.decided(&order).await;
        assert_eq!((end.outcome, end.verdict), (Outcome::Accepted, None));
    }
}

/// Long sequences of everything at once: after each settling the sums hold.
#[tokio::test]
async fn whatever_happens_the_sums_hold() {
    let desk = Desk::open().await;
    let mut dice = 0x2545_f491_4f6c_dd1d_u64;
    let mut roll = move |sides: u64| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        dice % sides
    };
    let mut orders = Vec::new();
    for number in 1..=6_u128 {
        let customer = if number % 2 == 0 { POOR } else { GOOD };
        let order = desk.company.order(number, customer, &[(FLOUR, "bag", 9), (CAKE, "kg", 2)]);
        desk.company.admit(&order).await;
        orders.push(order);
    }
    for _ in 0..60 {
        let order = &orders[usize::try_from(roll(6)).unwrap()];
        let known = desk.company.document(order.order).await;
        let cancelled = order::read(&known).unwrap().cancelled.is_some();
        match roll(8) {
            0 => desk.company.revise(order.order, None).await,
            1..=4 if !cancelled => {
                let bags = i64::try_from(roll(20)).unwrap() + 1;
                let content = desk.content(order, &[(FLOUR, "bag", bags), (CAKE, "box", 1)]);
                desk.company.revise(order.order, Some(content)).await;
                if roll(3) == 0 {
                    let other = desk.content(order, &[(FLOUR, "bag", bags + 1)]);
                    desk.company.revise_on(order.order, &known, Some(other)).await;
                }
            }
            _ => {
                if let Some(decided) = desk.company.decision(order).await {
                    let _maybe = desk.rule(order, Ruling::Release, decided.decided_at).await;
                }
            }
        }
        if roll(2) == 0 {
            desk.settle().await;
        }
        desk.company.wait(1_000);
    }
    desk.settle().await;
}
