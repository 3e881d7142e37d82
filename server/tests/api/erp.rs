//! Connecting an ERP: who may, and where a password goes.

use roundsman_core::records::Role;
use serde_json::{Value, json};

use crate::company::{Browser, Company};

/// Where nobody listens.
const NOWHERE: &str = "http://127.0.0.1:9";

async fn wanted(browser: &mut Browser, url: &str, password: &str) -> Value {
    let territories = browser.get("/api/territories").await.json();
    json!({ "url": url, "database": "erp", "login": "roundsman", "password": password,
        "territory": territories[0]["id"] })
}

#[tokio::test]
async fn only_the_office_connects_an_erp() {
    let company = Company::open().await;
    let mut finance = company.colleague("xu", Role::Finance).await;
    let form = wanted(&mut finance, NOWHERE, "secret").await;
    let answer = finance.post("/api/erp/preview", form).await;
    assert_eq!(answer.refusal().1, "ACCESS_ENDED");
    assert_eq!(finance.delete("/api/erp").await.refusal().1, "ACCESS_ENDED");
}

#[tokio::test]
async fn what_is_wrong_with_a_connection_is_said() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let nobody = wanted(&mut office, NOWHERE, "secret").await;
    let answer = office.post("/api/erp/preview", nobody).await;
    assert_eq!(answer.json()["code"], "ERP_UNREACHABLE", "{answer:?}");
    let nowhere = wanted(&mut office, " ", "secret").await;
    let answer = office.post("/api/erp/preview", nowhere).await.json();
    assert_eq!((&answer["code"], &answer["params"]["field"]), (&json!("EMPTY"), &json!("url")));
    let odd = wanted(&mut office, "https://me:secret@erp.example.com", "secret").await;
    let answer = office.post("/api/erp/preview", odd).await.json();
    assert_eq!(answer["code"], "ERP_UNREACHABLE");
    assert!(company.app.erp.connector().is_none());
}

#[tokio::test]
async fn a_known_password_goes_nowhere_else() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let me = office.get("/api/session").await.json();
    let territories = office.get("/api/territories").await.json();
    let settings = serde_json::from_value(json!({
        "connection": { "url": NOWHERE, "database": "erp", "login": "roundsman",
            "password": "secret", "answer_seconds_max": 1 },
        "by": me["person"], "territory": territories[0]["id"], "since": 0,
    }));
    let slot = &company.app.erp;
    slot.connect(slot.to(settings.unwrap()).unwrap()).await.unwrap();

    let elsewhere = wanted(&mut office, "http://127.0.0.1:10", "").await;
    let answer = office.post("/api/erp/preview", elsewhere).await.json();
    assert_eq!(answer["params"]["field"], "password", "{answer}");
    // The same way again: it is known.
    let same = wanted(&mut office, NOWHERE, "").await;
    let answer = office.post("/api/erp/preview", same).await.json();
    assert_eq!(answer["code"], "ERP_UNREACHABLE");
    let shown = String::from_utf8(office.get("/api/erp").await.bytes).unwrap();
    assert!(shown.contains(NOWHERE) && !shown.contains("secret"), "{shown}");

    assert_eq!(office.delete("/api/erp").await.status, 204);
    assert!(slot.connector().is_none());
}
