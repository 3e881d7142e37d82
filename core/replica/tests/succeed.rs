//! A phone whose storage went back in time, was copied, or is gone.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod support;

use std::path::Path;

use roundsman_core::documents::{Request, actor_of};
use roundsman_core::id::{CustomerId, DeviceId};
use roundsman_core::sync::Entry;
use roundsman_core::views::{CustomerCard, LostView, SyncView};
use roundsman_replica::{Identity, Query, Replica};
use support::{JOURNAL, MAIN, Office, ask, copy, fields, open, search, shop};
use uuid::Uuid;

const LOST: LostView = LostView { entries: 2, set_aside: 0, since: None };

fn successor(replica: &Replica) -> Identity {
    Identity {
        device: DeviceId(Uuid::from_u128(20)),
        device_code: "K4".into(),
        device_seed: [9; 32],
        ..replica.identity().unwrap().clone()
    }
}

fn note(replica: &mut Replica, customer: CustomerId, text: &str) -> u64 {
    let fields = fields(&[("note", text)]);
    replica.run(Request::CustomerEdit { customer, fields }).unwrap().n
}

fn noted(replica: &Replica, customer: CustomerId) -> String {
    let card = ask::<CustomerCard>(replica, &Query::Customer { id: customer });
    card.fields.into_iter().find(|it| it.field == "note").unwrap().value
}

#[test]
fn what_the_office_does_not_hold_is_recorded_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut replica = open(folder.path(), 0);
    let customer = shop(&mut replica);
    note(&mut replica, customer, "at the office");
    note(&mut replica, customer, "only here");
    replica.succeed(successor(&replica), 2, LOST).unwrap();

    assert_eq!(noted(&replica, customer), "only here");
    let status = ask::<SyncView>(&replica, &Query::Status {});
    assert_eq!((status.journal.entries, status.journal.waiting), (1, 1));
    assert_eq!(status.lost, Some(LOST));
    let office = Office::welcome(&mut replica);
    let push = &office.pushed[0];
    let entry = Entry::from_bytes(&push.entries[0].0).unwrap();
    assert_eq!((entry.n, entry.device.0.as_u128(), entry.replaces), (1, 20, None));
    assert!(entry.rests_on.is_empty(), "it rests on no entry of this journal");
    let change = automerge::Change::from_bytes(entry.changes[0].bytes.clone()).unwrap();
    assert_eq!(*change.actor_id(), actor_of(entry.device, 1));

    replica.forget_lost().unwrap();
    drop(replica);
    let mut replica = open_as_it_is(folder.path());
    assert_eq!(noted(&replica, customer), "only here");
    assert_eq!(ask::<SyncView>(&replica, &Query::Status {}).lost, None);
    assert_eq!(note(&mut replica, customer, "goes on"), 2);
}

#[test]
fn being_cut_off_between_the_two_files_changes_nothing() {
    let (folder, before) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut replica = open(folder.path(), 0);
    let customer = shop(&mut replica);
    note(&mut replica, customer, "at the office");
    note(&mut replica, customer, "only here");
    drop(replica);
    copy(folder.path(), before.path(), MAIN);
    let mut replica = open(folder.path(), 50);
    replica.succeed(successor(&replica), 2, LOST).unwrap();
    drop(replica);
    copy(before.path(), folder.path(), MAIN);
    let replica = open_as_it_is(folder.path());
    assert_eq!(noted(&replica, customer), "only here");
    assert_eq!(ask::<SyncView>(&replica, &Query::Status {}).journal.entries, 1);
}

#[test]
fn a_journal_that_lost_its_end_is_noticed_here() {
    let (folder, before) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut replica = open(folder.path(), 0);
    let customer = shop(&mut replica);
    drop(replica);
    copy(folder.path(), before.path(), JOURNAL);
    let mut replica = open(folder.path(), 50);
    note(&mut replica, customer, "lost");
    note(&mut replica, customer, "lost, too");
    drop(replica);
    copy(before.path(), folder.path(), JOURNAL);

    let mut replica = open(folder.path(), 100);
    assert_eq!(replica.recorded(), 3, "it remembers what there was");
    assert_eq!(noted(&replica, customer), "", "what can never be delivered is not shown");
    note(&mut replica, customer, "again");
    drop(replica);
    let replica = open(folder.path(), 150);
    assert_eq!((replica.recorded(), noted(&replica, customer).as_str()), (4, "again"));
}

#[test]
fn a_main_file_that_followed_another_journal_follows_this_one() {
    let (folder, old) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut replica = open(folder.path(), 0);
    let customer = shop(&mut replica);
    drop(replica);
    copy(folder.path(), old.path(), JOURNAL);
    let mut replica = open(folder.path(), 50);
    note(&mut replica, customer, "lost");
    drop(replica);
    copy(folder.path(), old.path(), MAIN);
    copy(old.path(), folder.path(), JOURNAL);
    let mut replica = open(folder.path(), 100);
    note(&mut replica, customer, "first");
    note(&mut replica, customer, "second");
    drop(replica);

    // The power went: the main file is again the one that knows of what was lost.
    copy(old.path(), folder.path(), MAIN);
    let mut replica = open(folder.path(), 150);
    assert_eq!(noted(&replica, customer), "second");
    note(&mut replica, customer, "third");
    assert_eq!(noted(&replica, customer), "third");
    assert_eq!(ask::<SyncView>(&replica, &Query::Status {}).journal.entries, 4);
}

#[test]
fn a_phone_that_lost_everything_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut replica = open(folder.path(), 0);
    replica.remember(12).unwrap();
    assert_eq!(replica.recorded(), 12);
    replica.succeed(successor(&replica), 0, LOST).unwrap();
    assert_eq!(replica.recorded(), 0);
    shop(&mut replica);
    assert_eq!(search(&replica, "海港"), 1);
}

fn open_as_it_is(folder: &Path) -> Replica {
    let name = |file: &str| folder.join(file).display().to_string();
    let files = roundsman_replica::Files::open(&name("journal.db"), &name("main.db"), None, None);
    Replica::open(files.unwrap(), Box::new(support::Still(200))).unwrap()
}
