//! The figures a decision is made from, out of the ERP's own tables.

use std::collections::{BTreeMap, BTreeSet};

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
    let mut known = store::products(&mut *db, &products).await?;
    let mut prices = match &list {
        Some(list) => store::prices(&mut *db, list, &products).await?,
        None => BTreeMap::new(),
    };
    let mut stocks = match &shelf.account {
        Some(account) => store::stocks(&mut *db, account.warehouse, &products, now).await?,
        None => BTreeMap::new(),
    };
    for id in products {
        let (product, price, stock) = (known.remove(&id), prices.remove(&id), stocks.remove(&id));
        shelf.slots.insert(id, Slot { product, price, stock });
    }
    if let Some(list) = list {
        shelf.list = list;
    }
    Ok(shelf)
}
