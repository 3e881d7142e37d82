//! What the embedded ERP decides, and what follows from it.

use std::collections::BTreeSet;

use roundsman_core::documents::order::SignedOrder;
use roundsman_core::error::codes;
use roundsman_core::id::OrderId;
use roundsman_core::quantity::Quantity;
use roundsman_core::records::{Outcome, SalesOrder};
use roundsman_core::time::DAY_MS;
use roundsman_erp::embedded::StockPublisher;
use roundsman_erp::{Erp as _, Round};
use roundsman_store::Error;
use uuid::Uuid;

use crate::support::{BLOCKED, CAKE, Company, FLOUR, FLOUR_ON_HAND, GOOD, POOR, STRANGER};

#[tokio::test]
async fn an_order_in_order_is_accepted_as_signed() {
    let company = Company::open().await;
    let order = company.order(1, GOOD, &[(FLOUR, "bag", 2), (CAKE, "kg", 3)]);
    let decided = decide(&company, &order).await;
    assert_eq!(decided.outcome, Outcome::Accepted);
    assert_eq!((decided.net, decided.total), (order.net, order.total));
    assert_eq!(decided.promised_on, order.requested_on);
    assert!(decided.reasons.is_empty());
    assert_eq!(decided.lines[0].reserved, Quantity::from(50));
    assert_eq!(company.account(GOOD).await.uninvoiced, order.total);
}

#[tokio::test]
async fn what_is_not_there_is_short_line_by_line() {
    let company = Company::open().await;
    let order = company.order(1, GOOD, &[(FLOUR, "bag", 30), (FLOUR, "bag", 30), (CAKE, "box", 1)]);
    let decided = decide(&company, &order).await;
    assert_eq!(decided.outcome, Outcome::AcceptedWithChange);
    let lines: Vec<_> = decided.lines.iter().map(|line| (line.reserved, line.short)).collect();
    let q = Quantity::from;
    assert_eq!(lines, [(q(750), q(0)), (q(200), q(550)), (q(8), q(0))]);
    assert_eq!(codes_of(&decided), [codes::SHORT]);
    assert_eq!(decided.reasons[0].params["line"], order.lines[1].id.to_string());
}

#[tokio::test]
async fn an_order_over_the_limit_waits_and_promises_nothing() {
    let company = Company::open().await;
    let order = company.order(1, POOR, &[(CAKE, "box", 1)]);
    let decided = decide(&company, &order).await;
    assert_eq!(decided.outcome, Outcome::Held);
    assert_eq!(codes_of(&decided), [codes::OVER_CREDIT]);
    assert_eq!(decided.reasons[0].params["over"], "114.72 CNY");
    assert_eq!(decided.number, "SO-10001");
    assert!(decided.lines.iter().all(|line| !line.reserved.is_positive()));
    assert_eq!(company.account(POOR).await.uninvoiced.minor, 0);
}

#[tokio::test]
async fn a_blocked_customer_waits_for_finance() {
    let company = Company::open().await;
    let decided = decide(&company, &company.order(1, BLOCKED, &[(CAKE, "kg", 1)])).await;
    assert_eq!((decided.outcome, codes_of(&decided)), (Outcome::Held, vec![codes::BLOCKED]));
}

#[tokio::test]
async fn a_customer_without_an_account_waits_for_the_office() {
    let company = Company::open().await;
    let decided = decide(&company, &company.order(1, STRANGER, &[(CAKE, "kg", 1)])).await;
    assert_eq!(decided.outcome, Outcome::Held);
    assert_eq!(codes_of(&decided), [codes::NO_PRICE]);
}

#[tokio::test]
async fn a_price_that_changed_is_offered_and_named() {
    let company = Company::open().await;
    let order = company.order(1, GOOD, &[(FLOUR, "bag", 1), (CAKE, "kg", 1)]);
    company.set_price(CAKE, 7_000).await;
    let decided = decide(&company, &order).await;
    assert_eq!(
        (decided.outcome, codes_of(&decided)),
        (Outcome::Countered, vec![codes::PRICE_CHANGED])
    );
    let params = &decided.reasons[0].params;
    assert_eq!((params["product"].as_str(), params["field"].as_str()), ("CR-40", "unit_price"));
    assert_eq!(decided.lines[1].unit_price.minor, 7_000);
    assert_ne!(decided.total, order.total);
    assert!(decided.lines.iter().all(|line| !line.reserved.is_positive()));
}

#[tokio::test]
async fn an_order_costs_what_held_on_the_day_it_was_taken() {
    let company = Company::open().await;
    let tomorrow = company.today().plus(1);
    let yesterdays = company.order(1, GOOD, &[(CAKE, "kg", 1)]);
    let after = SignedOrder { order: OrderId(Uuid::from_u128(2)), ..yesterdays.clone() };
    company.set_price_from(CAKE, tomorrow, 7_000).await;
    company.wait(DAY_MS);
    // It comes a day late, at the price that the customer saw.
    let decided = decide(&company, &yesterdays).await;
    assert_eq!((decided.outcome, decided.total), (Outcome::Accepted, yesterdays.total));
    let after = SignedOrder { placed_at: tomorrow.begins(480), ..after };
    let decided = decide(&company, &after).await;
    assert_eq!(codes_of(&decided), [codes::PRICE_CHANGED]);
    assert_eq!(decided.lines[0].unit_price.minor, 7_000);
    // The office changes it again: yesterday stays yesterday.
    company.set_price_from(CAKE, tomorrow, 7_200).await;
    let late = SignedOrder { order: OrderId(Uuid::from_u128(3)), ..yesterdays };
    assert_eq!(decide(&company, &late).await.outcome, Outcome::Accepted);
}

#[tokio::test]
async fn a_clock_that_is_ahead_gets_no_price_to_come() {
    let company = Company::open().await;
    let order = company.order(1, GOOD, &[(CAKE, "kg", 1)]);
    company.set_price_from(CAKE, company.today().plus(1), 7_000).await;
    let ahead = SignedOrder { placed_at: order.placed_at.plus_millis(3 * DAY_MS), ..order };
    assert_eq!(decide(&company, &ahead).await.outcome, Outcome::Accepted);
}

#[tokio::test]
async fn what_is_changed_later_costs_what_holds_then_and_the_rest_stays() {
    let company = Company::open().await;
    let order = company.order(1, GOOD, &[(FLOUR, "kg", 1), (CAKE, "kg", 1)]);
    for product in [FLOUR, CAKE] {
        company.set_price_from(product, company.today().plus(1), 7_000).await;
    }
    company.admit(&order).await;
    company.wait(DAY_MS);
    // Both versions come together: nothing of the order was taken yet.
    let two = company.order(1, GOOD, &[(FLOUR, "kg", 1), (CAKE, "kg", 2)]);
    company.revise(order.order, Some(SignedOrder { placed_at: order.placed_at, ..two })).await;
    let decider = company.decider(company.embedded()).await;
    company.settle_all(&decider).await;
    let decided = company.decision(&order).await.unwrap();
    assert_eq!(codes_of(&decided), [codes::PRICE_CHANGED], "the cake alone");
    assert_eq!(decided.lines[0].unit_price.minor, 400);
    assert_eq!(decided.lines[1].unit_price.minor, 7_000);
}

#[tokio::test]
async fn deciding_alone_does_nothing() {
    let company = Company::open().await;
    let order = company.order(1, GOOD, &[(CAKE, "kg", 1)]);
    let said = company.embedded().decide(&order.clone().into()).await.unwrap();
    assert_eq!((said.outcome, said.number.as_str()), (Outcome::Accepted, ""));
    assert_eq!(company.decision(&order).await, None);
    assert_eq!(company.account(GOOD).await.uninvoiced.minor, 0);
}

#[tokio::test]
async fn a_decider_that_was_replaced_settles_nothing() {
    let company = Company::open().await;
    let old = company.decider(company.embedded()).await;
    let new = company.decider(company.embedded()).await;
    let order = company.order(1, GOOD, &[(CAKE, "kg", 1)]);
    company.admit(&order).await;
    assert!(matches!(old.round().await, Err(Error::Fenced)));
    assert_eq!(company.decision(&order).await, None);
    assert_eq!(new.round().await.unwrap(), Round::Worked(1));
    assert_eq!(company.decision(&order).await.unwrap().number, "SO-10001");
}

#[tokio::test]
async fn an_order_that_cannot_be_read_stops_no_other() {
    let company = Company::open().await;
    let decider = company.decider(company.embedded()).await;
    company.admit_ghost(7).await;
    let order = company.order(1, GOOD, &[(CAKE, "kg", 1)]);
    company.admit(&order).await;
    decider.round().await.unwrap();
    assert!(company.decision(&order).await.is_some());
    assert_eq!(company.waiting().await, 1);
}

#[tokio::test]
async fn a_figure_that_cannot_be_read_stops_no_order_without_it() {
    let company = Company::open().await;
    let decider = company.decider(company.embedded()).await;
    company.spoil_stock(CAKE).await;
    let (good, stuck) =
        (company.order(1, GOOD, &[(FLOUR, "bag", 1)]), company.order(2, GOOD, &[(CAKE, "kg", 1)]));
    company.admit(&stuck).await;
    company.admit(&good).await;
    decider.round().await.unwrap();
    assert_eq!(company.decision(&good).await.unwrap().outcome, Outcome::Accepted);
    assert_eq!(company.waiting().await, 1);
}

#[tokio::test]
async fn none_of_many_that_were_decided_at_the_same_time_is_passed_over() {
    const MANY: u128 = 520;
    let company = Company::open().await;
    let decider = company.decider(company.embedded()).await;
    for number in 1..=MANY {
        company.admit(&company.order(number, GOOD, &[(FLOUR, "kg", 1)])).await;
    }
    while decider.round().await.unwrap() != Round::Idle {}
    let (mut seen, mut since) = (BTreeSet::new(), Vec::new());
    loop {
        let pulled = company.embedded().pull(&since).await.unwrap();
        if pulled.orders.is_empty() {
            break;
        }
        seen.extend(pulled.orders.into_iter().map(|decided| decided.order));
        since = pulled.cursor;
    }
    assert_eq!(seen.len(), usize::try_from(MANY).unwrap());
}

#[tokio::test]
async fn stock_is_published_once_in_an_interval() {
    let company = Company::open().await;
    let decider = company.decider(company.embedded()).await;
    let publisher = StockPublisher::new(company.store.clone(), company.clock(), 10_000);
    publisher.publish_due().await.unwrap();
    assert_eq!(reserved(&company).await, Quantity::ZERO);

    company.wait(1_000);
    company.admit(&company.order(1, GOOD, &[(FLOUR, "bag", 1)])).await;
    company.settle_all(&decider).await;
    publisher.publish_due().await.unwrap();
    assert_eq!(reserved(&company).await, Quantity::ZERO, "too early");

    company.wait(10_000);
    publisher.publish_due().await.unwrap();
    assert_eq!(reserved(&company).await, Quantity::from(25));
    let stock = company.published_stock(FLOUR).await.unwrap();
    assert_eq!(stock.available(), Quantity::from(FLOUR_ON_HAND - 25));
}

async fn decide(
    company: &Company,
    order: &roundsman_core::documents::order::SignedOrder,
) -> SalesOrder {
    let decider = company.decider(company.embedded()).await;
    company.admit(order).await;
    company.settle_all(&decider).await;
    company.decision(order).await.unwrap()
}

fn codes_of(decided: &SalesOrder) -> Vec<&str> {
    decided.reasons.iter().map(|reason| reason.code.as_str()).collect()
}

async fn reserved(company: &Company) -> Quantity {
    company.published_stock(FLOUR).await.unwrap().reserved
}
