//! Rights begin and end: customers move, grants come and go, people leave, devices are shut out.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a panic is how a test fails")]
#![allow(missing_docs, reason = "a test's name says it")]

mod hub_support;

use hub_support::{Company, Phone, edit, new_customer, now, submit};
use roundsman_core::documents::{Operation, customer};
use roundsman_core::id::{CustomerId, ItemId};
use roundsman_core::records::{Assignment, ExceptionState};
use roundsman_core::sync::{Bye, Channel, Entry, FromDevice, FromHub, WIPED, verify_wipe};
use roundsman_core::time::{Hlc, Timestamp};
use roundsman_erp::embedded::master;
use roundsman_server::hub;
use roundsman_store::{devices, documents, journal, people, regress};

/// Changes something about rights and waits until that is on disk.
macro_rules! decide {
    ($company:expr, |$db:ident, $commit:ident, $now:ident| $work:expr) => {{
        let app = &$company.server.app;
        let $now = app.clock.now();
        let decided = app.store.write.run(move |$db, $commit| Box::pin(async move { $work.await }));
        decided.await.unwrap();
        $now
    }};
}

/// A shop of Lin's that everybody in the north has.
async fn shop(company: &Company, lin: &mut Phone) -> CustomerId {
    let create = new_customer("Corner shop");
    let entry = lin.record(&create);
    lin.deliver(vec![entry]).await;
    assert!(lin.judged(1).await.is_empty());
    company.assign(create.customer, company.north, company.lin).await;
    let item = ItemId::from(create.customer);
    lin.sees(|lin| lin.seen.contains_key(&item)).await;
    create.customer
}

async fn moved(company: &Company, customer: CustomerId) -> Timestamp {
    let (territory, account_manager) = (company.south, company.wang);
    let assignment = Assignment { customer, territory, account_manager, visit_every_days: 7 };
    decide!(company, |db, commit, now| master::move_customer(db, commit, &assignment, now))
}

/// Long enough before whatever a test goes on to do.
fn a_while_ago() -> Timestamp {
    now().plus_millis(-10_000)
}

/// Records an operation as if the clock stood at this instant.
fn record_at(phone: &mut Phone, operation: &dyn Operation, at: Timestamp) -> Vec<u8> {
    phone.record_at(operation, Hlc::default().tick(at))
}

#[tokio::test]
async fn what_was_recorded_before_a_move_counts_for_the_old_owner() {
    let company = Company::open().await;
    let mut lin = company.online("lin").await;
    let mut wang = company.online("wang").await;
    let shop = shop(&company, &mut lin).await;
    // Lin is out of reach. The order and an edit are made before the move, another edit after it.
    lin.socket = None;
    let order = submit(&lin, shop, None);
    let before = a_while_ago();
    let entries = vec![
        record_at(&mut lin, &order, before),
        record_at(&mut lin, &edit(shop, "phone", "2"), before),
    ];
    moved(&company, shop).await;

    lin.connect().await;
    lin.hello().await;
    lin.deliver(entries).await;
    assert!(lin.judged(3).await.is_empty(), "the order and the edit count");
    let late = record_at(&mut lin, &edit(shop, "note", "mine"), now().plus_millis(60_000));
    lin.deliver(vec![late]).await;
    assert_eq!(lin.judged(4).await[&4], "CUSTOMER_MOVED");

    // The new owner has the shop as Lin left it, and Lin's order, which Lin keeps as well.
    let (item, order) = (ItemId::from(shop), ItemId::from(order.signed.order));
    wang.sees(|wang| wang.seen.contains_key(&order)).await;
    wang.sees(|wang| customer::read(&wang.seen[&item]).unwrap().value("phone") == "2").await;
    lin.sees(|lin| lin.seen.contains_key(&order)).await;

    // What came later is adopted.
    let app = &company.server.app;
    hub::release(&app.store, &app.clock, (lin.device, 4), company.chen).await.unwrap();
    wang.sees(|wang| customer::read(&wang.seen[&item]).unwrap().value("note") == "mine").await;
}

#[tokio::test]
async fn a_clock_that_is_wrong_takes_nobody_their_work() {
    let company = Company::open().await;
    let mut lin = company.online("lin").await;
    let shop = shop(&company, &mut lin).await;
    lin.socket = None;
    // Half an hour ahead: by its own clock all of it was made after the move.
    lin.ahead_ms = 30 * 60_000;
    let at = a_while_ago().plus_millis(lin.ahead_ms);
    let entry = record_at(&mut lin, &edit(shop, "phone", "2"), at);
    moved(&company, shop).await;
    lin.connect().await;
    lin.hello().await;
    lin.deliver(vec![entry]).await;
    assert!(lin.judged(2).await.is_empty());
}

#[tokio::test]
async fn a_grant_begins_and_ends_at_once_on_an_open_line() {
    let company = Company::open().await;
    let mut lin = company.online("lin").await;
    let mut wang = company.online("wang").await;
    let shop = ItemId::from(shop(&company, &mut lin).await);
    let (person, north) = (company.wang, Channel::Territory(company.north));

    decide!(company, |db, commit, now| people::grant(db, commit, person, north, now));
    wang.sees(|wang| wang.seen.contains_key(&shop)).await;

    decide!(company, |db, commit, now| people::revoke(db, commit, person, north, now));
    wang.until(|_, message| match message {
        FromHub::Grants(grants) => grants.channels.iter().all(|head| head.channel != north),
        _ => false,
    })
    .await;
}

#[tokio::test]
async fn a_leavers_journal_is_taken_and_divided_at_the_end_of_access() {
    let company = Company::open().await;
    let mut lin = company.online("lin").await;
    let shop = shop(&company, &mut lin).await;
    let before = a_while_ago();
    let good = record_at(&mut lin, &edit(shop, "phone", "2"), before);
    let person = company.lin;
    let end = decide!(company, |db, commit, now| people::disable(db, commit, person, now));
    // The open line hears of it, and stays open for the journal alone.
    lin.until(|_, message| match message {
        FromHub::Welcome(welcome) => {
            assert!(welcome.channels.is_empty());
            welcome.refusal.as_ref().is_some_and(|it| it.code == "ACCOUNT_ENDED")
        }
        _ => false,
    })
    .await;
    let late = record_at(&mut lin, &edit(shop, "phone", "3"), end.plus_millis(1));
    lin.deliver(vec![good, late]).await;
    let codes = judged(&company, &lin).await;
    assert_eq!(codes, [(3, "ACCESS_ENDED".to_owned(), ExceptionState::Quarantined)]);
}

#[tokio::test]
async fn who_may_come_back_is_told_on_an_open_line() {
    let company = Company::open().await;
    let mut lin = company.online("lin").await;
    let person = company.lin;
    decide!(company, |db, commit, now| people::disable(db, commit, person, now));
    lin.until(|_, message| match message {
        FromHub::Welcome(welcome) => welcome.refusal.is_some(),
        _ => false,
    })
    .await;
    let app = &company.server.app;
    let enabled = app
        .store
        .write
        .run(move |db, commit| Box::pin(async move { people::enable(db, commit, person).await }));
    enabled.await.unwrap();
    // The line ends without a word; at the next hello only a sign-in is missing.
    assert_eq!(lin.denied().await, "");
    lin.connect().await;
    assert_eq!(lin.hello().await.refusal.unwrap().code, "SIGN_IN_AGAIN");
}

#[tokio::test]
async fn a_locked_out_device_delivers_what_it_has_and_gets_nothing() {
    let company = Company::open().await;
    let mut lin = company.online("lin").await;
    let shop = shop(&company, &mut lin).await;
    let order = submit(&lin, shop, None);
    let item = ItemId::from(order.signed.order);
    let (first, mut rests) = (lin.record(&order), edit(shop, "phone", "2"));
    rests.fields.insert("note".to_owned(), "after the order".to_owned());
    let mut second = Entry::from_bytes(&lin.record(&rests)).unwrap();
    second.rests_on = vec![2];
    let second = lin.chain(&second);
    let device = lin.device;
    decide!(company, |db, commit, now| devices::revoke(db, commit, device, now));

    lin.connect().await;
    let welcome = lin.hello().await;
    assert_eq!(welcome.refusal.unwrap().code, "DEVICE_REVOKED");
    assert!(welcome.channels.is_empty());
    lin.deliver(vec![first, second]).await;
    let codes = judged(&company, &lin).await;
    let waits = ExceptionState::Quarantined;
    assert_eq!(
        codes,
        [(2, "DEVICE_REVOKED".to_owned(), waits), (3, "RESTS_ON_QUARANTINED".to_owned(), waits)]
    );
    // The office lets the order in, and with it what rests on it.
    let app = &company.server.app;
    assert!(!documents::exists(&app.store.read, item).await.unwrap());
    hub::release(&app.store, &app.clock, (device, 2), company.chen).await.unwrap();
    assert!(documents::exists(&app.store.read, item).await.unwrap());
    let states: Vec<_> = judged(&company, &lin).await.into_iter().map(|it| it.2).collect();
    assert_eq!(states, [ExceptionState::Released, ExceptionState::Released]);
}

#[tokio::test]
async fn with_a_device_those_are_locked_out_that_it_went_on_for() {
    let company = Company::open().await;
    let (mut before, after) = (company.online("lin").await, company.online("lin").await);
    let mut other = company.online("lin").await;
    let (old, new) = (before.device, after.device);
    decide!(company, |db, _commit, _now| regress::succeeded(db, old, new));
    decide!(company, |db, commit, now| devices::revoke(db, commit, new, now));
    // Storage that is set back is the earlier device's again.
    before.connect().await;
    assert_eq!(before.hello().await.refusal.unwrap().code, "DEVICE_REVOKED");
    other.connect().await;
    assert_eq!(other.hello().await.refusal, None);
}

#[tokio::test]
async fn a_device_is_wiped_only_after_its_journal_was_taken() {
    let company = Company::open().await;
    let mut lin = company.online("lin").await;
    let shop = shop(&company, &mut lin).await;
    let entry = lin.record(&edit(shop, "phone", "2"));
    let (device, key) = (lin.device, lin.server_key);
    let ordered = decide!(company, |db, commit, now| devices::order_wipe(db, commit, device, now));
    // Its token has ended as well.
    lin.token = "expired".to_owned();
    lin.connect().await;
    assert_eq!(lin.hello().await.refusal.unwrap().code, "DEVICE_WIPED");
    lin.push(vec![entry]).await;
    let mut receipt = None;
    lin.until(|phone, message| match message {
        FromHub::Receipt(it) => {
            receipt = Some(it.head);
            false
        }
        FromHub::Wipe(wipe) => {
            assert_eq!(receipt, Some(phone.head), "the journal comes first");
            assert_eq!((wipe.device, wipe.at), (device, ordered));
            verify_wipe(&key, wipe.device, wipe.at, &wipe.signature).unwrap();
            true
        }
        _ => false,
    })
    .await;
    lin.send(FromDevice::Bye(Bye { reason: WIPED.to_owned() })).await;
    assert_eq!(lin.denied().await, "");
    assert!(judged(&company, &lin).await.is_empty(), "what it recorded counts");
    let standing = devices::standing(&company.server.app.store.read, device).await.unwrap();
    assert!(standing.revoked_at.is_some());
}

/// What the hub made of a journal, once all of it is judged.
async fn judged(company: &Company, phone: &Phone) -> Vec<(u64, String, ExceptionState)> {
    let app = &company.server.app;
    let mut commits = app.store.write.committed();
    while journal::position(&app.store.read, phone.device).await.unwrap().judged < phone.head.n {
        commits.recv().await.unwrap();
    }
    let exceptions = journal::exceptions(&app.store.read, phone.device).await.unwrap();
    exceptions.into_iter().map(|it| (it.n, it.code, it.state)).collect()
}
