//! Customers that the office adds, and what they buy by.

use roundsman_core::records::Role;
use serde_json::{Value, json};

use crate::company::{Browser, Company};
use crate::lists::model;

/// A shop in the first territory, for whoever works there.
async fn shop(office: &mut Browser) -> Value {
    let territory = office.get("/api/territories").await.json()[0]["id"].clone();
    let staff = office.get("/api/staff").await.json();
    let works = |row: &&Value| {
        row["territories"].as_array().unwrap().iter().any(|it| it["id"] == territory)
    };
    let manager = staff.as_array().unwrap().iter().find(works).unwrap()["person"]["id"].clone();
    json!({ "fields": { "name": "新客户", "phone": "0532-1" }, "territory": territory,
        "accountManager": manager })
}

async fn account(browser: &mut Browser, customer: &str) -> Value {
    browser.get(&format!("/api/customers/{customer}/account")).await.json()
}

#[tokio::test]
async fn a_new_shop_belongs_to_somebody_and_has_no_credit() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let form = shop(&mut office).await;
    let id = office.post("/api/customers", form.clone()).await.json()["id"].clone();
    let card = office.get(&format!("/api/customers/{}", id.as_str().unwrap())).await.json();
    assert_eq!(card["row"]["name"], "新客户");
    assert_eq!(card["row"]["territory"], form["territory"]);
    assert_eq!(card["row"]["accountManager"], form["accountManager"]);
    assert_eq!(card["account"]["creditLimit"]["minor"], 0);
}

#[tokio::test]
async fn a_shop_that_misses_something_is_refused_at_the_field_and_not_kept() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let whole = shop(&mut office).await;
    let nobody = json!("00000000-0000-7000-8000-000000000000");
    let cases = [
        ("fields", json!({ "name": " " }), "EMPTY", "name"),
        ("fields", json!({ "name": "x", "colour": "red" }), "INVALID", "colour"),
        ("territory", Value::Null, "EMPTY", "territory"),
        ("accountManager", Value::Null, "EMPTY", "person"),
        ("territory", nobody.clone(), "INVALID", "territory"),
        ("accountManager", nobody, "INVALID", "person"),
    ];
    let before = office.get("/api/customers").await.json()["total"].clone();
    for (key, value, code, field) in cases {
        let mut form = whole.clone();
        form[key] = value;
        let answer = office.post("/api/customers", form).await;
        assert_eq!(answer.refusal(), (422, code.to_owned()), "{key}");
        assert_eq!(answer.json()["params"]["field"], field);
    }
    assert_eq!(office.get("/api/customers").await.json()["total"], before);
}

#[tokio::test]
async fn who_may_add_edit_and_decide_terms_follows_from_the_role() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let (form, id) = (shop(&mut office).await, model(&mut office).await);
    let edit = json!({ "operation": "customer.edit", "customer": id, "fields": { "note": "x" } });
    let cases = [
        ("ada", Role::Admin, [true, true, true]),
        ("moe", Role::SalesManager, [true, true, false]),
        ("fei", Role::Finance, [false, false, true]),
        ("wei", Role::Warehouse, [false, false, false]),
        ("shu", Role::Service, [false, true, false]),
    ];
    for (login, role, [adds, edits, decides]) in cases {
        let mut colleague = company.colleague(login, role).await;
        let may = colleague.get("/api/session").await.json()["may"].clone();
        let said = [&may["govern"], &may["editCustomers"], &may["setTerms"]].map(|it| it == true);
        assert_eq!(said, [adds, edits, decides], "what {login} is offered");

        let seen = account(&mut colleague, &id).await["terms"].clone();
        let terms = json!({ "seen": seen, "terms": seen });
        let answers = [
            (colleague.post("/api/customers", form.clone()).await, adds),
            (colleague.post("/api/operations", edit.clone()).await, edits),
            (colleague.post(&format!("/api/customers/{id}/account"), terms).await, decides),
        ];
        for (answer, may) in answers {
            if may {
                assert!(answer.status.is_success(), "{login}: {answer:?}");
            } else {
                assert_eq!(answer.refusal(), (403, "ACCESS_ENDED".to_owned()), "{login}");
            }
        }
    }
    assert_eq!(office.get("/api/quarantine").await.json()["total"], 0, "nothing waits for anybody");
}

#[tokio::test]
async fn new_terms_are_what_the_customer_buys_by() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let id = model(&mut office).await;
    let form = account(&mut office, &id).await;
    let mut terms = form["terms"].clone();
    terms["code"] = json!(" K-77 ");
    terms["creditLimit"] = json!({ "minor": 123_400, "currency": "CNY" });
    let path = format!("/api/customers/{id}/account");
    let change = json!({ "seen": form["terms"], "terms": terms });
    assert_eq!(office.post(&path, change).await.status, 204);

    let card = office.get(&format!("/api/customers/{id}")).await.json();
    assert_eq!(
        (&card["row"]["code"], &card["account"]["creditLimit"]["minor"]),
        (&"K-77".into(), &123_400.into())
    );
    assert_eq!(account(&mut office, &id).await["terms"]["code"], "K-77");
    assert_eq!(office.get("/api/customers?search=K-77").await.json()["rows"][0]["id"], *id);
}

#[tokio::test]
async fn the_second_of_two_people_is_told_and_changes_nothing() {
    let company = Company::open().await;
    let (mut office, mut finance) =
        (company.office().await, company.colleague("fei", Role::Finance).await);
    let id = model(&mut office).await;
    let path = format!("/api/customers/{id}/account");
    let seen = account(&mut office, &id).await["terms"].clone();
    let (mut first, mut second) = (seen.clone(), seen.clone());
    first["creditLimit"] = json!({ "minor": 100, "currency": "CNY" });
    second["blocked"] = json!(true);
    let first = json!({ "seen": seen, "terms": first });
    assert_eq!(office.post(&path, first).await.status, 204);
    let second = json!({ "seen": seen, "terms": second });
    assert_eq!(finance.post(&path, second).await.refusal(), (409, "DECIDED_MEANWHILE".to_owned()));
    let now = account(&mut office, &id).await["terms"].clone();
    assert_eq!((&now["creditLimit"]["minor"], &now["blocked"]), (&100.into(), &false.into()));
}

#[tokio::test]
async fn terms_that_cannot_be_are_refused_at_the_field() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let id = model(&mut office).await;
    let seen = account(&mut office, &id).await["terms"].clone();
    let rows = office.get("/api/customers").await.json()["rows"].clone();
    let other = rows.as_array().unwrap().iter().find(|it| it["id"] != *id).unwrap();
    let nowhere = json!("00000000-0000-7000-8000-000000000000");
    let cases = [
        ("code", json!(" "), "EMPTY", "code"),
        ("code", other["code"].clone(), "TAKEN", "code"),
        ("priceList", nowhere.clone(), "INVALID", "price_list"),
        ("warehouse", nowhere, "INVALID", "warehouse"),
        ("creditLimit", json!({ "minor": -1, "currency": "CNY" }), "INVALID", "credit_limit"),
        ("creditLimit", json!({ "minor": 1, "currency": "USD" }), "INVALID", "credit_limit"),
    ];
    for (key, value, code, field) in cases {
        let mut terms = seen.clone();
        terms[key] = value;
        let change = json!({ "seen": seen, "terms": terms });
        let answer = office.post(&format!("/api/customers/{id}/account"), change).await;
        assert_eq!(answer.refusal(), (422, code.to_owned()), "{key}");
        assert_eq!(answer.json()["params"]["field"], field);
    }
    assert_eq!(account(&mut office, &id).await["terms"], seen);
}
