//! A visit and an order taken with no network reach the ERP, once.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use roundsman_core::documents::Request;
use roundsman_core::documents::visit::VisitOutcome;
use roundsman_core::id::{CustomerId, OrderId, VisitId};
use roundsman_core::quantity::Quantity;
use roundsman_core::views::{
    CartView, CatalogueRow, OrderRow, OrderState, OrderView, SyncState, VisitView,
};
use roundsman_device::Device;
use roundsman_replica::{Query, Rows};
use roundsman_tests::{World, find};
use serde_json::Value;

/// Puts the first `lines` products with a price into the customer's cart.
fn fill_cart(device: &mut Device, customer: CustomerId, lines: usize, quantity: i64) {
    let query =
        Query::Catalogue { customer, search: None, category: None, page: Default::default() };
    let shelf: Rows<CatalogueRow> = device.ask(&query).unwrap();
    let sold: Vec<_> =
        shelf.rows.iter().filter(|row| row.unit_price.is_some()).take(lines).collect();
    assert_eq!(sold.len(), lines);
    for row in sold {
        device
            .run(Request::CartSetLine {
                customer,
                product: row.id,
                pack: row.unit.clone(),
                quantity: Quantity::from(quantity),
                discount: None,
            })
            .unwrap();
    }
}

async fn decided(device: &mut Device, order: OrderId) -> OrderView {
    let view = |device: &Device| device.ask::<Option<OrderView>>(&Query::Order { id: order });
    device
        .until("the order is decided", |device| {
            Ok(view(device)?.is_some_and(|order| order.outcome.is_some()))
        })
        .await
        .unwrap();
    view(device).unwrap().unwrap()
}

#[tokio::test]
async fn an_offline_day_reaches_the_office_once() {
    let mut world = World::start().await.unwrap();
    let mut phone = world.device("lin").await.unwrap();
    let customer = find(&phone, "hgsp").unwrap();
    phone.disconnect();
    world.stop_server().await.unwrap();

    let visit = VisitId(phone.run(Request::VisitCheckIn { customer, place: None }).unwrap().id);
    fill_cart(&mut phone, customer, 5, 2);
    let cart: CartView = phone.ask(&Query::Cart { customer }).unwrap();
    let order = OrderId(phone.run(Request::OrderSubmit { customer }).unwrap().id);
    let outcome = VisitOutcome::Ordered;
    phone.run(Request::VisitCheckOut { visit, outcome, note: Some("好".into()) }).unwrap();
    let here: OrderView = phone.ask(&Query::Order { id: order }).unwrap();
    assert_eq!((here.row.sync, here.row.state), (SyncState::SavedHere, OrderState::Waiting));
    assert_eq!(here.row.total, cart.total);

    world.start_server().await.unwrap();
    phone.sync().await.unwrap();
    let answer = decided(&mut phone, order).await;
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
async fn a_shortage_is_a_shortage() {
    let mut world = World::start().await.unwrap();
    let mut phone = world.device("lin").await.unwrap();
    let customer = find(&phone, "hgsp").unwrap();
    fill_cart(&mut phone, customer, 1, 1_000_000);
    let cart: CartView = phone.ask(&Query::Cart { customer }).unwrap();
    assert!(cart.lines[0].short, "the phone estimates it already");
    let order = OrderId(phone.run(Request::OrderSubmit { customer }).unwrap().id);
    phone.sync().await.unwrap();
    let answer = decided(&mut phone, order).await;
    // A million is also beyond any credit limit of the demo company: then it is held, and says both.
    assert!(matches!(answer.row.state, OrderState::AcceptedWithChange | OrderState::Held));
    let codes: Vec<_> =
        answer.outcome.unwrap().reasons.into_iter().map(|reason| reason.code).collect();
    assert!(codes.iter().any(|code| code == "SHORT" || code == "OVER_CREDIT"), "{codes:?}");
}
