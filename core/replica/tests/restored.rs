//! What a phone keeps for a server that goes back in time, and for how long.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
#![allow(missing_docs, reason = "a test's name says it")]

mod support;

use std::path::Path;

use automerge::{Automerge, Change};
use roundsman_core::documents::Request;
use roundsman_core::id::{CustomerId, Entropy, ItemId, ItemKind};
use roundsman_core::records::ExceptionState;
use roundsman_core::sync::{
    Batch, BatchItem, Bytes, ChangeNews, Digest, FromDevice, FromHub, Head, Hello, News, Offer,
    Offered, Receipt, Restored, Welcome, decode_device, document_element, encode_hub,
};
use roundsman_core::time::Timestamp;
use roundsman_replica::{Files, Host, Line, Replica, Todo};
use support::{NOW, Office, Still, device, fields, open, server_key, shop, territory};
use uuid::Uuid;

const DAY_MS: i64 = 86_400_000;
const RESTORED: Restored = Restored { epoch: [9; 16], since: Timestamp(NOW.0 - DAY_MS) };

struct Later(Still, Timestamp);

impl Entropy for Later {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill(bytes);
    }
}

impl Host for Later {
    fn now(&self) -> Timestamp {
        self.1
    }

    fn offset_minutes(&self) -> i16 {
        480
    }
}

/// The same phone after so many days.
fn after_days(folder: &Path, days: i64) -> Replica {
    let name = |file: &str| folder.join(file).display().to_string();
    let files = Files::open(&name("journal.db"), &name("main.db"), None, None).unwrap();
    let host = Later(Still(100), NOW.plus_millis(days * DAY_MS));
    Replica::open(files, Box::new(host)).unwrap()
}

fn edit(replica: &mut Replica, customer: CustomerId, phone: &str) {
    let fields = fields(&[("phone", phone)]);
    replica.run(Request::CustomerEdit { customer, fields }).unwrap();
}

fn said(todo: &Todo) -> Vec<FromDevice> {
    todo.frames.iter().map(|frame| decode_device(frame).unwrap()).collect()
}

fn hello(replica: &mut Replica) -> (Line, Hello) {
    let (line, todo) = Line::open(replica, "", "test").unwrap();
    match said(&todo).into_iter().next() {
        Some(FromDevice::Hello(hello)) => (line, hello),
        other => panic!("not a hello: {other:?}"),
    }
}

/// What the phone says to a hub that holds its journal up to `held`.
fn welcome(
    replica: &mut Replica,
    line: &mut Line,
    held: Head,
    restored: Option<Restored>,
) -> (Vec<FromDevice>, bool) {
    let receipt = (held.n > 0).then(|| Receipt::sign(&server_key(), device(), held, NOW));
    let welcome =
        Welcome { protocol: 1, receipt, clock: NOW, channels: vec![], refusal: None, restored };
    let todo = line.receive(replica, encode_hub(&FromHub::Welcome(welcome))).unwrap();
    (said(&todo), todo.close)
}

fn offers(said: &[FromDevice]) -> Vec<&Offer> {
    said.iter()
        .filter_map(|message| match message {
            FromDevice::Offer(offer) => Some(offer),
            _ => None,
        })
        .collect()
}

/// A phone with a shop that it added and corrected, and a hub that has both entries.
fn shop_at_the_office(folder: &Path) -> (Replica, CustomerId, Office) {
    let mut phone = open(folder, 0);
    let customer = shop(&mut phone);
    edit(&mut phone, customer, "1");
    let mut office = Office::welcome(&mut phone);
    office.receipt(&mut phone);
    (phone, customer, office)
}

#[test]
fn a_hub_that_holds_less_gets_the_same_bytes_again() {
    let folder = tempfile::tempdir().unwrap();
    let (mut phone, _, mut office) = shop_at_the_office(folder.path());
    office.judge(&mut phone, 2, &[]);
    let sent: Vec<Bytes> = office.pushed.iter().flat_map(|push| push.entries.clone()).collect();
    let first = Head { n: 1, hash: roundsman_core::sync::hash(&sent[0].0) };

    let (mut line, hello) = hello(&mut phone);
    assert_eq!(hello.receipt.unwrap().head.n, 2, "the server can tell that it went back");
    let (said, close) = welcome(&mut phone, &mut line, first, Some(RESTORED));
    assert!(!close);
    let Some(FromDevice::Push(push)) = said.last() else { panic!("nothing was pushed: {said:?}") };
    assert_eq!(push.entries, sent[1..]);
    let last = offers(&said);
    assert!(last.iter().all(|offer| offer.epoch == RESTORED.epoch));
    assert!(last.last().unwrap().last, "also who has nothing to give says so");
}

#[test]
fn decisions_outlive_the_main_file_and_are_offered_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut phone = open(folder.path(), 0);
    shop(&mut phone);
    let mut office = Office::welcome(&mut phone);
    office.receipt(&mut phone);
    let item = ItemId::new(ItemKind::SalesOrder, Uuid::from_u128(5));
    let news = News::Signed(Bytes(vec![0xa0]), Bytes(vec![6; 64]));
    office.batch(&mut phone, territory(), BatchItem { item, news });
    drop((office, phone));
    for file in ["main.db", "main.db-wal"] {
        let _ = std::fs::remove_file(folder.path().join(file));
    }

    let mut phone = open(folder.path(), 50);
    let (mut line, hello) = hello(&mut phone);
    let held = hello.receipt.unwrap().head;
    let (said, _) = welcome(&mut phone, &mut line, held, Some(RESTORED));
    let given: Vec<_> = offers(&said).iter().flat_map(|offer| &offer.outcomes).cloned().collect();
    assert_eq!(given.len(), 1);
    assert_eq!((given[0].item, &given[0].signature), (item, &Bytes(vec![6; 64])));

    let offered = FromHub::Offered(Offered { epoch: RESTORED.epoch });
    line.receive(&mut phone, encode_hub(&offered)).unwrap();
    let (mut line, _) = self::hello(&mut phone);
    let (said, _) = welcome(&mut phone, &mut line, held, Some(RESTORED));
    assert!(offers(&said).is_empty());
}

#[test]
fn after_thirty_days_an_entry_is_its_hash_and_the_journal_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (mut phone, customer, mut office) = shop_at_the_office(folder.path());
    office.judge(&mut phone, 2, &[]);
    drop(phone);

    let mut phone = after_days(folder.path(), 29);
    assert_eq!(hello(&mut phone).1.pruned, None);
    drop(phone);
    let mut phone = after_days(folder.path(), 31);
    let held = hello(&mut phone).1;
    assert_eq!((held.pruned, held.journal.n), (Some(2), 2));
    edit(&mut phone, customer, "2");
    let (mut line, _) = hello(&mut phone);
    let (said, close) = welcome(&mut phone, &mut line, held.journal, None);
    let Some(FromDevice::Push(push)) = said.last() else { panic!("nothing was pushed: {said:?}") };
    assert_eq!((push.head.n, push.entries.len(), close), (3, 1, false));

    // What it cannot give back any more it says, and does not try for ever.
    let (mut line, _) = hello(&mut phone);
    let (_, close) = welcome(&mut phone, &mut line, Head::default(), Some(RESTORED));
    assert!(close);
    assert!(phone.is_forked());
}

#[test]
fn what_waits_for_the_office_stays() {
    let folder = tempfile::tempdir().unwrap();
    let mut phone = open(folder.path(), 0);
    let customer = shop(&mut phone);
    edit(&mut phone, customer, "1");
    edit(&mut phone, customer, "2");
    let mut office = Office::welcome(&mut phone);
    office.receipt(&mut phone);
    office.judge(&mut phone, 3, &[(2, ExceptionState::Quarantined, "CUSTOMER_MOVED")]);
    drop(phone);
    let mut phone = after_days(folder.path(), 40);
    assert_eq!(hello(&mut phone).1.pruned, Some(1));
}

#[test]
fn nothing_builds_on_documents_from_before_the_server_went_back() {
    let folder = tempfile::tempdir().unwrap();
    let (mut phone, customer, mut office) = shop_at_the_office(folder.path());
    let changes = [1, 2].map(|n| office.entry(n).changes[0].bytes.clone());
    let mut document = Automerge::new();
    let [first, second] = changes.clone().map(|bytes| Change::from_bytes(bytes).unwrap());
    document.apply_changes([first.clone()]).unwrap();
    let heads = [first.hash().0];
    let mut digest = Digest::default();
    digest.add(&document_element(territory(), customer.into(), &heads));
    document.apply_changes([second]).unwrap();
    office.show(&mut phone, customer, &document);
    office.judge(&mut phone, 2, &[]);

    // The server holds the first change only, and tells of it after the channel began.
    let page = |from, to, digest: Option<&Digest>, items| Batch {
        channel: territory(),
        epoch: RESTORED.epoch,
        from,
        to,
        digest: digest.map(|it| Bytes(it.0.to_vec())),
        items,
        from_part: None,
        to_part: None,
    };
    let news = News::Changes(vec![ChangeNews::Whole(Bytes(changes[0].clone()))]);
    let entered = BatchItem { item: customer.into(), news };
    for batch in [page(0, 1, None, vec![]), page(1, 2, Some(&digest), vec![entered])] {
        let todo = office.say(&mut phone, &FromHub::Batch(batch));
        assert!(!todo.close && todo.frames.is_empty(), "the digests agree");
    }
}
