//! Phones: enrolment, access and its renewal.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use roundsman_core::id::DeviceId;
use roundsman_core::sync::Channel;
use roundsman_store::devices;
use serde_json::{Value, json};

use crate::company::{Answer, Browser, Company, DAY_MS};

#[tokio::test]
async fn a_phone_is_enrolled_and_may_sync_for_a_quarter_of_an_hour() {
    let company = Company::open().await;
    let enrolled = sign_in(&mut company.browser(), "lin", &key(1), None).await.json();
    let code = enrolled["deviceCode"].as_str().unwrap();
    assert_eq!(code.len(), 2);
    assert_eq!(enrolled["person"]["name"], "Lin Mei");
    assert_eq!(STANDARD.decode(enrolled["serverKey"].as_str().unwrap()).unwrap().len(), 32);
    assert_eq!(STANDARD.decode(enrolled["leaseShare"].as_str().unwrap()).unwrap().len(), 32);

    let identity = &company.app.identity;
    let access = enrolled["access"].as_str().unwrap();
    let session = identity.authenticate_device(access).await.unwrap();
    assert_eq!(session.device.to_string(), enrolled["device"]);
    let grants = identity.grants(session.person, session.device).await.unwrap();
    let territories = grants.iter().filter(|it| matches!(it, Channel::Territory(_))).count();
    assert_eq!(territories, 1, "{grants:?}");
    assert!(grants.contains(&Channel::Catalog) && grants.contains(&Channel::User(session.person)));

    company.wait(15 * 60_000);
    assert!(identity.authenticate_device(access).await.is_err());
}

#[tokio::test]
async fn everybody_learns_the_code_of_a_new_phone() {
    let company = Company::open().await;
    let enrolled = sign_in(&mut company.browser(), "lin", &key(1), None).await.json();
    let people = company.office().await.get("/api/people").await.json();
    let lin = people.as_array().unwrap().iter().find(|it| it["name"] == "Lin Mei").unwrap();
    assert_eq!(lin["devices"][0]["code"], enrolled["deviceCode"]);
}

#[tokio::test]
async fn a_phone_that_proves_itself_keeps_its_enrolment() {
    let company = Company::open().await;
    let mut phone = company.browser();
    let first = sign_in(&mut phone, "lin", &key(1), None).await.json();
    let device = first["device"].as_str().unwrap();

    let again = sign_in(&mut phone, "lin", &key(1), Some((device, &key(1)))).await.json();
    assert_eq!((&again["device"], &again["deviceCode"]), (&first["device"], &first["deviceCode"]));
    assert_eq!(again["leaseShare"], first["leaseShare"], "its files open as before");
    let before = first["access"].as_str().unwrap();
    assert!(
        company.app.identity.authenticate_device(before).await.is_err(),
        "one session at a time"
    );

    let forged = sign_in(&mut phone, "lin", &key(1), Some((device, &key(2)))).await;
    assert_eq!(forged.refusal(), (403, "FORGED".to_owned()));
    let other_key = sign_in(&mut phone, "lin", &key(2), Some((device, &key(1)))).await;
    assert_eq!(other_key.refusal(), (403, "FORGED".to_owned()));
}

#[tokio::test]
async fn another_person_on_the_phone_is_another_device() {
    let company = Company::open().await;
    let mut phone = company.browser();
    let lin = sign_in(&mut phone, "lin", &key(1), None).await.json();
    let device = lin["device"].as_str().unwrap();
    let wang = sign_in(&mut phone, "wang", &key(1), Some((device, &key(1)))).await.json();
    assert_ne!(wang["device"], lin["device"]);
    assert_ne!(wang["leaseShare"], lin["leaseShare"]);
}

/// The database is what it was before a phone enrolled.
async fn set_back(company: &Company, enrolled: &Value) {
    let id: DeviceId = enrolled["device"].as_str().unwrap().parse().unwrap();
    let forget = company.app.store.write.run(move |db, _| {
        Box::pin(async move {
            for sql in ["delete from session where device = $1", "delete from device where id = $1"]
            {
                sqlx::query(sql).bind(id.0).execute(&mut *db).await?;
            }
            Ok(())
        })
    });
    forget.await.unwrap();
}

#[tokio::test]
async fn a_phone_from_after_the_backup_is_what_it_was_and_nobody_elses() {
    let company = Company::open().await;
    let mut phone = company.browser();
    let first = sign_in(&mut phone, "lin", &key(1), None).await.json();
    set_back(&company, &first).await;
    let device = first["device"].as_str().unwrap();
    let form = |login: &str, known: &SigningKey, share: &Value| {
        let proof = STANDARD.encode(known.sign(login.as_bytes()).to_bytes());
        let public = STANDARD.encode(key(1).verifying_key().to_bytes());
        json!({ "login": login, "password": "roundsman", "publicKey": public, "device": device,
            "proof": proof, "papers": first["papers"], "leaseShare": share })
    };
    let share = &first["leaseShare"];
    let path = "/api/device/sign-in";
    let forged = phone.post(path, form("lin", &key(2), share)).await;
    assert_eq!(forged.refusal(), (403, "FORGED".to_owned()));
    let another = json!(STANDARD.encode([7; 32]));
    for stranger in [form("wang", &key(1), share), form("lin", &key(1), &another)] {
        let enrolled = phone.post(path, stranger).await.json();
        assert_ne!(enrolled["device"], first["device"]);
    }
    let back = phone.post(path, form("lin", &key(1), share)).await.json();
    for same in ["device", "deviceCode", "leaseShare", "papers"] {
        assert_eq!(back[same], first[same], "{same}");
    }
    let again = phone.post(path, form("lin", &key(1), share)).await.json();
    assert_eq!(again["device"], first["device"]);
}

#[tokio::test]
async fn what_is_no_key_is_refused() {
    let company = Company::open().await;
    let form = json!({ "login": "lin", "password": "roundsman", "publicKey": "AAAA" });
    let answer = company.browser().post("/api/device/sign-in", form).await;
    assert_eq!(answer.refusal(), (422, "INVALID".to_owned()));
    assert_eq!(answer.json()["params"]["field"], "publicKey");
}

#[tokio::test]
async fn a_refresh_is_good_once_and_extends_the_lease() {
    let company = Company::open().await;
    let mut phone = company.browser();
    let enrolled = sign_in(&mut phone, "lin", &key(1), None).await.json();
    company.wait(30 * DAY_MS);
    let renewed = refresh(&mut phone, &enrolled, &enrolled).await.json();
    assert_ne!(renewed["refresh"], enrolled["refresh"]);
    assert_eq!(renewed["leaseShare"], enrolled["leaseShare"]);
    let later = renewed["leaseUntil"].as_i64().unwrap() - enrolled["leaseUntil"].as_i64().unwrap();
    assert_eq!(later, 30 * DAY_MS);
    assert!(accepts(&company, &renewed).await);

    company.wait(90 * DAY_MS);
    assert_eq!(
        refresh(&mut phone, &enrolled, &renewed).await.refusal().0,
        401,
        "away for too long"
    );
}

#[tokio::test]
async fn a_phone_that_lost_the_answer_may_ask_again() {
    let company = Company::open().await;
    let mut phone = company.browser();
    let enrolled = sign_in(&mut phone, "lin", &key(1), None).await.json();
    let lost = refresh(&mut phone, &enrolled, &enrolled).await.json();
    let again = refresh(&mut phone, &enrolled, &enrolled).await.json();
    assert!(accepts(&company, &again).await);
    assert!(!accepts(&company, &lost).await, "what nobody received opens nothing");
    assert_eq!(refresh(&mut phone, &enrolled, &lost).await.status, 401);
    assert_eq!(refresh(&mut phone, &enrolled, &again).await.status, 200);
}

#[tokio::test]
async fn a_stolen_refresh_token_locks_out_both() {
    let company = Company::open().await;
    let mut phone = company.browser();
    let enrolled = sign_in(&mut phone, "lin", &key(1), None).await.json();
    let thief = refresh(&mut phone, &enrolled, &enrolled).await.json();
    let thief = refresh(&mut phone, &enrolled, &thief).await.json();
    let owner = refresh(&mut phone, &enrolled, &enrolled).await;
    assert_eq!(owner.refusal(), (401, "SIGN_IN_AGAIN".to_owned()));
    assert!(!accepts(&company, &thief).await);
    assert_eq!(refresh(&mut phone, &enrolled, &thief).await.status, 401);
}

#[tokio::test]
async fn a_revoked_phone_stays_out() {
    let company = Company::open().await;
    let mut phone = company.browser();
    let enrolled = sign_in(&mut phone, "lin", &key(1), None).await.json();
    let device: DeviceId = enrolled["device"].as_str().unwrap().parse().unwrap();
    let now = company.app.clock.now();
    let revoke = company.app.store.write.run(move |db, commit| {
        Box::pin(async move { devices::revoke(db, commit, device, now).await })
    });
    revoke.await.unwrap();
    assert!(!accepts(&company, &enrolled).await);
    let revoked = (403, "DEVICE_REVOKED".to_owned());
    assert_eq!(refresh(&mut phone, &enrolled, &enrolled).await.refusal(), revoked);
    let key = key(1);
    let known = Some((enrolled["device"].as_str().unwrap(), &key));
    assert_eq!(sign_in(&mut phone, "lin", &key, known).await.refusal(), revoked);
}

pub fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub async fn sign_in(
    phone: &mut Browser,
    login: &str,
    key: &SigningKey,
    known: Option<(&str, &SigningKey)>,
) -> Answer {
    let mut form = json!({
        "login": login,
        "password": "roundsman",
        "publicKey": STANDARD.encode(key.verifying_key().as_bytes()),
    });
    if let Some((device, key)) = known {
        form["device"] = device.into();
        form["proof"] = STANDARD.encode(key.sign(login.as_bytes()).to_bytes()).into();
    }
    phone.post("/api/device/sign-in", form).await
}

async fn refresh(phone: &mut Browser, enrolled: &Value, tokens: &Value) -> Answer {
    let form = json!({ "device": enrolled["device"], "refresh": tokens["refresh"] });
    phone.post("/api/device/refresh", form).await
}

async fn accepts(company: &Company, tokens: &Value) -> bool {
    company.app.identity.authenticate_device(tokens["access"].as_str().unwrap()).await.is_ok()
}
