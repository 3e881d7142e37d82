//! A wrong clock on a phone is corrected and flagged, never trusted and never a reason to refuse.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::time::{SystemTime, UNIX_EPOCH};

use roundsman_core::documents::Request;
use roundsman_core::id::{CustomerId, OrderId, VisitId};
use roundsman_core::views::{CustomerCard, OrderView, SyncState, VisitView};
use roundsman_device::{Device, DeviceHost, Skew};
use roundsman_replica::Query;
use roundsman_tests::{Office, World, decided, find, take_order};

const MINUTE_MS: i64 = 60_000;
const YEARS_MS: i64 = 3 * 365 * 86_400_000;

fn is_now(at: i64) -> bool {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    (i64::try_from(now).unwrap() - at).abs() < 5 * MINUTE_MS
}

fn is_about(off_ms: Option<i64>, wanted: i64) -> bool {
    off_ms.is_some_and(|off_ms| (off_ms - wanted).abs() < MINUTE_MS)
}

async fn in_office(office: &Office, order: OrderId) -> OrderView {
    office.get(&format!("/api/orders/{order}")).await.unwrap()
}

fn note(device: &mut Device, customer: CustomerId, text: &str) {
    let fields = [("note".to_owned(), text.to_owned())].into();
    device.run(Request::CustomerEdit { customer, fields }).unwrap();
}

fn noted(device: &Device, customer: CustomerId) -> String {
    let card: CustomerCard = device.ask(&Query::Customer { id: customer }).unwrap();
    card.fields.into_iter().find(|field| field.field == "note").unwrap().value
}

#[tokio::test]
async fn a_clock_years_off_is_corrected() {
    for skew_ms in [YEARS_MS, -YEARS_MS] {
        let mut world = World::start().await.unwrap();
        let mut phone = world.device_with("lin", DeviceHost::skewed(skew_ms)).await.unwrap();
        assert!(is_about(phone.status().unwrap().clock_off_ms, skew_ms));
        let customer = find(&phone, "hgsp").unwrap();
        phone.disconnect();
        let visit = phone.run(Request::VisitCheckIn { customer, place: None }).unwrap().id;
        let order = take_order(&mut phone, customer).unwrap();
        phone.sync().await.unwrap();
        let answer = decided(&mut phone, order).await.unwrap();
        assert!(answer.row.number.is_some());
        assert!(is_now(answer.row.placed_at.millis()));
        let visit: VisitView = phone.ask(&Query::Visit { id: VisitId(visit) }).unwrap();
        assert!(is_now(visit.row.checked_in_at.millis()));
        assert!(is_now(phone.status().unwrap().last_contact.unwrap().millis()));
        // What the device corrected by itself needs no flag.
        let office = world.office().await.unwrap();
        assert_eq!(in_office(&office, order).await.clock_off_ms, None);
    }
}

#[tokio::test]
async fn a_clock_that_is_right_says_nothing() {
    let mut world = World::start().await.unwrap();
    let phone = world.device("lin").await.unwrap();
    assert_eq!(phone.status().unwrap().clock_off_ms, None);
}

#[tokio::test]
async fn what_was_recorded_before_the_phone_knew_is_flagged_and_goes_through() {
    let mut world = World::start().await.unwrap();
    let office = world.office().await.unwrap();
    let skew = Skew::default();
    let mut phone = world.device_with("lin", DeviceHost::with(skew.clone())).await.unwrap();
    let customer = find(&phone, "hgsp").unwrap();
    phone.disconnect();
    skew.set(YEARS_MS);
    let visit = phone.run(Request::VisitCheckIn { customer, place: None }).unwrap().id;
    let early = take_order(&mut phone, customer).unwrap();
    phone.sync().await.unwrap();
    decided(&mut phone, early).await.unwrap();
    assert!(is_about(phone.status().unwrap().clock_off_ms, YEARS_MS));
    assert!(is_about(in_office(&office, early).await.clock_off_ms, YEARS_MS));
    let visit: VisitView = office.get(&format!("/api/visits/{visit}")).await.unwrap();
    assert!(is_about(visit.clock_off_ms, YEARS_MS));
    assert_eq!(visit.row.sync, SyncState::Confirmed);

    // Now the phone knows, also on the same line.
    let later = take_order(&mut phone, customer).unwrap();
    phone.sync().await.unwrap();
    let answer = decided(&mut phone, later).await.unwrap();
    assert!(is_now(answer.row.placed_at.millis()));
    assert_eq!(in_office(&office, later).await.clock_off_ms, None);
}

#[tokio::test]
async fn a_clock_that_was_set_back_stops_at_the_last_contact() {
    let mut world = World::start().await.unwrap();
    let skew = Skew::default();
    let mut phone = world.device_with("lin", DeviceHost::with(skew.clone())).await.unwrap();
    let customer = find(&phone, "hgsp").unwrap();
    phone.disconnect();
    skew.set(-YEARS_MS);
    let order = take_order(&mut phone, customer).unwrap();
    phone.sync().await.unwrap();
    let answer = decided(&mut phone, order).await.unwrap();
    assert!(is_now(answer.row.placed_at.millis()));
    assert!(is_about(phone.status().unwrap().clock_off_ms, -YEARS_MS));
}

#[tokio::test]
async fn a_clock_in_the_future_wins_no_more_once_the_phone_was_in_contact() {
    let mut world = World::start().await.unwrap();
    let skew = Skew::default();
    let mut wrong = world.device_with("lin", DeviceHost::with(skew.clone())).await.unwrap();
    let customer = find(&wrong, "hgsp").unwrap();
    wrong.disconnect();
    skew.set(YEARS_MS);
    note(&mut wrong, customer, "from the future");
    wrong.sync().await.unwrap();

    // Whoever has seen it and writes later is newer.
    let mut right = world.device("lin").await.unwrap();
    assert_eq!(noted(&right, customer), "from the future");
    note(&mut right, customer, "closed on Mondays");
    right.sync().await.unwrap();
    let seen = move |device: &Device| {
        Ok::<_, anyhow::Error>(noted(device, customer) == "closed on Mondays")
    };
    wrong.until("the later note is here", seen).await.unwrap();

    // Two write at the same time: the later one is the newest, whatever the clock said before.
    wrong.disconnect();
    right.disconnect();
    note(&mut wrong, customer, "earlier");
    note(&mut right, customer, "later");
    right.sync().await.unwrap();
    wrong.sync().await.unwrap();
    assert_eq!(noted(&wrong, customer), "later");
    right.sync().await.unwrap();
    let seen = move |device: &Device| Ok::<_, anyhow::Error>(noted(device, customer) == "later");
    right.until("both agree", seen).await.unwrap();
}
