//! A phone without a network: everything works, and nothing is lost when the app is killed.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod support;

use roundsman_core::documents::visit::VisitOutcome;
use roundsman_core::documents::{Request, Stamp, actor_of, customer, execute};
use roundsman_core::error::codes;
use roundsman_core::id::{CustomerId, DeviceId, PersonId, VisitId};
use roundsman_core::sync::{
    Batch, BatchItem, Bytes, Channel, ChannelHead, Digest, FromHub, Grants, Head, News, Receipt,
    Welcome, document_element, encode_hub,
};
use roundsman_core::time::{Day, Hlc};
use roundsman_core::views::{CustomerCard, SyncState, SyncView, TodayView, VisitView};
use roundsman_replica::{Identity, Line, Query, Replica};
use support::{NOW, ask, code, fields, open, search, server_key, shop};
use uuid::Uuid;

#[test]
fn a_visit_is_there_after_the_app_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut replica = open(folder.path(), 0);
    let customer = shop(&mut replica);
    let visit = replica.run(Request::VisitCheckIn { customer, place: None }).unwrap().id;
    let visit = VisitId(visit);
    replica.run(Request::VisitNote { visit, note: Some("卖得好".into()), outcome: None }).unwrap();
    drop(replica);

    let mut replica = open(folder.path(), 50);
    let open_visit = ask::<VisitView>(&replica, &Query::Visit { id: visit });
    assert_eq!((open_visit.row.note.as_str(), open_visit.row.checked_out_at), ("卖得好", None));
    assert_eq!(open_visit.row.sync, SyncState::SavedHere);
    assert_eq!(
        code(replica.run(Request::VisitCheckIn { customer, place: None })),
        codes::VISIT_OPEN
    );

    let outcome = VisitOutcome::NoNeed;
    replica.run(Request::VisitCheckOut { visit, outcome, note: None }).unwrap();
    let done = ask::<VisitView>(&replica, &Query::Visit { id: visit });
    assert_eq!((done.row.note.as_str(), done.row.outcome), ("卖得好", Some(outcome)));
    let note = Request::VisitNote { visit, note: Some("late".into()), outcome: None };
    assert_eq!(code(replica.run(note)), codes::VISIT_FINISHED);
    let today = ask::<TodayView>(&replica, &Query::Today { day: NOW.day(480) });
    assert_eq!((today.figures.visited, today.day), (1, "2026-11-18".parse::<Day>().unwrap()));
}

#[test]
fn what_reached_only_the_journal_is_carried_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut replica = open(folder.path(), 0);
    let customer = shop(&mut replica);
    replica.run(Request::CustomerEdit { customer, fields: fields(&[("note", "后门进")]) }).unwrap();
    drop(replica);
    // The main file is gone, as after an eviction of what can be rebuilt.
    for file in ["main.db", "main.db-wal"] {
        let _ = std::fs::remove_file(folder.path().join(file));
    }
    let replica = open(folder.path(), 50);
    let card = ask::<CustomerCard>(&replica, &Query::Customer { id: customer });
    assert_eq!(card.row.name, "海港食品 中山路店");
    assert_eq!(card.fields.iter().find(|field| field.field == "note").unwrap().value, "后门进");
    let status = ask::<SyncView>(&replica, &Query::Status {});
    assert_eq!((status.journal.entries, status.journal.waiting), (2, 2));
}

#[test]
fn what_the_main_file_does_not_take_is_saved_and_never_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let mut replica = open(folder.path(), 0);
    let customer = shop(&mut replica);
    drop(replica);
    let main = rusqlite::Connection::open(folder.path().join("main.db")).unwrap();
    main.execute_batch(
        "create trigger full before insert on pending when new.n = 2 \
         begin select raise(abort, 'disk full'); end",
    )
    .unwrap();
    drop(main);

    let mut replica = open(folder.path(), 50);
    let note = |text| Request::CustomerEdit { customer, fields: fields(&[("note", text)]) };
    assert_eq!(replica.run(note("后门进")).unwrap().n, 2);
    // Nothing is put after what is missing: it would never be carried over.
    assert_eq!(code(replica.run(note("前门进"))), codes::STORAGE);
    drop(replica);
    let main = rusqlite::Connection::open(folder.path().join("main.db")).unwrap();
    main.execute_batch("drop trigger full").unwrap();
    drop(main);

    let replica = open(folder.path(), 100);
    let card = ask::<CustomerCard>(&replica, &Query::Customer { id: customer });
    assert_eq!(card.fields.iter().find(|field| field.field == "note").unwrap().value, "后门进");
    assert_eq!(ask::<SyncView>(&replica, &Query::Status {}).journal.entries, 2);
}

#[test]
fn a_receipt_for_other_entries_makes_nothing_safe() {
    let folder = tempfile::tempdir().unwrap();
    let mut replica = open(folder.path(), 0);
    shop(&mut replica);
    let (mut line, _) = Line::open(&mut replica, "", "test").unwrap();
    let head = Head { n: 1, hash: [1; 32] };
    let receipt = Receipt::sign(&server_key(), DeviceId(Uuid::from_u128(1)), head, NOW);
    let welcome = Welcome {
        protocol: 1,
        receipt: Some(receipt),
        clock: NOW,
        channels: vec![],
        refusal: None,
        restored: None,
    };
    let todo = line.receive(&mut replica, encode_hub(&FromHub::Welcome(welcome))).unwrap();
    assert!(todo.close);
    let status = ask::<SyncView>(&replica, &Query::Status {});
    assert_eq!((status.journal.safe_upto, status.journal.waiting), (0, 1));
    assert_eq!(status.refusal.unwrap().code, codes::JOURNAL_FORKED);
}

#[test]
fn a_customer_stays_while_the_channel_it_went_to_is_on_its_way() {
    let folder = tempfile::tempdir().unwrap();
    let mut replica = open(folder.path(), 0);
    let customer = CustomerId(Uuid::from_u128(7));
    let create =
        customer::Create { customer, fields: fields(&[("name", "海港食品")]), place: None };
    let stamp = Stamp {
        at: Hlc::default().tick(NOW),
        by: PersonId(Uuid::from_u128(3)),
        device: DeviceId(Uuid::from_u128(4)),
    };
    let made = execute(&create, &actor_of(stamp.device, 1), stamp, &mut |_| Ok(None)).unwrap();
    let (north, south) = (Uuid::from_u128(8), Uuid::from_u128(9));
    let (north, south) = (Channel::Territory(north.into()), Channel::Territory(south.into()));
    let mut digest = Digest::default();
    digest.add(&document_element(north, customer.into(), &[made[0].hash]));
    let whole =
        BatchItem { item: customer.into(), news: News::Snapshot(Bytes(made[0].document.save())) };

    let (mut line, _) = Line::open(&mut replica, "", "test").unwrap();
    let head =
        |channel| vec![ChannelHead { channel, epoch: [1; 16], seq: 1, items: 1, digest: [0; 32] }];
    let batch = |channel, digest: Digest, items| {
        let digest = Some(Bytes(digest.0.to_vec()));
        let (from_part, to_part) = (None, None);
        FromHub::Batch(Batch {
            channel,
            epoch: [1; 16],
            from: 0,
            to: 1,
            digest,
            items,
            from_part,
            to_part,
        })
    };
    let mut hear = |replica: &mut Replica, message: FromHub| {
        assert!(!line.receive(replica, encode_hub(&message)).unwrap().close);
    };
    let welcome = Welcome {
        protocol: 1,
        receipt: None,
        clock: NOW,
        channels: head(north),
        refusal: None,
        restored: None,
    };
    hear(&mut replica, FromHub::Welcome(welcome));
    hear(&mut replica, batch(north, digest, vec![whole]));
    assert_eq!(search(&replica, "海港"), 1);
    hear(&mut replica, FromHub::Grants(Grants { channels: head(south) }));
    assert_eq!(search(&replica, "海港"), 1);
    hear(&mut replica, batch(south, Digest::default(), vec![]));
    assert_eq!(search(&replica, "海港"), 0);
}

#[test]
fn a_main_file_of_another_version_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let mut replica = open(folder.path(), 0);
    let customer = shop(&mut replica);
    drop(replica);
    let main = rusqlite::Connection::open(folder.path().join("main.db")).unwrap();
    main.execute_batch(
        "drop table customer; create table customer (other); pragma user_version = 99",
    )
    .unwrap();
    drop(main);
    let replica = open(folder.path(), 50);
    let card = ask::<CustomerCard>(&replica, &Query::Customer { id: customer });
    assert_eq!(card.row.name, "海港食品 中山路店");
}

#[test]
fn customers_are_found_the_way_people_type() {
    let folder = tempfile::tempdir().unwrap();
    let mut replica = open(folder.path(), 0);
    shop(&mut replica);
    for text in ["海港", "食品 中山", "hgsp", "haigang", "82817788", "7788", "0532"] {
        assert_eq!(search(&replica, text), 1, "{text}");
    }
    assert_eq!(search(&replica, "海港 hotel"), 0);
}

#[test]
fn an_edit_that_changes_nothing_records_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut replica = open(folder.path(), 0);
    let customer = shop(&mut replica);
    let same = fields(&[("name", "海港食品 中山路店")]);
    assert_eq!(code(replica.run(Request::CustomerEdit { customer, fields: same })), codes::EMPTY);
    assert_eq!(code(replica.run(Request::OrderSubmit { customer })), codes::EMPTY);
    assert_eq!(ask::<SyncView>(&replica, &Query::Status {}).journal.entries, 1);
}

#[test]
fn a_replica_does_not_change_its_owner() {
    let folder = tempfile::tempdir().unwrap();
    let mut replica = open(folder.path(), 0);
    let other =
        Identity { person: PersonId(Uuid::from_u128(9)), ..replica.identity().unwrap().clone() };
    assert_eq!(code(replica.adopt(other)), codes::INVALID);
}
