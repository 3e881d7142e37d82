//! Phones of other versions: a version is agreed on, and what is too new waits.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a panic is how a test fails")]
#![allow(missing_docs, reason = "a test's name says it")]

mod hub_support;

use hub_support::{Company, Phone, new_customer};
use roundsman_core::documents::Operation as _;
use roundsman_core::error::{Refusal, codes};
use roundsman_core::sync::{Entry, FromDevice, FromHub, Head, Hello, hash, sign_head};
use roundsman_core::time::Timestamp;
use roundsman_server::hub::Hub;
use roundsman_store::{documents, journal, quarantine};

async fn say_hello(phone: &mut Phone, versions: (u8, u8)) -> Option<FromHub> {
    phone.connect().await;
    let signature = sign_head(&phone.key, phone.device, phone.head);
    let hello = Hello {
        protocol_min: versions.0,
        protocol_max: versions.1,
        token: phone.token.clone(),
        device: phone.device,
        journal: phone.head,
        signature,
        clock: Timestamp(0),
        cursors: vec![],
        build: "2030.1".to_owned(),
        receipt: None,
        recorded: None,
        pruned: None,
        history: None,
    };
    phone.send(FromDevice::Hello(hello)).await;
    phone.next().await
}

#[tokio::test]
async fn a_newer_phone_that_still_speaks_version_1_is_welcome() {
    let company = Company::open().await;
    let mut phone = company.phone("lin").await;
    match say_hello(&mut phone, (1, 9)).await {
        Some(FromHub::Welcome(welcome)) => assert_eq!(welcome.protocol, 1),
        other => panic!("not welcome: {other:?}"),
    }
}

#[tokio::test]
async fn a_phone_without_a_common_version_is_told_who_is_old() {
    let company = Company::open().await;
    for (versions, older) in [((2, 9), "server"), ((0, 0), "app")] {
        let mut phone = company.phone("lin").await;
        let Some(FromHub::Denied(denied)) = say_hello(&mut phone, versions).await else {
            panic!("{versions:?} was not denied");
        };
        assert_eq!(denied.refusal.code, codes::UNKNOWN_VERSION);
        assert_eq!(denied.refusal.params["update"], older);
    }
}

#[tokio::test]
async fn an_operation_of_a_newer_phone_is_kept_and_the_rest_goes_on() {
    let company = Company::open().await;
    let mut phone = company.online("lin").await;
    let mut newer = Entry::from_bytes(&phone.record(&new_customer("Too new"))).unwrap();
    phone.head = Head::default();
    newer.version = 2;
    let newer = phone.chain(&newer);
    let known = phone.record(&new_customer("Known"));
    phone.deliver(vec![newer, known]).await;
    let exceptions = phone.judged(2).await;
    assert_eq!(exceptions.into_iter().collect::<Vec<_>>(), [(1, codes::UNKNOWN_SCHEMA.to_owned())]);
}

#[tokio::test]
async fn what_an_older_server_did_not_know_is_judged_again_when_it_starts() {
    let company = Company::open().await;
    let mut phone = company.phone("lin").await;
    let operation = new_customer("Too new then");
    let item = operation.documents()[0];
    let bytes = phone.record(&operation);
    let entry = Entry::from_bytes(&bytes).unwrap();
    let head = Head { n: 1, hash: hash(&bytes) };
    let (device, app) = (phone.device, company.server.app.clone());
    let now = app.clock.now();
    // What a server leaves that does not know the operation.
    let left = app.store.write.run(move |db, _| {
        Box::pin(async move {
            let entries = [(head, entry, bytes)];
            journal::append(db, device, Head::default(), &entries, &[], now).await?;
            let refusal = Refusal::new(codes::UNKNOWN_SCHEMA);
            quarantine::put(db, device, 1, &refusal, "", &[]).await?;
            journal::judged(db, device, 1).await
        })
    });
    left.await.unwrap();
    assert!(!documents::exists(&app.store.read, item).await.unwrap());

    Hub::open(app.store.clone(), app.clock.clone(), &app.config, app.metrics.clone())
        .await
        .unwrap();
    assert!(documents::exists(&app.store.read, item).await.unwrap());
    phone.connect().await;
    phone.hello().await;
    assert!(phone.judged(1).await.is_empty(), "the phone reads that it is in");
}
