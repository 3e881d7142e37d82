//! Pages, priorities and patience: what a line carries when there is a lot.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a panic is how a test fails")]
#![allow(missing_docs, reason = "a test's name says it")]

mod hub_support;

use std::collections::BTreeSet;

use futures_util::future::join_all;
use hub_support::{Company, new_customer, submit};
use roundsman_core::id::{ItemId, ItemKind, PersonId};
use roundsman_core::records::{LocalName, Person, Role, Territory};
use roundsman_core::sync::{Channel, FromDevice, FromHub, Ping};
use roundsman_core::time::Timestamp;
use roundsman_server::config::Config;

#[tokio::test]
async fn a_commit_that_fills_many_pages_arrives_whole_and_resumes_where_it_was_cut() {
    let company = Company::open().await;
    let mut lin = company.online("lin").await;
    let create = new_customer("Corner shop");
    let entry = lin.record(&create);
    lin.deliver(vec![entry]).await;
    let mut orders = BTreeSet::new();
    for n in 0..20u64 {
        let mut entries = Vec::new();
        for _ in 0..10 {
            let mut order = submit(&lin, create.customer, None);
            // Nothing that could be compressed away.
            order.signed.note = (0..90).map(|_| uuid::Uuid::now_v7().to_string()).collect();
            orders.insert(ItemId::from(order.signed.order));
            entries.push(lin.record(&order));
        }
        lin.deliver(entries).await;
        assert!(lin.judged(1 + 10 * (n + 1)).await.is_empty());
    }
    company.assign(create.customer, company.south, company.wang).await;

    let south = Channel::Territory(company.south);
    let mut wang = company.online("wang").await;
    wang.sees(|wang| orders.iter().all(|order| wang.seen.contains_key(order))).await;

    // The same, and the line is lost after every page that ended inside the commit.
    let mut phone = company.online("wang").await;
    let mut cuts = 0;
    while !orders.iter().all(|order| phone.seen.contains_key(order)) {
        let before = phone.cursors.get(&south).and_then(|held| held.cursor);
        phone
            .until(|phone, message| {
                let FromHub::Batch(batch) = message else { return false };
                let whole = orders.iter().all(|order| phone.seen.contains_key(order));
                batch.channel == south || whole
            })
            .await;
        let cursor = phone.cursors[&south].cursor.unwrap();
        assert_ne!(Some((cursor.seq, cursor.part)), before.map(|it| (it.seq, it.part)));
        if cursor.part.is_some_and(|part| !part.is_early()) {
            cuts += 1;
            phone.connect().await;
            phone.hello().await;
        }
    }
    assert!(cuts > 0, "the commit fits a page, so the test proves nothing");
}

#[tokio::test]
async fn what_is_on_todays_route_comes_before_everything_else() {
    let company = Company::open().await;
    let mut lin = company.online("lin").await;
    let (mut own, mut others) = (BTreeSet::new(), BTreeSet::new());
    for n in 0..30 {
        let create = new_customer("Corner shop");
        let entry = lin.record(&create);
        lin.deliver(vec![entry]).await;
        lin.judged(n + 1).await;
        let (manager, list) =
            if n % 5 == 4 { (company.lin, &mut own) } else { (company.mei, &mut others) };
        company.assign(create.customer, company.north, manager).await;
        list.insert(ItemId::from(create.customer));
    }
    let mut phone = company.online("lin").await;
    let mut first = BTreeSet::new();
    let north = Channel::Territory(company.north);
    phone
        .until(|_, message| match message {
            FromHub::Batch(batch) if batch.channel == north => {
                first = batch.items.iter().map(|it| it.item).collect();
                assert_eq!((batch.from, batch.to, &batch.digest), (0, 0, &None));
                true
            }
            // One's own device is told how it stands.
            FromHub::Batch(batch) => {
                assert!(matches!(batch.channel, Channel::Device(_)), "{}", batch.channel);
                false
            }
            _ => false,
        })
        .await;
    assert!(own.is_subset(&first) && first.is_disjoint(&others));
    let accounts = first.iter().filter(|item| item.kind == ItemKind::CustomerAccount);
    assert_eq!(accounts.count(), own.len());
    // Everything else follows, the digest agrees, and nothing came twice.
    let mut again = 0;
    phone
        .until(|_, message| match message {
            FromHub::Batch(batch) if batch.channel == north => {
                again += batch.items.iter().filter(|it| first.contains(&it.item)).count();
                batch.digest.is_some()
            }
            _ => false,
        })
        .await;
    assert!(others.iter().all(|shop| phone.seen.contains_key(shop)));
    assert_eq!(again, 0);
}

#[tokio::test]
async fn a_server_with_too_much_to_do_takes_nothing_and_says_when_to_come_again() {
    let busy = |config| Config { unjudged_max: 0, ..config };
    let company = Company::open_with(busy).await;
    let mut lin = company.online("lin").await;
    let entries = vec![lin.record(&new_customer("Corner shop"))];
    lin.push(entries).await;
    let mut wait_ms = 0;
    lin.until(|_, message| match message {
        FromHub::Throttle(throttle) => {
            wait_ms = throttle.retry_after_ms;
            true
        }
        FromHub::Receipt(_) => panic!("it was taken"),
        _ => false,
    })
    .await;
    assert!((1_000..5_000).contains(&wait_ms), "{wait_ms}");
    lin.send(FromDevice::Ping(Ping { clock: Timestamp(0), journal: None })).await;
    lin.until(|_, message| matches!(message, FromHub::Pong(_))).await;
    lin.connect().await;
    assert_eq!(lin.hello().await.receipt, None);
}

#[tokio::test]
async fn a_reader_that_falls_behind_is_served_from_the_log() {
    let company = Company::open().await;
    let mut lin = company.online("lin").await;
    lin.sees(|lin| lin.cursors.contains_key(&Channel::Catalog)).await;
    // More commits than are kept for anybody, while this phone reads nothing.
    let write = &company.server.app.store.write;
    let commits = (0..1_500u128).map(|n| {
        write.run(move |db, commit| {
            Box::pin(async move {
                let person = Person {
                    id: PersonId(uuid::Uuid::from_u128(n % 700)),
                    name: n.to_string(),
                    role: Role::Rep,
                    devices: vec![],
                };
                let (id, name) = (
                    uuid::Uuid::from_u128(n).into(),
                    LocalName { zh: n.to_string(), en: String::new() },
                );
                let territory = Territory { id, name };
                commit.publish(db, &person, &[Channel::Catalog], Timestamp(0)).await?;
                commit.publish(db, &territory, &[Channel::Catalog], Timestamp(0)).await
            })
        })
    });
    for committed in join_all(commits).await {
        committed.unwrap();
    }
    // Every digest on the way is checked by the phone.
    lin.sees(|lin| lin.cursors[&Channel::Catalog].elements.len() >= 2_200).await;
}
