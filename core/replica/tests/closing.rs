//! Visits and orders that the office closed: screens do not notice, and the rest is asked for.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod support;

use automerge::{Automerge, Change};
use roundsman_core::documents::visit::VisitOutcome;
use roundsman_core::documents::{Request, order, visit};
use roundsman_core::error::codes;
use roundsman_core::id::{CustomerId, ItemId, ItemKind, OrderId, VisitId};
use roundsman_core::records::{
    DecidedLine, OrderSummary, Outcome, Record, SalesOrder, VisitSummary,
};
use roundsman_core::sync::{BatchItem, Bytes, FetchRes, FromDevice, FromHub, News, decode_device};
use roundsman_core::time::Day;
use roundsman_core::views::{HistoryRow, OrderView, SyncState, VisitView};
use roundsman_replica::{Query, Replica};
use serde::de::DeserializeOwned;
use serde_json::Value;
use support::{NOW, Office, ask, code, open, shop, territory};
use tempfile::TempDir;

/// A phone with a shop that the office knows, and the office.
struct Field {
    folder: TempDir,
    replica: Replica,
    office: Office,
    customer: CustomerId,
}

impl Field {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut replica = open(folder.path(), 0);
        let mut office = Office::welcome_at(&mut replica, 0);
        let customer = shop(&mut replica);
        office.stock_the_shop(&mut replica, customer);
        let mut field = Self { folder, replica, office, customer };
        field.admit();
        field
    }

    fn ask<T: DeserializeOwned>(&self, query: &Query) -> T {
        ask(&self.replica, query)
    }

    fn visit(&mut self) -> VisitId {
        let check_in = Request::VisitCheckIn { customer: self.customer, place: None };
        VisitId(self.replica.run(check_in).unwrap().id)
    }

    fn check_out(&mut self, visit: VisitId) {
        let (outcome, note) = (VisitOutcome::NoNeed, Some("卖得好".to_owned()));
        self.replica.run(Request::VisitCheckOut { visit, outcome, note }).unwrap();
    }

    fn note(&mut self, visit: VisitId, note: &str) -> roundsman_replica::Result<()> {
        let note = Some(note.to_owned());
        self.replica.run(Request::VisitNote { visit, note, outcome: None }).map(|_| ())
    }

    /// The office takes in what was recorded; the number of the last entry.
    fn take(&mut self) -> u64 {
        let entries = self.office.push_all(&mut self.replica);
        for change in entries.iter().flat_map(|entry| &entry.changes) {
            let document = self.office.visits.entry(change.item).or_default();
            document.apply_changes([Change::from_bytes(change.bytes.clone()).unwrap()]).unwrap();
        }
        entries.last().unwrap().n
    }

    /// The office takes in what was recorded, and shows it.
    fn admit(&mut self) {
        let n = self.take();
        for (item, document) in self.office.visits.clone() {
            self.office.show(&mut self.replica, item, &document);
        }
        self.office.judge(&mut self.replica, n, &[]);
    }

    fn document(&self, item: impl Into<ItemId>) -> Automerge {
        self.office.visits[&item.into()].clone()
    }

    fn left(&mut self, item: impl Into<ItemId>) {
        let left = BatchItem { item: item.into(), news: News::Left };
        self.office.batch(&mut self.replica, territory(), left);
    }

    fn close_visit(&mut self, visit: VisitId) {
        let read = visit::read(&self.document(visit)).unwrap();
        let summary = VisitSummary::new(visit, &read).unwrap();
        self.office.tell(&mut self.replica, &summary);
        self.left(visit);
        self.office.visits.remove(&visit.into());
    }

    fn visit_of(&self, id: VisitId) -> VisitView {
        self.ask(&Query::Visit { id })
    }

    /// What all screens say that a visit or an order appears on.
    fn screens(&self) -> Vec<Value> {
        let (customer, page) = (Some(self.customer), Default::default());
        let queries = [
            Query::Today { day: NOW.day(480) },
            Query::Customer { id: self.customer },
            Query::Visits { customer, page },
            Query::Orders { search: Some("K3".to_owned()), state: None, customer, page },
            Query::Usual { customer: self.customer },
            Query::Catalogue { customer: self.customer, search: None, category: None, page },
        ];
        queries.iter().map(|query| self.ask(query)).collect()
    }

    /// Asks the office for documents, which it sends.
    fn fetch(&mut self, items: &[ItemId], documents: Vec<Automerge>) {
        let todo = self.office.fetch(&mut self.replica, items.to_vec());
        let asked = todo.frames.iter().any(|frame| {
            matches!(decode_device(frame), Ok(FromDevice::Fetch(fetch)) if fetch.items == items)
        });
        assert!(asked);
        let found = items.iter().zip(documents).map(|(item, document)| BatchItem {
            item: *item,
            news: News::Snapshot(Bytes(document.save())),
        });
        let found = FetchRes { repair: None, items: found.collect(), missing: vec![] };
        self.office.say(&mut self.replica, &FromHub::FetchRes(found));
    }
}

#[test]
fn a_closed_visit_looks_as_it_did_and_its_history_is_fetched() {
    let mut field = Field::new();
    let visit = field.visit();
    field.check_out(visit);
    field.admit();
    let (before, screens) = (field.visit_of(visit), field.screens());
    assert_eq!(before.row.sync, SyncState::Confirmed);
    let document = field.document(visit);

    field.close_visit(visit);
    assert_eq!((field.visit_of(visit), field.screens()), (before.clone(), screens));
    let history = Query::VisitHistory { id: visit };
    assert_eq!(field.ask::<Option<Vec<HistoryRow>>>(&history), None);
    assert_eq!(code(field.note(visit, "late")), codes::NOT_HERE);

    field.fetch(&[visit.into()], vec![document]);
    let rows = field.ask::<Vec<HistoryRow>>(&history);
    let operations: Vec<_> = rows.iter().map(|row| row.operation.as_str()).collect();
    assert_eq!(operations, ["visit.check_out", "visit.check_in"]);
    assert_eq!(code(field.note(visit, "late")), codes::VISIT_FINISHED);

    // All of it is here the next time, without a network.
    let Field { folder, replica, .. } = field;
    drop(replica);
    let replica = open(folder.path(), 50);
    assert_eq!(ask::<VisitView>(&replica, &Query::Visit { id: visit }), before);
    assert_eq!(ask::<Vec<HistoryRow>>(&replica, &history), rows);
}

#[test]
fn what_was_not_admitted_yet_stays_when_the_office_closes() {
    let mut field = Field::new();
    let visit = field.visit();
    field.admit();
    // Another phone of hers ended it; this one was away and goes on.
    let mut ended = visit::read(&field.document(visit)).unwrap();
    ended.finished =
        Some(visit::Finished { at: NOW, outcome: VisitOutcome::Later, note: "-".to_owned() });
    field.note(visit, "带样品").unwrap();
    let summary = VisitSummary::new(visit, &ended).unwrap();
    field.office.tell(&mut field.replica, &summary);
    field.left(visit);
    assert_eq!(field.visit_of(visit).row.note, "带样品");
    field.note(visit, "带样品和价目表").unwrap();

    // Once it is in, what the office says of it counts.
    let n = field.take();
    let shown = field.document(visit);
    field.office.show(&mut field.replica, visit, &shown);
    field.left(summary.item());
    field.office.judge(&mut field.replica, n, &[]);
    assert_eq!(field.visit_of(visit).row.note, "带样品和价目表");
    field.office.tell(&mut field.replica, &summary);
    field.left(visit);
    let now = field.visit_of(visit);
    assert_eq!((now.row.note.as_str(), now.row.outcome), ("-", Some(VisitOutcome::Later)));
}

#[test]
fn what_was_closed_before_it_ever_came_back_is_settled() {
    let mut field = Field::new();
    let visit = field.visit();
    field.check_out(visit);
    let n = field.take();
    let read = visit::read(&field.document(visit)).unwrap();
    field.office.tell(&mut field.replica, &VisitSummary::new(visit, &read).unwrap());
    assert_eq!(field.visit_of(visit).row.sync, SyncState::SafeAtOffice);
    field.office.judge(&mut field.replica, n, &[]);
    let seen = field.visit_of(visit);
    assert_eq!((seen.row.sync, seen.row.note.as_str()), (SyncState::Confirmed, "卖得好"));
    // And when the customer goes, nothing of it stays.
    field.left(ItemId::new(ItemKind::VisitSummary, visit));
    assert_eq!(field.ask::<Option<VisitView>>(&Query::Visit { id: visit }), None);
    let Field { folder, replica, .. } = field;
    drop(replica);
    let main = rusqlite::Connection::open(folder.path().join("main.db")).unwrap();
    let pending = main.query_row("select count(*) from pending", [], |row| row.get::<_, u32>(0));
    assert_eq!(pending, Ok(0));
}

#[test]
fn a_closed_order_is_still_the_last_one() {
    let mut field = Field::new();
    let product = roundsman_core::id::ProductId(uuid::Uuid::from_u128(31));
    let customer = field.customer;
    let (pack, quantity) = ("box".to_owned(), 2.into());
    let line = Request::CartSetLine { customer, product, pack, quantity, discount: None };
    field.replica.run(line).unwrap();
    let order = OrderId(field.replica.run(Request::OrderSubmit { customer }).unwrap().id);
    field.admit();
    let signed = order::read(&field.document(order)).unwrap().content;
    let decision = decided(&signed);
    field.office.tell(&mut field.replica, &decision);
    let query = Query::Order { id: order };
    let (before, screens) = (field.ask::<OrderView>(&query), field.screens());
    assert_eq!(before.row.short_lines, 1);
    let document = field.document(order);

    let summary = OrderSummary::new(&signed, &decision);
    let instead_of = document.save().len() + decision.to_bytes().len();
    assert!(summary.to_bytes().len() < instead_of / 2, "{}", summary.to_bytes().len());
    field.office.tell(&mut field.replica, &summary);
    field.left(order);
    field.left(decision.item());
    assert_eq!(field.screens(), screens);
    let closed = field.ask::<OrderView>(&query);
    assert_eq!((&closed.row, &closed.taxes), (&before.row, &before.taxes));
    let steps = |order: &OrderView| order.lines[0].price.steps.clone();
    assert_eq!(steps(&closed), [steps(&before).swap_remove(1)], "what was counted");
    let history = Query::OrderHistory { id: order };
    assert_eq!(field.ask::<Option<Vec<HistoryRow>>>(&history), None);

    field.fetch(&[order.into()], vec![document]);
    assert_eq!(field.ask::<OrderView>(&query).lines, before.lines);
    assert_eq!(field.ask::<Vec<HistoryRow>>(&history).len(), 1);
}

#[test]
fn what_the_office_does_not_show_is_not_waited_for() {
    let mut field = Field::new();
    let visit = field.visit();
    field.check_out(visit);
    field.admit();
    let document = field.document(visit);
    field.close_visit(visit);
    let history = Query::VisitHistory { id: visit };

    field.office.fetch(&mut field.replica, vec![visit.into()]);
    let missing = FetchRes { repair: None, items: vec![], missing: vec![visit.into()] };
    field.replica.take_changed();
    field.office.say(&mut field.replica, &FromHub::FetchRes(missing));
    assert_eq!(field.ask::<Option<Vec<HistoryRow>>>(&history), Some(vec![]));
    assert!(field.replica.take_changed().contains(&roundsman_replica::Topic::Visits));
    // What is known of it is still there, and it may come another time.
    assert_eq!(field.visit_of(visit).row.note, "卖得好");
    field.fetch(&[visit.into()], vec![document]);
    assert_eq!(field.ask::<Vec<HistoryRow>>(&history).len(), 2);
}

/// Taken, and all of it missing.
fn decided(signed: &order::SignedOrder) -> SalesOrder {
    let line = |line: &order::SignedLine| DecidedLine {
        line: line.id,
        product: line.product,
        pack: line.pack.clone(),
        quantity: line.quantity,
        unit_price: line.unit_price,
        discount: line.discount,
        net: line.net,
        tax: line.tax,
        reserved: 0.into(),
        short: line.base_quantity,
    };
    SalesOrder {
        order: signed.order,
        number: "SO-10231".to_owned(),
        customer: signed.customer,
        outcome: Outcome::AcceptedWithChange,
        reasons: vec![],
        lines: signed.lines.iter().map(line).collect(),
        net: signed.net,
        tax: signed.total.minus(signed.net),
        total: signed.total,
        promised_on: Some(Day(20_800)),
        decided_at: NOW,
        version: None,
        revision: 0,
        cancelled: false,
        verdict: None,
        progress: None,
    }
}
