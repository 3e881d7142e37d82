//! What an import does to products, prices and stock: records of the ERP's own tables.

use roundsman_core::id::{ProductId, WarehouseId};
use roundsman_core::quantity::Quantity;
use roundsman_core::records::{Price, Product, Warehouse};
use roundsman_erp::embedded::master;
use roundsman_store::{Commit, Result, SqliteConnection, records};

use super::Hand;

/// Puts a product back as it was; one that was not there is not sold any more.
pub async fn product_back(
    hand: &Hand<'_>,
    db: &mut SqliteConnection,
    commit: &mut Commit,
    (before, after): (Option<&Product>, &Product),
) -> Result<bool> {
    let now = master::product(&mut *db, after.id).await?;
    if now.as_ref() != Some(after) {
        return Ok(true);
    }
    let inactive = || Product { active: false, ..after.clone() };
    let back = before.cloned().unwrap_or_else(inactive);
    master::put_product(db, commit, &back, hand.now).await?;
    Ok(false)
}

/// Puts a price back as it was, or takes it away.
pub async fn price_back(
    hand: &Hand<'_>,
    db: &mut SqliteConnection,
    commit: &mut Commit,
    (before, after): (Option<&Price>, &Price),
) -> Result<bool> {
    let id = Price::id_of(after.list, after.product);
    if records::get::<Price>(&mut *db, id).await?.as_ref() != Some(after) {
        return Ok(true);
    }
    match before {
        Some(before) => master::put_price(db, commit, before, hand.now).await?,
        None => master::remove_price(db, commit, after).await?,
    }
    Ok(false)
}

pub async fn count(
    db: &mut SqliteConnection,
    warehouse: WarehouseId,
    product: ProductId,
    on_hand: Quantity,
) -> Result<()> {
    let place = records::get::<Warehouse>(&mut *db, warehouse).await?;
    let what = master::product(&mut *db, product).await?;
    match place.zip(what) {
        Some((place, what)) => master::count_stock(db, &place, &what, on_hand).await,
        None => Ok(()),
    }
}

/// Counts again what was counted before.
pub async fn count_back(
    hand: &Hand<'_>,
    db: &mut SqliteConnection,
    (warehouse, product): (WarehouseId, ProductId),
    (before, after): (Option<Quantity>, Quantity),
) -> Result<bool> {
    let now = master::on_hand(&mut *db, warehouse, product, hand.now).await?;
    if now != Some(after) {
        return Ok(true);
    }
    count(db, warehouse, product, before.unwrap_or(Quantity::ZERO)).await?;
    Ok(false)
}
