//! Customers that move and devices that are wiped while their rep is out of reach.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use roundsman_core::documents::Request;
use roundsman_core::documents::visit::VisitOutcome;
use roundsman_core::id::{CustomerId, VisitId};
use roundsman_core::views::{SyncState, VisitRow, VisitView};
use roundsman_device::Device;
use roundsman_replica::{Query, Rows};
use roundsman_tests::{Office, World, find};
use serde_json::{Value, json};

fn visits(device: &mut Device, customer: CustomerId) -> VisitId {
    let visit = VisitId(device.run(Request::VisitCheckIn { customer, place: None }).unwrap().id);
    let outcome = VisitOutcome::NoNeed;
    device.run(Request::VisitCheckOut { visit, outcome, note: None }).unwrap();
    visit
}

/// Gives a customer to somebody else who works in the field; gives their login.
async fn moves(office: &Office, customer: CustomerId) -> String {
    let staff: Vec<Value> = office.get("/api/staff").await.unwrap();
    let card: Value = office.get(&format!("/api/customers/{customer}")).await.unwrap();
    let other = |it: &&Value| {
        it["territories"][0]["id"].is_string()
            && it["person"]["id"] != card["row"]["accountManager"]
    };
    let to = staff.iter().find(other).unwrap();
    let order = json!({ "customers": [customer], "territory": to["territories"][0]["id"],
        "accountManager": to["person"]["id"] });
    let moved: Vec<Value> = office.post("/api/customers/move", &order).await.unwrap();
    assert_eq!(moved.len(), 1);
    to["login"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_customer_that_moved_leaves_the_phone_only_after_the_visit_there_arrived() {
    let mut world = World::start().await.unwrap();
    let mut phone = world.device("lin").await.unwrap();
    let customer = find(&phone, "hgsp").unwrap();
    phone.disconnect();
    let visit = visits(&mut phone, customer);
    let office = world.office().await.unwrap();
    let owner = moves(&office, customer).await;
    assert!(find(&phone, "hgsp").is_ok(), "nobody told the phone yet");

    phone.sync().await.unwrap();
    phone.until("the customer is gone", |it| Ok(find(it, "hgsp").is_err())).await.unwrap();
    // The visit counts and stays with whoever made it.
    let own: VisitView = phone.ask(&Query::Visit { id: visit }).unwrap();
    assert_eq!(own.row.sync, SyncState::Confirmed);
    let mut other = world.device(&owner).await.unwrap();
    assert_eq!(find(&other, "hgsp").unwrap(), customer);
    let there: VisitView = other.ask(&Query::Visit { id: visit }).unwrap();
    assert_eq!(there.row.outcome, Some(VisitOutcome::NoNeed));

    // Whoever goes on with it has it to themselves, and both agree with the office.
    visits(&mut other, customer);
    other.sync().await.unwrap();
    for device in [&mut phone, &mut other] {
        // What else was on its way comes first.
        device.disconnect();
        device.sync().await.unwrap();
        assert!(device.differs().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_device_delivers_before_it_is_wiped_and_is_gone_after() {
    let mut world = World::start().await.unwrap();
    let mut phone = world.device("lin").await.unwrap();
    let customer = find(&phone, "hgsp").unwrap();
    phone.disconnect();
    visits(&mut phone, customer);
    let office = world.office().await.unwrap();
    let devices: Value = office.get("/api/devices?search=lin").await.unwrap();
    let path = format!("/api/devices/{}", devices["rows"][0]["id"].as_str().unwrap());
    let _: Value = office.post(&format!("{path}/wipe"), &json!({})).await.unwrap();

    phone.connect().await.unwrap();
    let ended = phone.until("the end", |_| Ok(false)).await;
    assert!(ended.is_err() && phone.wiped);
    let card: Value = office.get(&path).await.unwrap();
    assert_eq!(card["row"]["state"], "wiped");
    assert_eq!((&card["row"]["stored"], &card["row"]["waiting"]), (&2.into(), &0.into()));
    // What was stored is judged a moment later, which a device that is gone does not hear of.
    let visits = format!("/api/visits?customer={customer}");
    let judged =
        |it: &Rows<VisitRow>| it.rows.iter().any(|row| row.outcome == Some(VisitOutcome::NoNeed));
    office.until(&visits, judged).await.unwrap();
}
