//! Master data: what the office keeps, and what devices see of it.

use std::collections::{BTreeMap, BTreeSet};
use std::iter;

use roundsman_core::error::{Refusal, Result as Refused, codes};
use roundsman_core::id::{CustomerId, ItemId, ItemKind, ProductId, TerritoryId, WarehouseId};
use roundsman_core::money::Money;
use roundsman_core::quantity::Quantity;
use roundsman_core::records::{
    Assignment, CustomerAccount, Price, PriceList, Product, Stock, Territory, Warehouse,
};
use roundsman_core::sync::Channel;
use roundsman_core::time::Timestamp;
use roundsman_store::{Commit, Result, SqliteConnection, merges, records, visibility};

use super::store;

/// Stores a product and publishes it.
///
/// # Errors
/// When the database refuses.
pub async fn put_product(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    product: &Product,
    now: Timestamp,
) -> Result<()> {
    store::put_product(db, product).await?;
    commit.publish(db, product, &[Channel::Catalog], now).await
}

/// Stores a price list's header and publishes it.
///
/// # Errors
/// When the database refuses.
pub async fn put_price_list(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    list: &PriceList,
    now: Timestamp,
) -> Result<()> {
    store::put_price_list(db, list).await?;
    commit.publish(db, list, &[Channel::Catalog], now).await
}

/// Stores a price and publishes it.
///
/// # Errors
/// When the database refuses.
pub async fn put_price(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    price: &Price,
    now: Timestamp,
) -> Result<()> {
    store::put_price(db, price).await?;
    commit.publish(db, price, &[Channel::Catalog], now).await
}

/// Takes a price out of its list.
///
/// # Errors
/// When there is no such price; when the database refuses.
pub async fn remove_price(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    price: &Price,
) -> Result<()> {
    store::remove_price(db, price.list, price.product).await?;
    let id = Price::id_of(price.list, price.product);
    commit.withdraw(db, ItemId::new(ItemKind::Price, id)).await
}

/// The product with this article number.
///
/// # Errors
/// When the database refuses.
pub async fn product_by_code(db: &mut SqliteConnection, code: &str) -> Result<Option<Product>> {
    let Some(id) = store::product_id(&mut *db, code).await? else { return Ok(None) };
    Ok(store::products(db, &BTreeSet::from([id])).await?.remove(&id))
}

/// A product as the office keeps it.
///
/// # Errors
/// When the database refuses.
pub async fn product(db: &mut SqliteConnection, id: ProductId) -> Result<Option<Product>> {
    Ok(store::products(db, &BTreeSet::from([id])).await?.remove(&id))
}

/// A customer's account as it is now.
///
/// # Errors
/// When the database refuses.
pub async fn account(
    db: &mut SqliteConnection,
    customer: CustomerId,
    now: Timestamp,
) -> Result<Option<CustomerAccount>> {
    store::account(db, customer, now).await
}

/// What was counted of a product; none when it never was.
///
/// # Errors
/// When the database refuses.
pub async fn on_hand(
    db: &mut SqliteConnection,
    warehouse: WarehouseId,
    product: ProductId,
    now: Timestamp,
) -> Result<Option<Quantity>> {
    let mut stocks = store::stocks(db, warehouse, &BTreeSet::from([product]), now).await?;
    Ok(stocks.remove(&product).map(|stock| stock.on_hand))
}

/// Stores a warehouse and publishes it.
///
/// # Errors
/// When the database refuses.
pub async fn put_warehouse(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    warehouse: &Warehouse,
    now: Timestamp,
) -> Result<()> {
    store::put_warehouse(db, warehouse).await?;
    commit.publish(db, warehouse, &[Channel::Catalog], now).await
}

/// Stores a territory and publishes it.
///
/// # Errors
/// When the database refuses.
pub async fn put_territory(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    territory: &Territory,
    now: Timestamp,
) -> Result<()> {
    store::put_territory(db, territory).await?;
    commit.publish(db, territory, &[Channel::Catalog], now).await
}

/// Whether a customer is in a territory, or somebody works there now.
///
/// # Errors
/// When the database refuses.
pub async fn is_territory_used(db: &mut SqliteConnection, id: TerritoryId) -> Result<bool> {
    store::is_territory_used(db, id, &Channel::Territory(id).to_string()).await
}

/// Takes a territory away in which nothing is.
///
/// # Errors
/// When there is no such territory; when the database refuses.
pub async fn remove_territory(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    id: TerritoryId,
) -> Result<()> {
    store::remove_territory(db, id).await?;
    commit.withdraw(db, ItemId::new(ItemKind::Territory, id)).await
}

/// Sets what is there of a product; the [`super::StockPublisher`] tells devices.
///
/// # Errors
/// When the database refuses.
pub async fn count_stock(
    db: &mut SqliteConnection,
    warehouse: &Warehouse,
    product: &Product,
    on_hand: Quantity,
) -> Result<()> {
    store::count_stock(db, warehouse.id, product.id, on_hand).await
}

/// Sets what can still be promised of a product, as a connected ERP counts it: what is reserved here
/// is there as well.
///
/// # Errors
/// When the database refuses.
pub async fn count_available(
    db: &mut SqliteConnection,
    warehouse: WarehouseId,
    product: ProductId,
    available: Quantity,
    now: Timestamp,
) -> Result<()> {
    let known = store::stocks(&mut *db, warehouse, &BTreeSet::from([product]), now).await?;
    let known = known.get(&product);
    let reserved = known.map_or(Quantity::ZERO, |it| it.reserved);
    let on_hand = Quantity(available.0 + reserved.0);
    if known.is_some_and(|it| it.on_hand == on_hand) {
        return Ok(());
    }
    store::count_stock(db, warehouse, product, on_hand).await
}

/// What is there of every product.
///
/// # Errors
/// When the database refuses.
pub async fn stock_of(
    db: &mut SqliteConnection,
    warehouse: &Warehouse,
    now: Timestamp,
) -> Result<BTreeMap<ProductId, Stock>> {
    store::all_stocks(db, warehouse.id, now).await
}

/// Stores a customer's account and who looks after it, publishes both, and shows everything about
/// the customer where it belongs now. One that was merged stays with the customer it became.
///
/// # Errors
/// When the database refuses.
pub async fn put_customer(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    account: &CustomerAccount,
    assignment: &Assignment,
    now: Timestamp,
) -> Result<()> {
    let survivor = merges::survivor(&mut *db, account.customer).await?;
    let with_it = match survivor == account.customer {
        true => None,
        false => records::get::<Assignment>(&mut *db, survivor).await?,
    };
    let assignment = with_it.as_ref().unwrap_or(assignment);
    store::put_customer(db, account, assignment).await?;
    move_customer(db, commit, assignment, now).await?;
    publish_account(db, commit, account.customer, now).await
}

/// Changes what a customer buys by, and publishes it. `change` is given the account as it is now and
/// refuses what cannot be.
///
/// # Errors
/// [`codes::NOT_FOUND`] without an account, [`codes::TAKEN`] when another customer has that number;
/// what `change` refuses; when the database refuses.
pub async fn change_account(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    customer: CustomerId,
    change: impl FnOnce(CustomerAccount) -> Refused<CustomerAccount> + Send,
    now: Timestamp,
) -> Result<()> {
    let account = store::account(&mut *db, customer, now).await?;
    let account = change(account.ok_or_else(|| Refusal::new(codes::NOT_FOUND))?)?;
    if store::is_code_of_another(db, &account.code, customer).await? {
        return Err(Refusal::new(codes::TAKEN).with("field", "code").into());
    }
    store::put_terms(db, &account).await?;
    publish_account(db, commit, customer, now).await
}

/// Gives a customer to another territory or account manager, with everything about it and about
/// those that were merged into it.
///
/// # Errors
/// When the database refuses.
pub async fn move_customer(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    assignment: &Assignment,
    now: Timestamp,
) -> Result<()> {
    let survivor = merges::survivor(&mut *db, assignment.customer).await?;
    let merged = merges::merged_into(&mut *db, [survivor]).await?;
    for customer in iter::once(survivor).chain(merged.into_keys()) {
        let assignment = Assignment { customer, ..assignment.clone() };
        store::put_assignment(db, &assignment).await?;
        visibility::assign(db, commit, &assignment, now).await?;
    }
    Ok(())
}

/// Keeps merged customers together: each belongs where the one belongs that stays, and what was
/// recorded for it is seen there. `changed` says of which customers that is another one now.
///
/// # Errors
/// When the database refuses.
pub async fn follow_merges(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    changed: &BTreeMap<CustomerId, CustomerId>,
    now: Timestamp,
) -> Result<()> {
    for survivor in changed.values().copied().collect::<BTreeSet<_>>() {
        if let Some(assignment) = records::get::<Assignment>(&mut *db, survivor).await? {
            move_customer(db, commit, &assignment, now).await?;
        }
    }
    Ok(())
}

/// Publishes a customer's account as it is now.
///
/// # Errors
/// When the database refuses.
pub async fn publish_account(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    customer: CustomerId,
    now: Timestamp,
) -> Result<()> {
    let known = store::customer(&mut *db, customer, now).await?;
    if let Some(store::Known { account: Some(account), territory }) = known {
        commit.publish(db, &account, &[Channel::Territory(territory)], now).await?;
    }
    Ok(())
}

/// Sets what a customer owes, as finance knows it, and publishes the account.
///
/// # Errors
/// When the database refuses.
pub async fn set_balance(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    customer: CustomerId,
    (balance, overdue): (Money, Money),
    now: Timestamp,
) -> Result<()> {
    store::set_balance(db, customer, balance, overdue).await?;
    publish_account(db, commit, customer, now).await
}

/// Closes the books of a day that other systems carried out: what was promised has left the
/// warehouses, stands on invoices, and customers owe this much, in all and late. Devices are told
/// by whoever publishes accounts and stock next.
///
/// # Errors
/// When the database refuses.
pub async fn close_day(
    db: &mut SqliteConnection,
    owed: &[(CustomerId, Money, Money)],
) -> Result<()> {
    store::ship_reserved(db).await?;
    store::invoice_all(db).await?;
    for (customer, balance, overdue) in owed {
        store::set_balance(db, *customer, *balance, *overdue).await?;
    }
    Ok(())
}
