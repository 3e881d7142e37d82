//! The figures a decision is made from, out of the ERP's own tables.

use std::collections::{BTreeMap, BTreeSet};

use roundsman_core::documents::order::SignedOrder;
use roundsman_core::id::ProductId;
use roundsman_core::rules::{Shelf, Slot};
use roundsman_core::time::Timestamp;
use roundsman_store::{Result, SqliteConnection};

use super::store;

/// Everything that prices and judges this order now.
pub async fn load(db: &mut SqliteConnection, order: &SignedOrder, now: Timestamp) -> Result<Shelf> {
    let Some(account) = store::account(&mut *db, order.customer, now).await? else {
        return Ok(Shelf::without_prices(None));
    };
    let Some(list) = store::price_list(&mut *db, account.price_list).await? else {
        return Ok(Shelf::without_prices(Some(account)));
    };
    let wanted: BTreeSet<ProductId> = order.lines.iter().map(|line| line.product).collect();
    let mut slots = BTreeMap::new();
    for product in wanted {
        let slot = Slot {
            product: store::product(&mut *db, product).await?,
            price: store::price(&mut *db, &list, product).await?,
            stock: store::stock(&mut *db, account.warehouse, product, now).await?,
        };
        slots.insert(product, slot);
    }
    Ok(Shelf { list, account: Some(account), slots })
}
