//! What a customer usually orders and its last order again, from the orders on the phone.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod support;

use std::cell::Cell;

use roundsman_core::documents::Request;
use roundsman_core::id::{CustomerId, Entropy, OrderId, ProductId};
use roundsman_core::money::{Currency, Money};
use roundsman_core::quantity::Percent;
use roundsman_core::records::{LocalName, Pack, Price, PriceBreak, Product};
use roundsman_core::time::{Day, Timestamp};
use roundsman_core::views::{CartPut, CartView, UsualView};
use roundsman_replica::{Host, Query, Replica};
use support::{Office, Still, ask, open_on, shop};
use tempfile::TempDir;
use uuid::Uuid;

/// A clock that is a minute later whenever it is looked at.
struct Passing {
    minutes: Cell<i64>,
    still: Still,
}

impl Entropy for Passing {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.still.fill(bytes);
    }
}

impl Host for Passing {
    fn now(&self) -> Timestamp {
        self.minutes.set(self.minutes.get() + 1);
        self.still.now().plus_millis(self.minutes.get() * 60_000)
    }

    fn offset_minutes(&self) -> i16 {
        self.still.offset_minutes()
    }
}

/// A phone with a shop that can order four products.
struct Phone {
    replica: Replica,
    office: Office,
    customer: CustomerId,
    _folder: TempDir,
}

const SOY: u128 = 31;
const RICE: u128 = 41;
const TEA: u128 = 42;
const OIL: u128 = 43;

fn id(product: u128) -> ProductId {
    ProductId(Uuid::from_u128(product))
}

fn product(n: u128, active: bool) -> Product {
    let name = |n| LocalName { zh: format!("货 {n}"), en: format!("Product {n}") };
    Product {
        id: id(n),
        code: format!("P-{n}"),
        name: name(n),
        category: name(0),
        unit: "pc".to_owned(),
        packs: vec![Pack { code: "box".to_owned(), factor: 12.into() }],
        tax_rate: 13.into(),
        barcode: String::new(),
        picture: None,
        active,
    }
}

impl Phone {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut replica =
            open_on(folder.path(), Box::new(Passing { minutes: Cell::new(0), still: Still(0) }));
        let mut office = Office::welcome(&mut replica);
        let customer = shop(&mut replica);
        office.stock_the_shop(&mut replica, customer);
        for n in [RICE, TEA, OIL] {
            office.tell(&mut replica, &product(n, true));
            let unit_price = Money::new(500, Currency::CNY);
            let price = Price {
                breaks: vec![PriceBreak { from: 0.into(), unit_price }],
                discount_max: 20.into(),
                since: Day(20_000),
                ..Price::none(Uuid::from_u128(32).into(), id(n))
            };
            office.tell(&mut replica, &price);
        }
        Self { replica, office, customer, _folder: folder }
    }

    fn puts(&mut self, product: u128, quantity: i64, pack: &str, discount: i64) {
        let line = Request::CartSetLine {
            customer: self.customer,
            product: id(product),
            pack: pack.to_owned(),
            quantity: quantity.into(),
            discount: Some(discount.into()),
        };
        self.replica.run(line).unwrap();
    }

    fn orders(&mut self, lines: &[(u128, i64, &str)]) -> OrderId {
        for (product, quantity, pack) in lines {
            self.puts(*product, *quantity, pack, 0);
        }
        self.submits()
    }

    fn submits(&mut self) -> OrderId {
        OrderId(self.replica.run(Request::OrderSubmit { customer: self.customer }).unwrap().id)
    }

    fn usual(&self) -> UsualView {
        ask(&self.replica, &Query::Usual { customer: self.customer })
    }

    /// What of the basket is how much, and in how many orders it was.
    fn basket(&self) -> Vec<(ProductId, String, u32)> {
        let line = |it: &roundsman_core::views::UsualLine| {
            (it.product, format!("{} {}", it.quantity, it.pack), it.times)
        };
        self.usual().basket.iter().map(line).collect()
    }

    /// Does with the cart what a tap does.
    fn takes(&mut self, puts: Vec<CartPut>) {
        let customer = self.customer;
        for CartPut { product, pack, quantity, discount } in puts {
            let line = Request::CartSetLine { customer, product, pack, quantity, discount };
            self.replica.run(line).unwrap();
        }
    }

    /// Product, packs and discount of each line of the cart.
    fn cart(&self) -> Vec<(ProductId, String, Percent)> {
        let cart: CartView = ask(&self.replica, &Query::Cart { customer: self.customer });
        let line = |it: &roundsman_core::views::CartLineView| {
            (it.product, format!("{} {}", it.quantity, it.pack), it.discount)
        };
        cart.lines.iter().map(line).collect()
    }
}

#[test]
fn what_is_in_two_of_the_last_eight_orders_is_usual() {
    let mut phone = Phone::new();
    assert_eq!(phone.usual(), UsualView { orders: 0, basket: vec![], last: None });
    phone.orders(&[(OIL, 1, "pc")]); // The ninth from behind says nothing any more.
    phone.orders(&[(SOY, 2, "box"), (OIL, 1, "pc")]);
    phone.orders(&[(SOY, 2, "box"), (RICE, 3, "pc")]);
    phone.orders(&[(SOY, 24, "pc")]);
    phone.orders(&[(SOY, 4, "box"), (RICE, 5, "pc")]);
    phone.orders(&[(SOY, 3, "box"), (TEA, 1, "box")]);
    phone.orders(&[(RICE, 4, "pc")]);
    phone.orders(&[(SOY, 1, "box"), (TEA, 2, "pc")]);
    phone.orders(&[(RICE, 10, "pc")]);
    assert_eq!(phone.usual().orders, 8);
    let usual = |product, amount: &str, times| (id(product), amount.to_owned(), times);
    // Soy by the box as in five of its six orders; of tea's two packs the latest; of rice's
    // 3, 4, 5 and 10 the smaller of the two in the middle.
    assert_eq!(
        phone.basket(),
        [usual(SOY, "2 box", 6), usual(RICE, "4 pc", 4), usual(TEA, "2 pc", 2)]
    );
}

#[test]
fn a_usual_basket_makes_nothing_in_the_cart_less() {
    let mut phone = Phone::new();
    for _ in 0..2 {
        phone.orders(&[(SOY, 2, "box"), (RICE, 6, "pc"), (TEA, 1, "box")]);
    }
    phone.puts(SOY, 25, "pc", 0); // More than two boxes.
    phone.puts(TEA, 5, "pc", 10); // Less than one.
    let puts = phone.usual().basket.into_iter().filter_map(|line| line.put).collect();
    phone.takes(puts);
    let line =
        |product, amount: &str, discount: i64| (id(product), amount.to_owned(), discount.into());
    assert_eq!(
        phone.cart(),
        [line(SOY, "25 pc", 0), line(TEA, "1 box", 10), line(RICE, "6 pc", 0)]
    );
    assert!(phone.usual().basket.iter().all(|line| line.put.is_none()));
}

#[test]
fn the_last_order_again_says_what_is_no_longer_sold() {
    let mut phone = Phone::new();
    let first = phone.orders(&[(OIL, 1, "pc")]);
    phone.puts(SOY, 2, "box", 5);
    phone.puts(RICE, 6, "pc", 0);
    let second = phone.submits();
    phone.office.tell(&mut phone.replica, &product(RICE, false));

    let last = phone.usual().last.unwrap();
    assert_eq!((last.order, last.line_count), (second, 1));
    assert_eq!(last.left_out, [product(RICE, true).name]);
    phone.takes(last.puts);
    assert_eq!(phone.cart(), [(id(SOY), "2 box".to_owned(), 5.into())]);
    let again = phone.submits();
    assert_eq!(phone.usual().last.unwrap().order, again);

    // What was cancelled, here or in both places, was taken back.
    for order in [again, second] {
        let reason = "wrong shop".to_owned();
        phone.replica.run(Request::OrderCancel { order, reason }).unwrap();
    }
    assert_eq!((phone.usual().orders, phone.usual().last.unwrap().order), (1, first));
    assert!(phone.usual().basket.is_empty());
    let shop: serde_json::Value = ask(&phone.replica, &Query::Customer { id: phone.customer });
    let order: serde_json::Value = ask(&phone.replica, &Query::Order { id: first });
    assert!(order["row"]["total"].is_object() && order["row"]["placedAt"].is_number());
    assert_eq!(shop["row"]["lastOrderTotal"], order["row"]["total"]);
    assert_eq!(shop["row"]["lastOrderAt"], order["row"]["placedAt"]);
}

#[test]
fn a_product_that_is_no_longer_sold_is_not_usual() {
    let mut phone = Phone::new();
    for _ in 0..2 {
        phone.orders(&[(SOY, 2, "box"), (RICE, 6, "pc")]);
    }
    phone.office.tell(&mut phone.replica, &product(SOY, false));
    assert_eq!(phone.basket(), [(id(RICE), "6 pc".to_owned(), 2)]);
}
