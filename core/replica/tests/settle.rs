//! What becomes of a rep's work when the office declines an entry it rests on.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod support;

use std::collections::BTreeSet;

use automerge::Automerge;
use roundsman_core::documents::visit::VisitOutcome;
use roundsman_core::documents::{Request, Stamp, actor_of, customer, execute};
use roundsman_core::error::codes;
use roundsman_core::id::{CustomerId, DeviceId, ItemKind, PersonId, VisitId};
use roundsman_core::records::ExceptionState::{Declined, Quarantined};
use roundsman_core::sync::Entry;
use roundsman_core::time::{Hlc, Timestamp};
use roundsman_core::views::{CartView, CustomerCard, EntryCopy, OrderView, SyncState, SyncView};
use roundsman_replica::{Query, Replica};
use support::{MAIN, NOW, Office, ask, copy, fields, open, shop};
use uuid::Uuid;

const OTHER: u128 = 77;

/// A customer that somebody else made, as the hub shows it.
fn foreign(customer: CustomerId) -> Automerge {
    let create = customer::Create {
        customer,
        fields: fields(&[("name", "海港食品"), ("phone", "1")]),
        place: None,
    };
    made(&create, 1, None)
}

/// What another device writes.
fn made(
    operation: &dyn roundsman_core::documents::Operation,
    minutes: i64,
    document: Option<&Automerge>,
) -> Automerge {
    let at = Hlc::default().tick(Timestamp(NOW.millis() + minutes * 60_000));
    let stamp =
        Stamp { at, by: PersonId(Uuid::from_u128(3)), device: DeviceId(Uuid::from_u128(OTHER)) };
    let actor = actor_of(stamp.device, 1);
    let mut made = execute(operation, &actor, stamp, &mut |_| Ok(document.cloned())).unwrap();
    made.remove(0).document
}

fn edit(replica: &mut Replica, customer: CustomerId, field: &str, value: &str) -> u64 {
    let fields = fields(&[(field, value)]);
    replica.run(Request::CustomerEdit { customer, fields }).unwrap().n
}

fn value(replica: &Replica, customer: CustomerId, field: &str) -> String {
    let card = ask::<CustomerCard>(replica, &Query::Customer { id: customer });
    card.fields.into_iter().find(|it| it.field == field).unwrap().value
}

fn entries(office: &Office) -> Vec<Entry> {
    let pushes = office.pushed.iter();
    pushes.flat_map(|it| &it.entries).map(|it| Entry::from_bytes(&it.0).unwrap()).collect()
}

fn known() -> (tempfile::TempDir, Replica, Office, CustomerId) {
    let folder = tempfile::tempdir().unwrap();
    let mut replica = open(folder.path(), 0);
    let customer = CustomerId(Uuid::from_u128(5));
    let mut office = Office::welcome(&mut replica);
    office.show(&mut replica, customer, &foreign(customer));
    (folder, replica, office, customer)
}

#[test]
fn what_was_declined_stays_so_after_a_kill_while_entries_were_taken_in_anew() {
    let (folder, mut replica, mut office, customer) = known();
    let bad = edit(&mut replica, customer, "phone", "666");
    office.push_all(&mut replica);
    office.judge(&mut replica, bad, &[(bad, Declined, codes::ACCESS_ENDED)]);
    assert_eq!(value(&replica, customer, "phone"), "1");
    drop(replica);
    // As the main file is left when it has forgotten its entries and nothing followed.
    let main = rusqlite::Connection::open(folder.path().join("main.db")).unwrap();
    main.execute_batch(
        "delete from pending; delete from operation; delete from operation_item; \
         update meta set value = zeroblob(8) where name = 'applied_upto'; \
         insert into meta (name, value) values ('forgotten', x'0000000000000001');",
    )
    .unwrap();
    drop(main);
    let replica = open(folder.path(), 50);
    assert_eq!(value(&replica, customer, "phone"), "1");
}

#[test]
fn later_work_is_recorded_again_without_what_was_declined() {
    let (_folder, mut replica, mut office, customer) = known();
    let bad = edit(&mut replica, customer, "phone", "666");
    edit(&mut replica, customer, "note", "后门进");
    let visit = replica.run(Request::VisitCheckIn { customer, place: None }).unwrap();
    office.say(
        &mut replica,
        &roundsman_core::sync::FromHub::Pong(roundsman_core::sync::Ping {
            clock: NOW,
            journal: None,
        }),
    );
    office.judge(
        &mut replica,
        3,
        &[
            (bad, Declined, codes::ACCESS_ENDED),
            (2, Quarantined, codes::RESTS_ON_QUARANTINED),
            (3, Quarantined, codes::RESTS_ON_QUARANTINED),
        ],
    );

    assert_eq!(value(&replica, customer, "phone"), "1");
    assert_eq!(value(&replica, customer, "note"), "后门进");
    let again: Vec<Entry> =
        entries(&office).into_iter().filter(|entry| entry.replaces.is_some()).collect();
    let replaced: Vec<_> = again.iter().map(|entry| (entry.n, entry.replaces)).collect();
    assert_eq!(replaced, [(4, Some(2)), (5, Some(3))]);
    // The visit rests on the edit recorded again, not on anything that fell.
    assert_eq!(again[1].rests_on, [4]);
    let actors: Vec<_> = again
        .iter()
        .flat_map(|entry| &entry.changes)
        .map(|it| automerge::Change::from_bytes(it.bytes.clone()).unwrap().actor_id().clone())
        .collect();
    assert!(actors.iter().all(|actor| *actor == actor_of(support::device(), 2)));
    assert_eq!(again[0].at, entries(&office)[1].at, "it keeps its time");

    let status = ask::<SyncView>(&replica, &Query::Status {});
    let needs: Vec<_> = status.attention.iter().map(|row| (row.entry, row.who)).collect();
    assert_eq!(needs, [(Some(bad), SyncState::NeedsYou)]);
    let copy = ask::<EntryCopy>(&replica, &Query::Entry { n: bad });
    assert_eq!((copy.fields[0].field.as_str(), copy.fields[0].to.as_str()), ("phone", "666"));
    replica.put_away(bad).unwrap();
    assert!(ask::<SyncView>(&replica, &Query::Status {}).attention.is_empty());
    let visit = VisitId(visit.id);
    let outcome = VisitOutcome::NoNeed;
    replica.run(Request::VisitCheckOut { visit, outcome, note: None }).unwrap();
}

#[test]
fn what_others_wrote_meanwhile_still_competes() {
    let (_folder, mut replica, mut office, customer) = known();
    edit(&mut replica, customer, "note", "declined");
    edit(&mut replica, customer, "phone", "2");
    let other = customer::EditFields { customer, fields: fields(&[("phone", "3")]) };
    let admitted = made(&other, 60, Some(&foreign(customer)));
    office.show(&mut replica, customer, &admitted);
    office.judge(&mut replica, 2, &[(1, Declined, codes::ACCESS_ENDED)]);
    let card = ask::<CustomerCard>(&replica, &Query::Customer { id: customer });
    let phone = card.fields.iter().find(|it| it.field == "phone").unwrap();
    assert_eq!(phone.value, "3", "the newest is shown");
    let values: Vec<_> = phone.alternatives.iter().map(|it| it.value.as_str()).collect();
    assert_eq!(values, ["3", "2"], "recording again takes no side");
}

#[test]
fn an_order_and_its_cart_are_recorded_again_together() {
    let (_folder, mut replica, mut office, customer) = known();
    let product = office.stock_the_shop(&mut replica, customer);
    edit(&mut replica, customer, "phone", "666");
    let line = Request::CartSetLine {
        customer,
        product,
        pack: "box".into(),
        quantity: 2.into(),
        discount: None,
    };
    replica.run(line).unwrap();
    let order = replica.run(Request::OrderSubmit { customer }).unwrap();
    let before = ask::<OrderView>(&replica, &Query::Order { id: order.id.into() });
    office.judge(&mut replica, 3, &[(1, Declined, codes::ACCESS_ENDED)]);

    let again: Vec<Entry> =
        entries(&office).into_iter().filter(|entry| entry.replaces == Some(order.n)).collect();
    let [again] = &again[..] else { panic!("once: {again:?}") };
    let kinds: Vec<_> = again.changes.iter().map(|change| change.item.kind).collect();
    assert_eq!(kinds, [ItemKind::Order, ItemKind::Cart], "one entry, one fate");
    let after = ask::<OrderView>(&replica, &Query::Order { id: order.id.into() });
    assert_eq!(after.lines, before.lines, "what was signed is what was signed");
    assert_eq!(after.row.device_number, before.row.device_number);
    let cart = ask::<Option<CartView>>(&replica, &Query::Cart { customer });
    assert!(cart.is_none_or(|cart| cart.lines.is_empty()), "its cart is closed");
}

#[test]
fn what_has_lost_its_ground_needs_its_author() {
    let folder = tempfile::tempdir().unwrap();
    let mut replica = open(folder.path(), 0);
    let customer = shop(&mut replica);
    replica.run(Request::VisitCheckIn { customer, place: None }).unwrap();
    let mut office = Office::welcome(&mut replica);
    office.judge(
        &mut replica,
        2,
        &[(1, Declined, codes::ACCESS_ENDED), (2, Quarantined, codes::RESTS_ON_QUARANTINED)],
    );
    let status = ask::<SyncView>(&replica, &Query::Status {});
    let needs: Vec<_> = status.attention.iter().map(|row| (row.entry, row.who)).collect();
    assert_eq!(needs.len(), 2);
    assert!(needs.iter().all(|(_, who)| *who == SyncState::NeedsYou));
    assert_eq!(status.journal.entries, 2, "nothing was recorded again");
}

#[test]
fn being_cut_off_in_the_middle_changes_nothing() {
    let (folder, mut replica, mut office, customer) = known();
    edit(&mut replica, customer, "phone", "666");
    edit(&mut replica, customer, "note", "后门进");
    office.judge(&mut replica, 2, &[(1, Declined, codes::ACCESS_ENDED)]);
    drop(replica);
    // The main file is as it was before: only the journal knows what was recorded again.
    for file in ["main.db", "main.db-wal"] {
        let _ = std::fs::remove_file(folder.path().join(file));
    }
    let mut replica = open(folder.path(), 50);
    let mut office = Office::welcome(&mut replica);
    office.show(&mut replica, customer, &foreign(customer));
    office.judge(&mut replica, 2, &[(1, Declined, codes::ACCESS_ENDED)]);
    assert_eq!(value(&replica, customer, "note"), "后门进");
    assert_eq!(value(&replica, customer, "phone"), "1");
    assert_eq!(ask::<SyncView>(&replica, &Query::Status {}).journal.entries, 3);
}

#[test]
fn three_hundred_entries_are_recorded_again() {
    let (_folder, mut replica, mut office, customer) = known();
    edit(&mut replica, customer, "phone", "666");
    for n in 0..300 {
        edit(&mut replica, customer, "note", &format!("note {n}"));
    }
    office.judge(&mut replica, 301, &[(1, Declined, codes::ACCESS_ENDED)]);
    assert_eq!(value(&replica, customer, "note"), "note 299");
    assert_eq!(value(&replica, customer, "phone"), "1");
    assert_eq!(ask::<SyncView>(&replica, &Query::Status {}).journal.entries, 601);
}

#[test]
fn a_main_file_that_went_back_gives_no_number_twice() {
    let (folder, mut replica, mut office, customer) = known();
    // A disk that lies keeps this, and forgets what comes after it.
    drop(replica);
    let kept = tempfile::tempdir().unwrap();
    copy(folder.path(), kept.path(), MAIN);
    replica = open(folder.path(), 20);
    let theirs = customer::EditFields { customer, fields: fields(&[("note", "theirs")]) };
    office.show(&mut replica, customer, &made(&theirs, 1, Some(&foreign(customer))));
    edit(&mut replica, customer, "phone", "2");
    drop(replica);
    copy(kept.path(), folder.path(), MAIN);

    let mut replica = open(folder.path(), 40);
    edit(&mut replica, customer, "address", "3");
    let mut office = Office::welcome(&mut replica);
    let numbers: BTreeSet<_> = office
        .push_all(&mut replica)
        .iter()
        .flat_map(|entry| &entry.changes)
        .map(|it| automerge::Change::from_bytes(it.bytes.clone()).unwrap())
        .map(|change| (change.actor_id().clone(), change.seq()))
        .collect();
    assert_eq!(numbers.len(), 2, "{numbers:?}");
}
