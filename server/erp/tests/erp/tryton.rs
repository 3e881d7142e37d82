//! Tryton in the place of the embedded ERP: a real one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use roundsman_core::documents::order::{Order, SignedOrder};
use roundsman_core::records::{Outcome, Ruling, SalesOrder};
use roundsman_erp::embedded::Ruled;
use roundsman_erp::tryton::{Client, Connection};
use roundsman_erp::{Answer, Erp, Task, Tryton};
use roundsman_store::outbox;
use rust_decimal::Decimal;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::port::{Demand, suite};
use crate::support::{CAKE, Company, FLOUR, GOOD, POOR, REP};
use crate::tryton_server::TrytonServer;

const FEW: Demand = Demand { orders: 10, bags: 5 };
/// Calls of an order that nothing disturbs, and some more.
const CALLS: usize = 22;

macro_rules! tryton {
    () => {
        match TrytonServer::start() {
            Some(it) => it,
            None => return,
        }
    };
}

#[tokio::test]
async fn the_suite_of_the_port() {
    let server = tryton!();
    let client = server.client();
    suite(FEW, |books| Tryton::new(books, client.clone())).await;
    let sales = server.sales().await;
    assert_eq!(sales.len(), usize::try_from(FEW.orders).unwrap());
    assert!(sales.iter().all(|it| it["state"] == "processing" && it["shipments"][0].is_i64()));
}

#[tokio::test]
async fn of_four_that_push_an_order_one_makes_the_sale() {
    let server = tryton!();
    let company = Company::open().await;
    let order = company.order(1, GOOD, &[(FLOUR, "bag", 2), (CAKE, "box", 3)]);
    company.admit(&order).await;
    let fence = company.claim().await;
    let row = outbox::due(&company.store.read, company.now(), 1).await.unwrap().remove(0);
    let task = Task { id: row.id, fence, order: Order::from(order.clone()) };
    let push = || async {
        let erp = Tryton::new(company.embedded(), server.client());
        erp.apply(&task).await.unwrap()
    };
    let answers = tokio::join!(push(), push(), push(), push());
    // Whoever was told to look again does.
    let decider = company.decider(Tryton::new(company.embedded(), server.client())).await;
    company.settle_all(&decider).await;
    let decided = company.decision(&order).await.unwrap();
    assert_eq!(decided.outcome, Outcome::Accepted, "{:?}", decided.reasons);
    for answer in [answers.0, answers.1, answers.2, answers.3] {
        match answer {
            Answer::Applied(it) | Answer::AlreadyApplied(it) => assert_eq!(it, decided),
            Answer::Busy(_) | Answer::Unknown(_) => {}
            other => panic!("{other:?}"),
        }
    }
    each_once(&server, &company, &[order]).await;
}

#[tokio::test]
async fn wherever_the_line_is_cut_each_order_is_one_sale() {
    let server = tryton!();
    let company = Company::open().await;
    let line = Line::before(&server.connection).await;
    let erp = Tryton::new(company.embedded(), Client::new(line.connection.clone()).unwrap());
    let decider = company.decider(erp).await;
    let mut orders = Vec::new();
    for call in 0..CALLS {
        let order = company.order(1 + call as u128, GOOD, &[(CAKE, "box", 1)]);
        company.admit(&order).await;
        line.cut_after(call);
        company.settle_all(&decider).await;
        orders.push(order);
    }
    each_once(&server, &company, &orders).await;
}

#[tokio::test]
async fn a_tryton_that_is_killed_goes_on_where_it_was() {
    let mut server = tryton!();
    let company = Company::open().await;
    let line = Line::before(&server.connection).await;
    let erp = Tryton::new(company.embedded(), Client::new(line.connection.clone()).unwrap());
    let decider = company.decider(erp).await;
    let mut orders = Vec::new();
    for call in [4, 9, 12, 14] {
        let order = company.order(1 + call as u128, GOOD, &[(FLOUR, "bag", 1)]);
        company.admit(&order).await;
        line.cut_after(call);
        // Until that call, which dies with its server.
        for _ in 0..3 {
            decider.round().await.unwrap();
        }
        server.order("kill");
        company.wait(100_000);
        decider.round().await.unwrap();
        server.order("start");
        company.settle_all(&decider).await;
        orders.push(order);
    }
    each_once(&server, &company, &orders).await;
}

#[tokio::test]
async fn while_tryton_lets_nobody_in_orders_wait() {
    let mut server = tryton!();
    let company = Company::open().await;
    let order = company.order(1, GOOD, &[(FLOUR, "bag", 1)]);
    company.admit(&order).await;
    let wrong = Connection { password: "guessed".to_owned(), ..server.connection.clone() };
    let decider =
        company.decider(Tryton::new(company.embedded(), Client::new(wrong).unwrap())).await;
    decider.round().await.unwrap();
    assert!(company.decision(&order).await.is_none());

    let decider = company.decider(Tryton::new(company.embedded(), server.client())).await;
    company.wait(100_000);
    company.settle_all(&decider).await;
    // Logged out in between, it logs in again by itself.
    server.order("end sessions");
    let later = company.order(2, GOOD, &[(FLOUR, "bag", 1)]);
    company.admit(&later).await;
    company.settle_all(&decider).await;
    each_once(&server, &company, &[order, later]).await;
}

#[tokio::test]
async fn what_tryton_refuses_waits_for_the_office_with_its_words() {
    let server = tryton!();
    let company = Company::open().await;
    let mut order = company.order(1, GOOD, &[(FLOUR, "bag", 1)]);
    order.lines[0].code = "NOTHING".to_owned();
    company.admit(&order).await;
    let erp = Tryton::new(company.embedded(), server.client());
    let decider = company.decider(erp.clone()).await;
    company.settle_all(&decider).await;
    let held = company.decision(&order).await.unwrap();
    assert_eq!(held.outcome, Outcome::Held);
    assert_eq!(held.reasons[0].code, "ERP_REFUSED");
    assert!(held.reasons[0].params["detail"].contains("NOTHING"), "{held:?}");
    assert!(server.sales().await.is_empty());
    company.adds_up().await;

    // Released without the cause being gone, it is refused again; declined, it is closed.
    let rule = |ruling, seen| Ruled { ruling, by: REP, note: "so".to_owned(), seen };
    let again = erp.rule(order.order, rule(Ruling::Release, held.decided_at)).await.unwrap();
    assert_eq!(again.outcome, Outcome::Held);
    let closed = erp.rule(order.order, rule(Ruling::Decline, again.decided_at)).await.unwrap();
    assert_eq!(closed.outcome, Outcome::Declined);
    assert!(server.sales().await.is_empty());
}

#[tokio::test]
async fn what_is_on_its_way_in_tryton_is_changed_there() {
    let server = tryton!();
    let company = Company::open().await;
    let order = company.order(1, GOOD, &[(FLOUR, "bag", 1)]);
    company.admit(&order).await;
    let decider = company.decider(Tryton::new(company.embedded(), server.client())).await;
    company.settle_all(&decider).await;
    let more =
        SignedOrder { lines: company.order(1, GOOD, &[(FLOUR, "bag", 4)]).lines, ..order.clone() };
    company.revise(order.order, Some(more)).await;
    company.settle_all(&decider).await;
    let held = company.decision(&order).await.unwrap();
    assert_eq!((held.outcome, held.reasons[0].code.as_str()), (Outcome::Held, "ERP_IN_PROCESS"));
    assert_eq!(server.sales().await.len(), 1);
}

#[tokio::test]
async fn a_server_that_was_set_back_finds_the_sale_that_it_made() {
    let server = tryton!();
    let before = Company::open().await;
    let order = before.order(1, POOR, &[(FLOUR, "bag", 1)]);
    before.admit(&order).await;
    let decider = before.decider(Tryton::new(before.embedded(), server.client())).await;
    before.settle_all(&decider).await;
    // Nothing of that is known any more, and the customer's credit is used up meanwhile.
    let after = Company::open().await;
    let much = after.order(2, POOR, &[(FLOUR, "bag", 4)]);
    after.admit(&much).await;
    after.admit(&order).await;
    let decider = after.decider(Tryton::new(after.embedded(), server.client())).await;
    after.settle_all(&decider).await;
    let held = after.decision(&order).await.unwrap();
    let codes: Vec<_> = held.reasons.iter().map(|it| it.code.as_str()).collect();
    assert_eq!(held.outcome, Outcome::Held);
    assert!(codes.contains(&"ERP_IN_PROCESS"), "{codes:?}");
}

/// Every order is one sale there that is on its way, with the amounts that were decided.
async fn each_once(server: &TrytonServer, company: &Company, orders: &[SignedOrder]) {
    let sales = server.sales().await;
    assert_eq!(sales.len(), orders.len(), "{sales:?}");
    for order in orders {
        let decided: SalesOrder = company.decision(order).await.unwrap();
        let sale = sales.iter().find(|it| it["reference"] == order.device_number.as_str()).unwrap();
        assert_eq!(sale["state"], "processing");
        let total: Decimal = sale["total_amount"]["decimal"].as_str().unwrap().parse().unwrap();
        assert_eq!(total, Decimal::new(decided.total.minor, 2));
        assert_eq!(sale["shipments"].as_array().unwrap().len(), 1);
    }
    company.adds_up().await;
}

/// A line to Tryton that can be cut in the middle of a call: the request arrives, the answer does not.
struct Line {
    connection: Connection,
    until_cut: Arc<AtomicUsize>,
}

impl Line {
    async fn before(there: &Connection) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let connection = Connection { url, ..there.clone() };
        let until_cut = Arc::new(AtomicUsize::new(usize::MAX));
        let server = there.url.trim_start_matches("http://").to_owned();
        let counter = until_cut.clone();
        tokio::spawn(async move {
            loop {
                let (here, _) = listener.accept().await.unwrap();
                let left = counter.load(Ordering::SeqCst);
                counter.store(left.wrapping_sub(1), Ordering::SeqCst);
                tokio::spawn(carry(here, server.clone(), left == 0));
            }
        });
        Self { connection, until_cut }
    }

    /// Cuts once, after so many calls.
    fn cut_after(&self, calls: usize) {
        self.until_cut.store(calls, Ordering::SeqCst);
    }
}

/// One call: Tryton closes every connection after it.
async fn carry(mut here: TcpStream, server: String, cut: bool) {
    let Ok(mut there) = TcpStream::connect(server).await else { return };
    if !cut {
        let _both_ended = tokio::io::copy_bidirectional(&mut here, &mut there).await;
        return;
    }
    let mut request = Vec::new();
    let mut part = vec![0; 64 * 1024];
    while !is_whole(&request) {
        let Ok(n @ 1..) = here.read(&mut part).await else { return };
        request.extend_from_slice(&part[..n]);
    }
    there.write_all(&request).await.unwrap();
    drop(here);
    let _answer_nobody_hears = there.read_to_end(&mut part).await;
}

/// Whether all of a request is here, by its length.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, _)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|it| it.strip_prefix("content-length: "));
    let length: usize = length.unwrap_or("0").trim().parse().unwrap();
    let head = request.windows(4).position(|it| it == b"\r\n\r\n").unwrap() + 4;
    request.len() >= head + length
}
