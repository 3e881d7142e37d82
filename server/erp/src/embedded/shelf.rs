//! The figures that decisions are made from, out of the ERP's own tables.

use std::collections::{BTreeMap, BTreeSet};

use roundsman_core::id::{CustomerId, PriceListId, ProductId, WarehouseId};
use roundsman_core::records::{CustomerAccount, Price, PriceList, Product, Stock};
use roundsman_core::rules::{Shelf, Slot};
use roundsman_core::time::Timestamp;
use roundsman_store::{Result, SqliteConnection, merges};

use super::store::{self, Known};

/// Everything that prices and judges some products for some customers now.
#[derive(Debug, Default)]
pub struct Shelves {
    customers: BTreeMap<CustomerId, Known>,
    /// Of customers that were merged, the one that stays.
    survivors: BTreeMap<CustomerId, CustomerId>,
    lists: BTreeMap<PriceListId, PriceList>,
    products: BTreeMap<ProductId, Product>,
    prices: BTreeMap<(PriceListId, ProductId), Price>,
    stocks: BTreeMap<(WarehouseId, ProductId), Stock>,
}

impl Shelves {
    /// Reads them. `warehouses` are looked into besides those that the customers buy from.
    pub async fn load(
        db: &mut SqliteConnection,
        customers: &BTreeSet<CustomerId>,
        products: &BTreeSet<ProductId>,
        mut warehouses: BTreeSet<WarehouseId>,
        now: Timestamp,
    ) -> Result<Self> {
        let asked = customers.iter().copied();
        let stay = merges::survivors_of(&mut *db, asked.clone()).await?;
        let stay: BTreeSet<_> = asked.chain(stay.into_values()).collect();
        let survivors = merges::merged_into(&mut *db, stay.iter().copied()).await?;
        let customers = stay.into_iter().chain(survivors.keys().copied()).collect();
        let mut shelves = Self {
            customers: store::customers(&mut *db, &customers, now).await?,
            survivors,
            products: store::products(&mut *db, products).await?,
            ..Self::default()
        };
        let accounts = || shelves.customers.values().filter_map(|known| known.account.as_ref());
        let lists: BTreeSet<_> = accounts().map(|account| account.price_list).collect();
        warehouses.extend(accounts().map(|account| account.warehouse));
        for id in lists {
            let Some(list) = store::price_list(&mut *db, id).await? else { continue };
            let prices = store::prices(&mut *db, &list, products).await?;
            shelves.prices.extend(prices.into_iter().map(|(product, it)| ((id, product), it)));
            shelves.lists.insert(id, list);
        }
        for id in warehouses {
            let stocks = store::stocks(&mut *db, id, products, now).await?;
            shelves.stocks.extend(stocks.into_iter().map(|(product, it)| ((id, product), it)));
        }
        Ok(shelves)
    }

    /// What prices and judges these products for a customer, or for the one that it was merged into,
    /// with prices of all days. One without an account has no prices.
    pub fn shelf(
        &self,
        customer: CustomerId,
        products: impl IntoIterator<Item = ProductId>,
    ) -> Shelf {
        let account = self.account(self.survivor(customer));
        let list = account.as_ref().and_then(|account| self.lists.get(&account.price_list));
        let warehouse = account.as_ref().map(|account| account.warehouse);
        let slot = |id| Slot {
            product: self.products.get(&id).cloned(),
            price: list.and_then(|list| self.prices.get(&(list.id, id)).cloned()),
            stock: warehouse.and_then(|warehouse| self.stocks.get(&(warehouse, id)).cloned()),
            next_price: None,
        };
        let slots = products.into_iter().map(|id| (id, slot(id))).collect();
        let mut shelf = Shelf { slots, ..Shelf::without_prices(account) };
        if let Some(list) = list {
            shelf.list = list.clone();
        }
        shelf
    }

    /// The customer that stays: this one, unless it was merged.
    pub fn survivor(&self, customer: CustomerId) -> CustomerId {
        self.survivors.get(&customer).copied().unwrap_or(customer)
    }

    /// The account of a customer that stays, with what those owe that were merged into it.
    fn account(&self, survivor: CustomerId) -> Option<CustomerAccount> {
        let merged = self.survivors.iter().filter(|(_, into)| **into == survivor);
        let merged = merged.filter_map(|(id, _)| self.customers.get(id)?.account.as_ref());
        Some(self.customers.get(&survivor)?.account.clone()?.with_merged(merged))
    }

    /// What the company knows of a customer.
    pub fn customer(&self, customer: CustomerId) -> Option<&Known> {
        self.customers.get(&customer)
    }

    /// Its account, to change it.
    pub fn account_mut(&mut self, customer: CustomerId) -> Option<&mut CustomerAccount> {
        self.customers.get_mut(&customer)?.account.as_mut()
    }

    /// What a warehouse has of a product.
    pub fn stock(&self, key: (WarehouseId, ProductId)) -> Option<&Stock> {
        self.stocks.get(&key)
    }

    /// The same, to change it.
    pub fn stock_mut(&mut self, key: (WarehouseId, ProductId)) -> Option<&mut Stock> {
        self.stocks.get_mut(&key)
    }
}
