//! The committed document is the one the server has; `UPDATE=1` writes it.

use roundsman_server::http;

use crate::company::{Company, server_folder};

#[test]
fn the_document_has_not_drifted() {
    let file = server_folder().join("openapi.json");
    let document = http::openapi().to_pretty_json().unwrap() + "\n";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, &document).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == document, "run this test with UPDATE=1 and commit server/openapi.json");
}

#[tokio::test]
async fn the_server_hands_it_out() {
    let company = Company::open().await;
    let document = company.browser().get("/api/openapi.json").await.json();
    assert!(document["paths"]["/api/orders/{id}"]["get"].is_object());
}
