//! A shop that two reps entered: what they do offline for either counts for the one that stays.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use roundsman_core::documents::Request;
use roundsman_core::documents::visit::VisitOutcome;
use roundsman_core::id::{CustomerId, OrderId, VisitId};
use roundsman_core::quantity::Quantity;
use roundsman_core::views::{
    CatalogueRow, CustomerCard, CustomerRow, OrderRow, OrderState, OrderView,
};
use roundsman_device::Device;
use roundsman_replica::{Page, Query, Rows};
use roundsman_store::verify;
use roundsman_tests::{Office, World, find};
use serde_json::{Value, json};

fn card(device: &Device, customer: CustomerId) -> CustomerCard {
    device.ask(&Query::Customer { id: customer }).unwrap()
}

fn listed(device: &Device) -> Vec<CustomerId> {
    let page = Page { limit: Some(500), offset: None };
    let rows: Rows<CustomerRow> =
        device.ask(&Query::Customers { search: None, sort: None, page }).unwrap();
    rows.rows.into_iter().map(|row| row.id).collect()
}

/// One piece of the first thing that is sold.
fn put_in_cart(device: &mut Device, customer: CustomerId) {
    let query = Query::Catalogue { customer, search: None, category: None, page: Page::default() };
    let shelf: Rows<CatalogueRow> = device.ask(&query).unwrap();
    let row = shelf.rows.iter().find(|row| row.unit_price.is_some()).unwrap();
    let (product, pack) = (row.id, row.unit.clone());
    let quantity = Quantity::from(1);
    device.run(Request::CartSetLine { customer, product, pack, quantity, discount: None }).unwrap();
}

fn order(device: &mut Device, customer: CustomerId) -> OrderId {
    put_in_cart(device, customer);
    OrderId(device.run(Request::OrderSubmit { customer }).unwrap().id)
}

fn visit(device: &mut Device, customer: CustomerId) -> VisitId {
    let place = None;
    let visit = VisitId(device.run(Request::VisitCheckIn { customer, place }).unwrap().id);
    let (outcome, note) = (VisitOutcome::NoNeed, None);
    device.run(Request::VisitCheckOut { visit, outcome, note }).unwrap();
    visit
}

async fn merge(office: &Office, customer: CustomerId, into: CustomerId) {
    let form = json!({ "into": into });
    let _: Value = office.post(&format!("/api/customers/{customer}/merge"), &form).await.unwrap();
}

#[tokio::test]
async fn work_on_either_counts_for_the_one_that_stays() {
    let mut world = World::start().await.unwrap();
    let office = world.office().await.unwrap();
    let mut phone = world.device("lin").await.unwrap();
    let stays = find(&phone, "hgsp").unwrap();
    let fields = [("name".to_owned(), "海港食品超市".to_owned())].into();
    let twice = Request::CustomerCreate { fields, place: None };
    let twice = CustomerId(phone.run(twice).unwrap().id);
    let before = order(&mut phone, twice);
    phone.sync().await.unwrap();
    office
        .until(&format!("/api/orders/{before}"), |it: &OrderView| {
            it.row.state != OrderState::Waiting
        })
        .await
        .unwrap();

    // Offline, the rep goes on with the one that is merged meanwhile.
    phone.disconnect();
    let seen = visit(&mut phone, twice);
    let after = order(&mut phone, twice);
    put_in_cart(&mut phone, twice);
    merge(&office, twice, stays).await;
    phone.sync().await.unwrap();
    phone
        .until("the order is decided", |device| {
            let view: OrderView = device.ask(&Query::Order { id: after })?;
            Ok(view.row.state != OrderState::Waiting)
        })
        .await
        .unwrap();

    // The order was judged by the account of the one that stays, and says so.
    let view: OrderView = phone.ask(&Query::Order { id: after }).unwrap();
    assert_eq!(view.row.customer, stays);
    assert_eq!(view.row.reasons, ["PRICE_CHANGED", "CUSTOMER_MERGED"], "its prices are others");

    // One customer on the phone, with all of it; asked for under either id.
    let shown = listed(&phone);
    assert!(shown.contains(&stays) && !shown.contains(&twice));
    for id in [stays, twice] {
        let card = card(&phone, id);
        assert_eq!(card.row.id, stays);
        assert_eq!(card.merged[0].id, twice);
        assert_eq!(card.visits[0].id, seen);
        assert_eq!(card.cart_lines, 1, "what was in the cart is still there");
        let orders: Vec<_> = card.orders.iter().map(|row| row.id).collect();
        assert_eq!(orders[..2], [after, before]);
    }
    let in_office: CustomerCard = office.get(&format!("/api/customers/{stays}")).await.unwrap();
    assert_eq!(in_office.visits[0].id, seen);
    assert_eq!(in_office.orders.iter().filter(|row| row.customer == stays).count(), 2);

    // The cart that was begun for one becomes an order of the other.
    let submitted = OrderId(phone.run(Request::OrderSubmit { customer: stays }).unwrap().id);
    phone.sync().await.unwrap();
    let decided: OrderView = office
        .until(&format!("/api/orders/{submitted}"), |it: &OrderView| {
            it.row.state != OrderState::Waiting
        })
        .await
        .unwrap();
    assert_eq!(decided.row.customer, stays);

    // Taken back, each has its own again.
    let _: Value =
        office.post(&format!("/api/customers/{twice}/unmerge"), &json!({})).await.unwrap();
    phone.until("both are here", |device| Ok(listed(device).contains(&twice))).await.unwrap();
    assert_eq!(card(&phone, stays).visits.iter().filter(|row| row.id == seen).count(), 0);
    assert_eq!(card(&phone, twice).visits[0].id, seen);
    let orders: Rows<OrderRow> = phone
        .ask(&Query::Orders {
            search: None,
            state: None,
            customer: Some(twice),
            page: Page::default(),
        })
        .unwrap();
    assert_eq!(orders.total, 3);
    let store = &world.server.as_ref().unwrap().app.store;
    for part in verify::all(&store.read).await.unwrap() {
        assert_eq!(part.wrong, 0, "{part:?}");
    }
}
