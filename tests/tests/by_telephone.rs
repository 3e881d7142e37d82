//! The office takes an order on the telephone: the rep's phone has it, and what became of it.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use roundsman_core::documents::Request;
use roundsman_core::documents::order::WantedLine;
use roundsman_core::id::{CustomerId, OrderId};
use roundsman_core::views::{CartView, HistoryRow, OrderState, OrderView};
use roundsman_device::Device;
use roundsman_replica::Query;
use roundsman_tests::{Office, World, decided, fill_cart, find};
use serde_json::{Value, json};
use uuid::Uuid;

/// Orders what stands in a rep's cart, as the console does.
async fn order_by_telephone(office: &Office, customer: CustomerId, cart: &CartView) -> OrderId {
    let lines: Vec<Value> = cart
        .lines
        .iter()
        .map(|it| {
            json!({ "line": null, "product": it.product, "pack": it.pack,
                "quantity": it.quantity, "discount": it.discount })
        })
        .collect();
    let form = json!({ "id": Uuid::now_v7(), "customer": customer, "lines": lines,
        "requestedOn": null, "note": "ring twice", "told": cart.total });
    let taken: Value = office.post("/api/orders", &form).await.unwrap();
    assert_eq!(taken["fresh"], true);
    OrderId(taken["id"].as_str().unwrap().parse().unwrap())
}

fn history(phone: &Device, order: OrderId) -> Vec<HistoryRow> {
    phone.ask(&Query::OrderHistory { id: order }).unwrap()
}

#[tokio::test]
async fn what_the_office_takes_is_on_the_reps_phone_and_can_be_changed_there() {
    let mut world = World::start().await.unwrap();
    let office = world.office().await.unwrap();
    let mut phone = world.device("lin").await.unwrap();
    let customer = find(&phone, "hgsp").unwrap();
    // The rep is putting an order of their own together.
    fill_cart(&mut phone, customer, 3, 1).unwrap();
    let cart: CartView = phone.ask(&Query::Cart { customer }).unwrap();
    phone.disconnect();
    let order = order_by_telephone(&office, customer, &cart).await;

    phone.connect().await.unwrap();
    let answer = decided(&mut phone, order).await.unwrap();
    assert_eq!((answer.row.total, answer.row.customer), (cart.total, customer), "the same price");
    assert!(answer.row.number.is_some());
    let rep = phone.replica.identity().unwrap().person;
    assert_eq!((answer.row.rep, answer.taken_by_name.as_deref()), (rep, Some("Office")));
    let seen = history(&phone, order);
    assert_eq!(
        (seen[0].operation.as_str(), seen[0].person_name.as_str()),
        ("order.submit", "Office")
    );
    let still: Option<CartView> = phone.ask(&Query::Cart { customer }).unwrap();
    assert_eq!(still.unwrap().lines.len(), 3, "the rep's own cart is as it was");

    let lines = answer.lines.iter().skip(1).map(|it| WantedLine {
        line: Some(it.id),
        product: it.product,
        pack: it.pack.clone(),
        quantity: it.quantity,
        discount: it.discount,
    });
    let lines = lines.collect();
    let (requested_on, note) = (None, None);
    let fewer = Request::OrderAmend { order, lines, requested_on, note, signed_again: false };
    phone.run(fewer).unwrap();
    phone.sync().await.unwrap();
    let changed = decided(&mut phone, order).await.unwrap();
    assert_eq!((changed.lines.len(), changed.row.versions), (2, 2));
    assert_ne!(changed.row.state, OrderState::Countered);
    assert_eq!(changed.row.number, answer.row.number, "under the same number");
    let office_sees: OrderView = office.get(&format!("/api/orders/{order}")).await.unwrap();
    assert_eq!(office_sees.versions[1].by_name, "Office");
    assert_eq!(office_sees.versions[0].by, rep);
}
