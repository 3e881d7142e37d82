//! Tryton in the place of the embedded ERP: a real one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use roundsman_core::documents::order::{Order, SignedOrder};
use roundsman_core::records::{Outcome, Ruling, SalesOrder, Stage};
use roundsman_core::time::Timestamp;
use roundsman_erp::embedded::Ruled;
use roundsman_erp::tryton::{Client, Connection, Fault};
use roundsman_erp::{Answer, Task, Tryton};
use roundsman_store::outbox;
use rust_decimal::Decimal;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::port::{Demand, suite};
use crate::support::{CAKE, Company, FLOUR, GOOD, POOR, REP, one};
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
        one(&erp, &task).await.unwrap()
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
async fn prices_with_tax_in_them_come_to_the_same_sale() {
    let server = tryton!();
    let company = Company::with_tax_included(true).await;
    let decider = company.decider(Tryton::new(company.embedded(), server.client())).await;
    // Without tax these are no whole cents.
    let order = company.order(1, GOOD, &[(CAKE, "box", 7), (FLOUR, "bag", 3)]);
    company.admit(&order).await;
    company.settle_all(&decider).await;
    let decided = company.decision(&order).await.unwrap();
    assert_eq!(decided.outcome, Outcome::Accepted, "{:?}", decided.reasons);
    assert_eq!(decided.total.minor, order.total.minor);
    each_once(&server, &company, &[order]).await;
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
async fn after_a_day_without_tryton_each_order_is_one_sale() {
    const THREE_HOURS_MS: i64 = 3 * 3_600_000;
    let mut server = tryton!();
    let company = Company::open().await;
    let decider = company.decider(Tryton::new(company.embedded(), server.client())).await;
    server.order("kill");
    let mut orders = Vec::new();
    for part in 0..8 {
        let order = company.order(1 + part, GOOD, &[(CAKE, "box", 1)]);
        company.admit(&order).await;
        decider.round().await.unwrap();
        company.wait(THREE_HOURS_MS);
        orders.push(order);
    }
    assert_eq!(company.waiting().await, orders.len());
    server.order("start");
    company.settle_all(&decider).await;
    each_once(&server, &company, &orders).await;
}

#[tokio::test]
async fn a_tryton_that_answers_too_late_makes_no_second_sale() {
    let server = tryton!();
    let company = Company::open().await;
    let line = Line::before(&server.connection).await;
    // It is waited for one second, and every answer takes longer; what was asked is done all the same.
    let hasty = Connection { answer_seconds_max: 1, ..line.connection.clone() };
    let erp = Tryton::new(company.embedded(), Client::new(hasty).unwrap());
    let order = company.order(1, GOOD, &[(FLOUR, "bag", 1)]);
    company.admit(&order).await;
    let decider = company.decider(erp).await;
    line.keeps_answers(true);
    for _ in 0..6 {
        decider.round().await.unwrap();
        company.wait(100_000);
    }
    assert!(company.decision(&order).await.is_none());
    line.keeps_answers(false);
    let patient = Tryton::new(company.embedded(), server.client());
    let decider = company.decider(patient).await;
    company.settle_all(&decider).await;
    each_once(&server, &company, &[order]).await;
}

#[tokio::test]
async fn a_number_that_another_party_has_waits_for_the_office() {
    let server = tryton!();
    let company = Company::open().await;
    // Somebody who is no customer any more has the number that the office gave here.
    let party = json!([{ "name": "Gone", "code": "C-900", "active": false }]);
    server.client().call("party.party", "create", &[party]).await.unwrap();
    company.set_code(GOOD, "C-900").await;
    company.set_name(GOOD, "Harbour Bakery").await;
    let order = company.order(1, GOOD, &[(FLOUR, "bag", 1)]);
    company.admit(&order).await;
    let erp = Tryton::new(company.embedded(), server.client());
    company.settle_all(&company.decider(erp.clone()).await).await;
    let held = company.decision(&order).await.unwrap();
    assert_eq!((held.outcome, held.reasons[0].code.as_str()), (Outcome::Held, "ERP_REFUSED"));
    assert!(held.reasons[0].params["detail"].contains("code"), "{held:?}");
    assert!(server.sales().await.is_empty());

    company.set_code(GOOD, "C-901").await;
    let ruling = ruled(Ruling::Release, held.decided_at);
    assert_eq!(erp.rule(order.order, ruling).await.unwrap().outcome, Outcome::Accepted);
    each_once(&server, &company, &[order]).await;
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

    // Somebody without rights gets in, and may do nothing: that is no reason to refuse orders.
    let powerless = Connection {
        login: "nobody".to_owned(),
        password: "nobody-demo".to_owned(),
        ..server.connection.clone()
    };
    let decider =
        company.decider(Tryton::new(company.embedded(), Client::new(powerless).unwrap())).await;
    company.wait(100_000);
    decider.round().await.unwrap();
    assert!(company.decision(&order).await.is_none());

    let decider = company.decider(Tryton::new(company.embedded(), server.client())).await;
    company.wait(200_000);
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
    let again = erp.rule(order.order, ruled(Ruling::Release, held.decided_at)).await.unwrap();
    assert_eq!(again.outcome, Outcome::Held);
    let closed = erp.rule(order.order, ruled(Ruling::Decline, again.decided_at)).await.unwrap();
    assert_eq!(closed.outcome, Outcome::Declined);
    assert!(server.sales().await.is_empty());
}

#[tokio::test]
async fn what_is_on_its_way_in_tryton_is_changed_there() {
    let server = tryton!();
    let company = Company::open().await;
    let order = company.order(1, GOOD, &[(FLOUR, "bag", 1)]);
    company.admit(&order).await;
    let erp = Tryton::new(company.embedded(), server.client());
    let decider = company.decider(erp.clone()).await;
    company.settle_all(&decider).await;
    let first = company.decision(&order).await.unwrap();
    let more =
        SignedOrder { lines: company.order(1, GOOD, &[(FLOUR, "bag", 4)]).lines, ..order.clone() };
    company.revise(order.order, Some(more)).await;
    company.settle_all(&decider).await;
    let held = company.decision(&order).await.unwrap();
    assert_eq!((held.outcome, held.reasons[0].code.as_str()), (Outcome::Held, "ERP_IN_PROCESS"));
    assert_eq!(server.sales().await.len(), 1);
    // What is on its way keeps its stock and its credit.
    assert_eq!((held.total, &held.lines), (first.total, &first.lines));
    company.adds_up().await;

    // The office settles it: the change is declined, what is on its way is still followed.
    let ruling = ruled(Ruling::Decline, held.decided_at);
    let declined = erp.rule(order.order, ruling).await.unwrap();
    assert_eq!((declined.outcome, declined.total), (Outcome::Declined, first.total));
    company.adds_up().await;
    let shipment = server.sales().await[0]["shipments"][0].as_i64().unwrap();
    for button in ["wait", "assign_try", "pick", "pack", "do"] {
        server.press("stock.shipment.out", button, shipment).await;
    }
    assert_eq!(erp.follow(company.now()).await.unwrap(), 1);
    let shipped = company.decision(&order).await.unwrap();
    assert_eq!(shipped.progress.unwrap().stage, Stage::Shipped);

    // The rep takes the change back: what is wanted is what is on its way.
    company.revise(order.order, Some(order.clone())).await;
    company.settle_all(&decider).await;
    let again = company.decision(&order).await.unwrap();
    assert_eq!((again.outcome, again.total), (Outcome::Accepted, first.total));
    // It has left already, and takes no stock a second time.
    assert_eq!(again.progress.unwrap().stage, Stage::Shipped);
    company.adds_up().await;
    assert_eq!(server.sales().await.len(), 1);
}

#[tokio::test]
async fn of_the_sales_of_an_order_the_confirmed_one_is_followed() {
    let server = tryton!();
    let company = Company::open().await;
    let order = company.order(1, GOOD, &[(FLOUR, "bag", 1)]);
    company.admit(&order).await;
    let erp = Tryton::new(company.embedded(), server.client());
    let decider = company.decider(erp.clone()).await;
    company.settle_all(&decider).await;
    // Somebody copies the sale there, twice, and cancels one of the copies.
    let sale = server.sales().await[0]["id"].as_i64().unwrap();
    for _ in 0..2 {
        server.admin().call("sale.sale", "copy", &[json!([sale])]).await.unwrap();
    }
    let sales = server.sales().await;
    assert_eq!(sales.len(), 3);
    server.press("sale.sale", "cancel", sales[1]["id"].as_i64().unwrap()).await;
    assert_eq!(erp.follow(company.now()).await.unwrap(), 0);
    let decided = company.decision(&order).await.unwrap();
    assert_eq!(decided.progress.unwrap().stage, Stage::Confirmed);
    company.adds_up().await;
}

#[tokio::test]
async fn what_will_leave_later_cannot_be_promised_again() {
    let server = tryton!();
    let company = Company::open().await;
    let erp = Tryton::new(company.embedded(), server.client());
    let flour = || async {
        let products = erp.products().await.unwrap();
        products.into_iter().find(|it| it.code == "FL-25").unwrap().available
    };
    let before = flour().await;
    let order = company.order(1, GOOD, &[(FLOUR, "bag", 1)]);
    company.admit(&order).await;
    company.settle_all(&company.decider(erp.clone()).await).await;
    assert_eq!(flour().await, before - Decimal::from(25));
    let shipment = server.sales().await[0]["shipments"][0].clone();
    let later = json!({ "__class__": "date", "year": 2099, "month": 1, "day": 1 });
    let write = [json!([shipment]), json!({ "planned_date": later })];
    server.client().call("stock.shipment.out", "write", &write).await.unwrap();
    assert_eq!(flour().await, before - Decimal::from(25));
}

#[tokio::test]
async fn prices_are_those_of_a_base_unit_and_what_has_none_is_left_out() {
    let server = tryton!();
    let company = Company::open().await;
    let found = Tryton::new(company.embedded(), server.client()).pull_all().await.unwrap();
    let lists: Vec<_> = found.lists.iter().map(|it| (it.name.as_str(), it.tax_included)).collect();
    assert_eq!(
        lists,
        [
            ("Retail", false),
            ("Wholesale", false),
            ("By the case", false),
            ("Counter, tax included", true)
        ]
    );
    let by_the_case: Vec<_> = found.prices.iter().filter(|it| it.list == "By the case").collect();
    let shown: Vec<_> = by_the_case
        .iter()
        .map(|it| (it.product.as_str(), it.from.to_string(), it.price.normalize().to_string()))
        .collect();
    // Five cases are sixty pieces.
    assert_eq!(
        shown,
        [("NA-01", "0".to_owned(), "8".to_owned()), ("NA-01", "60".to_owned(), "6.4".to_owned())]
    );
    let retail = found.prices.iter().filter(|it| it.list == "Retail").count();
    assert_eq!(retail, found.products.len());
    assert!(found.customers.iter().all(|it| !it.list.is_empty()));
}

#[tokio::test]
async fn a_product_that_is_no_longer_sold_waits_for_the_office() {
    let server = tryton!();
    let company = Company::open().await;
    let erp = Tryton::new(company.embedded(), server.client());
    let decider = company.decider(erp.clone()).await;
    let first = company.order(1, GOOD, &[(CAKE, "box", 1)]);
    company.admit(&first).await;
    company.settle_all(&decider).await;
    let fits = json!([["code", "=", "CR-40"]]);
    let cake = server.admin().read("product.product", fits, &["template"]).await.unwrap();
    let sold = |sold: bool| {
        let (admin, id) = (server.admin(), json!([cake[0]["template"]]));
        async move {
            let write = [id, json!({ "salable": sold })];
            admin.call("product.template", "write", &write).await.unwrap();
        }
    };
    sold(false).await;
    let second = company.order(2, GOOD, &[(CAKE, "box", 1)]);
    company.admit(&second).await;
    company.settle_all(&decider).await;
    let held = company.decision(&second).await.unwrap();
    assert_eq!((held.outcome, held.reasons[0].code.as_str()), (Outcome::Held, "ERP_REFUSED"));
    sold(true).await;
    let ruling = ruled(Ruling::Release, held.decided_at);
    assert_eq!(erp.rule(second.order, ruling).await.unwrap().outcome, Outcome::Accepted);
    each_once(&server, &company, &[first, second]).await;
}

#[test]
fn a_password_goes_nowhere_else() {
    let to = |url: &str| Connection {
        url: url.to_owned(),
        database: "erp".to_owned(),
        login: "roundsman".to_owned(),
        password: "secret".to_owned(),
        answer_seconds_max: 1,
    };
    for refused in ["https://me:secret@erp.example.com", "erp.example.com", "ftp://erp.example.com"]
    {
        assert!(matches!(Client::new(to(refused)), Err(Fault::Setup(_))), "{refused}");
    }
    assert!(to("http://erp.example.com").is_open_to_read());
    for safe in ["https://erp.example.com", "http://127.0.0.1:8000", "http://localhost:8000"] {
        assert!(Client::new(to(safe)).is_ok() && !to(safe).is_open_to_read(), "{safe}");
    }
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

/// What somebody in the office decides.
fn ruled(ruling: Ruling, seen: Timestamp) -> Ruled {
    Ruled { ruling, by: REP, note: "so".to_owned(), seen }
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
    keeps_answers: Arc<AtomicBool>,
}

impl Line {
    async fn before(there: &Connection) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let connection = Connection { url, ..there.clone() };
        let until_cut = Arc::new(AtomicUsize::new(usize::MAX));
        let server = there.url.trim_start_matches("http://").to_owned();
        let keeps_answers = Arc::new(AtomicBool::new(false));
        let (counter, keeps) = (until_cut.clone(), keeps_answers.clone());
        tokio::spawn(async move {
            loop {
                let (here, _) = listener.accept().await.unwrap();
                let left = counter.load(Ordering::SeqCst);
                counter.store(left.wrapping_sub(1), Ordering::SeqCst);
                let answer = match (left == 0, keeps.load(Ordering::SeqCst)) {
                    (true, _) => Answers::Cut,
                    (false, true) => Answers::Kept,
                    (false, false) => Answers::Given,
                };
                tokio::spawn(carry(here, server.clone(), answer));
            }
        });
        Self { connection, until_cut, keeps_answers }
    }

    /// From now on nobody hears what was answered, and nobody is told so.
    fn keeps_answers(&self, keeps: bool) {
        self.keeps_answers.store(keeps, Ordering::SeqCst);
    }

    /// Cuts once, after so many calls.
    fn cut_after(&self, calls: usize) {
        self.until_cut.store(calls, Ordering::SeqCst);
    }
}

/// What becomes of the answer to a call.
#[derive(PartialEq)]
enum Answers {
    Given,
    Cut,
    Kept,
}

/// One call: Tryton closes every connection after it.
async fn carry(mut here: TcpStream, server: String, answer: Answers) {
    let Ok(mut there) = TcpStream::connect(server).await else { return };
    if answer == Answers::Given {
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
    if answer == Answers::Cut {
        drop(here);
        let _answer_nobody_hears = there.read_to_end(&mut part).await;
        return;
    }
    let _answer_nobody_hears = there.read_to_end(&mut part).await;
    // Until whoever asked gives up.
    let _gone = here.read(&mut part).await;
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
