//! Orders that the office takes, with the customer on the telephone.

use roundsman_core::records::Role;
use roundsman_server::background;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::company::{Browser, Company};
use crate::lists::model;
use crate::orders::{until, until_decided};

/// What somebody who typed these lines sends: so many base units of what is found.
async fn form(office: &mut Browser, customer: &str, lines: &[(&str, u32)]) -> Value {
    let mut typed = Vec::new();
    for (search, quantity) in lines {
        let path = format!("/api/customers/{customer}/catalogue?search={search}&limit=1");
        let row = office.get(&path).await.json()["rows"][0].clone();
        typed.push(json!({ "line": null, "product": row["id"], "pack": row["unit"],
            "quantity": quantity.to_string(), "discount": "0", "addedAt": typed.len() }));
    }
    let id = Uuid::now_v7();
    let form = json!({ "id": id, "customer": customer, "lines": typed, "requestedOn": "2026-11-25",
        "note": "back door" });
    told(office, form).await
}

/// The same after the total was read out to the customer.
async fn told(office: &mut Browser, mut form: Value) -> Value {
    let wanted = json!({ "customer": form["customer"], "lines": form["lines"] });
    form["told"] = office.post("/api/quotes", wanted).await.json()["total"].clone();
    form
}

async fn count(office: &mut Browser) -> Value {
    office.get("/api/orders").await.json()["total"].clone()
}

#[tokio::test]
async fn an_order_by_telephone_is_one_like_any_other() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let customer = model(&mut office).await;
    let manager = office.get(&format!("/api/customers/{customer}")).await.json()["row"].clone();
    let form = form(&mut office, &customer, &[("butter", 2), ("soy", 3)]).await;

    let taken = office.post("/api/orders", form.clone()).await;
    assert_eq!((taken.status.as_u16(), &taken.json()["id"]), (200, &form["id"]));
    let listed = office.get("/api/orders").await.json()["rows"][0].clone();
    assert_eq!((&listed["state"], &listed["total"]), (&"waiting".into(), &form["told"]));
    assert_eq!(listed["repName"], manager["accountManagerName"], "it counts to who looks after it");
    assert!(listed["deviceNumber"].as_str().unwrap().starts_with("OFFICE-"));

    let path = format!("/api/orders/{}", form["id"].as_str().unwrap());
    let shown = office.get(&path).await.json();
    assert_eq!((&shown["takenByName"], &shown["note"]), (&"Office".into(), &"back door".into()));
    assert_eq!(shown["row"]["requestedOn"], "2026-11-25");
    let products = |lines: &Value| -> Vec<Value> {
        lines.as_array().unwrap().iter().map(|line| line["product"].clone()).collect()
    };
    assert_eq!(products(&shown["lines"]), products(&form["lines"]), "in the order they were typed");
    let history = office.get(&format!("{path}/history")).await.json();
    assert_eq!(
        (&history[0]["operation"], &history[0]["personName"]),
        (&"order.submit".into(), &"Office".into())
    );

    let _running = background::start(&company.app).await.unwrap();
    let decided = until_decided(&mut office).await;
    assert_eq!((&decided["state"], &decided["number"]), (&"accepted".into(), &"SO-10001".into()));
    assert_eq!(decided["total"], form["told"]);
    let usual = office.get(&format!("/api/customers/{customer}/usual")).await.json();
    assert_eq!(usual["last"]["order"], form["id"]);
    assert_eq!(products(&usual["last"]["puts"]), products(&form["lines"]));
}

#[tokio::test]
async fn pressing_twice_makes_one_order() {
    let company = Company::open().await;
    let (mut office, mut again) = (company.office().await, company.office().await);
    let customer = model(&mut office).await;
    let form = form(&mut office, &customer, &[("butter", 2)]).await;
    let racing = tokio::join!(
        office.post("/api/orders", form.clone()),
        again.post("/api/orders", form.clone())
    );
    // The answer was lost, the page asks once more; what it was told does not matter by now.
    let mut late = form.clone();
    late["told"]["minor"] = 1.into();
    let late = office.post("/api/orders", late).await;
    let answers = [racing.0, racing.1, late];
    for answer in &answers {
        assert_eq!((answer.status.as_u16(), &answer.json()["id"]), (200, &form["id"]));
    }
    assert_eq!(answers.iter().filter(|it| it.json()["fresh"] == true).count(), 1);
    assert_eq!(count(&mut office).await, 1);
    let path = format!("/api/orders/{}/history", form["id"].as_str().unwrap());
    assert_eq!(office.get(&path).await.json().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn only_those_who_take_orders_take_them() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let customer = model(&mut office).await;
    let form = form(&mut office, &customer, &[("butter", 2)]).await;
    for (login, role) in
        [("stock", Role::Warehouse), ("money", Role::Finance), ("help", Role::Service)]
    {
        let mut colleague = company.colleague(login, role).await;
        assert_eq!(colleague.get("/api/session").await.json()["may"]["takeOrders"], false);
        let refused = colleague.post("/api/orders", form.clone()).await;
        assert_eq!(refused.refusal(), (403, "ACCESS_ENDED".to_owned()), "{login}");
    }
    let nobody = company.browser().post("/api/orders", form.clone()).await;
    assert_eq!(nobody.status, 401);
    assert_eq!(count(&mut office).await, 0);
    let mut manager = company.colleague("sales", Role::SalesManager).await;
    assert_eq!(manager.post("/api/orders", form).await.status, 200);
}

#[tokio::test]
async fn what_a_phone_would_not_take_is_not_taken_here() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let customer = model(&mut office).await;
    let good = form(&mut office, &customer, &[("butter", 2), ("soy", 1)]).await;
    let with = |change: &dyn Fn(&mut Value)| {
        let mut form = good.clone();
        change(&mut form);
        form
    };
    let nowhere = json!(Uuid::nil());
    let cases = [
        (with(&|it| it["lines"] = json!([])), 422, "EMPTY"),
        (with(&|it| it["lines"][0]["product"] = nowhere.clone()), 404, "NOT_FOUND"),
        (with(&|it| it["lines"][0]["quantity"] = "0".into()), 422, "INVALID"),
        (with(&|it| it["lines"][0]["quantity"] = "-1".into()), 422, "INVALID"),
        (with(&|it| it["lines"][0]["pack"] = "barrel".into()), 422, "INVALID"),
        (with(&|it| it["lines"][0]["discount"] = "99".into()), 422, "DISCOUNT_ABOVE_MAX"),
        (with(&|it| it["lines"][0] = it["lines"][1].clone()), 422, "INVALID"),
        (with(&|it| it["note"] = "n".repeat(5_000).into()), 413, "TOO_LARGE"),
        (with(&|it| it["customer"] = nowhere.clone()), 404, "NOT_FOUND"),
        (with(&|it| it["requestedOn"] = "soon".into()), 400, "MALFORMED"),
    ];
    for (form, status, code) in cases {
        let refused = office.post("/api/orders", form.clone()).await;
        assert_eq!(refused.refusal(), (status, code.to_owned()), "{form}");
    }
    let off = json!({ "operation": "customer.set_active", "customer": customer, "active": false });
    office.post("/api/operations", off).await;
    let refused = office.post("/api/orders", good.clone()).await;
    assert_eq!(refused.refusal(), (422, "INACTIVE_CUSTOMER".to_owned()));
    let on = json!({ "operation": "customer.set_active", "customer": customer, "active": true });
    office.post("/api/operations", on).await;

    let create =
        json!({ "operation": "customer.create", "fields": { "name": "Nobody's" }, "place": null });
    let stranger = office.post("/api/operations", create).await.json()["id"].clone();
    let refused = office.post("/api/orders", with(&|it| it["customer"] = stranger.clone())).await;
    assert_eq!(refused.refusal(), (422, "NO_PRICE".to_owned()), "it has no account yet");
    assert_eq!(count(&mut office).await, 0);
    assert_eq!(office.post("/api/orders", good).await.status, 200);
}

#[tokio::test]
async fn nobody_signs_for_another_total_than_was_told() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let customer = model(&mut office).await;
    let before = form(&mut office, &customer, &[("butter", 2)]).await;
    let account = office.get(&format!("/api/customers/{customer}/account")).await.json();
    let product = format!("/api/products/{}", before["lines"][0]["product"].as_str().unwrap());
    let prices = office.get(&product).await.json()["prices"].clone();
    let mut prices = prices.as_array().unwrap().iter();
    let price = prices.find(|it| it["list"]["id"] == account["terms"]["priceList"]).unwrap();
    let mut breaks = price["breaks"].clone();
    for it in breaks.as_array_mut().unwrap() {
        it["unitPrice"]["minor"] = (it["unitPrice"]["minor"].as_i64().unwrap() + 100).into();
    }
    let change = json!({ "list": price["list"]["id"], "seen": price["breaks"], "breaks": breaks });
    assert_eq!(office.post(&format!("{product}/price"), change).await.status, 204);

    let refused = office.post("/api/orders", before.clone()).await;
    assert_eq!(refused.refusal(), (409, "TOTAL_CHANGED".to_owned()));
    let now = told(&mut office, before.clone()).await;
    let text = |money: &Value| {
        format!(
            "{}.{:02} CNY",
            money["minor"].as_i64().unwrap() / 100,
            money["minor"].as_i64().unwrap() % 100
        )
    };
    let params = refused.json()["params"].clone();
    assert_eq!(
        (&params["from"], &params["to"]),
        (&text(&before["told"]).into(), &text(&now["told"]).into())
    );
    assert_eq!(count(&mut office).await, 0);
    assert_eq!(office.post("/api/orders", now).await.status, 200);
}

#[tokio::test]
async fn what_can_be_ordered_is_found_by_name_number_and_barcode() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let customer = model(&mut office).await;
    let path = format!("/api/customers/{customer}/catalogue");
    let butter =
        office.get(&format!("{path}?search=butter&limit=1")).await.json()["rows"][0].clone();
    let product = format!("/api/products/{}", butter["id"].as_str().unwrap());
    let kept = office.get(&product).await.json();
    assert_ne!(butter["unitPrice"], Value::Null);
    for search in [kept["code"].clone(), kept["values"]["barcode"].clone()] {
        let found = office.get(&format!("{path}?search={}", search.as_str().unwrap())).await.json();
        assert_eq!(found["rows"][0]["id"], butter["id"], "{search}");
    }
    let mut values = kept["values"].clone();
    values["active"] = false.into();
    office.post(&product, json!({ "seen": kept["values"], "values": values })).await;
    let code = kept["code"].as_str().unwrap();
    let found = office.get(&format!("{path}?search={code}")).await.json();
    assert_eq!(found["total"], 0, "what is not sold any more cannot be ordered");
}

#[tokio::test]
async fn a_form_that_was_open_while_its_customer_was_merged_orders_for_the_one_that_stays() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let customers = office.get("/api/customers").await.json()["rows"].clone();
    let [customer, stays] = [0, 1].map(|at| customers[at]["id"].as_str().unwrap().to_owned());
    let form = form(&mut office, &customer, &[("butter", 2)]).await;
    let path = format!("/api/customers/{customer}/merge");
    assert_eq!(office.post(&path, json!({ "into": stays })).await.status.as_u16(), 204);
    // Its prices may be others: the customer is told them first.
    let form = told(&mut office, form).await;
    assert_eq!(office.post("/api/orders", form.clone()).await.status.as_u16(), 200);
    let path = format!("/api/orders/{}", form["id"].as_str().unwrap());
    let shown = office.get(&path).await.json();
    assert_eq!(
        (&shown["row"]["customer"], &shown["row"]["customerName"]),
        (&json!(stays), &customers[1]["name"])
    );
}

/// An order of two products that was decided, and its path.
async fn ordered(company: &Company, office: &mut Browser) -> (Value, String) {
    let customer = model(office).await;
    let form = form(office, &customer, &[("butter", 2), ("soy", 3)]).await;
    let taken = office.post("/api/orders", form).await.json();
    let path = format!("/api/orders/{}", taken["id"].as_str().unwrap());
    let _running = background::start(&company.app).await.unwrap();
    until_decided(office).await;
    (office.get(&path).await.json(), path)
}

/// The lines of an order as they stand.
fn standing(shown: &Value) -> Value {
    let lines = shown["lines"].as_array().unwrap().iter();
    let same = |it: &Value| {
        json!({ "line": it["id"], "product": it["product"], "pack": it["pack"],
            "quantity": it["quantity"], "discount": it["discount"] })
    };
    json!({ "lines": lines.map(same).collect::<Vec<_>>(), "requestedOn": shown["row"]["requestedOn"],
        "note": shown["note"] })
}

#[tokio::test]
async fn an_order_is_changed_and_called_off_on_the_telephone() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let (before, path) = ordered(&company, &mut office).await;
    let post = async |office: &mut Browser, what: &str, form: &Value| {
        office.post(&format!("{path}/{what}"), form.clone()).await
    };
    let mut form = standing(&before);
    form["lines"].as_array_mut().unwrap().remove(1);
    form["lines"][0]["quantity"] = "4".into();
    let would = post(&mut office, "amendment", &form).await.json();
    assert_eq!((&would["before"], &would["problems"]), (&before["row"]["total"], &json!([])));
    assert_eq!(would["changes"]["lines"].as_array().unwrap().len(), 2);

    (form["told"], form["seen"]) = (before["row"]["total"].clone(), 1.into());
    let wrong = post(&mut office, "amend", &form).await;
    assert_eq!(wrong.refusal(), (409, "TOTAL_CHANGED".to_owned()));
    (form["told"], form["seen"]) = (would["total"].clone(), 2.into());
    let unseen = post(&mut office, "amend", &form).await;
    assert_eq!(unseen.refusal(), (409, "DECIDED_MEANWHILE".to_owned()));
    form["seen"] = 1.into();
    assert_eq!(post(&mut office, "amend", &form).await.status, 204);
    assert_eq!(post(&mut office, "amend", &form).await.status, 204, "the answer was lost");
    let after = office.get(&path).await.json();
    assert_eq!((&after["row"]["versions"], &after["row"]["total"]), (&2.into(), &would["total"]));
    assert_eq!(after["versions"][0]["byName"], "Office");
    assert_eq!(after["row"]["deviceNumber"], before["row"]["deviceNumber"]);

    let silent = post(&mut office, "cancel", &json!({ "reason": " ", "seen": 2 })).await;
    assert_eq!(silent.refusal(), (422, "EMPTY".to_owned()));
    let off = json!({ "reason": "closed for a week", "seen": 2 });
    let late = post(&mut office, "cancel", &json!({ "reason": "closed", "seen": 1 })).await;
    assert_eq!(late.refusal(), (409, "DECIDED_MEANWHILE".to_owned()));
    assert_eq!(post(&mut office, "cancel", &off).await.status, 204);
    assert_eq!(post(&mut office, "cancel", &off).await.status, 204);
    let shown = office.get(&path).await.json();
    assert_eq!(
        (&shown["row"]["versions"], &shown["versions"][0]["cancels"]),
        (&3.into(), &true.into())
    );
    form["lines"][0]["product"] = json!(Uuid::nil());
    let unseen = post(&mut office, "amend", &form).await;
    assert_eq!(unseen.refusal(), (409, "DECIDED_MEANWHILE".to_owned()), "whatever else is wrong");
    form["seen"] = 3.into();
    let refused = post(&mut office, "amend", &form).await;
    assert_eq!(refused.refusal(), (422, "ORDER_CANCELLED".to_owned()));
    let _running = background::start(&company.app).await.unwrap();
    until(&mut office, &path, |it| it["row"]["state"] == "cancelled").await;
    let nowhere = format!("/api/orders/{}/cancel", Uuid::nil());
    assert_eq!(office.post(&nowhere, off.clone()).await.refusal(), (404, "NOT_FOUND".to_owned()));
}

#[tokio::test]
async fn what_was_agreed_stays_agreed_and_only_those_who_take_orders_change_them() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let (before, path) = ordered(&company, &mut office).await;
    let mut form = standing(&before);
    (form["told"], form["seen"]) = (before["row"]["total"].clone(), 1.into());
    form["note"] = "n".repeat(5_000).into();
    let long = office.post(&format!("{path}/amend"), form.clone()).await;
    assert_eq!(long.refusal(), (413, "TOO_LARGE".to_owned()));
    form["note"] = "side door".into();
    let mut colleague = company.colleague("stock", Role::Warehouse).await;
    for what in ["amend", "cancel"] {
        let form =
            if what == "amend" { form.clone() } else { json!({ "reason": "no", "seen": 1 }) };
        let refused = colleague.post(&format!("{path}/{what}"), form).await;
        assert_eq!(refused.refusal(), (403, "ACCESS_ENDED".to_owned()), "{what}");
    }
    assert_eq!(office.post(&format!("{path}/amend"), form).await.status, 204);
    let after = office.get(&path).await.json();
    assert_eq!(
        (&after["note"], &after["row"]["total"]),
        (&"side door".into(), &before["row"]["total"])
    );
}
