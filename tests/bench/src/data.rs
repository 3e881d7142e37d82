//! The data set, from a seed: the same for us and for every peer.
//!
//! Peers read it as JSON, one object per entity. A line's name and price are its product's, as in
//! any shop; the rest is by chance.

use serde::Serialize;

/// Seed of everything that is there before a row begins.
pub const SEED: u32 = 42;
/// Seed of what is recorded offline.
pub const OFFLINE_SEED: u32 = 4242;

/// How much of everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Customers.
    pub customers: usize,
    /// Products.
    pub products: usize,
    /// Orders of ten lines.
    pub orders: usize,
}

impl Sizes {
    /// The full data set, times `scale`.
    #[must_use]
    pub fn scaled(scale: f64) -> Self {
        let of = |full: f64| (full * scale).round().max(20.0) as usize;
        Self { customers: of(2_000.0), products: of(5_000.0), orders: of(10_000.0) }
    }
}

/// Everything.
#[derive(Debug, Clone, Serialize)]
pub struct Data {
    /// By number.
    pub customers: Vec<Customer>,
    /// By number.
    pub products: Vec<Product>,
    /// By number.
    pub orders: Vec<Order>,
}

/// A shop.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Customer {
    /// Such as `cust-000007`.
    pub id: String,
    pub name: String,
    pub vat: String,
    pub phone: String,
    pub address: String,
    pub latitude: f64,
    pub longitude: f64,
    pub payment_terms: &'static str,
    pub notes: String,
}

/// An article.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Product {
    /// Such as `prod-000007`.
    pub id: String,
    pub sku: String,
    pub name: String,
    pub category: String,
    /// Minor units.
    pub price: i64,
    pub unit: &'static str,
    pub stock: i64,
    pub ean: String,
    pub active: bool,
}

/// An order.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// Such as `ord-000007`.
    pub id: String,
    pub customer: String,
    pub status: &'static str,
    pub created_at: i64,
    pub currency: &'static str,
    pub note: String,
    pub lines: Vec<Line>,
    /// Number of the customer.
    #[serde(skip)]
    pub of: usize,
}

/// What is older than this is closed, by the rules of the server for an order that was accepted.
const OLD_MS: i64 = 28 * 24 * 60 * 60_000;

impl Order {
    /// Whether it is long over when the last of these is taken.
    #[must_use]
    pub fn is_old(&self, all: &[Self]) -> bool {
        let last = all.iter().map(|order| order.created_at).max().unwrap_or_default();
        self.created_at < last - OLD_MS
    }
}

/// A line.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    pub line: usize,
    pub product: String,
    pub name: String,
    pub qty: i64,
    /// Minor units.
    pub unit_price: i64,
    /// Percent.
    pub discount: i64,
    pub tax: i64,
    /// Number of the product.
    #[serde(skip)]
    pub of: usize,
}

/// Lines of an order.
const LINES: usize = 10;
/// The tax on everything, in percent.
pub const TAX: i64 = 20;

const WORDS: &[&str] = &[
    "amber", "basin", "cedar", "delta", "ember", "field", "grove", "harbor", "iron", "jasper",
    "kernel", "lumen", "maple", "north", "ochre", "pine", "quartz", "river", "stone", "timber",
    "umber", "valley", "willow", "xenon", "yarrow", "zephyr", "bolt", "clamp", "drill", "filter",
    "gasket", "hinge", "joint", "lever", "motor", "nozzle", "pump", "rotor", "seal", "valve",
    "wrench",
];

/// Everything that is there before a row begins.
#[must_use]
pub fn generate(sizes: Sizes) -> Data {
    let mut chance = Chance(SEED);
    let customers = (0..sizes.customers).map(|n| customer(&mut chance, n)).collect();
    let products: Vec<_> = (0..sizes.products).map(|n| product(&mut chance, n)).collect();
    let orders = (0..sizes.orders)
        .map(|n| order(&mut chance, format!("ord-{n:06}"), sizes.customers, &products))
        .collect();
    Data { customers, products, orders }
}

/// What one device recorded offline.
#[must_use]
pub fn offline(device: usize, count: usize, customers: usize, products: &[Product]) -> Vec<Order> {
    let mut chance = Chance(OFFLINE_SEED.wrapping_add(device as u32 * 7_919));
    (0..count)
        .map(|n| order(&mut chance, format!("new-{device:03}-{n:05}"), customers, products))
        .collect()
}

fn customer(chance: &mut Chance, n: usize) -> Customer {
    Customer {
        id: format!("cust-{n:06}"),
        name: chance.words(3),
        vat: chance.hex(12),
        phone: format!("+33{}", chance.between(100_000_000, 999_999_999)),
        address: format!(
            "{} {}, {:05} {}",
            chance.between(1, 300),
            chance.words(2),
            chance.between(10_000, 99_999),
            chance.words(1)
        ),
        latitude: chance.between(-90_000, 90_000) as f64 / 1_000.0,
        longitude: chance.between(-180_000, 180_000) as f64 / 1_000.0,
        payment_terms: chance.pick(&["NET30", "NET60", "COD"]),
        notes: chance.words(39),
    }
}

fn product(chance: &mut Chance, n: usize) -> Product {
    Product {
        id: format!("prod-{n:06}"),
        sku: chance.hex(10),
        name: chance.words(4),
        category: chance.words(1),
        price: chance.between(100, 99_999),
        unit: "EA",
        stock: chance.between(0, 5_000),
        ean: chance.between(1_000_000_000_000, 9_000_000_000_000).to_string(),
        active: chance.between(0, 9) > 0,
    }
}

fn order(chance: &mut Chance, id: String, customers: usize, products: &[Product]) -> Order {
    let lines = (1..=LINES).map(|line| {
        let of = chance.between(0, products.len() as i64 - 1) as usize;
        let product = &products[of];
        Line {
            line,
            product: product.id.clone(),
            name: product.name.clone(),
            qty: chance.between(1, 40),
            unit_price: product.price,
            discount: chance.between(0, 20),
            tax: TAX,
            of,
        }
    });
    let lines = lines.collect();
    let of = chance.between(0, customers as i64 - 1) as usize;
    Order {
        id,
        customer: format!("cust-{of:06}"),
        status: chance.pick(&["draft", "placed", "shipped", "paid"]),
        created_at: 1_750_000_000_000 + chance.between(0, 30_000_000_000),
        currency: "EUR",
        note: chance.words(6),
        lines,
        of,
    }
}

/// Mulberry32: small, and the same in every language.
struct Chance(u32);

impl Chance {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x6D2B_79F5);
        let mut t = (self.0 ^ (self.0 >> 15)).wrapping_mul(self.0 | 1);
        t ^= t.wrapping_add((t ^ (t >> 7)).wrapping_mul(t | 61));
        f64::from(t ^ (t >> 14)) / 4_294_967_296.0
    }

    /// Both ends included.
    fn between(&mut self, from: i64, to: i64) -> i64 {
        from + (self.next() * (to - from + 1) as f64) as i64
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[(self.next() * from.len() as f64) as usize]
    }

    fn words(&mut self, count: usize) -> String {
        let words: Vec<&str> = (0..count).map(|_| self.pick(WORDS)).collect();
        words.join(" ")
    }

    fn hex(&mut self, digits: usize) -> String {
        let mut text = String::new();
        while text.len() < digits {
            text += &format!("{:08x}", (self.next() * 4_294_967_296.0) as u32);
        }
        text.truncate(digits);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_is_the_same_data() {
        let sizes = Sizes { customers: 20, products: 20, orders: 20 };
        let json = |data| serde_json::to_string(&data).unwrap_or_default();
        assert_eq!(json(generate(sizes)), json(generate(sizes)));
        assert!(generate(sizes).orders.iter().all(|order| order.lines.len() == LINES));
    }
}
