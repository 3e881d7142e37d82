//! What the office does to customers.

use serde_json::json;

use crate::company::Company;
use crate::lists::model;

#[tokio::test]
async fn an_edit_shows_in_the_card_the_list_and_the_history() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let id = model(&mut office).await;
    company.wait(60_000);
    let edit =
        json!({ "operation": "customer.edit", "customer": id, "fields": { "phone": "0532-555" } });
    assert_eq!(office.post("/api/operations", edit).await.json()["id"], *id);

    let card = office.get(&format!("/api/customers/{id}")).await.json();
    assert_eq!(card["row"]["phone"], "0532-555");
    assert_eq!(office.get("/api/customers?search=0532555").await.json()["rows"][0]["id"], *id);
    let history = office.get(&format!("/api/customers/{id}/history")).await.json();
    assert_eq!(history[0]["operation"], "customer.edit");
    assert_eq!((&history[0]["personName"], &history[0]["device"]), (&"Office".into(), &"".into()));
    assert_eq!(
        (&history[0]["changes"][0]["field"], &history[0]["changes"][0]["to"]),
        (&"phone".into(), &"0532-555".into())
    );
}

#[tokio::test]
async fn a_new_customer_is_in_the_list() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let create =
        json!({ "operation": "customer.create", "fields": { "name": "新客户" }, "place": null });
    let id = office.post("/api/operations", create).await.json()["id"].clone();
    assert_eq!(office.get("/api/customers?search=xkh").await.json()["rows"][0]["id"], id);
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_its_field() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let id = model(&mut office).await;
    let empty = json!({ "operation": "customer.edit", "customer": id, "fields": { "name": " " } });
    assert_eq!(office.post("/api/operations", empty).await.refusal(), (422, "EMPTY".to_owned()));
    let order = json!({ "operation": "order.submit", "customer": id });
    assert_eq!(
        office.post("/api/operations", order).await.refusal(),
        (501, "UNIMPLEMENTED".to_owned())
    );
    let nonsense = json!({ "operation": "customer.paint" });
    assert_eq!(
        office.post("/api/operations", nonsense).await.refusal(),
        (400, "MALFORMED".to_owned())
    );
}

#[tokio::test]
async fn what_was_never_quarantined_cannot_be_released() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let entry = format!("/api/quarantine/{}/1", uuid::Uuid::nil());
    for action in ["release", "decline"] {
        let answer = office.post(&format!("{entry}/{action}"), json!({})).await;
        assert_eq!(answer.refusal(), (404, "NOT_FOUND".to_owned()), "{action}");
    }
}
