//! Versions of an order: whatever they arrive in, everybody reads the same.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use automerge::{Automerge, Change};
use proptest::prelude::*;
use roundsman_core::documents::order::{
    self, Amend, Cancel, Order, Revision, SignedLine, SignedOrder, Submit,
};
use roundsman_core::documents::{Operation, Stamp, actor_of, check, execute};
use roundsman_core::error::codes;
use roundsman_core::id::{DeviceId, ItemId, LineId, OrderId, PersonId};
use roundsman_core::money::{Currency, Money};
use roundsman_core::quantity::{Percent, Quantity};
use roundsman_core::records::LocalName;
use roundsman_core::time::{Hlc, Timestamp};
use roundsman_core::views::{
    Names, OrderRow, OrderView, PriceTrace, SyncState, TraceStep, VersionState,
};
use uuid::Uuid;

fn item() -> ItemId {
    OrderId(Uuid::from_u128(1)).into()
}

fn stamp(device: u128, ms: i64) -> Stamp {
    Stamp {
        at: Hlc::default().tick(Timestamp(ms)),
        by: PersonId(Uuid::from_u128(100 + device)),
        device: DeviceId(Uuid::from_u128(device)),
    }
}

fn line(id: u128, quantity: i64) -> SignedLine {
    let money = |minor| Money::new(minor, Currency::CNY);
    let tax = TraceStep { code: "tax".to_owned(), detail: "10".to_owned(), amount: money(0) };
    SignedLine {
        id: LineId(Uuid::from_u128(id)),
        product: Uuid::from_u128(id).into(),
        code: format!("P{id}"),
        name: LocalName { zh: "面粉".to_owned(), en: "Flour".to_owned() },
        pack: "bag".to_owned(),
        quantity: Quantity::from(quantity),
        base_quantity: Quantity::from(quantity),
        unit_price: money(100),
        discount: Percent::default(),
        net: money(quantity * 100),
        tax: money(quantity * 10),
        price: PriceTrace { list: None, list_name: None, steps: vec![tax] },
    }
}

fn content(lines: &[(u128, i64)]) -> SignedOrder {
    let total: i64 = lines.iter().map(|(_, quantity)| quantity * 110).sum();
    SignedOrder {
        order: OrderId(Uuid::from_u128(1)),
        device_number: "K3-0001".to_owned(),
        customer: Uuid::from_u128(7).into(),
        customer_name: "海港食品".to_owned(),
        rep: PersonId(Uuid::from_u128(101)),
        cart: None,
        placed_at: Timestamp(1_000),
        offset_minutes: 480,
        requested_on: None,
        note: String::new(),
        price_list: Uuid::from_u128(9).into(),
        lines: lines.iter().map(|(id, quantity)| line(*id, *quantity)).collect(),
        net: Money::new(total * 10 / 11, Currency::CNY),
        taxes: Vec::new(),
        total: Money::new(total, Currency::CNY),
        taken_by: None,
    }
}

fn made(document: Option<&Automerge>, operation: &dyn Operation, by: Stamp) -> Change {
    let mut load = |_: ItemId| Ok(document.cloned());
    let made = execute(operation, &actor_of(by.device, 1), by, &mut load).unwrap().pop().unwrap();
    Change::from_bytes(made.change).unwrap()
}

fn with(document: &Automerge, changes: &[Change]) -> Automerge {
    let mut document = document.clone();
    document.apply_changes(changes.to_vec()).unwrap();
    document
}

fn submitted(lines: &[(u128, i64)]) -> Automerge {
    let submit = Submit { signed: content(lines) };
    with(&Automerge::new(), &[made(None, &submit, stamp(1, 1_000))])
}

fn revision(document: &Automerge, by: Stamp, content: Option<SignedOrder>) -> Revision {
    Revision {
        order: OrderId(Uuid::from_u128(1)),
        bases: order::heads(document).unwrap(),
        by: by.by,
        at: by.at.timestamp(),
        offset_minutes: 480,
        content,
        signed_again: false,
        reason: "changed their mind".to_owned(),
    }
}

fn amend(document: &Automerge, lines: &[(u128, i64)], by: Stamp) -> Change {
    amend_to(document, content(lines), by)
}

fn amend_to(document: &Automerge, content: SignedOrder, by: Stamp) -> Change {
    let revision = revision(document, by, Some(content));
    made(Some(document), &Amend { revision }, by)
}

fn cancel(document: &Automerge, by: Stamp) -> Change {
    made(Some(document), &Cancel { revision: revision(document, by, None) }, by)
}

fn read(document: &Automerge) -> Order {
    order::read(document).unwrap()
}

fn lines(order: &Order) -> Vec<(u128, Quantity)> {
    order.content.lines.iter().map(|it| (it.id.0.as_u128(), it.quantity)).collect()
}

fn q(lines: &[(u128, i64)]) -> Vec<(u128, Quantity)> {
    lines.iter().map(|(id, quantity)| (*id, Quantity::from(*quantity))).collect()
}

#[test]
fn an_order_that_was_never_changed_has_no_version() {
    let order = read(&submitted(&[(1, 5)]));
    assert_eq!((order.version, order.revision()), (None, 0));
    assert_eq!(order.content, content(&[(1, 5)]));
    // As it was stored before there were versions.
    let before = serde_json::to_string(&content(&[(1, 5)])).unwrap();
    assert_eq!(serde_json::to_string(&order).unwrap(), before);
    assert_eq!(serde_json::from_str::<Order>(&before).unwrap(), order);
}

#[test]
fn an_amendment_counts_and_what_was_signed_stays() {
    let base = submitted(&[(1, 5), (2, 1)]);
    let after = with(&base, &[amend(&base, &[(1, 3)], stamp(2, 2_000))]);
    let order = read(&after);
    assert_eq!(lines(&order), q(&[(1, 3)]));
    assert_eq!(order.version, Some(order.revisions[0].id()));
    assert_eq!(**order.first.as_ref().unwrap(), content(&[(1, 5), (2, 1)]));
    assert!(order.countered.is_empty());
}

#[test]
fn two_amendments_of_different_lines_both_count() {
    let base = submitted(&[(1, 5), (2, 1)]);
    let mei = amend(&base, &[(1, 3), (2, 1)], stamp(2, 2_000));
    let lin = amend(&base, &[(1, 5), (2, 1), (3, 4)], stamp(3, 3_000));
    let order = read(&with(&base, &[lin, mei]));
    assert_eq!(lines(&order), q(&[(1, 3), (2, 1), (3, 4)]));
    assert_eq!(order.content.total, content(&[(1, 3), (2, 1), (3, 4)]).total, "sums follow");
    assert!(order.countered.is_empty());
}

#[test]
fn of_two_that_cannot_both_hold_the_first_stands_and_the_second_is_asked() {
    let base = submitted(&[(1, 5)]);
    let mei = amend(&base, &[(1, 3)], stamp(2, 2_000));
    let lin = amend(&base, &[(1, 9)], stamp(3, 3_000));
    let both = with(&base, &[lin, mei]);
    let order = read(&both);
    assert_eq!(lines(&order), q(&[(1, 3)]));
    assert_eq!(order.countered, [order.revisions[1].id()]);
    // Whoever looked at both settles it, here by keeping what stands.
    let settled = read(&with(&both, &[amend(&both, &[(1, 3)], stamp(3, 4_000))]));
    assert_eq!(lines(&settled), q(&[(1, 3)]));
    assert!(settled.countered.is_empty());
}

struct Nobody;

impl Names for Nobody {
    fn person(&self, _: PersonId) -> String {
        String::new()
    }

    fn device(&self, _: DeviceId) -> String {
        String::new()
    }
}

/// What people read of each version, newest first.
fn states(document: &Automerge) -> Vec<VersionState> {
    let order = read(document);
    let row = OrderRow::new(&order, None, "", SyncState::SavedHere);
    let view = OrderView::new(row, &order, None, &Nobody);
    view.versions.into_iter().map(|it| it.state).collect()
}

#[test]
fn people_read_what_became_of_each_version() {
    use VersionState::{Countered, Joined, Replaced, Stands};
    let base = submitted(&[(1, 5), (2, 1)]);
    let mei = amend(&base, &[(1, 3), (2, 1)], stamp(2, 2_000));
    let lin = amend(&base, &[(1, 9), (2, 1)], stamp(3, 3_000));
    let wang = amend(&base, &[(1, 5), (2, 4)], stamp(4, 4_000));
    assert_eq!(states(&base), []);
    assert_eq!(states(&with(&base, std::slice::from_ref(&mei))), [Stands, Replaced]);
    let clash = with(&base, &[mei.clone(), lin]);
    assert_eq!(states(&clash), [Countered, Stands, Replaced]);
    assert_eq!(states(&with(&base, &[mei, wang])), [Joined, Joined, Replaced]);
    let kept = with(&clash, &[amend(&clash, &[(1, 3), (2, 1)], stamp(3, 5_000))]);
    assert_eq!(states(&kept), [Stands, Replaced, Replaced, Replaced]);
}

#[test]
fn a_cancellation_stands_whatever_else_was_changed() {
    let base = submitted(&[(1, 5)]);
    for at in [1_500, 2_500] {
        let mei = amend(&base, &[(1, 3)], stamp(2, 2_000));
        let lin = cancel(&base, stamp(3, at));
        let both = with(&base, &[mei, lin]);
        let order = read(&both);
        assert!(order.cancelled.is_some());
        assert_eq!(lines(&order), q(&[(1, 5)]), "what was cancelled");
        assert_eq!(order.countered.len(), 1, "who changed it is asked");
        let settled = read(&with(&both, &[cancel(&both, stamp(2, 4_000))]));
        assert!(settled.countered.is_empty() && settled.cancelled.is_some());
    }
}

#[test]
fn what_was_cancelled_is_not_changed() {
    let base = submitted(&[(1, 5)]);
    let cancelled = with(&base, &[cancel(&base, stamp(2, 2_000))]);
    let revision = revision(&cancelled, stamp(2, 3_000), Some(content(&[(1, 1)])));
    let refused = execute(
        &Amend { revision },
        &actor_of(stamp(2, 0).device, 1),
        stamp(2, 3_000),
        &mut |_| Ok(Some(cancelled.clone())),
    );
    assert_eq!(refused.err().unwrap().code, codes::ORDER_CANCELLED);
}

#[test]
fn a_version_of_what_is_not_here_is_refused() {
    let base = submitted(&[(1, 5)]);
    let gone = with(&base, &[amend(&base, &[(1, 3)], stamp(2, 2_000))]);
    let revision = revision(&gone, stamp(2, 3_000), Some(content(&[(1, 1)])));
    let refused = execute(
        &Amend { revision },
        &actor_of(stamp(2, 0).device, 1),
        stamp(2, 3_000),
        &mut |_| Ok(Some(base.clone())),
    );
    assert_eq!(refused.err().unwrap().code, codes::MISSING_DEPENDENCY);
}

#[test]
fn another_customer_or_rep_cannot_be_slipped_in() {
    let base = submitted(&[(1, 5)]);
    for forge in [
        (|it: &mut SignedOrder| it.customer = Uuid::from_u128(8).into()) as fn(&mut SignedOrder),
        |it| it.rep = PersonId(Uuid::from_u128(102)),
        |it| it.taken_by = Some(PersonId(Uuid::from_u128(102))),
        |it| it.device_number = "K3-0002".to_owned(),
        |it| it.placed_at = Timestamp(2),
    ] {
        let mut content = content(&[(1, 3)]);
        forge(&mut content);
        let order = read(&with(&base, &[amend_to(&base, content, stamp(2, 2_000))]));
        assert_eq!((lines(&order), order.revision()), (q(&[(1, 5)]), 0));
    }
}

#[test]
fn an_older_app_may_change_what_the_office_took() {
    let office = PersonId(Uuid::from_u128(102));
    let taken = SignedOrder { taken_by: Some(office), ..content(&[(1, 5)]) };
    let submit = Submit { signed: taken };
    let base = with(&Automerge::new(), &[made(None, &submit, stamp(1, 1_000))]);
    // It reads the order without who took it, and so writes it.
    let order = read(&with(&base, &[amend(&base, &[(1, 3)], stamp(2, 2_000))]));
    assert_eq!((lines(&order), order.taken_by()), (q(&[(1, 3)]), Some(office)));
}

#[test]
fn an_amendment_may_write_its_version_and_nothing_else() {
    let base = submitted(&[(1, 5)]);
    let by = stamp(2, 2_000);
    let amendment = Amend { revision: revision(&base, by, Some(content(&[(1, 3)]))) };
    let change = made(Some(&base), &amendment, by);
    assert_eq!(check(&amendment, item(), &base, &base, &change), Ok(()));
    let after = with(&base, std::slice::from_ref(&change));
    // The first versions of two people meet in one map.
    let other = Amend { revision: revision(&base, stamp(3, 2_500), Some(content(&[(1, 4)]))) };
    let change = made(Some(&base), &other, stamp(3, 2_500));
    assert_eq!(check(&other, item(), &base, &after, &change), Ok(()));
    // A cancellation under the name of an amendment.
    let cancellation = cancel(&base, by);
    let refused = check(&amendment, item(), &base, &base, &cancellation).unwrap_err();
    assert_eq!(refused.code, codes::UNDECLARED_PATH);
}

/// What somebody does to an order, on what they know of it.
#[derive(Debug, Clone)]
enum Act {
    Amend(u8, u8),
    Cancel,
    Hear(u8),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (0u8..4, 0u8..5).prop_map(|(line, quantity)| Act::Amend(line, quantity)),
        1 => Just(Act::Cancel),
        4 => (0u8..3).prop_map(Act::Hear),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Three devices change one order and hear of each other now and then. Whoever hears of
    /// everything reads the same, in whatever order it came; nothing of it is lost.
    #[test]
    fn all_interleavings_end_the_same(
        acts in prop::collection::vec((0usize..3, act(), -3_000i64..3_000), 1..14),
        shuffle in any::<u64>(),
    ) {
        let base = submitted(&[(1, 5), (2, 2)]);
        let mut devices = vec![base.clone(), base.clone(), base.clone()];
        let mut clocks = [Hlc::default(); 3];
        let mut all: Vec<Change> = Vec::new();
        for (n, (device, act, skew)) in acts.iter().enumerate() {
            let now = Timestamp(10_000 + n as i64 * 1_000 + skew);
            let document = devices[*device].clone();
            if let Act::Hear(other) = act {
                let mut heard = devices[usize::from(*other)].clone();
                devices[*device].merge(&mut heard).unwrap();
                clocks[*device] = clocks[*device].max(clocks[usize::from(*other)]);
                continue;
            }
            clocks[*device] = clocks[*device].tick(now);
            let number = *device as u128 + 2;
            let by = Stamp { at: clocks[*device], ..stamp(number, 0) };
            let known = read(&document);
            let change = match act {
                Act::Amend(line, quantity) if known.cancelled.is_none() => {
                    let line = u128::from(*line) + 1;
                    let mut wanted: Vec<(u128, i64)> = known.content.lines.iter()
                        .map(|it| (it.id.0.as_u128(), it.quantity.to_string().parse().unwrap()))
                        .filter(|(id, _)| *id != line)
                        .collect();
                    if *quantity > 0 { wanted.push((line, i64::from(*quantity))); }
                    if wanted.is_empty() { continue; }
                    amend(&document, &wanted, by)
                }
                Act::Cancel => cancel(&document, by),
                _ => continue,
            };
            devices[*device] = with(&document, std::slice::from_ref(&change));
            // Whoever saw everything reads what they just wrote.
            if let Act::Amend(..) = act {
                prop_assert!(read(&devices[*device]).countered.is_empty());
            }
            all.push(change);
        }
        let one = read(&with(&base, &all));
        let mut order: Vec<usize> = (0..all.len()).collect();
        order.sort_by_key(|at| (shuffle ^ (*at as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)).rotate_left(17));
        let mut other = base.clone();
        for at in order {
            other.apply_changes([all[at].clone()]).unwrap();
        }
        let mut heard = base.clone();
        for device in &mut devices {
            heard.merge(device).unwrap();
        }
        prop_assert_eq!(&one, &read(&other));
        prop_assert_eq!(&one, &read(&heard));
        prop_assert_eq!(one.revisions.len(), all.len());
        prop_assert!(!one.content.lines.is_empty());
    }
}

#[test]
fn a_line_is_priced_by_the_day_it_was_asked_for_as_it_stands() {
    let document = submitted(&[(1, 2), (2, 3)]);
    let asked = |document: &Automerge| {
        let order = read(document);
        let lines = order.content.lines.iter();
        lines.map(|line| order.asked_at(line).millis()).collect::<Vec<_>>()
    };
    assert_eq!(asked(&document), [1_000, 1_000]);
    let more = amend(&document, &[(1, 2), (2, 5)], stamp(2, 9_000));
    let document = with(&document, &[more]);
    let asked_again = asked(&document);
    assert_eq!(asked_again[0], 1_000, "what stays as it was keeps its day");
    assert_eq!(asked_again[1], 9_000);
}
