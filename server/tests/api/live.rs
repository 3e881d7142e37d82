//! Live updates.

use axum::body::Body;
use axum::http::Request;
use axum::http::header::CONTENT_TYPE;
use http_body_util::BodyExt as _;
use serde_json::json;

use crate::company::Company;
use crate::lists::model;

#[tokio::test]
async fn a_console_hears_of_an_edit_and_of_the_servers_end() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let id = model(&mut office).await;
    let request = Request::get("/api/live").body(Body::empty()).unwrap();
    let mut live = office.open(request).await;
    assert_eq!(live.headers()[CONTENT_TYPE], "text/event-stream");

    let edit = json!({ "operation": "customer.edit", "customer": id, "fields": { "note": "x" } });
    office.post("/api/operations", edit).await;
    let frame = live.body_mut().frame().await.unwrap().unwrap().into_data().unwrap();
    let text = String::from_utf8(frame.to_vec()).unwrap();
    assert!(text.contains("event: changed"), "{text}");
    assert!(text.contains(r#""topics":["customers"]"#) && text.contains(&id), "{text}");

    company.app.stop.cancel();
    assert!(live.body_mut().frame().await.is_none());
}
