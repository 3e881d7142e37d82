//! A company that has Tryton already: what is there reaches phones, and what is ordered gets there.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "../tryton/server.rs"]
mod tryton_server;

use std::sync::Arc;

use roundsman_core::documents::Request;
use roundsman_core::documents::visit::VisitOutcome;
use roundsman_core::id::{CustomerId, OrderId, VisitId};
use roundsman_core::quantity::Quantity;
use roundsman_core::records::{Outcome, Stage, Territory};
use roundsman_core::time::Timestamp;
use roundsman_core::views::{CatalogueRow, CustomerCard, OrderView};
use roundsman_device::Device;
use roundsman_replica::{Query, Rows};
use roundsman_server::connector::{Connector, ErpSettings, Subject};
use roundsman_store::{people, records};
use roundsman_tests::{World, decided, find};
use serde_json::json;
use tryton_server::TrytonServer;

macro_rules! tryton {
    () => {
        match TrytonServer::start() {
            Some(it) => it,
            None => return,
        }
    };
}

/// A demo company that connects this Tryton while its server runs.
async fn connected(tryton: &TrytonServer) -> World {
    let world = World::start().await.unwrap();
    let app = &world.server.as_ref().unwrap().app;
    let store = &app.store;
    let by = people::by_login(&store.read, "office").await.unwrap().unwrap().person.id;
    let territories = records::all::<Territory>(&store.read).await.unwrap();
    let territory = territories.into_values().find(|it| it.name.en.contains("Shinan")).unwrap().id;
    let connection = tryton.connection.clone();
    let settings = ErpSettings { connection, by, territory, since: Timestamp(0) };
    app.erp.connect(app.erp.to(settings).unwrap()).await.unwrap();
    world
}

fn connector(world: &World) -> Arc<Connector> {
    world.server.as_ref().unwrap().app.erp.connector().unwrap()
}

fn shelf(device: &Device, customer: CustomerId, code: &str) -> CatalogueRow {
    let query = Query::Catalogue {
        customer,
        search: Some(code.to_owned()),
        category: None,
        page: Default::default(),
    };
    let found: Rows<CatalogueRow> = device.ask(&query).unwrap();
    found.rows.into_iter().find(|row| row.code == code).unwrap()
}

#[tokio::test]
async fn from_tryton_to_the_phone_and_back() {
    let mut tryton = tryton!();
    let mut world = connected(&tryton).await;
    let brought = connector(&world).pull(false).await.unwrap();
    assert_eq!(brought.refused, 0, "{brought:?}");
    // What has not changed there is not taken in again.
    assert!(connector(&world).pull(false).await.unwrap().rows.is_empty());

    let mut phone = world.device("lin").await.unwrap();
    let customer = find(&phone, "Golden Gate").unwrap();
    let flour = shelf(&phone, customer, "FL-25");
    // Wholesale: a tenth less than 118.00.
    assert_eq!(flour.unit_price.unwrap().minor, 10_620);

    // Products there have no category; that makes none without a name here.
    let query =
        Query::Catalogue { customer, search: None, category: None, page: Default::default() };
    let seen: serde_json::Value = phone.ask(&query).unwrap();
    let categories = seen["categories"].as_array().unwrap();
    assert!(categories.iter().all(|it| it["zh"] != ""), "{categories:?}");

    phone.disconnect();
    let ask = |quantity: i64| Request::CartSetLine {
        customer,
        product: flour.id,
        pack: flour.unit.clone(),
        quantity: Quantity::from(quantity),
        discount: None,
    };
    // From 20 on it costs less still.
    phone.run(ask(20)).unwrap();
    // What Tryton sells by the case is counted and priced by the piece here.
    let napkins = shelf(&phone, customer, "NA-01");
    assert_eq!(napkins.unit_price.unwrap().minor, 720);
    let piece = Request::CartSetLine {
        customer,
        product: napkins.id,
        pack: napkins.unit.clone(),
        quantity: Quantity::from(6),
        discount: None,
    };
    phone.run(piece).unwrap();
    let order = OrderId(phone.run(Request::OrderSubmit { customer }).unwrap().id);
    phone.sync().await.unwrap();
    let seen = decided(&mut phone, order).await.unwrap();
    let outcome = seen.outcome.unwrap();
    assert_eq!(outcome.outcome, Outcome::Accepted, "{outcome:?}");
    let sales = tryton.sales().await;
    let progress = outcome.progress.unwrap();
    assert_eq!(
        (progress.stage, progress.number.as_str()),
        (Stage::Confirmed, sales[0]["number"].as_str().unwrap())
    );
    let total = sales[0]["total_amount"]["decimal"].as_str().unwrap();
    assert_eq!(total, "2235.36", "20 × 100.30 and 9 %, 6 × 7.20 and 13 %");
    assert_eq!(seen.row.total.minor, 223_536);

    let shipment = sales[0]["shipments"][0].as_i64().unwrap();
    for button in ["wait", "assign_try", "pick", "pack", "do"] {
        tryton.press("stock.shipment.out", button, shipment).await;
    }
    stage(&world, &mut phone, order, Stage::Shipped).await;
    let invoice = sales[0]["invoices"][0].as_i64().unwrap();
    tryton.press("account.invoice", "post", invoice).await;
    stage(&world, &mut phone, order, Stage::Invoiced).await;
    // What was on order is owed now, and what left the warehouse cannot be promised.
    connector(&world).pull(false).await.unwrap();
    phone.sync().await.unwrap();
    let owes = |phone: &Device| {
        let card: CustomerCard = phone.ask(&Query::Customer { id: customer }).unwrap();
        let account = card.account.unwrap();
        account.balance.minor
    };
    phone.until("the balance is here", |it| Ok(owes(it) == 223_536)).await.unwrap();
    tryton.order("pay");
    stage(&world, &mut phone, order, Stage::Paid).await;
    phone.until("nothing is owed any more", |it| Ok(owes(it) == 0)).await.unwrap();
}

async fn stage(world: &World, phone: &mut Device, order: OrderId, stage: Stage) {
    connector(world).follow().await.unwrap();
    let seen = |phone: &Device| {
        let view: Option<OrderView> = phone.ask(&Query::Order { id: order })?;
        let progress = view.and_then(|it| it.outcome).and_then(|it| it.progress);
        Ok(progress.is_some_and(|it| it.stage == stage))
    };
    phone.until("the phone says so", seen).await.unwrap();
}

#[tokio::test]
async fn only_what_changed_in_tryton_is_changed_here() {
    let tryton = tryton!();
    let mut world = connected(&tryton).await;
    connector(&world).pull(false).await.unwrap();
    let mut phone = world.device("lin").await.unwrap();
    let customer = find(&phone, "Golden Gate").unwrap();
    let fields = [("phone".to_owned(), "0532-80009999".to_owned())].into();
    phone.run(Request::CustomerEdit { customer, fields }).unwrap();
    phone.sync().await.unwrap();

    // Renamed, numbered anew and moved there, while its phone was corrected here.
    let client = tryton.client();
    let fits = json!([["code", "=", "C-002"]]);
    let party = client.read("party.party", fits, &["id", "addresses"]).await.unwrap();
    let new = json!({ "name": "Golden Gate Foods 金门食品", "code": "G-002" });
    client.call("party.party", "write", &[json!([party[0]["id"]]), new]).await.unwrap();
    let moved = [party[0]["addresses"].clone(), json!({ "city": "Jinan" })];
    client.call("party.address", "write", &moved).await.unwrap();
    let brought = connector(&world).pull(false).await.unwrap();
    assert_eq!((brought.rows, brought.refused), (vec![("customers", 1)], 0));
    let here = |phone: &Device| {
        let card: CustomerCard = phone.ask(&Query::Customer { id: customer })?;
        let field = |name: &str| card.fields.iter().find(|it| it.field == name).unwrap();
        Ok(card.row.name.starts_with("Golden Gate Foods")
            && card.row.code == "G-002"
            && field("phone").value == "0532-80009999"
            && field("address").value.contains("3 Zhongshan Road")
            && field("address").value.contains("Jinan"))
    };
    phone.until("the changes are here", here).await.unwrap();
    // Not a second customer under the new number.
    phone.sync().await.unwrap();
    assert_eq!(find(&phone, "Golden Gate").unwrap(), customer);
}

#[tokio::test]
async fn what_reps_record_gets_to_tryton_once() {
    let tryton = tryton!();
    let mut world = connected(&tryton).await;
    connector(&world).pull(false).await.unwrap();
    let mut phone = world.device("lin").await.unwrap();
    let customer = find(&phone, "Golden Gate").unwrap();
    let fields = [
        ("phone".to_owned(), "0532-80009999".to_owned()),
        ("name".to_owned(), "Golden Gate 金门".to_owned()),
    ];
    phone.run(Request::CustomerEdit { customer, fields: fields.into() }).unwrap();
    let visit = VisitId(phone.run(Request::VisitCheckIn { customer, place: None }).unwrap().id);
    let note = "Wants rye flour next week".to_owned();
    let outcome = VisitOutcome::NoNeed;
    phone.run(Request::VisitCheckOut { visit, outcome, note: Some(note.clone()) }).unwrap();
    phone.sync().await.unwrap();

    for _ in 0..2 {
        connector(&world).pull(true).await.unwrap();
        let client = tryton.client();
        let fields = ["name", "contact_mechanisms.value"];
        let fits = json!([["code", "=", "C-002"]]);
        let party = client.read("party.party", fits, &fields).await.unwrap().remove(0);
        assert_eq!(party["name"], "Golden Gate 金门");
        assert_eq!(party["contact_mechanisms."][0]["value"], "0532-80009999");
        assert_eq!(party["contact_mechanisms."].as_array().unwrap().len(), 1);
        let notes = client.read("ir.note", json!([]), &["message", "resource"]).await.unwrap();
        assert_eq!(notes.len(), 1);
        let said = notes[0]["message"].as_str().unwrap();
        assert!(said.contains("Lin Mei: needs nothing") && said.contains(&note), "{said}");
        assert_eq!(notes[0]["resource"], format!("party.party,{}", party["id"]));
    }
    let card: CustomerCard = phone.ask(&Query::Customer { id: customer }).unwrap();
    assert_eq!((card.row.name.as_str(), card.row.conflicts), ("Golden Gate 金门", 0));
}

#[tokio::test]
async fn an_invoice_that_is_not_what_was_sold_is_found() {
    let tryton = tryton!();
    let mut world = connected(&tryton).await;
    connector(&world).pull(true).await.unwrap();
    let orders = |world: &World| {
        let mut differences = connector(world).health().differences;
        differences.retain(|it| it.about == Subject::Order);
        differences
    };
    // What the demo company sold before is not known there.
    let before = connector(&world).health().differences;
    assert!(before.iter().any(|it| it.about == Subject::Product && it.theirs.is_none()));
    assert!(orders(&world).is_empty());

    let mut phone = world.device("lin").await.unwrap();
    let customer = find(&phone, "Golden Gate").unwrap();
    let order = orders_flour(&mut phone, customer);
    phone.sync().await.unwrap();
    decided(&mut phone, order).await.unwrap();
    let sale = tryton.sales().await.remove(0);
    let (shipment, invoice) =
        (sale["shipments"][0].as_i64().unwrap(), sale["invoices"][0].as_i64().unwrap());
    // Somebody makes it cheaper on the invoice.
    let fits = json!([["invoice", "=", invoice]]);
    let lines = tryton.admin().read("account.invoice.line", fits, &["id"]).await.unwrap();
    let cheaper = json!({ "unit_price": { "__class__": "Decimal", "decimal": "100" } });
    let write = [json!([lines[0]["id"]]), cheaper];
    tryton.admin().call("account.invoice.line", "write", &write).await.unwrap();
    for button in ["wait", "assign_try", "pick", "pack", "do"] {
        tryton.press("stock.shipment.out", button, shipment).await;
    }
    tryton.press("account.invoice", "post", invoice).await;
    connector(&world).pull(true).await.unwrap();
    let [found] = orders(&world).try_into().unwrap();
    assert_eq!((found.id, found.field.as_deref()), (order.0, Some("invoiced")));
    assert_eq!((found.ours.as_str(), found.theirs.as_deref()), ("115.76 CNY", Some("109.00 CNY")));
}

#[tokio::test]
async fn the_embedded_erp_takes_over_again() {
    let tryton = tryton!();
    let mut world = connected(&tryton).await;
    connector(&world).pull(false).await.unwrap();
    let mut phone = world.device("lin").await.unwrap();
    let customer = find(&phone, "Golden Gate").unwrap();
    let app = world.server.as_ref().unwrap().app.clone();
    app.erp.disconnect().await.unwrap();
    assert!(app.erp.connector().is_none());
    let order = orders_flour(&mut phone, customer);
    phone.sync().await.unwrap();
    let seen = decided(&mut phone, order).await.unwrap().outcome.unwrap();
    assert_eq!((seen.outcome, seen.progress), (Outcome::Accepted, None));
    assert!(tryton.sales().await.is_empty());
}

/// Orders a bag of flour.
fn orders_flour(phone: &mut Device, customer: CustomerId) -> OrderId {
    let flour = shelf(phone, customer, "FL-25");
    let line = Request::CartSetLine {
        customer,
        product: flour.id,
        pack: flour.unit.clone(),
        quantity: Quantity::from(1),
        discount: None,
    };
    phone.run(line).unwrap();
    OrderId(phone.run(Request::OrderSubmit { customer }).unwrap().id)
}

#[tokio::test]
async fn while_tryton_is_down_phones_notice_nothing() {
    let mut tryton = tryton!();
    let mut world = connected(&tryton).await;
    connector(&world).pull(false).await.unwrap();
    let mut phone = world.device("lin").await.unwrap();
    let customer = find(&phone, "Golden Gate").unwrap();
    tryton.order("kill");
    assert!(connector(&world).pull(false).await.is_err());
    assert!(connector(&world).health().failure.is_some());
    let order = orders_flour(&mut phone, customer);
    phone.sync().await.unwrap();
    let waiting: Option<OrderView> = phone.ask(&Query::Order { id: order }).unwrap();
    assert!(waiting.unwrap().outcome.is_none());

    tryton.order("start");
    let seen = decided(&mut phone, order).await.unwrap();
    assert_eq!(seen.outcome.unwrap().outcome, Outcome::Accepted);
    assert_eq!(tryton.sales().await.len(), 1);
    connector(&world).pull(false).await.unwrap();
    assert!(connector(&world).health().failure.is_none());
}
