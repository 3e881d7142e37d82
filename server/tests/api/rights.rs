//! Who sees what: customers that move, people who leave, devices that are shut out.

use roundsman_store::devices;
use serde_json::{Value, json};

use crate::company::{Browser, Company};
use crate::device::{key, sign_in};

/// The customers of the first territory and the people of the first two.
struct Field {
    customers: Vec<Value>,
    from: Value,
    to: Value,
}

async fn field(office: &mut Browser) -> Field {
    let territories = office.get("/api/territories").await.json();
    let of = |id: &Value| format!("/api/customers?territory={}", id.as_str().unwrap());
    let (from, to) = (territories[0]["id"].clone(), territories[1]["id"].clone());
    let customers = office.get(&of(&from)).await.json()["rows"].as_array().unwrap().clone();
    Field { customers, from, to }
}

async fn manager(office: &mut Browser, territory: &Value) -> Value {
    let staff = office.get("/api/staff").await.json();
    let works = |row: &&Value| {
        row["territories"].as_array().unwrap().iter().any(|it| it["id"] == *territory)
    };
    staff.as_array().unwrap().iter().find(works).unwrap()["person"].clone()
}

#[tokio::test]
async fn a_move_is_asked_about_made_and_undone() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let field = field(&mut office).await;
    let (old, new) =
        (manager(&mut office, &field.from).await, manager(&mut office, &field.to).await);
    // The old owner's phone was enrolled and not heard of since.
    let login = old["name"].as_str().unwrap().split(' ').next().unwrap().to_lowercase();
    let phone = sign_in(&mut company.browser(), &login, &key(1), None).await.json();
    let device = phone["device"].as_str().unwrap().parse().unwrap();
    let now = company.app.clock.now();
    let reported =
        company.app.store.write.run(move |db, _| {
            Box::pin(async move { devices::reported(db, device, 14, now).await })
        });
    reported.await.unwrap();

    let ids: Vec<&str> =
        field.customers.iter().take(2).map(|it| it["id"].as_str().unwrap()).collect();
    let asked = format!(
        "/api/customers/move-impact?customers={}&territory={}&accountManager={}",
        ids.join(","),
        field.to.as_str().unwrap(),
        new["id"].as_str().unwrap()
    );
    let impact = office.get(&asked).await.json();
    assert_eq!((&impact["customers"], &impact["managerSees"]), (&2.into(), &true.into()));
    assert_eq!(
        impact["lose"],
        json!([{ "person": old["id"], "name": old["name"], "customers": 2 }])
    );
    assert_eq!(
        impact["gain"],
        json!([{ "person": new["id"], "name": new["name"], "customers": 2 }])
    );
    assert_eq!(impact["devices"][0]["waiting"], 14);

    let order = json!({ "customers": ids, "territory": field.to, "accountManager": new["id"] });
    let moved = office.post("/api/customers/move", order.clone()).await.json();
    assert_eq!(moved.as_array().unwrap().len(), 2);
    let card = office.get(&format!("/api/customers/{}", ids[0])).await.json();
    assert_eq!(card["row"]["accountManager"], new["id"]);
    assert_eq!(office.post("/api/customers/move", order).await.json(), json!([]), "it is there");
    let back = json!({ "customers": ids, "territory": moved[0]["territory"],
        "accountManager": moved[0]["accountManager"] });
    office.post("/api/customers/move", back).await;
    let card = office.get(&format!("/api/customers/{}", ids[0])).await.json();
    assert_eq!(card["row"]["accountManager"], old["id"]);
}

#[tokio::test]
async fn a_move_to_nowhere_is_refused() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let field = field(&mut office).await;
    let nobody = "00000000-0000-7000-8000-000000000000";
    let customer = &field.customers[0]["id"];
    let invalid = (422, "INVALID".to_owned());
    let order = json!({ "customers": [customer], "territory": field.to, "accountManager": nobody });
    assert_eq!(office.post("/api/customers/move", order).await.refusal(), invalid);
    let manager = manager(&mut office, &field.to).await["id"].clone();
    let order = json!({ "customers": [customer], "territory": nobody, "accountManager": manager });
    assert_eq!(office.post("/api/customers/move", order).await.refusal(), invalid);
    let order = json!({ "customers": [], "territory": field.to, "accountManager": manager });
    assert_eq!(office.post("/api/customers/move", order).await.refusal(), invalid);
}

#[tokio::test]
async fn a_device_is_listed_locked_out_and_to_be_wiped() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let phone = sign_in(&mut company.browser(), "lin", &key(1), None).await.json();
    let path = format!("/api/devices/{}", phone["device"].as_str().unwrap());
    let active = office.get("/api/devices?state=active&search=lin").await.json();
    assert_eq!((&active["total"], &active["rows"][0]["code"]), (&1.into(), &phone["deviceCode"]));

    assert_eq!(office.post(&format!("{path}/revoke"), json!({})).await.status, 204);
    assert_eq!(office.get(&path).await.json()["row"]["state"], "revoked");
    assert_eq!(office.post(&format!("{path}/wipe"), json!({})).await.status, 204);
    let card = office.get(&path).await.json();
    assert_eq!(
        (&card["row"]["state"], &card["row"]["wipedAt"]),
        (&"wipeOrdered".into(), &Value::Null)
    );
    assert_eq!(office.get("/api/devices?state=active").await.json()["total"], 0);
    let unknown = "/api/devices/00000000-0000-7000-8000-000000000000/wipe";
    assert_eq!(office.post(unknown, json!({})).await.refusal(), (404, "NOT_FOUND".to_owned()));
}

#[tokio::test]
async fn an_account_closes_when_every_device_has_delivered_or_with_a_reason() {
    let company = Company::open().await;
    let mut office = company.office().await;
    sign_in(&mut company.browser(), "lin", &key(1), None).await;
    let staff = office.get("/api/staff").await.json();
    let lin = staff.as_array().unwrap().iter().find(|it| it["login"] == "lin").unwrap();
    let path = format!("/api/staff/{}", lin["person"]["id"].as_str().unwrap());
    company.wait(1);
    assert_eq!(office.post(&format!("{path}/close"), json!({})).await.refusal().1, "INVALID");
    assert_eq!(office.post(&format!("{path}/disable"), json!({})).await.status, 204);
    let wrong = sign_in(&mut company.browser(), "lin", &key(2), None).await;
    assert_eq!(wrong.refusal().1, "WRONG_PASSWORD");
    // The phone was not in contact since.
    assert_eq!(office.post(&format!("{path}/close"), json!({})).await.refusal().1, "EMPTY");
    let reason = json!({ "reason": "the phone fell into the harbour" });
    assert_eq!(office.post(&format!("{path}/close"), reason).await.status, 204);
    let staff = office.get("/api/staff").await.json();
    let lin = staff.as_array().unwrap().iter().find(|it| it["login"] == "lin").unwrap();
    assert_eq!(lin["closedNote"], "the phone fell into the harbour");
    assert_eq!((&lin["territories"], &lin["devices"][0]["state"]), (&json!([]), &"revoked".into()));
}

#[tokio::test]
async fn territories_are_granted_and_taken_away() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let field = field(&mut office).await;
    let person = manager(&mut office, &field.from).await;
    let path = format!("/api/staff/{}", person["id"].as_str().unwrap());
    let territory = json!({ "territory": field.to });
    assert_eq!(office.post(&format!("{path}/grant"), territory.clone()).await.status, 204);
    let territories = |staff: Value| {
        let rows = staff.as_array().unwrap().clone();
        let row = rows.into_iter().find(|it| it["person"]["id"] == person["id"]).unwrap();
        row["territories"].as_array().unwrap().len()
    };
    assert_eq!(territories(office.get("/api/staff").await.json()), 2);
    company.wait(1);
    assert_eq!(office.post(&format!("{path}/revoke"), territory).await.status, 204);
    assert_eq!(territories(office.get("/api/staff").await.json()), 1);
}
