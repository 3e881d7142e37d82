//! How people come in, and what they may do then.

use roundsman_core::records::Role;
use serde_json::{Value, json};

use crate::company::{Browser, Company};
use crate::device::{key, sign_in};

async fn row(office: &mut Browser, login: &str) -> Value {
    let staff = office.get("/api/staff").await.json();
    staff.as_array().unwrap().iter().find(|it| it["login"] == login).unwrap().clone()
}

async fn path(office: &mut Browser, login: &str, call: &str) -> String {
    format!("/api/staff/{}/{call}", row(office, login).await["person"]["id"].as_str().unwrap())
}

fn rep() -> Value {
    json!({ "login": "qian", "name": "Qian Yun", "role": "rep", "password": "roundsman" })
}

#[tokio::test]
async fn a_new_rep_signs_in_on_a_phone() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let id = office.post("/api/staff", rep()).await.json()["id"].clone();
    assert_eq!(row(&mut office, "qian").await["person"]["id"], id);
    let phone = sign_in(&mut company.browser(), "qian", &key(1), None).await;
    assert_eq!(phone.json()["person"]["name"], "Qian Yun");
}

#[tokio::test]
async fn somebody_who_cannot_be_added_is_refused_at_the_field() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let cases = [
        ("login", " ", "EMPTY"),
        ("login", "two words", "INVALID"),
        ("login", "LIN", "TAKEN"),
        ("name", "", "EMPTY"),
        ("password", "", "EMPTY"),
        ("password", "seven77", "TOO_SHORT"),
    ];
    for (field, value, code) in cases {
        let mut form = rep();
        form[field] = json!(value);
        let answer = office.post("/api/staff", form).await;
        assert_eq!(answer.refusal(), (422, code.to_owned()), "{field} {value}");
        assert_eq!(answer.json()["params"]["field"], field);
    }
}

#[tokio::test]
async fn nobody_hands_out_more_than_they_have() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let mut finance = company.colleague("fei", Role::Finance).await;
    let mut admin = company.colleague("ada", Role::Admin).await;
    let ended = (403, "ACCESS_ENDED".to_owned());
    let mut chief = rep();
    chief["role"] = json!("admin");
    assert_eq!(finance.post("/api/staff", rep()).await.refusal(), ended);
    assert_eq!(office.post("/api/staff", chief.clone()).await.refusal(), ended);
    assert!(admin.post("/api/staff", chief).await.status.is_success());

    let (own, lin) = (path(&mut admin, "ada", "").await, path(&mut admin, "lin", "role").await);
    let password = json!({ "password": "roundsman2" });
    assert_eq!(office.post(&format!("{own}password"), password).await.refusal(), ended);
    let up = json!({ "seen": "rep", "role": "office" });
    assert_eq!(office.post(&lin, up.clone()).await.refusal(), ended);
    assert_eq!(admin.post(&lin, up).await.status, 204);
    let down = json!({ "seen": "admin", "role": "rep" });
    assert_eq!(admin.post(&format!("{own}role"), down).await.refusal().1, "INVALID");
}

#[tokio::test]
async fn another_role_counts_at_once_and_the_second_to_give_one_is_told() {
    let company = Company::open().await;
    let (mut admin, mut fei) = (
        company.colleague("ada", Role::Admin).await,
        company.colleague("fei", Role::Finance).await,
    );
    let path = path(&mut admin, "fei", "role").await;
    let change = json!({ "seen": "finance", "role": "rep" });
    assert_eq!(admin.post(&path, change.clone()).await.status, 204);
    assert_eq!(fei.get("/api/orders").await.refusal().1, "ACCESS_ENDED");
    assert_eq!(admin.post(&path, change).await.refusal(), (409, "DECIDED_MEANWHILE".to_owned()));
}

#[tokio::test]
async fn a_new_password_is_the_only_one_and_ends_every_session() {
    let company = Company::open().await;
    let mut office = company.office().await;
    sign_in(&mut company.browser(), "lin", &key(1), None).await;
    let path = path(&mut office, "lin", "password").await;
    let short = office.post(&path, json!({ "password": "x" })).await;
    assert_eq!(short.json()["params"]["min"], "8");
    assert_eq!(office.post(&path, json!({ "password": "harbour-7" })).await.status, 204);
    let old = sign_in(&mut company.browser(), "lin", &key(2), None).await;
    assert_eq!(old.refusal().1, "WRONG_PASSWORD");
    let nobody = "/api/staff/00000000-0000-7000-8000-000000000000/password";
    let form = json!({ "password": "harbour-7" });
    assert_eq!(office.post(nobody, form).await.refusal(), (404, "NOT_FOUND".to_owned()));
}
