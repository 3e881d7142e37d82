//! A visit and an order taken with no network reach the ERP, once.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use roundsman_core::documents::Request;
use roundsman_core::documents::visit::VisitOutcome;
use roundsman_core::id::{CustomerId, OrderId, VisitId};
use roundsman_core::views::{CartView, OrderRow, OrderState, OrderView, SyncState, VisitView};
use roundsman_replica::{Query, Rows};
use roundsman_tests::{World, decided, fill_cart, find};
use serde_json::Value;

#[tokio::test]
async fn an_offline_day_reaches_the_office_once() {
    let mut world = World::start().await.unwrap();
    let mut phone = world.device("lin").await.unwrap();
    let customer = find(&phone, "hgsp").unwrap();
    phone.disconnect();
    world.stop_server().await.unwrap();

    let visit = VisitId(phone.run(Request::VisitCheckIn { customer, place: None }).unwrap().id);
    fill_cart(&mut phone, customer, 5, 2).unwrap();
    let cart: CartView = phone.ask(&Query::Cart { customer }).unwrap();
    let order = OrderId(phone.run(Request::OrderSubmit { customer }).unwrap().id);
    let outcome = VisitOutcome::Ordered;
    phone.run(Request::VisitCheckOut { visit, outcome, note: Some("好".into()) }).unwrap();
    let here: OrderView = phone.ask(&Query::Order { id: order }).unwrap();
    assert_eq!((here.row.sync, here.row.state), (SyncState::SavedHere, OrderState::Waiting));
    assert_eq!(here.row.total, cart.total);

    world.start_server().await.unwrap();
    phone.sync().await.unwrap();
    let answer = decided(&mut phone, order).await.unwrap();
    assert!(answer.row.number.is_some());
    let seen: VisitView = phone.ask(&Query::Visit { id: visit }).unwrap();
    assert_eq!(seen.row.sync, SyncState::Confirmed);

    // Sending everything again changes nothing.
    phone.connect().await.unwrap();
    phone.sync().await.unwrap();
    let office = world.office().await.unwrap();
    let orders: Rows<OrderRow> = office.get("/api/orders?search=hgsp").await.unwrap();
    let same: Vec<_> =
        orders.rows.iter().filter(|row| row.device_number == here.row.device_number).collect();
    assert_eq!(same.len(), 1);
    assert_eq!((same[0].total, &same[0].number), (here.row.total, &answer.row.number));
    let history: Vec<Value> = office.get(&format!("/api/orders/{order}/history")).await.unwrap();
    assert_eq!(history.len(), 1);
}

#[tokio::test]
async fn a_shop_that_the_office_has_not_heard_of_can_order() {
    let mut world = World::start().await.unwrap();
    let mut phone = world.device("lin").await.unwrap();
    phone.disconnect();
    let fields = [("name", "Night Owl Deli"), ("phone", "1"), ("address", "3 Minjiang Road")];
    let fields = fields.map(|(field, value)| (field.to_owned(), value.to_owned())).into();
    let customer =
        CustomerId(phone.run(Request::CustomerCreate { fields, place: None }).unwrap().id);
    fill_cart(&mut phone, customer, 2, 1).unwrap();
    let cart: CartView = phone.ask(&Query::Cart { customer }).unwrap();
    let expected: Vec<_> = cart.warnings.iter().map(|reason| reason.code.clone()).collect();
    let order = OrderId(phone.run(Request::OrderSubmit { customer }).unwrap().id);

    phone.sync().await.unwrap();
    let answer = decided(&mut phone, order).await.unwrap();
    assert_eq!((answer.row.state, answer.row.total), (OrderState::Held, cart.total));
    let reasons = answer.outcome.unwrap().reasons;
    let codes: Vec<_> = reasons.into_iter().map(|reason| reason.code).collect();
    assert_eq!(codes, expected, "the phone foresaw what the office says");
}

#[tokio::test]
async fn a_shortage_is_a_shortage() {
    let mut world = World::start().await.unwrap();
    let mut phone = world.device("lin").await.unwrap();
    let customer = find(&phone, "hgsp").unwrap();
    fill_cart(&mut phone, customer, 1, 1_000_000).unwrap();
    let cart: CartView = phone.ask(&Query::Cart { customer }).unwrap();
    assert!(cart.lines[0].short, "the phone estimates it already");
    let order = OrderId(phone.run(Request::OrderSubmit { customer }).unwrap().id);
    phone.sync().await.unwrap();
    let answer = decided(&mut phone, order).await.unwrap();
    // A million is also beyond any credit limit of the demo company: then it is held, and says both.
    assert!(matches!(answer.row.state, OrderState::AcceptedWithChange | OrderState::Held));
    let codes: Vec<_> =
        answer.outcome.unwrap().reasons.into_iter().map(|reason| reason.code).collect();
    assert!(codes.iter().any(|code| code == "SHORT" || code == "OVER_CREDIT"), "{codes:?}");
}
