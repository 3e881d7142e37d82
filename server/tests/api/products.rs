//! Products that the office changes: what they are, what they cost, what is there.

use roundsman_core::records::Role;
use serde_json::{Value, json};

use crate::company::{Browser, Company, DAY_MS, HOUR_MS};

async fn product(browser: &mut Browser) -> (String, Value) {
    let rows = browser.get("/api/products").await.json()["rows"].clone();
    let path = format!("/api/products/{}", rows[0]["id"].as_str().unwrap());
    let form = browser.get(&path).await.json();
    (path, form)
}

#[tokio::test]
async fn a_product_is_renamed_and_no_longer_sold() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let (path, form) = product(&mut office).await;
    assert_eq!(form["keptElsewhere"], false);
    let mut values = form["values"].clone();
    values["name"] = json!({ "zh": "新名", "en": "New name" });
    values["active"] = json!(false);
    let change = json!({ "seen": form["values"], "values": values });
    assert_eq!(office.post(&path, change.clone()).await.status, 204);
    assert_eq!(office.get(&path).await.json()["values"], values);
    // Whoever still looks at the old values is told.
    assert_eq!(office.post(&path, change).await.refusal().1, "DECIDED_MEANWHILE");
    let mut nameless = values.clone();
    nameless["name"]["en"] = json!(" ");
    let change = json!({ "seen": values, "values": nameless });
    let answer = office.post(&path, change).await.json();
    assert_eq!((&answer["code"], &answer["params"]["field"]), (&json!("EMPTY"), &json!("name_en")));
}

#[tokio::test]
async fn a_price_changes_from_today_on() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let (path, form) = product(&mut office).await;
    let listed = form["prices"].as_array().unwrap();
    let listed = listed.iter().find(|it| it["breaks"][0].is_object()).unwrap();
    let price = |minor: i64| json!({ "minor": minor, "currency": listed["list"]["currency"] });
    let breaks = json!([
        { "from": "0", "unitPrice": price(1_234) },
        { "from": "50", "unitPrice": price(1_111) },
    ]);
    let change =
        json!({ "list": listed["list"]["id"], "seen": listed["breaks"], "breaks": breaks });
    let to = format!("{path}/price");
    assert_eq!(office.post(&to, change.clone()).await.status, 204);
    let prices = office.get(&path).await.json()["prices"].clone();
    let now = prices.as_array().unwrap().iter().find(|it| it["list"] == listed["list"]).unwrap();
    assert_eq!(now["breaks"], breaks);
    assert_eq!(office.post(&to, change).await.refusal().1, "DECIDED_MEANWHILE");
    // From nothing on there has to be one, and each from more than the one before.
    for wrong in [json!([]), json!([breaks[1]]), json!([breaks[0], breaks[1], breaks[1]])] {
        let change = json!({ "list": listed["list"]["id"], "seen": breaks, "breaks": wrong });
        assert_eq!(office.post(&to, change).await.refusal().1, "INVALID");
    }
}

/// What a product costs by the first list that has it.
async fn first_price(browser: &mut Browser, path: &str) -> Value {
    let form = browser.get(path).await.json();
    let prices = form["prices"].as_array().unwrap();
    prices.iter().find(|it| it["breaks"][0].is_object()).unwrap().clone()
}

#[tokio::test]
async fn a_price_begins_on_its_day_by_itself() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let (path, _) = product(&mut office).await;
    let to = format!("{path}/price");
    let was = first_price(&mut office, &path).await;
    let list = &was["list"]["id"];
    let breaks = |minor: i64| {
        let price = json!({ "minor": minor, "currency": was["list"]["currency"] });
        json!([{ "from": "0", "unitPrice": price }])
    };
    let enter = |since: &str, minor: i64| json!({ "list": list, "since": since, "seen": was["breaks"], "breaks": breaks(minor) });
    // It is the 23rd.
    assert_eq!(office.post(&to, enter("2026-11-22", 1_250)).await.refusal().1, "INVALID");
    assert_eq!(office.post(&to, enter("2026-12-01", 1_250)).await.status, 204);
    assert_eq!(office.post(&to, enter("2026-11-25", 1_100)).await.status, 204);
    assert_eq!(office.post(&to, enter("2026-12-01", 1_300)).await.refusal().1, "TAKEN");
    let now = first_price(&mut office, &path).await;
    assert_eq!(now["breaks"], was["breaks"]);
    let coming = |since: &str, minor: i64| json!({ "since": since, "breaks": breaks(minor) });
    assert_eq!(now["coming"], json!([coming("2026-11-25", 1_100), coming("2026-12-01", 1_250)]));

    // One is moved to another day, the other is taken back.
    let mut moved = enter("2026-12-02", 1_260);
    moved["insteadOf"] = json!("2026-12-01");
    assert_eq!(office.post(&to, moved.clone()).await.refusal().1, "DECIDED_MEANWHILE");
    moved["seen"] = breaks(1_250);
    assert_eq!(office.post(&to, moved).await.status, 204);
    let back = format!("{to}/withdraw");
    let mut withdrawn = json!({ "list": list, "since": "2026-11-25", "seen": breaks(1) });
    assert_eq!(office.post(&back, withdrawn.clone()).await.refusal().1, "DECIDED_MEANWHILE");
    withdrawn["seen"] = breaks(1_100);
    assert_eq!(office.post(&back, withdrawn.clone()).await.status, 204);
    assert_eq!(office.post(&back, withdrawn).await.refusal().1, "DECIDED_MEANWHILE");
    let now = first_price(&mut office, &path).await;
    assert_eq!(now["coming"], json!([coming("2026-12-02", 1_260)]));

    // 2026-12-01 23:00 in Qingdao, and an hour later.
    company.wait(8 * DAY_MS + 11 * HOUR_MS);
    let mut office = company.office().await;
    assert_eq!(first_price(&mut office, &path).await["breaks"], was["breaks"]);
    company.wait(HOUR_MS);
    let now = first_price(&mut office, &path).await;
    assert_eq!((&now["breaks"], &now["coming"]), (&breaks(1_260), &json!([])));
    assert_eq!(now["earlier"][0]["breaks"], was["breaks"]);
}

#[tokio::test]
async fn what_was_counted_is_there() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let (path, form) = product(&mut office).await;
    let warehouse = &form["stock"][0]["warehouse"]["id"];
    let to = format!("{path}/stock");
    let count =
        |seen: &Value, now: &str| json!({ "warehouse": warehouse, "seen": seen, "onHand": now });
    let was = &form["stock"][0]["onHand"];
    assert_eq!(office.post(&to, count(was, "77.5")).await.status, 204);
    assert_eq!(office.get(&path).await.json()["stock"][0]["onHand"], "77.5");
    assert_eq!(office.post(&to, count(was, "1")).await.refusal().1, "DECIDED_MEANWHILE");
    assert_eq!(office.post(&to, count(&json!("77.5"), "-1")).await.refusal().1, "INVALID");
}

#[tokio::test]
async fn not_everybody_changes_products_and_nobody_what_an_erp_keeps() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let (path, form) = product(&mut office).await;
    let change = json!({ "seen": form["values"], "values": form["values"] });
    let mut manager = company.colleague("xu", Role::SalesManager).await;
    assert_eq!(manager.post(&path, change.clone()).await.refusal().1, "ACCESS_ENDED");

    let me = office.get("/api/session").await.json();
    let territories = office.get("/api/territories").await.json();
    let settings = serde_json::from_value(json!({
        "connection": { "url": "http://127.0.0.1:9", "database": "erp", "login": "roundsman",
            "password": "secret", "answer_seconds_max": 1 },
        "by": me["person"], "territory": territories[0]["id"], "since": 0,
    }));
    let slot = &company.app.erp;
    slot.connect(slot.to(settings.unwrap()).unwrap()).await.unwrap();
    assert_eq!(office.post(&path, change).await.refusal().1, "KEPT_IN_ERP");
    assert_eq!(office.get(&path).await.json()["keptElsewhere"], true);
}
