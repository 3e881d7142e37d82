//! Lists, cards and their errors.

use serde_json::Value;

use crate::company::Company;

#[tokio::test]
async fn customers_are_found_however_they_are_typed() {
    let company = Company::open().await;
    let mut office = company.office().await;
    for search in ["海港食品", "hgsp", "haigang", "zhongshanlu%20hg", "C1001"] {
        let found = office.get(&format!("/api/customers?search={}", encode(search))).await.json();
        assert_eq!(found["rows"][0]["name"], "海港食品 中山路店", "{search}");
    }
    let found = office.get("/api/customers?search=cafe%20zoe").await.json();
    assert_eq!((&found["total"], &found["rows"][0]["name"]), (&1.into(), &"Café Zoë".into()));
    assert_eq!(office.get("/api/customers?search=nosuchplace").await.json()["total"], 0);
}

#[tokio::test]
async fn a_list_is_sorted_and_comes_in_pages() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let mut balances = Vec::new();
    for offset in [0, 25, 50] {
        let page = office
            .get(&format!("/api/customers?sort=-balance&limit=25&offset={offset}"))
            .await
            .json();
        assert_eq!(page["total"], 60);
        balances.extend(
            page["rows"].as_array().unwrap().iter().map(|row| row["balance"]["minor"].as_i64()),
        );
    }
    assert_eq!(balances.len(), 60);
    assert!(balances.is_sorted_by(|left, right| left >= right));
}

#[tokio::test]
async fn customers_are_narrowed_by_territory_and_manager() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let territories = office.get("/api/territories").await.json();
    let territory = territories[0]["id"].as_str().unwrap();
    let found = office.get(&format!("/api/customers?territory={territory}")).await.json();
    assert_eq!(found["total"], 20);
    let manager = found["rows"][0]["accountManager"].as_str().unwrap();
    let theirs =
        office.get(&format!("/api/customers?manager={manager}&conflicts=true")).await.json();
    assert_eq!(theirs["total"], 0);
}

#[tokio::test]
async fn a_card_has_everything_about_a_customer() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let id = model(&mut office).await;
    let card = office.get(&format!("/api/customers/{id}")).await.json();
    assert_eq!(card["account"]["creditLimit"]["minor"], 5_000_000);
    assert_eq!(card["fields"][0]["field"], "name");
    assert!(!card["contacts"].as_array().unwrap().is_empty());
    assert_eq!(card["openVisit"], Value::Null);
}

#[tokio::test]
async fn products_show_their_stock_in_all_warehouses() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let found = office.get("/api/products?search=rye").await.json();
    let rye = &found["rows"][0];
    assert_eq!((&rye["onHand"], &rye["available"]), (&"400".into(), &"400".into()));
    assert_eq!(rye["unitPrice"]["minor"], 890);
}

#[tokio::test]
async fn what_is_empty_is_an_empty_list() {
    let company = Company::open().await;
    let mut office = company.office().await;
    for list in [
        "orders?state=held&from=2026-11-01&to=2026-11-30",
        "visits?outcome=closed",
        "quarantine?state=declined",
    ] {
        let found = office.get(&format!("/api/{list}")).await.json();
        assert_eq!(found["total"], 0, "{list}");
    }
    let summary = office.get("/api/summary").await.json();
    assert_eq!(
        (&summary["ordersToday"], &summary["orderTotalToday"]["currency"]),
        (&0.into(), &"CNY".into())
    );
}

#[tokio::test]
async fn what_is_not_there_or_not_understood_is_said_in_one_shape() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let nothing = uuid::Uuid::nil();
    for kind in ["orders", "visits", "customers"] {
        for path in [format!("/api/{kind}/{nothing}"), format!("/api/{kind}/{nothing}/history")] {
            assert_eq!(office.get(&path).await.refusal(), (404, "NOT_FOUND".to_owned()), "{path}");
        }
    }
    for path in [
        "/api/orders/7",
        "/api/orders?state=lost",
        "/api/visits?from=yesterday",
        "/api/products?limit=-1",
    ] {
        assert_eq!(office.get(path).await.refusal(), (400, "MALFORMED".to_owned()), "{path}");
    }
    assert_eq!(office.get("/api/nothing").await.refusal(), (404, "NOT_FOUND".to_owned()));
}

pub async fn model(office: &mut crate::company::Browser) -> String {
    let found = office.get("/api/customers?search=hgsp").await.json();
    found["rows"][0]["id"].as_str().unwrap().to_owned()
}

fn encode(text: &str) -> String {
    let byte = |byte: u8| {
        if byte.is_ascii() { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(byte).collect()
}
