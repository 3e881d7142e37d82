//! What a modified client or a stranger sends ends with a code, and harms nobody else.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a panic is how a test fails")]
#![allow(missing_docs, reason = "a test's name says it")]

mod hub_support;

use automerge::transaction::{CommitOptions, Transactable as _};
use automerge::{ROOT, ReadDoc as _};
use futures_util::SinkExt as _;
use hub_support::{Company, Phone, edit, new_customer, submit};
use roundsman_core::documents::{Operation, Stamp, actor_of, cart, customer, execute, order};
use roundsman_core::id::{CartId, CustomerId, DeviceId, ItemId};
use roundsman_core::records::ExceptionState;
use roundsman_core::sync::{
    Bytes, Entry, EntryChange, FromDevice, FromHub, Head, Ping, Push, sign_head,
};
use roundsman_core::time::{Hlc, Timestamp};
use roundsman_server::hub;
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

async fn works(company: &Company) {
    let mut mei = company.online("mei").await;
    let entry = mei.record(&new_customer("Still here"));
    mei.deliver(vec![entry]).await;
    assert!(mei.judged(1).await.is_empty());
}

#[tokio::test]
async fn a_line_that_begins_with_nonsense_is_denied() {
    let company = Company::open().await;
    let mut phone = company.phone("lin").await;
    for (frame, code) in [
        (vec![], "MALFORMED"),
        (vec![1, 2], "MALFORMED"),
        (vec![9, 1, 0, 0xa0], "UNKNOWN_VERSION"),
        (vec![1, 1, 0, 0xff, 0xff], "MALFORMED"),
        (vec![1, 1, 1, 0xff, 0xff, 0xff, 0xff, 0], "MALFORMED"),
        (vec![1, 0x4c, 0, 0xa0], "MALFORMED"),
        (vec![1; 20_000], "TOO_LARGE"),
    ] {
        phone.connect().await;
        phone.send_raw(frame).await;
        assert_eq!(phone.denied().await, code);
    }
    phone.connect().await;
    phone.send(FromDevice::Ping(Ping { clock: Timestamp(0), journal: None })).await;
    assert_eq!(phone.denied().await, "MALFORMED");
    phone.connect().await;
    phone.socket.as_mut().unwrap().send(Message::text("hello")).await.unwrap();
    assert_eq!(phone.denied().await, "MALFORMED");
    works(&company).await;
}

#[tokio::test]
async fn a_hundred_megabytes_are_not_read() {
    let company = Company::open().await;
    let mut phone = company.online("lin").await;
    let huge = Message::Binary(vec![0u8; 100 << 20].into());
    // The hub closes while it is being sent; what was said last may be lost with it.
    let sent = phone.socket.as_mut().unwrap().send(huge).await;
    let code = if sent.is_ok() { phone.denied().await } else { String::new() };
    assert!(code.is_empty() || code == "TOO_LARGE", "{code}");
    works(&company).await;
}

#[tokio::test]
async fn a_frame_just_too_large_says_so() {
    let company = Company::open().await;
    let mut phone = company.online("lin").await;
    let _sent =
        phone.socket.as_mut().unwrap().send(Message::Binary(vec![0u8; (1 << 20) + 1].into())).await;
    assert_eq!(phone.denied().await, "TOO_LARGE");
}

#[tokio::test]
async fn strangers_are_turned_away() {
    let company = Company::open().await;
    let mut phone = company.phone("lin").await;
    phone.device = DeviceId(Uuid::now_v7());
    phone.connect().await;
    phone.say_hello().await;
    assert_eq!(phone.denied().await, "SIGN_IN_AGAIN");

    let mut phone = company.phone("lin").await;
    phone.key = ed25519_dalek::SigningKey::from_bytes(&[1; 32]);
    phone.connect().await;
    phone.say_hello().await;
    assert_eq!(phone.denied().await, "FORGED");
}

#[tokio::test]
async fn an_expired_login_still_delivers_the_journal() {
    let company = Company::open().await;
    let mut phone = company.phone("lin").await;
    let token = std::mem::replace(&mut phone.token, "expired".to_owned());
    phone.connect().await;
    let welcome = phone.hello().await;
    assert_eq!(welcome.refusal.unwrap().code, "SIGN_IN_AGAIN");
    assert!(welcome.channels.is_empty());
    let entry = phone.record(&new_customer("Corner shop"));
    phone.deliver(vec![entry]).await;
    phone.token = token;
    phone.connect().await;
    phone.hello().await;
    assert!(phone.judged(1).await.is_empty());
}

#[tokio::test]
async fn a_push_that_is_no_chain_ends_the_line() {
    let company = Company::open().await;
    let mut phone = company.online("lin").await;
    let entry = phone.record(&new_customer("Corner shop"));
    phone.deliver(vec![entry]).await;
    let other = Head { n: 0, hash: [0; 32] };
    phone.head = other;
    let forked = phone.record(&new_customer("Another"));
    let skipped = Head { n: 1, hash: [9; 32] };
    phone.head = skipped;
    let gap = phone.record(&new_customer("Third"));
    let _ = forked;
    phone.push(vec![gap]).await;
    assert_eq!(phone.denied().await, "JOURNAL_FORKED");

    let mut phone = company.online("lin").await;
    let entry = phone.record(&new_customer("Corner shop"));
    let signature =
        sign_head(&ed25519_dalek::SigningKey::from_bytes(&[3; 32]), phone.device, phone.head);
    phone
        .send(FromDevice::Push(Push { head: phone.head, signature, entries: vec![Bytes(entry)] }))
        .await;
    assert_eq!(phone.denied().await, "FORGED");
    works(&company).await;
}

/// A change that claims an operation's name and writes something else.
fn crafted(
    phone: &Phone,
    item: ItemId,
    at: Hlc,
    name: &str,
    write: impl FnOnce(&mut automerge::transaction::Transaction<'_>),
) -> EntryChange {
    let mut document = phone.own[&item].clone().with_actor(actor_of(phone.device, 0));
    let mut transaction = document.transaction();
    write(&mut transaction);
    let message = format!("{name} {}", phone.person.0.simple());
    let (hash, _) =
        transaction.commit_with(CommitOptions::default().with_time(at.0).with_message(message));
    let change = document.get_change_by_hash(&hash.unwrap()).unwrap();
    EntryChange { item, bytes: change.raw_bytes().to_vec() }
}

#[tokio::test]
async fn every_forgery_is_quarantined_and_the_rest_goes_on() {
    let company = Company::open().await;
    let mut lin = company.online("lin").await;
    let create = new_customer("Corner shop");
    let shop = ItemId::from(create.customer);
    let cart_id = CartId(Uuid::now_v7());
    let begin = cart::SetLine { cart: cart_id, begin_for: Some(create.customer), line: line() };
    let submit = submit(&lin, create.customer, Some(cart_id));
    let order = ItemId::from(submit.signed.order);
    let entries = vec![lin.record(&create), lin.record(&begin), lin.record(&submit)];
    lin.deliver(entries).await;
    assert!(lin.judged(3).await.is_empty());

    let honest = edit(create.customer, "phone", "2");
    let mut entries = Vec::new();
    // 4: a field that `customer.edit` does not have.
    let at = lin.tick();
    let change =
        crafted(&lin, shop, at, "customer.edit", |it| it.put(ROOT, "active", false).unwrap());
    entries.push(lin.entry(&honest, at, vec![change]));
    // 5: the signature of an order, under the name of an edit.
    let at = lin.tick();
    let change = crafted(&lin, order, at, "customer.edit", |it| it.put(ROOT, "signed", 0).unwrap());
    entries.push(lin.entry(&honest, at, vec![change]));
    // 6: for whom a cart is, a second time.
    let at = lin.tick();
    let set_line = cart::SetLine { cart: cart_id, begin_for: None, line: line() };
    let change = crafted(&lin, cart_id.into(), at, "cart.set_line", |it| {
        it.put(ROOT, "customer", 0).unwrap()
    });
    entries.push(lin.entry(&set_line, at, vec![change]));
    // 7: another device's actor.
    let at = lin.tick();
    let change = executed_by(&lin, DeviceId(Uuid::now_v7()), at, &honest);
    entries.push(lin.entry(&honest, at, vec![change]));
    // 8: another time than the entry's.
    let at = lin.tick();
    let change = executed_by(&lin, lin.device, Hlc(at.0 + 1), &honest);
    entries.push(lin.entry(&honest, at, vec![change]));
    // 9: bytes that are nothing.
    let at = lin.tick();
    entries.push(lin.entry(&honest, at, vec![EntryChange { item: shop, bytes: vec![0x85; 400] }]));
    // 10: an operation that nobody knows.
    let at = lin.tick();
    entries.push(lin.entry(&Unknown, at, vec![]));
    // 11: rests on one that waits.
    let at = lin.tick();
    let change = executed_by(&lin, lin.device, at, &honest);
    let bytes = lin.entry(&honest, at, vec![change]);
    let resting = Entry { rests_on: vec![4], ..Entry::from_bytes(&bytes).unwrap() };
    entries.push(lin.chain(&resting));
    // 12: needs a change that was never sent.
    let unsent = edit(create.customer, "note", "unsent");
    let before = lin.head;
    lin.record(&unsent);
    lin.head = before;
    entries.push(lin.record(&edit(create.customer, "note", "sent")));
    // 13: somebody else's name.
    let at = lin.tick();
    let change = executed_by(&lin, lin.device, at, &honest);
    let bytes = lin.entry(&honest, at, vec![change]);
    let forged = Entry { person: company.mei, ..Entry::from_bytes(&bytes).unwrap() };
    entries.push(lin.chain(&forged));
    // 14: a new shop, honestly.
    let second = new_customer("Second shop");
    entries.push(lin.record(&second));
    lin.deliver(entries).await;
    let exceptions = lin.judged(14).await;
    let codes: Vec<(u64, &str)> = exceptions.iter().map(|(n, code)| (*n, code.as_str())).collect();
    assert_eq!(
        codes,
        [
            (4, "UNDECLARED_PATH"),
            (5, "MALFORMED"),
            (6, "FROZEN"),
            (7, "FORGED"),
            (8, "FORGED"),
            (9, "MALFORMED"),
            (10, "UNKNOWN_SCHEMA"),
            (11, "RESTS_ON_QUARANTINED"),
            (12, "MISSING_DEPENDENCY"),
            (13, "FORGED"),
        ]
    );
    works(&company).await;
}

#[tokio::test]
async fn an_entry_of_ten_thousand_changes_is_not_looked_into() {
    let company = Company::open().await;
    let mut lin = company.online("lin").await;
    let create = new_customer("Corner shop");
    let honest = edit(create.customer, "phone", "2");
    let at = lin.tick();
    let entries = vec![lin.record(&create), lin.record_at(&honest, at)];
    lin.deliver(entries).await;
    assert!(lin.judged(2).await.is_empty());
    // The same deed again: to know that it is done, each of these documents would be read.
    let change = EntryChange { item: create.customer.into(), bytes: vec![0] };
    let entry = lin.entry(&honest, at, vec![change; 10_000]);
    lin.deliver(vec![entry]).await;
    let exceptions: Vec<_> = lin.judged(3).await.into_iter().collect();
    assert_eq!(exceptions, [(3, "TOO_LARGE".to_owned())]);
    works(&company).await;
}

#[tokio::test]
async fn the_office_releases_and_declines() {
    let company = Company::open().await;
    let app = &company.server.app;
    let mut lin = company.online("lin").await;
    let create = new_customer("Corner shop");
    let item = ItemId::from(create.customer);
    let entry = lin.record(&create);
    lin.deliver(vec![entry]).await;
    lin.judged(1).await;
    let mut wang = company.online("wang").await;
    wang.own = lin.own.clone();
    let first = wang.record(&edit(create.customer, "phone", "2"));
    let second = resting_on(&mut wang, &edit(create.customer, "phone", "3"), 1);
    let third = resting_on(&mut wang, &edit(create.customer, "phone", "4"), 2);
    wang.deliver(vec![first, second, third]).await;
    let exceptions = wang.judged(3).await;
    assert_eq!(exceptions[&1], "ACCESS_ENDED");
    assert_eq!(exceptions[&2], "RESTS_ON_QUARANTINED");
    assert_eq!(exceptions[&3], "RESTS_ON_QUARANTINED");

    // The second cannot go in before the first.
    let device = wang.device;
    let place = |n| (device, n);
    let refused = hub::release(&app.store, &app.clock, place(2), company.chen).await;
    assert!(refused.unwrap_err().to_string().contains("RESTS_ON_QUARANTINED"));
    hub::release(&app.store, &app.clock, place(1), company.chen).await.unwrap();
    let state = |n| roundsman_store::quarantine::find(&app.store.read, device, n);
    assert_eq!(state(1).await.unwrap().state, ExceptionState::Released);
    // Those that rest on it are let in for the same reason.
    assert_eq!(state(3).await.unwrap().state, ExceptionState::Released);
    lin.sees(|lin| {
        lin.seen.get(&item).is_some_and(|it| customer::read(it).unwrap().value("phone") == "4")
    })
    .await;

    let fourth = wang.record(&edit(create.customer, "phone", "5"));
    let fifth = resting_on(&mut wang, &edit(create.customer, "phone", "6"), 4);
    wang.deliver(vec![fourth, fifth]).await;
    wang.judged(5).await;
    hub::decline(&app.store, &app.clock, place(4), company.chen, "not his".to_owned())
        .await
        .unwrap();
    assert_eq!(state(4).await.unwrap().state, ExceptionState::Declined);
    // What rests on it is left to the device, which records it again.
    assert_eq!(state(5).await.unwrap().state, ExceptionState::Quarantined);
    let again = hub::release(&app.store, &app.clock, place(4), company.chen).await;
    assert!(again.is_err());
}

#[tokio::test]
async fn nothing_takes_the_place_of_what_is_in() {
    let company = Company::open().await;
    let app = &company.server.app;
    let mut lin = company.online("lin").await;
    let create = new_customer("Corner shop");
    let first = lin.record(&create);
    let second = resting_on(&mut lin, &edit(create.customer, "phone", "2"), 1);
    let third = replacing(&mut lin, &edit(create.customer, "phone", "3"), 2);
    lin.deliver(vec![first, second, third]).await;
    assert_eq!(lin.judged(3).await, [(3, "SUPERSEDED".to_owned())].into());
    let kept = roundsman_store::quarantine::find(&app.store.read, lin.device, 3).await.unwrap();
    assert_eq!(kept.state, ExceptionState::Declined, "nobody has to decide");
}

#[tokio::test]
async fn what_was_replaced_can_not_be_released() {
    let company = Company::open().await;
    let app = &company.server.app;
    let mut lin = company.online("lin").await;
    let create = new_customer("Corner shop");
    let first = lin.record(&create);
    let forged = executed_by(&lin, lin.device, Hlc(7), &edit(create.customer, "phone", "2"));
    let at = lin.tick();
    let second = lin.entry(&edit(create.customer, "phone", "2"), at, vec![forged]);
    let third = replacing(&mut lin, &edit(create.customer, "phone", "3"), 2);
    lin.deliver(vec![first, second, third]).await;
    lin.judged(3).await;
    let kept = |n| roundsman_store::quarantine::find(&app.store.read, lin.device, n);
    assert_eq!(kept(2).await.unwrap().state, ExceptionState::Replaced);
    let place = (lin.device, 2);
    assert!(hub::release(&app.store, &app.clock, place, company.chen).await.is_err());
}

fn replacing(phone: &mut Phone, operation: &dyn Operation, replaced: u64) -> Vec<u8> {
    let before = phone.head;
    let bytes = phone.record(operation);
    phone.head = before;
    let entry = Entry { replaces: Some(replaced), ..Entry::from_bytes(&bytes).unwrap() };
    phone.chain(&entry)
}

fn resting_on(phone: &mut Phone, operation: &dyn Operation, base: u64) -> Vec<u8> {
    let bytes = phone.record(operation);
    let entry = Entry { rests_on: vec![base], ..Entry::from_bytes(&bytes).unwrap() };
    phone.chain(&entry)
}

fn executed_by(phone: &Phone, device: DeviceId, at: Hlc, operation: &dyn Operation) -> EntryChange {
    let stamp = Stamp { at, by: phone.person, device };
    let load = &mut |item| Ok(phone.own.get(&item).cloned());
    let made = execute(operation, &actor_of(device, 0), stamp, load).unwrap().remove(0);
    EntryChange { item: made.item, bytes: made.change }
}

fn line() -> cart::CartLine {
    cart::CartLine {
        product: Uuid::nil().into(),
        pack: "box".to_owned(),
        quantity: "1".parse().unwrap(),
        discount: "0".parse().unwrap(),
        added_at: Timestamp(1),
    }
}

/// An operation that only its sender knows.
struct Unknown;

impl Operation for Unknown {
    fn name(&self) -> &'static str {
        "order.forget"
    }
    fn args(&self) -> Vec<u8> {
        vec![0xa0]
    }
    fn writes(&self) -> &'static [roundsman_core::documents::Writes] {
        &[]
    }
    fn documents(&self) -> Vec<ItemId> {
        vec![CustomerId(Uuid::nil()).into()]
    }
    fn creates(&self, _: ItemId) -> bool {
        false
    }
    fn apply(
        &self,
        _: ItemId,
        _: &mut roundsman_core::documents::Edit<'_, '_>,
    ) -> roundsman_core::error::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_reserved_message_is_answered_and_the_line_goes_on() {
    let company = Company::open().await;
    let mut phone = company.online("lin").await;
    phone.send_raw(vec![1, 0x05, 0, 0xa0]).await;
    phone
        .until(|_, message| match message {
            FromHub::Error(denied) => {
                assert_eq!((denied.refusal.code.as_str(), denied.answers), ("UNIMPLEMENTED", 5));
                true
            }
            _ => false,
        })
        .await;
    phone.send(FromDevice::Ping(Ping { clock: Timestamp(0), journal: None })).await;
    phone.until(|_, message| matches!(message, FromHub::Pong(_))).await;
}

/// A version of an order that this phone knows.
fn revision(phone: &Phone, order: ItemId, content: order::SignedOrder) -> order::Revision {
    order::Revision {
        order: content.order,
        bases: order::heads(&phone.own[&order]).unwrap(),
        by: phone.person,
        at: content.placed_at,
        offset_minutes: 480,
        content: Some(content),
        signed_again: false,
        reason: String::new(),
    }
}

#[tokio::test]
async fn a_version_is_of_its_order_and_says_what_the_operation_says() {
    let company = Company::open().await;
    let mut lin = company.online("lin").await;
    let create = new_customer("Corner shop");
    let submit = submit(&lin, create.customer, None);
    let item = ItemId::from(submit.signed.order);
    let entries = vec![lin.record(&create), lin.record(&submit)];
    lin.deliver(entries).await;
    assert!(lin.judged(2).await.is_empty());

    let noted = |note: &str| order::SignedOrder { note: note.to_owned(), ..submit.signed.clone() };
    let mut entries = Vec::new();
    // 3: an honest change, which stands from now on.
    let honest = order::Amend { revision: revision(&lin, item, noted("at the back door")) };
    entries.push(lin.record(&honest));
    // 4: for another customer.
    let other = order::SignedOrder { customer: Uuid::now_v7().into(), ..noted("") };
    let forged = order::Amend { revision: revision(&lin, item, other) };
    let kept = lin.own[&item].clone();
    entries.push(lin.record(&forged));
    lin.own.insert(item, kept);
    // 5: one thing in the document, another in what the office reads.
    let at = lin.tick();
    let written = order::Amend { revision: revision(&lin, item, noted("written")) };
    let said = order::Amend { revision: revision(&lin, item, noted("said")) };
    let change = executed_by(&lin, lin.device, at, &written);
    entries.push(lin.entry(&said, at, vec![change]));
    // 6: the version that stands, a second time.
    let at = lin.tick();
    let change = crafted(&lin, item, at, "order.amend", |it| {
        let (_, map) = it.get(ROOT, "versions").unwrap().unwrap();
        it.put(&map, honest.revision.id().to_string(), 0).unwrap();
    });
    entries.push(lin.entry(&honest, at, vec![change]));
    // 7: called off, honestly.
    let reason = "they close".to_owned();
    let cancel = order::Revision { content: None, reason, ..revision(&lin, item, noted("")) };
    entries.push(lin.record(&order::Cancel { revision: cancel }));
    lin.deliver(entries).await;
    let exceptions = lin.judged(7).await;
    let codes: Vec<(u64, &str)> = exceptions.iter().map(|(n, code)| (*n, code.as_str())).collect();
    assert_eq!(codes, [(4, "FORGED"), (5, "FORGED"), (6, "FROZEN")]);
    lin.sees(|lin| {
        let order = lin.seen.get(&item).and_then(|document| order::read(document).ok());
        order.is_some_and(|it| it.cancelled.is_some() && it.content.note == "at the back door")
    })
    .await;
}

#[tokio::test]
async fn only_the_office_takes_orders_for_others() {
    let company = Company::open().await;
    let (mut lin, mei) = (company.online("lin").await, company.phone("mei").await);
    let create = new_customer("Corner shop");
    let own = submit(&lin, create.customer, None);
    let signed = order::SignedOrder {
        rep: mei.person,
        taken_by: Some(lin.person),
        ..submit(&lin, create.customer, None).signed
    };
    let for_mei = order::Submit { signed };
    let entries = vec![lin.record(&create), lin.record(&for_mei), lin.record(&own)];
    lin.deliver(entries).await;
    let exceptions = lin.judged(3).await;
    assert_eq!(exceptions.into_iter().collect::<Vec<_>>(), [(2, "FORGED".to_owned())]);
}
