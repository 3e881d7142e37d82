//! A price that begins on a day to come: a phone that is out over that day prices right, and the
//! server takes both what was ordered before and what was ordered after.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use roundsman_core::documents::Request;
use roundsman_core::id::{CustomerId, OrderId, ProductId};
use roundsman_core::money::Money;
use roundsman_core::quantity::Quantity;
use roundsman_core::time::DAY_MS;
use roundsman_core::views::{CartView, CatalogueRow, OrderView};
use roundsman_device::{Device, DeviceHost, Skew};
use roundsman_replica::{Query, Rows, Topic};
use roundsman_tests::{World, decided, find};
use serde_json::{Value, json};

/// The first product that the customer can buy.
fn row(phone: &Device, customer: CustomerId) -> CatalogueRow {
    let page = Default::default();
    let all = Query::Catalogue { customer, search: None, category: None, page };
    let rows: Rows<CatalogueRow> = phone.ask(&all).unwrap();
    rows.rows.into_iter().find(|row| row.unit_price.is_some()).unwrap()
}

fn put_in_cart(phone: &mut Device, customer: CustomerId, row: &CatalogueRow) {
    let (product, pack) = (row.id, row.unit.clone());
    let (quantity, discount) = (Quantity::from(1), None);
    phone.run(Request::CartSetLine { customer, product, pack, quantity, discount }).unwrap();
}

fn cart_price(phone: &Device, customer: CustomerId) -> Option<Money> {
    let cart: Option<CartView> = phone.ask(&Query::Cart { customer }).unwrap();
    cart.unwrap().lines[0].unit_price
}

fn submit(phone: &mut Device, customer: CustomerId) -> OrderId {
    OrderId(phone.run(Request::OrderSubmit { customer }).unwrap().id)
}

/// The office enters what a product costs from tomorrow on, in every list; the day, and the price
/// by the list that it costs `was` in.
async fn enter(world: &World, product: ProductId, was: Money) -> (String, Money) {
    let office = world.office().await.unwrap();
    let path = format!("/api/products/{product}");
    let today = world.server.as_ref().unwrap().app.clock.today();
    let since = today.plus(1).to_string();
    let form: Value = office.get(&path).await.unwrap();
    let mut found = None;
    for listed in form["prices"].as_array().unwrap() {
        let mut breaks = listed["breaks"].clone();
        let Some(first) = breaks[0]["unitPrice"]["minor"].as_i64() else { continue };
        breaks[0]["unitPrice"]["minor"] = json!(first + 250);
        let list = &listed["list"]["id"];
        let body =
            json!({ "list": list, "since": since, "seen": listed["breaks"], "breaks": breaks });
        let _done: Value = office.post(&format!("{path}/price"), &body).await.unwrap();
        if first == was.minor {
            found = Some(Money { minor: first + 250, ..was });
        }
    }
    (since, found.unwrap())
}

#[tokio::test]
async fn a_phone_that_is_out_over_the_day_prices_by_it() {
    let mut world = World::start().await.unwrap();
    let skew = Skew::default();
    let mut phone = world.device_with("lin", DeviceHost::with(skew.clone())).await.unwrap();
    let customer = find(&phone, "hgsp").unwrap();
    let known = row(&phone, customer);
    let was = known.unit_price.unwrap();
    let (since, will_be) = enter(&world, known.id, was).await;
    let has_come = |phone: &Device| Ok(row(phone, customer).next_price.is_some());
    phone.until("the price to come is here", has_come).await.unwrap();
    phone.disconnect();

    // The evening before.
    let told = row(&phone, customer);
    assert_eq!(told.unit_price, Some(was));
    let next = told.next_price.clone().unwrap();
    assert_eq!((next.since.to_string(), next.unit_price), (since, will_be));
    put_in_cart(&mut phone, customer, &told);
    let before = submit(&mut phone, customer);
    put_in_cart(&mut phone, customer, &told);
    assert_eq!(cart_price(&phone, customer), Some(was));
    assert!(phone.replica.prices_turn_in_ms().unwrap() <= DAY_MS);
    phone.replica.take_changed();

    // The cart was left open, and it is the day.
    skew.set(DAY_MS);
    assert!(phone.replica.take_changed().contains(&Topic::Catalogue));
    assert!(phone.replica.take_changed().is_empty(), "told once");
    assert_eq!(cart_price(&phone, customer), Some(will_be));
    let now = row(&phone, customer);
    assert_eq!((now.unit_price, now.next_price), (Some(will_be), None));
    let after = submit(&mut phone, customer);

    // Both arrive after the day has begun.
    world.move_clock(DAY_MS);
    world.sign_in_again(&mut phone, "lin").await.unwrap();
    phone.sync().await.unwrap();
    for (order, price) in [(before, was), (after, will_be)] {
        let order: OrderView = decided(&mut phone, order).await.unwrap();
        let outcome = order.outcome.unwrap();
        let told: Vec<_> = outcome.reasons.iter().map(|it| it.code.as_str()).collect();
        assert!(!told.contains(&"PRICE_CHANGED"), "{told:?}");
        assert_eq!(order.lines[0].unit_price, price);
    }
}
