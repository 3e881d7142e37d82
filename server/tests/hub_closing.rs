//! Documents that nothing can follow any more leave the phones, and their summaries stay.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a panic is how a test fails")]
#![allow(missing_docs, reason = "a test's name says it")]

mod hub_support;

use hub_support::{Company, Phone, new_customer, now, submit};
use roundsman_core::documents::order::Order;
use roundsman_core::documents::visit::{self, Begun, CheckIn, CheckOut, Finished, VisitOutcome};
use roundsman_core::id::{CustomerId, ItemId, VisitId};
use roundsman_core::records::{
    DecidedLine, OrderSummary, Outcome, Reason, Record as _, SalesOrder, VisitSummary, Who,
};
use roundsman_core::sync::{Channel, Fetch, FromDevice, FromHub, News};
use roundsman_core::views::{OrderRow, OrderView, SyncState};
use roundsman_server::crm::closing::{Ages, Closer};
use roundsman_store::history::Participants;
use roundsman_store::{documents, outbox, outcomes, records, verify};
use uuid::Uuid;

/// Closes whatever rested for this long; how many.
async fn close(company: &Company, rest_ms: i64) -> usize {
    let app = &company.server.app;
    let ages = Ages { visit_ms: rest_ms, declined_ms: rest_ms, accepted_ms: rest_ms };
    Closer::new(app.store.clone(), app.clock.clone(), ages).close_due().await.unwrap()
}

async fn channels(company: &Company, item: ItemId) -> Vec<Channel> {
    documents::channels(&company.server.app.store.read, item).await.unwrap()
}

fn holds(phone: &Phone, channel: Channel, item: ItemId) -> bool {
    phone.cursors.get(&channel).is_some_and(|held| held.elements.contains_key(&item))
}

/// Waits until the phone has the one item in this channel and not the other.
async fn has(phone: &mut Phone, channel: Channel, there: ItemId, gone: ItemId) {
    phone.sees(|phone| holds(phone, channel, there) && !holds(phone, channel, gone)).await;
}

fn check_in(phone: &Phone, customer: CustomerId) -> CheckIn {
    let (rep, at) = (phone.person, now());
    let begun = Begun { customer, rep, at, offset_minutes: 480, place: None };
    CheckIn { visit: VisitId(Uuid::now_v7()), begun }
}

fn check_out(visit: VisitId, note: &str) -> CheckOut {
    let finished = Finished { at: now(), outcome: VisitOutcome::NoNeed, note: note.to_owned() };
    CheckOut { visit, finished }
}

fn note(visit: VisitId, note: &str) -> visit::Note {
    visit::Note { visit, note: Some(note.to_owned()), outcome: None }
}

/// A finished visit of Lin's, seen by her second phone before it ended.
async fn finished_visit(lin: &mut Phone, second: &mut Phone) -> CheckIn {
    let create = new_customer("Corner shop");
    let check_in = check_in(lin, create.customer);
    let item = ItemId::from(check_in.visit);
    let entries = vec![lin.record(&create), lin.record(&check_in)];
    lin.deliver(entries).await;
    second.sees(|second| second.seen.contains_key(&item)).await;
    second.own = second.seen.clone();
    let entry = lin.record(&check_out(check_in.visit, "all sold"));
    lin.deliver(vec![entry]).await;
    assert!(lin.judged(3).await.is_empty());
    check_in
}

#[tokio::test]
async fn a_finished_visit_is_closed_for_all_its_readers() {
    let company = Company::open().await;
    let (mut lin, mut second) = (company.online("lin").await, company.online("lin").await);
    let mut mei = company.online("mei").await;
    let begun = finished_visit(&mut lin, &mut second).await;
    let item = ItemId::from(begun.visit);
    let summary = item.summary().unwrap();
    let (north, own) = (Channel::Territory(company.north), Channel::User(company.lin));

    assert_eq!(close(&company, 60_000).await, 0, "it has not rested yet");
    assert_eq!(close(&company, 0).await, 1);
    assert_eq!(close(&company, 0).await, 0, "once");

    // Each batch was applied with its digest.
    has(&mut mei, north, summary, item).await;
    has(&mut lin, north, summary, item).await;
    has(&mut lin, own, summary, item).await;
    assert_eq!(channels(&company, summary).await, [north, own]);
    let kept: VisitSummary =
        records::get(&company.server.app.store.read, begun.visit.0).await.unwrap().unwrap();
    let visit = kept.visit();
    assert_eq!((visit.begun, visit.note.as_str()), (begun.begun, "all sold"));

    // Whoever wants all of it asks.
    mei.send(FromDevice::Fetch(Fetch { items: vec![item], repair: None })).await;
    let mut found = None;
    mei.until(|_, message| {
        if let FromHub::FetchRes(answer) = message {
            found = Some(answer.clone());
        }
        found.is_some()
    })
    .await;
    let found = found.unwrap();
    assert!(matches!(&found.items[0].news, News::Snapshot(_)), "{found:?}");
}

/// What the check of the whole database finds of summaries, in words.
async fn problems(company: &Company) -> Vec<String> {
    let parts = verify::all(&company.server.app.store.read).await.unwrap();
    let wrong = parts.into_iter().filter(|part| part.wrong > 0);
    wrong.flat_map(|part| part.problems).collect()
}

#[tokio::test]
async fn a_summary_that_says_something_else_is_found() {
    let company = Company::open().await;
    let (mut lin, mut second) = (company.online("lin").await, company.online("lin").await);
    let begun = finished_visit(&mut lin, &mut second).await;
    assert_eq!(close(&company, 0).await, 1);
    assert_eq!(problems(&company).await, [""; 0]);

    let app = &company.server.app;
    let kept: VisitSummary = records::get(&app.store.read, begun.visit.0).await.unwrap().unwrap();
    let other = VisitSummary { note: "nothing sold".to_owned(), ..kept };
    let (channels, now) = (channels(&company, other.item()).await, app.clock.now());
    let item = other.item();
    let publish = app.store.write.run(move |db, commit| {
        Box::pin(async move { commit.publish(db, &other, &channels, now).await })
    });
    publish.await.unwrap();
    let told = format!("{item} says something else than what it stands for");
    assert_eq!(problems(&company).await, [told]);
}

#[tokio::test]
async fn what_comes_late_opens_a_visit_again_until_it_has_rested() {
    let company = Company::open().await;
    let (mut lin, mut second) = (company.online("lin").await, company.online("lin").await);
    let begun = finished_visit(&mut lin, &mut second).await;
    let item = ItemId::from(begun.visit);
    let (summary, north) = (item.summary().unwrap(), Channel::Territory(company.north));
    assert_eq!(close(&company, 0).await, 1);
    has(&mut lin, north, summary, item).await;

    // This phone was away when the visit ended.
    let entry = second.record(&note(begun.visit, "bring samples"));
    second.deliver(vec![entry]).await;
    assert!(second.judged(1).await.is_empty());
    has(&mut lin, north, item, summary).await;
    has(&mut lin, Channel::User(company.lin), item, summary).await;
    assert_eq!(lin.seen[&item].get_changes(&[]).len(), 3);
    assert!(channels(&company, summary).await.is_empty());

    assert_eq!(close(&company, 60_000).await, 0);
    assert_eq!(close(&company, 0).await, 1);
    has(&mut lin, north, summary, item).await;
}

#[tokio::test]
async fn a_summary_goes_where_its_customer_goes() {
    let company = Company::open().await;
    let (mut lin, mut second) = (company.online("lin").await, company.online("lin").await);
    let mut wang = company.online("wang").await;
    let begun = finished_visit(&mut lin, &mut second).await;
    let item = ItemId::from(begun.visit);
    let summary = item.summary().unwrap();
    assert_eq!(close(&company, 0).await, 1);
    let (north, south) = (Channel::Territory(company.north), Channel::Territory(company.south));
    has(&mut lin, north, summary, item).await;

    company.assign(begun.begun.customer, company.south, company.wang).await;
    has(&mut wang, south, summary, item).await;
    lin.sees(|lin| !holds(lin, north, summary)).await;
    assert_eq!(channels(&company, summary).await, [south, Channel::User(company.lin)]);
    assert!(channels(&company, item).await.is_empty());
    // What its author still has on the way counts, and opens it where it is now.
    let entry = second.record(&note(begun.visit, "bring samples"));
    second.deliver(vec![entry]).await;
    assert!(second.judged(1).await.is_empty());
    has(&mut wang, south, item, summary).await;
}

#[tokio::test]
async fn nothing_is_closed_while_an_entry_on_it_waits_for_the_office() {
    let company = Company::open().await;
    let (mut lin, mut second) = (company.online("lin").await, company.online("lin").await);
    let begun = finished_visit(&mut lin, &mut second).await;
    let bytes = second.record(&note(begun.visit, "bring samples"));
    let mut unknown = roundsman_core::sync::Entry::from_bytes(&bytes).unwrap();
    unknown.version = 9;
    let entry = second.chain(&unknown);
    second.deliver(vec![entry]).await;
    assert_eq!(second.judged(1).await.len(), 1);
    assert_eq!(close(&company, 0).await, 0);
}

#[tokio::test]
async fn a_decided_order_is_closed_with_its_decision() {
    let company = Company::open().await;
    let mut lin = company.online("lin").await;
    let create = new_customer("Corner shop");
    let submit = submit(&lin, create.customer, None);
    let order = submit.signed.order;
    let entries = vec![lin.record(&create), lin.record(&submit)];
    lin.deliver(entries).await;
    assert!(lin.judged(2).await.is_empty());
    let (item, north) = (ItemId::from(order), Channel::Territory(company.north));
    let (own, summary) = (Channel::User(company.lin), item.summary().unwrap());
    assert_eq!(close(&company, 0).await, 0, "it waits");

    let app = &company.server.app;
    loop {
        let now = app.clock.now().plus_millis(1_000_000);
        if outbox::due(&app.store.read, now, 1).await.unwrap().is_empty() {
            break;
        }
        tokio::task::yield_now().await;
    }
    let line = &submit.signed.lines[0];
    let decided = SalesOrder {
        order,
        number: "SO-1".to_owned(),
        customer: create.customer,
        outcome: Outcome::AcceptedWithChange,
        reasons: vec![Reason {
            code: "STOCK_SHORT".to_owned(),
            params: [("line".to_owned(), line.id.to_string())].into(),
            rule: "availability@1".to_owned(),
            inputs: vec![],
            fixes: vec![],
            who: Who::Nobody,
        }],
        lines: vec![DecidedLine {
            line: line.id,
            product: line.product,
            pack: line.pack.clone(),
            quantity: line.quantity,
            unit_price: line.unit_price,
            discount: line.discount,
            net: line.net,
            tax: line.tax,
            reserved: "0".parse().unwrap(),
            short: "1".parse().unwrap(),
        }],
        net: submit.signed.net,
        tax: submit.signed.total.minus(submit.signed.net),
        total: submit.signed.total,
        promised_on: None,
        decided_at: app.clock.now(),
        version: None,
        revision: 0,
        cancelled: false,
        verdict: None,
        progress: None,
    };
    let told = decided.clone();
    let publish = app.store.write.run(move |db, commit| {
        Box::pin(async move {
            let told_to = (&told, vec![north, own]);
            outcomes::publish(db, commit, &[told_to], told.decided_at).await
        })
    });
    publish.await.unwrap();
    lin.sees(|lin| holds(lin, own, decided.item())).await;

    assert_eq!(close(&company, 0).await, 1);
    has(&mut lin, north, summary, item).await;
    has(&mut lin, own, summary, decided.item()).await;
    assert_eq!(channels(&company, summary).await, [north, own]);
    let kept: OrderSummary = records::get(&app.store.read, order.0).await.unwrap().unwrap();
    let told = problems(&company).await;
    assert!(
        !told.iter().any(|it| it.contains("stands for") || it.contains("is shown")),
        "{told:?}"
    );
    // Whoever shows it does not notice.
    let (before, after) = (Order::from(submit.signed), Order::from(kept.signed()));
    let (decision, state) = (kept.decision(), SyncState::Confirmed);
    let row = OrderRow::new(&before, Some(&decided), "Lin", state);
    assert_eq!(OrderRow::new(&after, Some(&decision), "Lin", state), row);
    assert_eq!(
        OrderView::new(row.clone(), &after, Some(&decision), &Participants::default()),
        OrderView::new(row, &before, Some(&decided), &Participants::default())
    );
}
