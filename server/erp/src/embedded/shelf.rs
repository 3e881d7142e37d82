//! The figures a decision is made from, out of the ERP's own tables.

use std::collections::BTreeSet;

use roundsman_core::documents::order::SignedOrder;
use roundsman_core::id::{CustomerId, ProductId};
use roundsman_core::rules::{Shelf, Slot};
use roundsman_core::time::Timestamp;
use roundsman_store::{Result, SqliteConnection};

use super::store;

/// Everything that prices and judges this order now.
pub async fn load(db: &mut SqliteConnection, order: &SignedOrder, now: Timestamp) -> Result<Shelf> {
    let products = order.lines.iter().map(|line| line.product).collect();
    load_for(db, order.customer, products, now).await
}

/// Everything that prices and judges these products for a customer now. A customer without an
/// account has no prices.
pub async fn load_for(
    db: &mut SqliteConnection,
    customer: CustomerId,
    products: BTreeSet<ProductId>,
    now: Timestamp,
) -> Result<Shelf> {
    let account = store::account(&mut *db, customer, now).await?;
    let list = match &account {
        Some(account) => store::price_list(&mut *db, account.price_list).await?,
        None => None,
    };
    let mut shelf = Shelf::without_prices(account);
    for id in products {
        let mut slot = Slot { product: store::product(&mut *db, id).await?, ..Slot::default() };
        if let Some(list) = &list {
            slot.price = store::price(&mut *db, list, id).await?;
        }
        if let Some(account) = &shelf.account {
            slot.stock = store::stock(&mut *db, account.warehouse, id, now).await?;
        }
        shelf.slots.insert(id, slot);
    }
    if let Some(list) = list {
        shelf.list = list;
    }
    Ok(shelf)
}
