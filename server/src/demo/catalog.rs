//! What the demo company sells, and where it lies.

use roundsman_core::id::{PriceListId, WarehouseId};
use roundsman_core::money::{Currency, Money, round_minor};
use roundsman_core::quantity::{Percent, Quantity};
use roundsman_core::records::{
    LocalName, Pack, Picture, Price, PriceBreak, PriceList, Product, Warehouse,
};
use roundsman_core::time::{Day, Timestamp};
use roundsman_erp::embedded::master;
use roundsman_store::{Commit, Result, SqliteConnection};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::Size;
use crate::clock::Clock;

const PRODUCTS: &str = include_str!("products.json");
/// What the company began with: the table's first rows.
const FIRST_PRODUCTS: usize = 40;
/// Days that today's prices have held.
const PRICES_AGE_DAYS: i32 = 90;
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
    /// Shape and colour of its picture.
    look: String,
}

/// Where a product stands in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shelf {
    Flour,
    Dairy,
    Sweet,
    Bakery,
    Pantry,
    Drinks,
    Frozen,
    Snacks,
    Packaging,
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
            Self::Frozen => local("冷冻食品", "Frozen"),
            Self::Snacks => local("休闲零食", "Snacks"),
            Self::Packaging => local("包装与耗材", "Packaging"),
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
    /// Everything that is sold.
    pub articles: Vec<Article>,
}

/// A product with its price in both lists, and what is usually there of it.
#[derive(Clone)]
pub struct Article {
    /// The product.
    pub product: Product,
    /// Where it stands.
    pub shelf: Shelf,
    /// In the wholesale list.
    pub wholesale: Price,
    /// In the retailers' list.
    pub retail: Price,
    /// In the city's warehouse.
    pub stock: Quantity,
}

impl Catalog {
    /// The catalogue, with ids by chance.
    pub fn new(chance: &Clock, today: Day, size: Size) -> serde_json::Result<Self> {
        let mut rows: Vec<Row> = serde_json::from_str(PRODUCTS)?;
        rows.truncate(if size.is_whole() { rows.len() } else { FIRST_PRODUCTS });
        let list = |name, tax_included| PriceList {
            id: PriceListId(chance.new_id()),
            name,
            currency: Currency::CNY,
            tax_included,
        };
        let warehouse = |name| Warehouse { id: WarehouseId(chance.new_id()), name };
        let wholesale = list(local("批发价（未税）", "Wholesale, without tax"), false);
        let retail = list(local("零售商价（含税）", "Retailers, with tax"), true);
        let mut articles = Vec::new();
        for (row, number) in rows.into_iter().zip(1001..) {
            let (price, shelf) = (row.price, row.shelf);
            let stock = row.stock.times(i64::from(size.times()).into());
            let product = product(row, number, chance);
            let gross = Decimal::from(price * (100 + RETAIL_MARKUP))
                * (Decimal::ONE_HUNDRED + product.tax_rate.0);
            let gross = round_minor(gross / Decimal::from(10_000));
            let wholesale = priced(&wholesale, &product, price, today);
            let retail = priced(&retail, &product, gross, today);
            articles.push(Article { product, shelf, wholesale, retail, stock });
        }
        let city = warehouse(local("市区仓", "City warehouse"));
        let harbour = warehouse(local("港区仓", "Harbour warehouse"));
        Ok(Self { wholesale, retail, city, harbour, articles })
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
        for article in &self.articles {
            master::put_product(db, commit, &article.product, now).await?;
            for warehouse in [&self.city, &self.harbour] {
                let stock = self.usual_stock(article, warehouse);
                master::count_stock(db, warehouse, &article.product, stock).await?;
            }
            for price in [&article.wholesale, &article.retail] {
                master::put_price(db, commit, price, now).await?;
            }
        }
        Ok(())
    }

    /// What a warehouse holds when it is full: the harbour keeps a third, in whole units.
    pub fn usual_stock(&self, article: &Article, warehouse: &Warehouse) -> Quantity {
        if warehouse.id == self.city.id {
            return article.stock;
        }
        Quantity((article.stock.0 / Decimal::from(3)).floor())
    }
}

fn product(row: Row, number: u32, chance: &Clock) -> Product {
    let digits: [u8; 4] = chance.random();
    let (shape, colour) = row.look.split_once(' ').unwrap_or((&row.look, ""));
    let picture = Picture { shape: shape.to_owned(), colour: colour.to_owned() };
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
        picture: Some(picture),
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
        breaks,
        discount_max,
        since: today.plus(-PRICES_AGE_DAYS),
        ..Price::none(list.id, product.id)
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
        assert_eq!(rows.len(), 300);
    }

    #[test]
    fn barcodes_have_their_check_digit() {
        assert_eq!(barcode(123_456_789), "6901234567892");
    }
}
