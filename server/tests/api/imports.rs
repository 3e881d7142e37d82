//! A file goes through the console's calls.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::company::{Answer, Browser, Company};

const FILE: &str = "Code,Name,Phone,Territory\nA1,Harbour View,0532-80001111,Shinan District\n\
                    A2,,0532-80002222,Shinan District\n";

async fn upload(browser: &mut Browser, kind: &str, content: Vec<u8>) -> Answer {
    let request = Request::post(format!("/api/imports?kind={kind}&fileName=shops.csv"));
    browser.send(request.body(Body::from(content)).unwrap()).await
}

/// Asks until nothing goes on any more.
async fn settled(browser: &mut Browser, id: &str) -> Value {
    loop {
        let import = browser.get(&format!("/api/imports/{id}/progress")).await.json();
        let state = import["state"].as_str().unwrap();
        if !state.ends_with("ing") {
            return import;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_file_is_taken_in_looked_through_imported_and_taken_back() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let import = upload(&mut office, "customers", FILE.into()).await.json();
    let id = import["id"].as_str().unwrap().to_owned();
    assert_eq!(import["settings"]["mapping"], json!({"code":0,"name":1,"phone":2,"territory":3}));
    let card = office.get(&format!("/api/imports/{id}")).await.json();
    assert_eq!(card["preview"]["header"][1], "Name");
    assert!(card["fields"].as_array().unwrap().iter().any(|it| it["name"] == "credit_limit"));
    assert!(!card["territories"].as_array().unwrap().is_empty());

    let settings = import["settings"].clone();
    let set = office.post(&format!("/api/imports/{id}/settings"), settings).await;
    assert_eq!(set.status, StatusCode::NO_CONTENT);
    for (task, state) in [("check", "checked"), ("run", "done")] {
        let begun = office.post(&format!("/api/imports/{id}/{task}"), json!(null)).await;
        assert_eq!(begun.status, StatusCode::ACCEPTED);
        let import = settled(&mut office, &id).await;
        assert_eq!(
            (import["state"].as_str(), &import["counts"]),
            (Some(state), &json!({"created":1,"refused":1}))
        );
    }
    let rows = office.get(&format!("/api/imports/{id}/rows")).await.json();
    assert_eq!(rows["rows"][0]["faults"][0]["code"], "missing");
    let file = office.get(&format!("/api/imports/{id}/refused?language=zh-CN")).await;
    assert!(String::from_utf8(file.bytes).unwrap().contains("Name: 缺失"));
    let found = office.get("/api/customers?search=harbour%20view").await.json();
    assert_eq!(found["total"], 1);
    office.post(&format!("/api/imports/{id}/undo"), json!(null)).await;
    assert_eq!(settled(&mut office, &id).await["state"], "undone");
    assert_eq!(office.get("/api/imports").await.json()["rows"][0]["state"], "undone");
}

#[tokio::test]
async fn what_cannot_be_imported_is_said_at_once() {
    let company = Company::open().await;
    let mut office = company.office().await;
    assert_eq!(upload(&mut office, "stock", vec![]).await.refusal(), (422, "EMPTY".to_owned()));
    let large = vec![b'a'; 21 * 1024 * 1024];
    assert_eq!(upload(&mut office, "stock", large).await.refusal(), (413, "TOO_LARGE".to_owned()));
    let import = upload(&mut office, "products", b"X,Y\n1,2\n".to_vec()).await.json();
    let id = import["id"].as_str().unwrap();
    let begun = office.post(&format!("/api/imports/{id}/run"), json!(null)).await;
    assert_eq!(begun.refusal(), (422, "EMPTY".to_owned()));
    assert_eq!(begun.json()["params"]["field"], "code");
    assert_eq!(company.browser().get("/api/imports").await.status, StatusCode::UNAUTHORIZED);
}
