//! Two reps and the console edit one customer: the same result everywhere, whatever arrives first.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeMap;

use roundsman_core::documents::Request;
use roundsman_core::id::CustomerId;
use roundsman_core::records::Person;
use roundsman_core::sync::Channel;
use roundsman_core::time::Timestamp;
use roundsman_core::views::{Alternative, CustomerCard, HistoryRow};
use roundsman_device::Device;
use roundsman_replica::Query;
use roundsman_store::people;
use roundsman_tests::{Office, World, find};

fn edit(device: &mut Device, customer: CustomerId, values: &[(&str, &str)]) {
    let fields: BTreeMap<_, _> =
        values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    device.run(Request::CustomerEdit { customer, fields }).unwrap();
}

fn card(device: &Device, customer: CustomerId) -> CustomerCard {
    device.ask(&Query::Customer { id: customer }).unwrap()
}

fn value<'a>(card: &'a CustomerCard, field: &str) -> &'a str {
    &card.fields.iter().find(|it| it.field == field).unwrap().value
}

fn phones(card: &CustomerCard) -> &[Alternative] {
    &card.fields.iter().find(|it| it.field == "phone").unwrap().alternatives
}

async fn edit_in_office(office: &Office, customer: CustomerId) {
    let body = serde_json::json!({
        "operation": "customer.edit", "customer": customer, "fields": { "address": "新浦路 9 号" }
    });
    let _: serde_json::Value = office.post("/api/operations", &body).await.unwrap();
}

/// Lets another rep work in the customer's territory, too.
async fn share_territory(world: &World, office: &Office, customer: CustomerId, name: &str) {
    let people: Vec<Person> = office.get("/api/people").await.unwrap();
    let rep = people.iter().find(|person| person.name == name).unwrap().id;
    let card: CustomerCard = office.get(&format!("/api/customers/{customer}")).await.unwrap();
    let channel = Channel::Territory(card.row.territory.unwrap());
    let store = &world.server.as_ref().unwrap().app.store;
    let granted = store
        .write
        .run(move |db, commit| Box::pin(people::grant(db, commit, rep, channel, Timestamp(0))));
    granted.await.unwrap();
}

/// Who goes first: 0 the first device, 1 the second, 2 the console.
async fn in_order(order: [usize; 3]) {
    let mut world = World::start().await.unwrap();
    let office = world.office().await.unwrap();
    let mut first = world.device("lin").await.unwrap();
    let customer = find(&first, "hgsp").unwrap();
    share_territory(&world, &office, customer, "Wang Tao").await;
    let mut second = world.device("wang").await.unwrap();
    first.disconnect();
    second.disconnect();
    edit(&mut first, customer, &[("phone", "1111")]);
    edit(&mut second, customer, &[("phone", "2222"), ("note", "后门进")]);
    for who in order {
        match who {
            0 => first.sync().await.unwrap(),
            1 => second.sync().await.unwrap(),
            _ => edit_in_office(&office, customer).await,
        }
    }
    let mut third = world.device("lin").await.unwrap();
    for device in [&mut first, &mut second] {
        device
            .until("both values are here", |device| {
                let card = card(device, customer);
                Ok(phones(&card).len() == 2 && value(&card, "address") == "新浦路 9 号")
            })
            .await
            .unwrap();
    }
    let seen = card(&third, customer);
    assert_eq!((value(&seen, "address"), value(&seen, "note")), ("新浦路 9 号", "后门进"));
    let values: Vec<_> = phones(&seen).iter().map(|it| it.value.as_str()).collect();
    assert_eq!(values, ["2222", "1111"], "newest first");
    let names: Vec<_> = phones(&seen).iter().map(|it| it.by_name.as_str()).collect();
    assert_eq!(names, ["Wang Tao", "Lin Mei"]);
    assert!(phones(&seen).iter().all(|it| !it.device.is_empty()));
    for device in [&first, &second] {
        assert_eq!(phones(&card(device, customer)), phones(&seen));
    }

    let choose = Request::CustomerChoose { customer, field: "phone".into(), value: "1111".into() };
    third.run(choose).unwrap();
    third.sync().await.unwrap();
    first
        .until("the choice is here", |device| Ok(card(device, customer).row.conflicts == 0))
        .await
        .unwrap();
    assert_eq!(value(&card(&first, customer), "phone"), "1111");
    let history: Vec<HistoryRow> =
        office.get(&format!("/api/customers/{customer}/history")).await.unwrap();
    let chosen = history.iter().find(|row| row.operation == "customer.choose").unwrap();
    assert_eq!(chosen.changes[0].to, "1111");
}

#[tokio::test]
async fn whoever_comes_first_all_see_the_same() {
    for order in [[0, 1, 2], [1, 0, 2], [2, 0, 1], [2, 1, 0], [0, 2, 1], [1, 2, 0]] {
        in_order(order).await;
    }
}
