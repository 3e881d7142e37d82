//! What an honest phone would send: the beginnings of the mutations.

use roundsman_core::documents::{
    Operation, Stamp, actor_of, cart, customer, execute, order, visit,
};
use roundsman_core::id::{DeviceId, ItemId, ItemKind, PersonId};
use roundsman_core::money::{Currency, Money};
use roundsman_core::records::{
    DecidedLine, EntryException, ExceptionState, JournalStatus, LocalName, Outcome, Progress,
    Record as _, Ruling, SalesOrder, Stage, Verdict,
};
use roundsman_core::sync::{Entry, EntryChange};
use roundsman_core::time::{Hlc, Timestamp};
use roundsman_core::views::PriceTrace;
use uuid::Uuid;

pub const DEVICE: DeviceId = DeviceId(Uuid::from_u128(1));
pub const PERSON: PersonId = PersonId(Uuid::from_u128(2));
const SHOP: Uuid = Uuid::from_u128(3);
const AT: Timestamp = Timestamp(1_795_000_000_000);

/// One operation of each kind, in an order in which they can be recorded.
pub fn operations() -> Vec<Box<dyn Operation>> {
    let customer = SHOP.into();
    let fields = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let line = cart::CartLine {
        product: Uuid::from_u128(9).into(),
        pack: "box".to_owned(),
        quantity: "1.5".parse().unwrap(),
        discount: "0".parse().unwrap(),
        added_at: AT,
    };
    let (visit, cart) = (Uuid::from_u128(4).into(), Uuid::from_u128(5).into());
    let begun = visit::Begun { customer, rep: PERSON, at: AT, offset_minutes: 480, place: None };
    let finished =
        visit::Finished { at: AT, outcome: visit::VisitOutcome::Ordered, note: "好".to_owned() };
    let create = fields(&[("name", "海港食品"), ("phone", "1"), ("note", "back door")]);
    vec![
        Box::new(customer::Create { customer, fields: create, place: None }),
        Box::new(customer::EditFields { customer, fields: fields(&[("phone", "2")]) }),
        Box::new(customer::SaveContact {
            customer,
            contact: Uuid::from_u128(6).into(),
            name: "Wang".to_owned(),
            role: "owner".to_owned(),
            phone: "3".to_owned(),
            email: String::new(),
        }),
        Box::new(customer::RemoveContact { customer, contact: Uuid::from_u128(6).into() }),
        Box::new(customer::SetActive { customer, active: false }),
        Box::new(customer::Merge { customer, into: Uuid::from_u128(9).into() }),
        Box::new(customer::Unmerge { customer }),
        Box::new(visit::CheckIn { visit, begun }),
        Box::new(visit::Note { visit, note: Some("late".to_owned()), outcome: None }),
        Box::new(visit::CheckOut { visit, finished }),
        Box::new(cart::SetLine { cart, begin_for: Some(customer), line }),
        Box::new(cart::Details { cart, requested_on: None, note: Some("soon".to_owned()) }),
        Box::new(order::Submit { signed: signed(cart) }),
        Box::new(order::Amend { revision: revision(cart, "at the back", true) }),
        Box::new(order::Cancel { revision: revision(cart, "closes", false) }),
    ]
}

/// A version made on what was signed.
fn revision(cart: roundsman_core::id::CartId, note: &str, amends: bool) -> order::Revision {
    let first = order::VersionId::of(&minicbor::to_vec(signed(cart)).unwrap());
    order::Revision {
        order: Uuid::from_u128(8).into(),
        bases: vec![first],
        by: PERSON,
        at: AT,
        offset_minutes: 480,
        content: amends.then(|| order::SignedOrder { note: note.to_owned(), ..signed(cart) }),
        signed_again: amends,
        reason: note.to_owned(),
    }
}

fn signed(cart: roundsman_core::id::CartId) -> order::SignedOrder {
    let money = Money::new(1_00, Currency::CNY);
    let line = order::SignedLine {
        id: Uuid::from_u128(7).into(),
        product: Uuid::from_u128(9).into(),
        code: "A1".to_owned(),
        name: LocalName { zh: "茶".to_owned(), en: "Tea".to_owned() },
        pack: "box".to_owned(),
        quantity: "1".parse().unwrap(),
        base_quantity: "1".parse().unwrap(),
        unit_price: money,
        discount: "0".parse().unwrap(),
        net: money,
        tax: money,
        price: PriceTrace { list: None, list_name: None, steps: vec![] },
    };
    order::SignedOrder {
        order: Uuid::from_u128(8).into(),
        device_number: "K3-0001".to_owned(),
        customer: SHOP.into(),
        customer_name: "Shop".to_owned(),
        rep: PERSON,
        cart: Some(cart),
        placed_at: AT,
        offset_minutes: 480,
        requested_on: None,
        note: String::new(),
        price_list: Uuid::nil().into(),
        lines: vec![line],
        net: money,
        taxes: vec![],
        total: money,
        taken_by: None,
    }
}

/// A journal with those operations, and the documents after it.
pub fn journal() -> (Vec<Entry>, Vec<(ItemId, automerge::Automerge)>) {
    let mut documents: Vec<(ItemId, automerge::Automerge)> = Vec::new();
    let mut entries = Vec::new();
    let mut at = Hlc::default();
    for (n, operation) in (1u64..).zip(operations()) {
        at = at.tick(AT);
        let stamp = Stamp { at, by: PERSON, device: DEVICE };
        let load = |item: ItemId, documents: &[(ItemId, automerge::Automerge)]| {
            documents.iter().find(|(id, _)| *id == item).map(|(_, document)| document.clone())
        };
        let made = execute(operation.as_ref(), &actor_of(DEVICE, 0), stamp, &mut |item| {
            Ok(load(item, &documents))
        });
        let mut changes = Vec::new();
        for made in made.unwrap() {
            changes.push(EntryChange { item: made.item, bytes: made.change });
            documents.retain(|(id, _)| *id != made.item);
            documents.push((made.item, made.document));
        }
        entries.push(Entry {
            n,
            previous: [1; 32],
            device: DEVICE,
            person: PERSON,
            at,
            offset_minutes: 480,
            operation: operation.name().to_owned(),
            version: operation.version(),
            args: operation.args(),
            changes,
            rests_on: (1..n).collect(),
            replaces: None,
        });
    }
    (entries, documents)
}

/// What the company decided, and how far a journal got: the kinds that no demo company has.
pub fn records() -> Vec<Vec<u8>> {
    let money = Money::new(1_00, Currency::CNY);
    let quantity = "1".parse().unwrap();
    let line = DecidedLine {
        line: Uuid::from_u128(7).into(),
        product: Uuid::from_u128(9).into(),
        pack: "box".to_owned(),
        quantity,
        unit_price: money,
        discount: "0".parse().unwrap(),
        net: money,
        tax: money,
        reserved: quantity,
        short: quantity,
    };
    let decided = SalesOrder {
        order: Uuid::from_u128(8).into(),
        number: "SO-1".to_owned(),
        customer: SHOP.into(),
        outcome: Outcome::AcceptedWithChange,
        reasons: vec![],
        lines: vec![line],
        net: money,
        tax: money,
        total: money,
        promised_on: None,
        decided_at: AT,
        version: Some(order::VersionId([2; 32])),
        revision: 1,
        cancelled: false,
        verdict: Some(Verdict {
            ruling: Ruling::Release,
            by: PERSON,
            note: "known well".to_owned(),
            at: AT,
        }),
        progress: Some(Progress { number: "12".to_owned(), stage: Stage::Shipped, seen_at: AT }),
    };
    let exception = EntryException {
        n: 3,
        code: "FROZEN".to_owned(),
        state: ExceptionState::Quarantined,
        note: String::new(),
    };
    let status = JournalStatus {
        device: DEVICE,
        stored_upto: 4,
        admitted_upto: 4,
        exceptions: vec![exception],
        as_of: AT,
    };
    let tagged = |kind: ItemKind, bytes: Vec<u8>| [&[kind as u8], bytes.as_slice()].concat();
    vec![
        tagged(SalesOrder::KIND, decided.to_bytes()),
        tagged(JournalStatus::KIND, status.to_bytes()),
    ]
}

/// The golden bytes of every message, of devices or of the hub.
pub fn frames(of_device: bool) -> Vec<Vec<u8>> {
    let fixture = include_str!("../../../core/tests/fixtures/wire/messages-v1.txt");
    let bytes = |hex: &str| -> Vec<u8> {
        let digits = hex.trim().as_bytes().chunks(2);
        digits.map(|it| u8::from_str_radix(str::from_utf8(it).unwrap(), 16).unwrap()).collect()
    };
    let frames = fixture.lines().filter_map(|line| line.split_once(' '));
    let frames = frames.map(|(_, hex)| bytes(hex)).filter(|frame| frame.first() == Some(&1));
    frames.filter(|frame| (frame[1] < 0x40) == of_device).collect()
}
