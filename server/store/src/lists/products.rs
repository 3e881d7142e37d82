//! Products with their stock, as the office lists them.

use std::collections::BTreeMap;

use roundsman_core::id::{PriceListId, ProductId};
use roundsman_core::money::Money;
use roundsman_core::quantity::Quantity;
use roundsman_core::records::{Price, Product};
use roundsman_core::rules::list_price;
use roundsman_core::time::Timestamp;
use sqlx::{QueryBuilder, Row, Sqlite, SqlitePool};
use uuid::Uuid;

use super::{List, Page, Rows};
use crate::{Error, Result, column, records};

/// A product with its stock in all warehouses.
#[derive(Debug, Clone)]
pub struct ListedProduct {
    /// The product.
    pub product: Product,
    /// In the first price list, now.
    pub unit_price: Option<Money>,
    /// Base units that are there.
    pub on_hand: Quantity,
    /// Base units promised.
    pub reserved: Quantity,
}

const PRODUCTS: List = List {
    select: "p.id, (select json_group_array(json_array(s.on_hand, s.reserved)) \
                    from erp_stock s where s.product = p.id) as stock",
    from: "erp_product p",
    search: &["p.search"],
    sorts: &[
        ("code", "p.code"),
        ("name", "p.name_zh"),
        // For the order alone: what is shown is summed as decimals.
        (
            "available",
            "(select sum(cast(s.on_hand as real) - cast(s.reserved as real)) from erp_stock s where s.product = p.id)",
        ),
    ],
    newest_first: false,
    tie: "p.id",
};

/// A page of products.
///
/// # Errors
/// When the database refuses.
pub async fn list(db: &SqlitePool, page: &Page, now: Timestamp) -> Result<Rows<ListedProduct>> {
    let found = PRODUCTS.fetch(db, page, &|_: &mut QueryBuilder<Sqlite>| {}).await?;
    let ids =
        found.rows.iter().map(|row| row.try_get::<Uuid, _>("id")).collect::<Result<Vec<_>, _>>()?;
    let mut products = records::many::<Product>(db, ids.iter().copied()).await?;
    let prices = first_prices(db, &ids, now).await?;
    let rows = found.rows.iter().zip(ids).map(|(row, id)| {
        let product = products
            .remove(&id)
            .ok_or_else(|| Error::Corrupt(format!("product {id} was not published")))?;
        let stock: Vec<(Quantity, Quantity)> = column::from_json(row.try_get("stock")?)?;
        Ok(ListedProduct {
            unit_price: prices.get(&product.id).copied(),
            product,
            on_hand: sum(stock.iter().map(|(on_hand, _)| *on_hand)),
            reserved: sum(stock.iter().map(|(_, reserved)| *reserved)),
        })
    });
    Ok(Rows { total: found.total, rows: rows.collect::<Result<_>>()? })
}

/// A page of what is sold now.
///
/// # Errors
/// When the database refuses.
pub async fn sold(db: &SqlitePool, page: &Page) -> Result<Rows<ProductId>> {
    let narrow = |query: &mut QueryBuilder<Sqlite>| {
        query.push(" and p.active");
    };
    let found = PRODUCTS.fetch(db, page, &narrow).await?;
    let ids = found.rows.iter().map(|row| Ok(row.try_get::<Uuid, _>("id")?.into()));
    Ok(Rows { total: found.total, rows: ids.collect::<Result<_>>()? })
}

/// What these products cost in the company's first price list.
async fn first_prices(
    db: &SqlitePool,
    products: &[Uuid],
    now: Timestamp,
) -> Result<BTreeMap<ProductId, Money>> {
    let first: Option<Uuid> =
        sqlx::query_scalar("select id from erp_price_list order by tax_included, name_en limit 1")
            .fetch_optional(db)
            .await?;
    let Some(list) = first.map(PriceListId::from) else { return Ok(BTreeMap::new()) };
    let ids = products.iter().map(|id| Price::id_of(list, (*id).into()));
    let prices = records::many::<Price>(db, ids).await?;
    let first = |price: &Price| Some((price.product, list_price(&price.at(now))?));
    Ok(prices.values().filter_map(first).collect())
}

fn sum(quantities: impl Iterator<Item = Quantity>) -> Quantity {
    quantities.fold(Quantity::ZERO, |sum, it| Quantity(sum.0.saturating_add(it.0)))
}
