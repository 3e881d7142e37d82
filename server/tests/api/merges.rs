//! Customers that were entered twice.

use axum::http::StatusCode;
use roundsman_core::records::Role;
use serde_json::{Value, json};

use crate::company::{Browser, Company};

/// Adds the same shop again, in the territory of the one that is here.
async fn again(office: &mut Browser, shop: &Value) -> String {
    let fields = json!({
        "name": format!("{} (新)", shop["name"].as_str().unwrap()),
        "phone": shop["phone"], "address": shop["address"],
    });
    let form = json!({ "fields": fields, "territory": shop["territory"],
        "accountManager": shop["accountManager"] });
    office.post("/api/customers", form).await.json()["id"].as_str().unwrap().to_owned()
}

/// A shop that owes something.
async fn shop(office: &mut Browser) -> Value {
    let path = "/api/customers?sort=-balance";
    office.get(path).await.json()["rows"][0].clone()
}

async fn card(office: &mut Browser, id: &str) -> Value {
    office.get(&format!("/api/customers/{id}")).await.json()
}

async fn merge(office: &mut Browser, id: &str, form: Value) -> (u16, String) {
    let answer = office.post(&format!("/api/customers/{id}/merge"), form).await;
    match answer.status {
        StatusCode::NO_CONTENT => (204, String::new()),
        _ => answer.refusal(),
    }
}

/// Whether these two are shown as probably one.
async fn look_alike(office: &mut Browser, one: &str, other: &str) -> bool {
    let duplicates = office.get("/api/customers/duplicates").await.json();
    let pairs = duplicates["pairs"].as_array().unwrap();
    let is = |pair: &Value, left: &str, right: &str| {
        pair["one"]["id"] == left && pair["other"]["id"] == right
    };
    pairs.iter().any(|pair| is(pair, one, other) || is(pair, other, one))
}

#[tokio::test]
async fn two_that_are_one_shop_are_found_merged_and_taken_apart() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let old = shop(&mut office).await;
    let old_id = old["id"].as_str().unwrap();
    let new_id = again(&mut office, &old).await;
    assert!(look_alike(&mut office, old_id, &new_id).await);
    let before = office.get("/api/customers").await.json()["total"].as_u64().unwrap();

    // The old one is what was entered twice: what it did counts for the new one.
    let contacts = card(&mut office, old_id).await["contacts"].as_array().unwrap().len();
    let form = json!({ "into": new_id, "fields": { "hours": "8-18" } });
    assert_eq!(merge(&mut office, old_id, form).await.0, 204);
    let stays = card(&mut office, &new_id).await;
    assert!(old["balance"]["minor"].as_i64().unwrap() > 0);
    assert_eq!(stays["row"]["balance"], old["balance"]);
    assert_eq!(stays["account"]["overdue"], old["overdue"]);
    assert_eq!(stays["merged"][0]["id"], old_id);
    assert_eq!(stays["contacts"].as_array().unwrap().len(), contacts);
    let hours = stays["fields"].as_array().unwrap().iter().find(|it| it["field"] == "hours");
    assert_eq!(hours.unwrap()["value"], "8-18");
    assert_eq!(card(&mut office, old_id).await["row"]["mergedInto"], new_id);
    let list = office.get("/api/customers").await.json();
    assert_eq!(list["total"], before - 1);
    assert!(!look_alike(&mut office, old_id, &new_id).await);

    let answer = office.post(&format!("/api/customers/{old_id}/unmerge"), json!({})).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    let apart = card(&mut office, old_id).await;
    assert_eq!(apart["row"]["mergedInto"], Value::Null);
    assert_eq!(apart["row"]["balance"], old["balance"]);
    assert_eq!(card(&mut office, &new_id).await["row"]["balance"]["minor"], 0);
    assert_eq!(office.get("/api/customers").await.json()["total"], before);
}

#[tokio::test]
async fn who_only_looks_the_same_is_not_shown_again() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let old = shop(&mut office).await;
    let new_id = again(&mut office, &old).await;
    let old_id = old["id"].as_str().unwrap();
    assert!(look_alike(&mut office, old_id, &new_id).await);
    let form = json!({ "other": old_id });
    let answer = office.post(&format!("/api/customers/{new_id}/apart"), form).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert!(!look_alike(&mut office, old_id, &new_id).await);
}

#[tokio::test]
async fn merged_customers_move_together() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let old = shop(&mut office).await;
    let staff = office.get("/api/staff").await.json();
    let elsewhere = |row: &&Value| {
        row["person"]["role"] == "rep"
            && row["territories"].as_array().is_some_and(|all| {
                !all.is_empty() && all.iter().all(|it| it["id"] != old["territory"])
            })
    };
    let other = staff.as_array().unwrap().iter().find(elsewhere).unwrap();
    let there = json!({ "territory": other["territories"][0]["id"],
        "accountManager": other["person"]["id"] });
    let mut far = old.clone();
    far["territory"] = there["territory"].clone();
    far["accountManager"] = there["accountManager"].clone();
    let far_id = again(&mut office, &far).await;
    // What is merged goes where the one is that stays.
    let old_id = old["id"].as_str().unwrap();
    assert_eq!(merge(&mut office, old_id, json!({ "into": far_id })).await.0, 204);
    assert_eq!(card(&mut office, old_id).await["row"]["territory"], there["territory"]);
    // And with it.
    let back = json!({ "customers": [far_id], "territory": old["territory"],
        "accountManager": old["accountManager"] });
    assert_eq!(office.post("/api/customers/move", back).await.status, StatusCode::OK);
    for id in [old_id, &far_id] {
        assert_eq!(card(&mut office, id).await["row"]["territory"], old["territory"]);
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let old = shop(&mut office).await;
    let (old_id, new_id) = (old["id"].as_str().unwrap(), again(&mut office, &old).await);
    let nobody = "00000000-0000-7000-8000-000000000000";
    assert_eq!(merge(&mut office, old_id, json!({ "into": old_id })).await.1, "INVALID");
    assert_eq!(merge(&mut office, old_id, json!({ "into": nobody })).await.1, "NOT_FOUND");
    assert_eq!(merge(&mut office, nobody, json!({ "into": old_id })).await.1, "NOT_FOUND");
    let wrong = json!({ "into": new_id, "fields": { "colour": "red" } });
    assert_eq!(merge(&mut office, old_id, wrong).await.1, "INVALID");
    assert_eq!(card(&mut office, old_id).await["row"]["mergedInto"], Value::Null);
    assert_eq!(merge(&mut office, &new_id, json!({ "into": old_id })).await.0, 204);
    // Each is merged once, and two do not take each other's place.
    assert_eq!(merge(&mut office, &new_id, json!({ "into": old_id })).await.1, "CUSTOMER_MERGED");
    assert_eq!(merge(&mut office, old_id, json!({ "into": new_id })).await.1, "INVALID");
    let mut service = company.colleague("service", Role::Service).await;
    assert_eq!(merge(&mut service, old_id, json!({ "into": new_id })).await.1, "ACCESS_ENDED");
}
