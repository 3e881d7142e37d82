//! A phone whose storage went back in time, or is gone: what reached the office stays, the phone
//! goes on, and both sides know what is lost.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeMap;

use roundsman_core::documents::Request;
use roundsman_core::id::CustomerId;
use roundsman_core::views::{CustomerCard, SyncView};
use roundsman_device::Device;
use roundsman_replica::Query;
use roundsman_tests::{World, find};

fn write(device: &mut Device, customer: CustomerId, field: &str, value: &str) {
    let fields = BTreeMap::from([(field.to_owned(), value.to_owned())]);
    device.run(Request::CustomerEdit { customer, fields }).unwrap();
}

fn read(device: &Device, customer: CustomerId, field: &str) -> String {
    let card: CustomerCard = device.ask(&Query::Customer { id: customer }).unwrap();
    card.fields.into_iter().find(|it| it.field == field).unwrap().value
}

#[tokio::test]
async fn a_phone_that_was_set_back_goes_on_as_another_device() {
    let mut world = World::start().await.unwrap();
    let mut phone = world.device("lin").await.unwrap();
    let customer = find(&phone, "hgsp").unwrap();
    write(&mut phone, customer, "note", "before");
    phone.sync().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    phone.copy_files(folder.path()).unwrap();
    write(&mut phone, customer, "hours", "delivered");
    phone.sync().await.unwrap();

    phone.reopen(folder.path()).unwrap();
    write(&mut phone, customer, "note", "only on the phone");
    assert!(phone.sync().await.is_err());
    assert!(phone.replica.is_forked(), "{:?}", phone.replica.refusal());
    let before = phone.replica.identity().unwrap().device;
    phone.go_on().await.unwrap();
    phone.sync().await.unwrap();

    assert_ne!(phone.replica.identity().unwrap().device, before);
    assert_eq!(read(&phone, customer, "note"), "only on the phone");
    assert_eq!(read(&phone, customer, "hours"), "delivered");
    let status: SyncView = phone.status().unwrap();
    assert_eq!(status.lost.unwrap().entries, 0);
    let other = world.device("lin").await.unwrap();
    assert_eq!(read(&other, customer, "note"), "only on the phone");
    assert_eq!(read(&other, customer, "hours"), "delivered");
}

#[tokio::test]
async fn what_another_device_recorded_again_is_not_recorded_a_third_time() {
    let mut world = World::start().await.unwrap();
    let mut phone = world.device("lin").await.unwrap();
    let customer = find(&phone, "hgsp").unwrap();
    write(&mut phone, customer, "note", "delivered");
    phone.sync().await.unwrap();
    phone.disconnect();
    let first = tempfile::tempdir().unwrap();
    phone.copy_files(first.path()).unwrap();
    write(&mut phone, customer, "note", "delivered, and then lost");
    phone.sync().await.unwrap();
    phone.disconnect();

    // Set back; it opens a shop, goes on as another device, and that one delivers.
    phone.reopen(first.path()).unwrap();
    let fields = BTreeMap::from([("name".to_owned(), "Corner bakery".to_owned())]);
    let opened = phone.run(Request::CustomerCreate { fields, place: None }).unwrap();
    let shop = CustomerId(opened.id);
    write(&mut phone, shop, "hours", "from six");
    let second = tempfile::tempdir().unwrap();
    phone.copy_files(second.path()).unwrap();
    assert!(phone.sync().await.is_err());
    phone.go_on().await.unwrap();
    phone.sync().await.unwrap();
    assert_eq!(read(&phone, shop, "hours"), "from six");
    drop(phone);

    // Set back once more, to before it went on; and it works on what it had.
    let mut phone =
        Device::return_to(&world.url(), "lin", "roundsman", second.path()).await.unwrap();
    write(&mut phone, shop, "phone", "0532 1234567");
    assert!(phone.sync().await.is_err());
    phone.go_on().await.unwrap();
    phone.sync().await.unwrap();
    phone
        .until("what waits is recorded on the other one's", |phone| {
            Ok(read(phone, shop, "phone") == "0532 1234567" && phone.status()?.journal.waiting == 0)
        })
        .await
        .unwrap();
    for (field, value) in
        [("name", "Corner bakery"), ("hours", "from six"), ("phone", "0532 1234567")]
    {
        assert_eq!(read(&phone, shop, field), value);
    }
    let status = phone.status().unwrap();
    assert!(status.attention.is_empty(), "{:?}", status.attention);
    let other = world.device("lin").await.unwrap();
    assert_eq!(read(&other, shop, "phone"), "0532 1234567");
    assert_eq!(find(&other, "Corner bakery").unwrap(), shop, "and there is one of it");
    let office = world.office().await.unwrap();
    let waiting: serde_json::Value = office.get("/api/quarantine?state=quarantined").await.unwrap();
    assert_eq!(waiting["rows"].as_array().unwrap().len(), 0, "{waiting}");
}

#[tokio::test]
async fn two_copies_of_a_phone_end_as_two_devices() {
    let mut world = World::start().await.unwrap();
    let mut phone = world.device("lin").await.unwrap();
    let customer = find(&phone, "hgsp").unwrap();
    write(&mut phone, customer, "note", "on both");
    let folder = tempfile::tempdir().unwrap();
    phone.copy_files(folder.path()).unwrap();
    write(&mut phone, customer, "hours", "on the first");
    phone.sync().await.unwrap();
    phone.reopen(folder.path()).unwrap();
    write(&mut phone, customer, "payment_terms", "on the second");
    assert!(phone.sync().await.is_err());
    phone.go_on().await.unwrap();
    phone.sync().await.unwrap();
    for (field, value) in
        [("note", "on both"), ("hours", "on the first"), ("payment_terms", "on the second")]
    {
        assert_eq!(read(&phone, customer, field), value);
    }
    let card: CustomerCard = phone.ask(&Query::Customer { id: customer }).unwrap();
    assert_eq!(card.row.conflicts, 0, "what both had was not recorded twice");
}

#[tokio::test]
async fn what_the_office_never_heard_of_is_counted_too() {
    let mut world = World::start().await.unwrap();
    let mut phone = world.device("lin").await.unwrap();
    let customer = find(&phone, "hgsp").unwrap();
    write(&mut phone, customer, "note", "delivered");
    phone.sync().await.unwrap();
    phone.disconnect();
    let folder = tempfile::tempdir().unwrap();
    phone.copy_files(folder.path()).unwrap();
    write(&mut phone, customer, "note", "lost");
    let recorded = phone.replica.recorded();

    // The office holds all that this storage has, and would notice nothing.
    phone.reopen(folder.path()).unwrap();
    phone.replica.remember(recorded).unwrap();
    assert!(phone.sync().await.is_err());
    assert!(phone.replica.is_forked());
    phone.go_on().await.unwrap();
    phone.sync().await.unwrap();
    assert_eq!(phone.status().unwrap().lost.unwrap().entries, 1);
    assert_eq!(read(&phone, customer, "note"), "delivered");
}

#[tokio::test]
async fn what_an_empty_phone_lost_is_counted() {
    let mut world = World::start().await.unwrap();
    let mut phone = world.device("lin").await.unwrap();
    let customer = find(&phone, "hgsp").unwrap();
    write(&mut phone, customer, "note", "delivered");
    phone.sync().await.unwrap();
    phone.disconnect();
    for note in ["lost", "lost, too"] {
        write(&mut phone, customer, "note", note);
    }
    let folder = tempfile::tempdir().unwrap();
    phone.reopen(folder.path()).unwrap();
    phone.replica.remember(3).unwrap();
    assert!(phone.sync().await.is_err());
    assert!(phone.replica.is_forked());
    phone.go_on().await.unwrap();
    phone.sync().await.unwrap();
    assert_eq!(read(&phone, customer, "note"), "delivered");
    let lost = phone.status().unwrap().lost.unwrap();
    assert_eq!(lost.entries, 2);
    assert!(lost.since.is_some());
}
