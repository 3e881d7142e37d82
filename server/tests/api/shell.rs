//! Around the API: headers, limits, the demo company and the data folder.

use axum::body::Body;
use axum::http::Request;
use axum::http::header::CONTENT_TYPE;
use roundsman_server::app::App;
use roundsman_server::config::Config;
use roundsman_server::demo;
use roundsman_store::Store;
use roundsman_store::lists::{Page, customers};

use crate::company::{Company, clock};

#[tokio::test]
async fn every_answer_keeps_to_itself() {
    let company = Company::open().await;
    for path in ["/", "/office/", "/api/session"] {
        let answer = company.browser().get(path).await;
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("script-src 'self' 'wasm-unsafe-eval'"), "{path}: {policy}");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    }
}

#[tokio::test]
async fn a_missing_file_is_not_answered_with_the_page() {
    let company = Company::open().await;
    for path in ["/_app/immutable/gone.js", "/office/_app/immutable/gone.js"] {
        assert_eq!(company.browser().get(path).await.refusal().0, 404, "{path}");
    }
}

#[tokio::test]
async fn a_body_has_a_limit() {
    let company = Company::open().await;
    let request = Request::post("/api/session").header(CONTENT_TYPE, "application/json");
    let request = request.body(Body::from(vec![b' '; 1 << 20])).unwrap();
    assert_eq!(company.browser().send(request).await.refusal(), (413, "TOO_LARGE".to_owned()));
}

#[tokio::test]
async fn the_same_seed_makes_the_same_company() {
    assert_eq!(names_and_ids(7).await, names_and_ids(7).await);
    assert_ne!(names_and_ids(7).await, names_and_ids(8).await);
}

async fn names_and_ids(seed: u64) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    demo::fill(Config::local(folder.path()), clock().0, seed, demo::Size(0), &|_| {})
        .await
        .unwrap();
    let store = Store::open(&folder.path().join("roundsman.sqlite")).await.unwrap();
    let page = Page { limit: 200, ..Page::default() };
    let found = customers::list(&store.read, &Default::default(), &page).await.unwrap();
    found.rows.iter().map(|it| format!("{} {:?} {:?}", it.id, it.customer, it.facts)).collect()
}

#[tokio::test]
async fn a_company_is_never_filled_twice_nor_opened_by_two() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::local(folder.path());
    demo::fill(config.clone(), clock().0, 1, demo::Size(0), &|_| {}).await.unwrap();
    let twice = demo::fill(config.clone(), clock().0, 1, demo::Size(0), &|_| {})
        .await
        .unwrap_err()
        .to_string();
    assert!(twice.contains("already holds a company"), "{twice}");

    let _first = App::open(config.clone(), clock().0).await.unwrap();
    let second = App::open(config, clock().0).await.err().map(|it| it.to_string());
    assert!(second.clone().is_some_and(|it| it.contains("another process")), "{second:?}");
}

#[tokio::test]
async fn a_new_phone_is_shown_where_to_begin() {
    let company = Company::open().await;
    let mut office = company.office().await;
    // Only this machine reaches a server on plain HTTP.
    let alone = office.get("/api/joining?origin=http%3A%2F%2Flocalhost%3A8080").await.json();
    assert!(alone["url"].is_null() && alone["qr"].is_null());
    let known = office.get("/api/joining?origin=https%3A%2F%2Fsales.example").await.json();
    assert_eq!(known["url"], "https://sales.example");
    assert!(known["qr"].as_str().unwrap().contains("<svg"));
}
