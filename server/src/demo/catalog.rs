//! What the demo company sells, and where it lies.

use roundsman_core::id::{PriceListId, WarehouseId};
use roundsman_core::money::{Currency, Money, round_minor};
use roundsman_core::quantity::{Percent, Quantity};
use roundsman_core::records::{LocalName, Pack, Price, PriceBreak, PriceList, Product, Warehouse};
use roundsman_core::time::{Day, Timestamp};
use roundsman_erp::embedded::master;
use roundsman_store::{Commit, Result, SqliteConnection};
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::clock::Clock;

const PRODUCTS: &str = include_str!("products.json");
/// Days that today's prices have held.
const PRICES_AGE_DAYS: i32 = 30;
/// Above the wholesale price, for those who buy at the list with tax, in percent.
const RETAIL_MARKUP: i64 = 8;

#[derive(Deserialize)]
struct Row {
    zh: String,
    en: String,
    shelf: Shelf,
    unit: String,
    packs: Vec<(String, Quantity)>,
    tax: i64,
    /// Minor units, without tax.
    price: i64,
    stock: Quantity,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Shelf {
    Flour,
    Dairy,
    Sweet,
    Bakery,
    Pantry,
    Drinks,
}

impl Shelf {
    fn name(self) -> LocalName {
        match self {
            Self::Flour => local("面粉与原料", "Flour and basics"),
            Self::Dairy => local("乳品与蛋", "Dairy and eggs"),
            Self::Sweet => local("甜味与馅料", "Sweet and fillings"),
            Self::Bakery => local("烘焙成品", "From our bakery"),
            Self::Pantry => local("调味与粮油", "Pantry"),
            Self::Drinks => local("咖啡与饮品", "Coffee and drinks"),
        }
    }
}

/// Products with prices and stock.
#[derive(Clone)]
pub struct Catalog {
    /// Prices without tax.
    pub wholesale: PriceList,
    /// Prices with tax.
    pub retail: PriceList,
    /// In the city.
    pub city: Warehouse,
    /// At the harbour.
    pub harbour: Warehouse,
    products: Vec<(Product, Quantity)>,
    prices: Vec<Price>,
}

impl Catalog {
    /// The catalogue, with ids by chance.
    pub fn new(chance: &Clock, today: Day) -> serde_json::Result<Self> {
        let rows: Vec<Row> = serde_json::from_str(PRODUCTS)?;
        let list = |name, tax_included| PriceList {
            id: PriceListId(chance.new_id()),
            name,
            currency: Currency::CNY,
            tax_included,
        };
        let warehouse = |name| Warehouse { id: WarehouseId(chance.new_id()), name };
        let wholesale = list(local("批发价（未税）", "Wholesale, without tax"), false);
        let retail = list(local("零售商价（含税）", "Retailers, with tax"), true);
        let (mut products, mut prices) = (Vec::new(), Vec::new());
        for (row, number) in rows.into_iter().zip(1001..) {
            let (price, stock) = (row.price, row.stock);
            let product = product(row, number, chance);
            let gross = Decimal::from(price * (100 + RETAIL_MARKUP))
                * (Decimal::ONE_HUNDRED + product.tax_rate.0);
            let gross = round_minor(gross / Decimal::from(10_000));
            prices.push(priced(&wholesale, &product, price, today));
            prices.push(priced(&retail, &product, gross, today));
            products.push((product, stock));
        }
        let city = warehouse(local("市区仓", "City warehouse"));
        let harbour = warehouse(local("港区仓", "Harbour warehouse"));
        Ok(Self { wholesale, retail, city, harbour, products, prices })
    }

    /// Stores and publishes all of it.
    pub async fn put(
        &self,
        db: &mut SqliteConnection,
        commit: &mut Commit,
        now: Timestamp,
    ) -> Result<()> {
        for list in [&self.wholesale, &self.retail] {
            master::put_price_list(db, commit, list, now).await?;
        }
        for warehouse in [&self.city, &self.harbour] {
            master::put_warehouse(db, commit, warehouse, now).await?;
        }
        for (product, stock) in &self.products {
            master::put_product(db, commit, product, now).await?;
            master::count_stock(db, &self.city, product, *stock).await?;
            // The harbour keeps a third, in whole units.
            let third = Quantity((stock.0 / Decimal::from(3)).floor());
            master::count_stock(db, &self.harbour, product, third).await?;
        }
        for price in &self.prices {
            master::put_price(db, commit, price, now).await?;
        }
        Ok(())
    }
}

fn product(row: Row, number: u32, chance: &Clock) -> Product {
    let digits: [u8; 4] = chance.random();
    let packs = row.packs.into_iter().map(|(code, factor)| Pack { code, factor });
    Product {
        id: chance.new_id().into(),
        code: format!("P{number}"),
        name: LocalName { zh: row.zh, en: row.en },
        category: row.shelf.name(),
        unit: row.unit,
        packs: packs.collect(),
        tax_rate: Percent(Decimal::from(row.tax)),
        barcode: barcode(u32::from_be_bytes(digits)),
        active: true,
    }
}

/// A GTIN-13 of a Chinese company, with its check digit.
fn barcode(number: u32) -> String {
    let body = format!("690{:09}", number % 1_000_000_000);
    let sum: u32 = body
        .bytes()
        .enumerate()
        .map(|(position, digit)| u32::from(digit - b'0') * if position % 2 == 0 { 1 } else { 3 })
        .sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

/// The price of one unit, less from one large pack on, and less again from ten.
fn priced(list: &PriceList, product: &Product, minor: i64, today: Day) -> Price {
    let pack = product.packs.last().map_or(Quantity::from(10), |pack| pack.factor);
    let step = |from: Quantity, percent: i64| PriceBreak {
        from,
        unit_price: Money::new(
            round_minor(Decimal::from(minor * percent) / Decimal::ONE_HUNDRED),
            list.currency,
        ),
    };
    let breaks =
        vec![step(Quantity::ZERO, 100), step(pack, 96), step(pack.times(Quantity::from(10)), 92)];
    let discount_max = Percent(Decimal::from(if list.tax_included { 5 } else { 10 }));
    Price {
        list: list.id,
        product: product.id,
        breaks,
        discount_max,
        since: today.plus(-PRICES_AGE_DAYS),
    }
}

pub fn local(zh: &str, en: &str) -> LocalName {
    LocalName { zh: zh.to_owned(), en: en.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_product_can_be_read() {
        let rows: Vec<Row> = serde_json::from_str(PRODUCTS).unwrap();
        assert_eq!(rows.len(), 40);
    }

    #[test]
    fn barcodes_have_their_check_digit() {
        assert_eq!(barcode(123_456_789), "6901234567892");
    }
}
