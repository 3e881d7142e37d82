//! A server that is restored from a backup, or silently set back, gets everything back from its
//! devices: every order once, with the number and the amount it had.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use roundsman_core::documents::Request;
use roundsman_core::documents::visit::VisitOutcome;
use roundsman_core::id::{CustomerId, OrderId, VisitId};
use roundsman_core::views::{CustomerCard, OrderRow, OrderView};
use roundsman_device::Device;
use roundsman_replica::{Query, Rows};
use roundsman_server::backup;
use roundsman_server::clock::Clock;
use roundsman_tests::{World, decided, find, take_order};
use serde_json::Value;

/// What the office has of each order: its number and its total in minor units.
type Orders = BTreeMap<OrderId, (Option<String>, i64)>;

async fn orders(world: &World) -> Orders {
    let office = world.office().await.unwrap();
    let found: Rows<OrderRow> = office.get("/api/orders?limit=200").await.unwrap();
    assert_eq!(usize::try_from(found.total).unwrap(), found.rows.len());
    found.rows.into_iter().map(|row| (row.id, (row.number, row.total.minor))).collect()
}

fn edit(device: &mut Device, customer: CustomerId, field: &str, value: &str) {
    let fields = [(field.to_owned(), value.to_owned())].into();
    device.run(Request::CustomerEdit { customer, fields }).unwrap();
}

fn value(device: &Device, customer: CustomerId, field: &str) -> String {
    let card: CustomerCard = device.ask(&Query::Customer { id: customer }).unwrap();
    card.fields.iter().find(|it| it.field == field).unwrap().value.clone()
}

fn create(device: &mut Device, name: &str) -> CustomerId {
    let fields = [("name", name), ("phone", "1"), ("address", "1 Road")];
    let fields = fields.map(|(field, value)| (field.to_owned(), value.to_owned())).into();
    CustomerId(device.run(Request::CustomerCreate { fields, place: None }).unwrap().id)
}

/// Puts the backup in the place of the data, once the server that was stopped has let go of it.
async fn restore(world: &World, copy: &Path) -> backup::Restored {
    loop {
        match backup::restore(copy, &world.data(), true, &Clock::system()).await {
            Err(error) if error.to_string().contains("another process") => {
                tokio::task::yield_now().await;
            }
            restored => return restored.unwrap(),
        }
    }
}

/// A rep with a phone and a tablet, a colleague with a phone, and what they did.
struct Day {
    phone: Device,
    tablet: Device,
    colleague: Device,
    old: CustomerId,
    new: CustomerId,
    before: Orders,
}

async fn morning(world: &mut World) -> (Device, Device, Device) {
    let mut phone = world.device("lin").await.unwrap();
    let tablet = world.device("lin").await.unwrap();
    let colleague = world.device("wang").await.unwrap();
    let old = find(&phone, "hgsp").unwrap();
    let first = take_order(&mut phone, old).unwrap();
    phone.sync().await.unwrap();
    decided(&mut phone, first).await.unwrap();
    (phone, tablet, colleague)
}

/// An hour of work after the backup: a visit, a new customer, orders that rest on it.
async fn an_hour(world: &World, devices: (Device, Device, Device)) -> Day {
    let (mut phone, mut tablet, mut colleague) = devices;
    let old = find(&phone, "hgsp").unwrap();
    let visit =
        VisitId(phone.run(Request::VisitCheckIn { customer: old, place: None }).unwrap().id);
    let visited = take_order(&mut phone, old).unwrap();
    let note = Some("明天再来".to_owned());
    let outcome = VisitOutcome::Ordered;
    phone.run(Request::VisitCheckOut { visit, outcome, note }).unwrap();
    let new = create(&mut phone, "Corner Shop");
    phone.sync().await.unwrap();
    decided(&mut phone, visited).await.unwrap();

    tablet.disconnect();
    tablet.sync().await.unwrap();
    edit(&mut tablet, new, "phone", "0518 8550 0001");
    let ordered = take_order(&mut tablet, new).unwrap();
    tablet.sync().await.unwrap();
    decided(&mut tablet, ordered).await.unwrap();

    let theirs: Rows<roundsman_core::views::CustomerRow> = colleague
        .ask(&Query::Customers { search: None, sort: None, page: Default::default() })
        .unwrap();
    let order = take_order(&mut colleague, theirs.rows[0].id).unwrap();
    colleague.sync().await.unwrap();
    decided(&mut colleague, order).await.unwrap();
    phone.sync().await.unwrap();
    let before = orders(world).await;
    for device in [&mut phone, &mut tablet, &mut colleague] {
        device.disconnect();
    }
    assert!(before.values().all(|(number, _)| number.is_some()));
    Day { phone, tablet, colleague, old, new, before }
}

/// Everyone reconnects, those first whose work rests on what others have.
async fn all_return(world: &World, day: &mut Day) {
    for _ in 0..2 {
        for device in [&mut day.tablet, &mut day.colleague, &mut day.phone] {
            device.disconnect();
            device.sync().await.unwrap();
        }
    }
    // What waited for others is judged again beside the lines.
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    while orders(world).await != day.before && tokio::time::Instant::now() < deadline {
        tokio::task::yield_now().await;
    }
    assert_eq!(orders(world).await, day.before);
    for device in [&mut day.tablet, &mut day.colleague, &mut day.phone] {
        device.disconnect();
        device.sync().await.unwrap();
    }
    for (order, (number, total)) in &day.before {
        for device in [&mut day.tablet, &mut day.colleague, &mut day.phone] {
            let seen: Option<OrderView> = device.ask(&Query::Order { id: *order }).unwrap();
            if seen.is_none() {
                continue;
            }
            let again = decided(device, *order).await.unwrap();
            assert_eq!((&again.row.number, again.row.total.minor), (number, *total));
        }
    }
    for device in [&day.phone, &day.tablet] {
        assert_eq!(value(device, day.new, "phone"), "0518 8550 0001");
    }
    let report: Value = world.office().await.unwrap().get("/api/restorations/last").await.unwrap();
    assert_eq!(report["outcomesMissing"], serde_json::json!([]), "{report}");
    assert_eq!(report["changesMissing"], serde_json::json!([]), "{report}");
    assert_eq!(report["outcomesReinstated"], day.before.len() - 1, "{report}");
}

/// A number that is given now is none that was given before.
async fn numbers_go_on(world: &World, day: &mut Day) {
    let order = take_order(&mut day.phone, day.old).unwrap();
    day.phone.sync().await.unwrap();
    let number = decided(&mut day.phone, order).await.unwrap().row.number;
    assert!(number.is_some());
    assert!(day.before.values().all(|(given, _)| *given != number));
    assert_eq!(orders(world).await.len(), day.before.len() + 1);
}

async fn all_is_sound(world: &World) {
    for part in backup::check(&world.data()).await.unwrap() {
        assert_eq!(part.wrong, 0, "{part:?}");
    }
}

#[tokio::test]
async fn what_came_after_the_backup_comes_back() {
    let mut world = World::start().await.unwrap();
    let devices = morning(&mut world).await;
    let copy = world.data().with_file_name("company.backup");
    backup::back_up(&world.data(), &copy, &Clock::system()).await.unwrap();
    let mut day = an_hour(&world, devices).await;
    all_is_sound(&world).await;
    world.stop_server().await.unwrap();
    let refused = backup::restore(&copy, &world.data(), false, &Clock::system()).await;
    assert!(refused.unwrap_err().to_string().contains("--force"));
    let restored = restore(&world, &copy).await;
    assert!(restored.aside.unwrap().join(backup::DATABASE).exists());
    world.start_server().await.unwrap();
    assert_eq!(orders(&world).await.len(), 1);

    all_return(&world, &mut day).await;
    numbers_go_on(&world, &mut day).await;
    all_is_sound(&world).await;
}

#[tokio::test]
async fn a_database_that_was_set_back_in_silence_is_noticed() {
    let mut world = World::start().await.unwrap();
    let devices = morning(&mut world).await;
    let copy = world.data().with_file_name("company.copy");
    backup::back_up(&world.data(), &copy, &Clock::system()).await.unwrap();
    let mut day = an_hour(&world, devices).await;
    world.stop_server().await.unwrap();
    for ending in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(world.data().join(format!("{}{ending}", backup::DATABASE)));
    }
    fs::copy(&copy, world.data().join(backup::DATABASE)).unwrap();
    world.start_server().await.unwrap();
    assert_eq!(orders(&world).await.len(), 1);

    all_return(&world, &mut day).await;
    let last: Value = world.office().await.unwrap().get("/api/restorations/last").await.unwrap();
    assert!(last["noticedBy"].is_string(), "{last}");
    numbers_go_on(&world, &mut day).await;
    all_is_sound(&world).await;
}

#[tokio::test]
async fn what_nobody_can_give_back_is_listed() {
    let mut world = World::start().await.unwrap();
    let (mut phone, mut tablet, mut colleague) = morning(&mut world).await;
    tablet.disconnect();
    colleague.disconnect();
    let customer = find(&phone, "hgsp").unwrap();
    let copy = world.data().with_file_name("company.backup");
    backup::back_up(&world.data(), &copy, &Clock::system()).await.unwrap();
    let change = serde_json::json!({
        "operation": "customer.edit", "customer": customer, "fields": { "address": "新浦路 9 号" }
    });
    let office = world.office().await.unwrap();
    let _: Value = office.post("/api/operations", &change).await.unwrap();
    phone.disconnect();
    phone.sync().await.unwrap();
    assert_eq!(value(&phone, customer, "address"), "新浦路 9 号");
    phone.disconnect();
    drop(office);
    world.stop_server().await.unwrap();
    restore(&world, &copy).await;
    world.start_server().await.unwrap();

    phone.disconnect();
    phone.sync().await.unwrap();
    let office = world.office().await.unwrap();
    let report: Value = office.get("/api/restorations/last").await.unwrap();
    let missing = report["changesMissing"].as_array().unwrap();
    assert_eq!(missing.len(), 1, "{report}");
    assert_eq!(missing[0]["id"], customer.to_string());
    let back =
        report["devices"].as_array().unwrap().iter().filter(|it| it["offeredAt"].is_number());
    assert_eq!(back.count(), 1, "the tablet and the colleague are not back yet: {report}");
    let summary: Value = office.get("/api/summary").await.unwrap();
    assert!(summary["restoredSince"].is_number(), "{summary}");
}

#[tokio::test]
async fn a_phone_that_enrolled_after_the_backup_gives_back_what_it_did() {
    let mut world = World::start().await.unwrap();
    let copy = world.data().with_file_name("company.backup");
    backup::back_up(&world.data(), &copy, &Clock::system()).await.unwrap();
    let mut phone = world.device("lin").await.unwrap();
    let old = find(&phone, "hgsp").unwrap();
    let order = take_order(&mut phone, old).unwrap();
    let new = create(&mut phone, "Corner Shop");
    phone.sync().await.unwrap();
    decided(&mut phone, order).await.unwrap();
    let before = orders(&world).await;
    let identity = phone.replica.identity().unwrap().clone();
    phone.disconnect();
    world.stop_server().await.unwrap();
    restore(&world, &copy).await;
    world.start_server().await.unwrap();
    assert_eq!(orders(&world).await.len(), 0);
    // Somebody enrols anew before it comes back.
    let other = world.device("wang").await.unwrap();
    edit(&mut phone, new, "phone", "0518 8550 0002");

    assert!(phone.sync().await.is_err(), "nobody here knows its token");
    world.sign_in_again(&mut phone, "lin").await.unwrap();
    phone.sync().await.unwrap();
    decided(&mut phone, order).await.unwrap();
    let now = phone.replica.identity().unwrap();
    assert_eq!((now.device, &now.device_code), (identity.device, &identity.device_code));
    assert_ne!(other.replica.identity().unwrap().device_code, identity.device_code);
    assert_eq!(orders(&world).await, before, "with its number");
    let mut tablet = world.device("lin").await.unwrap();
    tablet.sync().await.unwrap();
    assert_eq!(value(&tablet, new, "phone"), "0518 8550 0002");
    all_is_sound(&world).await;
}
