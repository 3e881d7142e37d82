//! Documents on several devices: whatever order changes arrive in, everybody sees the same.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeMap;

use automerge::{Automerge, Change};
use proptest::prelude::*;
use roundsman_core::documents::customer::{
    self, Choose, Create, Customer, EditFields, RemoveContact, SaveContact,
};
use roundsman_core::documents::visit::{Begun, CheckIn, CheckOut, Finished, VisitOutcome};
use roundsman_core::documents::{
    Operation, Stamp, actor_of, check, decode_operation, execute, history, order, touches,
};
use roundsman_core::error::codes;
use roundsman_core::id::{CustomerId, DeviceId, ItemId, OrderId, PersonId, VisitId};
use roundsman_core::time::{Hlc, Timestamp};
use uuid::Uuid;

fn customer_id() -> CustomerId {
    CustomerId(Uuid::from_u128(1))
}

fn stamp(device: u128, ms: i64) -> Stamp {
    Stamp {
        at: Hlc::default().tick(Timestamp(ms)),
        by: PersonId(Uuid::from_u128(100 + device)),
        device: DeviceId(Uuid::from_u128(device)),
    }
}

fn edit(field: &str, value: &str) -> EditFields {
    EditFields {
        customer: customer_id(),
        fields: BTreeMap::from([(field.to_owned(), value.to_owned())]),
    }
}

fn made(document: Option<&Automerge>, operation: &dyn Operation, by: Stamp) -> Change {
    made_if_any(document, operation, by).unwrap()
}

/// None when the operation changes nothing.
fn made_if_any(
    document: Option<&Automerge>,
    operation: &dyn Operation,
    by: Stamp,
) -> Option<Change> {
    let mut load = |_: ItemId| Ok(document.cloned());
    let made = execute(operation, &actor_of(by.device, 1), by, &mut load).unwrap().pop()?;
    Some(Change::from_bytes(made.change).unwrap())
}

fn created() -> Automerge {
    let fields = BTreeMap::from([
        ("name".to_owned(), "海港食品".to_owned()),
        ("phone".to_owned(), "1".to_owned()),
    ]);
    let create = Create { customer: customer_id(), fields, place: None };
    with(&Automerge::new(), &[made(None, &create, stamp(1, 1_000))])
}

fn with(document: &Automerge, changes: &[Change]) -> Automerge {
    let mut document = document.clone();
    document.apply_changes(changes.to_vec()).unwrap();
    document
}

fn read(document: &Automerge) -> Customer {
    customer::read(document).unwrap()
}

#[test]
fn the_first_contacts_of_two_people_both_stay() {
    let base = created();
    let contact = |id: u128, name: &str| SaveContact {
        customer: customer_id(),
        contact: Uuid::from_u128(id).into(),
        name: name.to_owned(),
        role: String::new(),
        phone: String::new(),
        email: String::new(),
    };
    let mei = made(Some(&base), &contact(1, "Mei"), stamp(2, 2_000));
    let lin = made(Some(&base), &contact(2, "Lin"), stamp(3, 2_000));
    let merged = with(&base, &[mei, lin]);
    let names = |document: &Automerge| -> Vec<String> {
        read(document).contacts.into_values().map(|it| it.name).collect()
    };
    assert_eq!(names(&merged), ["Mei", "Lin"]);
    // Either can be changed and taken off, wherever the map that holds it came from.
    for (id, left) in [(1, "Lin 2"), (2, "Mei 2")] {
        let other = if id == 1 { 2 } else { 1 };
        let edited = made(Some(&merged), &contact(other, left), stamp(2, 3_000));
        let edited = with(&merged, &[edited]);
        let removed =
            RemoveContact { customer: customer_id(), contact: Uuid::from_u128(id).into() };
        let removed = made(Some(&edited), &removed, stamp(3, 4_000));
        assert_eq!(names(&with(&edited, &[removed])), [left]);
    }
}

#[test]
fn edits_of_different_fields_merge_without_a_question() {
    let base = created();
    let phone = made(Some(&base), &edit("phone", "2"), stamp(2, 2_000));
    let address = made(Some(&base), &edit("address", "中山路 1 号"), stamp(3, 2_000));
    let merged = read(&with(&base, &[phone, address]));
    assert_eq!((merged.value("phone"), merged.value("address")), ("2", "中山路 1 号"));
    assert_eq!(merged.conflicts(), 0);
}

#[test]
fn a_later_edit_of_a_quiet_device_beats_an_earlier_one_of_a_busy_one() {
    let base = created();
    let mut busy = base.clone();
    let mut changes = Vec::new();
    for round in 0..20 {
        let change =
            made(Some(&busy), &edit("note", &format!("morning {round}")), stamp(2, 2_000 + round));
        busy = with(&busy, std::slice::from_ref(&change));
        changes.push(change);
    }
    changes.push(made(Some(&base), &edit("note", "evening"), stamp(3, 9_000)));
    assert_eq!(read(&with(&base, &changes)).value("note"), "evening");
}

#[test]
fn both_values_of_a_phone_stay_until_somebody_chooses() {
    let base = created();
    let left = made(Some(&base), &edit("phone", "2"), stamp(2, 2_000));
    let right = made(Some(&base), &edit("phone", "3"), stamp(3, 3_000));
    let both = with(&base, &[left, right]);
    let phone = &read(&both).fields["phone"];
    assert_eq!(phone.value, "3");
    let versions: Vec<_> =
        phone.versions.iter().map(|it| (it.value.as_str(), it.by.0.as_u128())).collect();
    assert_eq!(versions, [("3", 103), ("2", 102)]);

    let choose = Choose { customer: customer_id(), field: "phone".into(), value: "2".into() };
    let chosen = with(&both, &[made(Some(&both), &choose, stamp(4, 4_000))]);
    assert_eq!((read(&chosen).value("phone"), read(&chosen).conflicts()), ("2", 0));
    let newest = &history(&chosen)[0];
    assert_eq!((newest.operation.as_str(), newest.stamp.by.0.as_u128()), ("customer.choose", 104));
    assert_eq!(newest.changes[0].field, "phone");
    assert_eq!(newest.changes[0].to, "2");
}

#[test]
fn the_same_value_from_two_people_is_no_conflict() {
    let base = created();
    let left = made(Some(&base), &edit("phone", "2"), stamp(2, 2_000));
    let right = made(Some(&base), &edit("phone", "2"), stamp(3, 3_000));
    assert_eq!(read(&with(&base, &[left, right])).conflicts(), 0);
}

#[test]
fn a_change_may_write_only_what_its_operation_declares() {
    let base = created();
    let phone = made(Some(&base), &edit("phone", "2"), stamp(2, 2_000));
    let item = ItemId::from(customer_id());
    assert_eq!(check(&edit("phone", "2"), item, &base, &base, &phone), Ok(()));
    let choose = Choose { customer: customer_id(), field: "note".into(), value: "x".into() };
    let note = made(Some(&base), &edit("note", "x"), stamp(2, 2_000));
    assert_eq!(check(&choose, item, &base, &base, &note).unwrap_err().code, codes::UNDECLARED_PATH);
    assert_eq!(touches(&base, &phone).unwrap()[0].path, "phone");
}

#[test]
fn a_customer_edit_cannot_rewrite_a_signed_order() {
    let order = ItemId::from(OrderId(Uuid::from_u128(7)));
    let edit = edit("phone", "2");
    let change = made(Some(&created()), &edit, stamp(2, 2_000));
    assert_eq!(
        check(&edit, order, &Automerge::new(), &Automerge::new(), &change).unwrap_err().code,
        codes::UNDECLARED_PATH
    );
    assert!(order::read(&created()).is_err());
}

#[test]
fn what_is_frozen_cannot_be_competed_with() {
    let visit = VisitId(Uuid::from_u128(5));
    let begun = |ms| Begun {
        customer: customer_id(),
        rep: PersonId(Uuid::from_u128(102)),
        at: Timestamp(ms),
        offset_minutes: 480,
        place: None,
    };
    let check_in = CheckIn { visit, begun: begun(1_000) };
    let base = with(&Automerge::new(), &[made(None, &check_in, stamp(2, 1_000))]);
    let finish = |note: &str, ms| {
        let outcome = VisitOutcome::NoNeed;
        CheckOut { visit, finished: Finished { at: Timestamp(ms), outcome, note: note.into() } }
    };
    let first = made(Some(&base), &finish("真的", 3_000), stamp(2, 3_000));
    let admitted = with(&base, &[first]);
    // Back-dated, and as if it had never seen the first.
    let forged = made(Some(&base), &finish("假的", 2_000), stamp(3, 2_000));
    let item = ItemId::from(visit);
    let refused = check(&finish("假的", 2_000), item, &base, &admitted, &forged).unwrap_err();
    assert_eq!(refused.code, codes::FROZEN);
}

#[test]
fn an_operation_is_read_back_from_its_bytes() {
    let edit = edit("phone", "2");
    let again = decode_operation(edit.name(), edit.version(), &edit.args()).unwrap();
    assert_eq!(again.args(), edit.args());
    assert_eq!(decode_operation("customer.fly", 1, &[]).err().unwrap().code, codes::UNKNOWN_SCHEMA);
    assert_eq!(
        decode_operation("customer.edit", 2, &edit.args()).err().unwrap().code,
        codes::UNKNOWN_SCHEMA
    );
    assert_eq!(decode_operation("customer.edit", 1, b"junk").err().unwrap().code, codes::MALFORMED);
}

fn any_edit() -> impl Strategy<Value = (u128, i64, usize, String)> {
    (2u128..6, 1_000i64..9_000, 0..customer::FIELDS.len(), "[a-d]")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Each device edits from what it last saw; then everything arrives everywhere, in any order.
    #[test]
    fn every_order_of_arrival_gives_the_same_customer(
        edits in proptest::collection::vec((any_edit(), any::<bool>()), 1..12),
        order in any::<prop::sample::Index>(),
        seed: u64,
    ) {
        let base = created();
        let mut replicas: BTreeMap<u128, Automerge> = (2..6).map(|device| (device, base.clone())).collect();
        let mut changes: Vec<Change> = Vec::new();
        for ((device, ms, field, value), sees_all) in edits {
            let mut own = replicas[&device].clone();
            if sees_all {
                own = with(&own, &changes);
            }
            let edit = edit(customer::FIELDS[field].0, &value);
            let Some(change) = made_if_any(Some(&own), &edit, stamp(device, ms)) else { continue };
            replicas.insert(device, with(&own, std::slice::from_ref(&change)));
            changes.push(change);
        }
        let expected = read(&with(&base, &changes));
        let mut shuffled = changes.clone();
        shuffled.rotate_left(order.index(changes.len() + 1));
        if seed % 2 == 0 { shuffled.reverse(); }
        let mut one_by_one = base.clone();
        for change in &shuffled {
            one_by_one.apply_changes([change.clone()]).unwrap();
        }
        prop_assert_eq!(&read(&one_by_one), &expected);
        for replica in replicas.values() {
            prop_assert_eq!(&read(&with(replica, &shuffled)), &expected);
        }
    }
}
