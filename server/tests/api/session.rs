//! Signing in to the console.

use axum::http::header::SET_COOKIE;
use serde_json::json;

use crate::company::{Company, HOUR_MS};

#[tokio::test]
async fn the_office_signs_in_and_out() {
    let company = Company::open().await;
    let mut browser = company.browser();
    assert_eq!(browser.get("/api/session").await.refusal(), (401, "SIGN_IN_AGAIN".to_owned()));

    let form = json!({ "login": "OFFICE", "password": "roundsman" });
    let answer = browser.post("/api/session", form).await;
    assert_eq!(answer.json()["role"], "office");
    let cookie = answer.headers[SET_COOKIE].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let stolen = browser.cookie.clone();
    assert_eq!(browser.get("/api/session").await.json()["name"], "Office");

    assert_eq!(browser.delete("/api/session").await.status, 204);
    assert_eq!(browser.cookie, None);
    browser.cookie = stolen;
    assert_eq!(browser.get("/api/session").await.status, 401, "the session itself has ended");
    assert_eq!(browser.delete("/api/session").await.status, 204, "safe to repeat");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_login_are_answered_alike() {
    let company = Company::open().await;
    let mut browser = company.browser();
    let wrong = browser.post("/api/session", json!({ "login": "office", "password": "x" })).await;
    let nobody = browser.post("/api/session", json!({ "login": "nobody", "password": "x" })).await;
    assert_eq!(wrong.refusal(), (401, "WRONG_PASSWORD".to_owned()));
    assert_eq!((wrong.status, wrong.bytes), (nobody.status, nobody.bytes));
}

#[tokio::test]
async fn guessing_has_to_wait_even_with_the_right_password() {
    let company = Company::open().await;
    let mut browser = company.browser();
    for _ in 0..10 {
        browser.post("/api/session", json!({ "login": "office", "password": "x" })).await;
    }
    let right = json!({ "login": "office", "password": "roundsman" });
    let answer = browser.post("/api/session", right.clone()).await;
    assert_eq!(answer.refusal(), (429, "TOO_MANY_ATTEMPTS".to_owned()));
    assert_eq!(answer.json()["params"]["minutes"], "15");
    company.wait(HOUR_MS);
    assert_eq!(browser.post("/api/session", right).await.status, 200);
}

#[tokio::test]
async fn a_session_ends_after_a_working_day() {
    let company = Company::open().await;
    let mut office = company.office().await;
    company.wait(12 * HOUR_MS - 1);
    assert_eq!(office.get("/api/session").await.status, 200);
    company.wait(1);
    assert_eq!(office.get("/api/session").await.refusal(), (401, "SIGN_IN_AGAIN".to_owned()));
}

#[tokio::test]
async fn the_console_is_not_for_reps() {
    let company = Company::open().await;
    let mut browser = company.browser();
    let form = json!({ "login": "lin", "password": "roundsman" });
    assert_eq!(
        browser.post("/api/session", form).await.refusal(),
        (403, "ACCESS_ENDED".to_owned())
    );
    assert_eq!(browser.cookie, None);
}

#[tokio::test]
async fn nothing_is_shown_to_nobody() {
    let company = Company::open().await;
    let mut browser = company.browser();
    let lists = [
        "orders",
        "visits",
        "customers",
        "products",
        "people",
        "territories",
        "quarantine",
        "summary",
        "field",
        "live",
    ];
    for list in lists {
        let answer = browser.get(&format!("/api/{list}")).await;
        assert_eq!(answer.refusal(), (401, "SIGN_IN_AGAIN".to_owned()), "{list}");
    }
    let edit = json!({ "operation": "customer.set_active", "customer": uuid::Uuid::nil(), "active": false });
    assert_eq!(browser.post("/api/operations", edit).await.status, 401);
}
