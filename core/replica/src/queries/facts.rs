//! What stands beside a document: how far it got, and the company's side of a customer.

use roundsman_core::documents::history;
use roundsman_core::id::{CustomerId, ItemId, ProductId, WarehouseId};
use roundsman_core::money::{Currency, Money};
use roundsman_core::records::{Assignment, CustomerAccount, Price, PriceList, Stock, Warehouse};
use roundsman_core::rules::{Shelf, Slot};
use roundsman_core::time::Timestamp;
use roundsman_core::views::{CustomerFacts, HistoryRow, Names, SyncState};
use rusqlite::{OptionalExtension, params};

use super::usual::NOT_CANCELLED;
use crate::{Replica, Result, main_file, merged};

impl Replica {
    /// How far the newest own operation on an item got.
    pub(crate) fn sync_state(&self, item: impl Into<ItemId>) -> Result<SyncState> {
        let item = item.into();
        let row: Option<(u64, String)> = self
            .db
            .prepare_cached(
                "select o.n, iif(o.dropped, 'declined', o.state) from operation_item i join operation o on o.n = i.n \
                 where i.item = ?1 order by o.n desc limit 1",
            )?
            .query_row([item.to_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        match row {
            // Recorded by the device that this one goes on for, and at the office.
            None if self.is_pending(item)? => Ok(SyncState::SafeAtOffice),
            None => Ok(SyncState::Confirmed),
            Some((n, state)) => self.operation_state(n, &state),
        }
    }

    fn is_pending(&self, item: ItemId) -> Result<bool> {
        Ok(self
            .db
            .prepare_cached("select exists (select 1 from pending where item = ?1)")?
            .query_row([item.to_bytes()], |row| row.get(0))?)
    }

    /// How far one operation got.
    pub(crate) fn operation_state(&self, n: u64, state: &str) -> Result<SyncState> {
        Ok(match state {
            "quarantined" => SyncState::NeedsOffice,
            "declined" => SyncState::NeedsYou,
            _ if n > self.journal.safe_upto() => SyncState::SavedHere,
            _ if i64::try_from(n).unwrap_or(i64::MAX)
                > main_file::number(&self.db, "admitted_upto")? =>
            {
                SyncState::SafeAtOffice
            }
            _ => SyncState::Confirmed,
        })
    }

    /// Who did what to a document; none when it is not here.
    pub(crate) fn history(&self, item: impl Into<ItemId>) -> Result<Option<Vec<HistoryRow>>> {
        let item = item.into();
        let Some(document) = main_file::whole(&self.db, item)? else {
            return Ok(self.not_there.contains(&item).then(Vec::new));
        };
        let directory = self.directory.borrow();
        let rows = history(&document).into_iter();
        Ok(Some(rows.map(|event| HistoryRow::new(event, None, &*directory)).collect()))
    }

    pub(crate) fn facts(&self, id: CustomerId) -> Result<CustomerFacts> {
        let account = self.account(id)?;
        let assignment: Option<Assignment> = main_file::record(&self.db, id.0)?;
        let directory = self.directory.borrow();
        let last_order = self
            .db
            .prepare_cached(&format!(
                "select placed, total, currency from sales_order where customer = ?1 and {NOT_CANCELLED} \
                 order by placed desc limit 1"
            ))?
            .query_row(params![id.0], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?)))
            .optional()?
            .map(|(placed, total, currency)| {
                (Timestamp(placed), Money::new(total, currency.parse().unwrap_or(Currency::CNY)))
            });
        let last_visit = self
            .db
            .prepare_cached("select max(begun) from visit where customer = ?1")?
            .query_row(params![id.0], |row| row.get::<_, Option<i64>>(0))?
            .map(Timestamp);
        Ok(CustomerFacts {
            territory: assignment.as_ref().and_then(|it| directory.territory(it.territory)),
            manager: assignment
                .as_ref()
                .map(|it| directory.person(it.account_manager))
                .unwrap_or_default(),
            account,
            assignment,
            merged_into: Some(merged::survivor(&self.db, id)?).filter(|survivor| *survivor != id),
            last_order,
            last_visit,
        })
    }

    /// The company's side of a customer, as old as it was last known to be right, with what those
    /// owe that were merged into it.
    fn account(&self, customer: CustomerId) -> Result<Option<CustomerAccount>> {
        let account: Option<CustomerAccount> = main_file::record(&self.db, customer.0)?;
        let Some(mut account) = account else { return Ok(None) };
        account.as_of = account.as_of.max(self.heard_at()?);
        let merged = merged::merged_into(&self.db, customer)?;
        let merged: Vec<CustomerAccount> = merged
            .into_iter()
            .filter_map(|id| main_file::record(&self.db, id.0).transpose())
            .collect::<Result<_>>()?;
        Ok(Some(account.with_merged(&merged)))
    }

    /// What the office will give a customer that it has not heard of.
    fn account_of_new(&self, customer: CustomerId) -> Result<Option<CustomerAccount>> {
        if main_file::base(&self.db, customer.into())?.is_some() {
            return Ok(None);
        }
        let list = main_file::first_record::<PriceList>(&self.db)?;
        let warehouse = main_file::first_record::<Warehouse>(&self.db)?;
        let (Some(list), Some(warehouse)) = (list, warehouse) else { return Ok(None) };
        Ok(Some(CustomerAccount::of_new(customer, &list, warehouse.id, self.heard_at()?)))
    }

    fn stock(&self, warehouse: WarehouseId, product: ProductId) -> Result<Option<Stock>> {
        let id = Stock::id_of(warehouse, product);
        let mut stock: Option<Stock> = main_file::record(&self.db, id)?;
        if let Some(stock) = &mut stock {
            stock.as_of = stock.as_of.max(self.heard_at()?);
        }
        Ok(stock)
    }

    /// When the hub was last heard. Until then it had told of every change, so what did not change
    /// was right then, however long ago it was written.
    fn heard_at(&self) -> Result<Timestamp> {
        Ok(Timestamp(main_file::number(&self.db, "last_contact")?))
    }

    /// The records that price these products for a customer now.
    pub(crate) fn shelf(&self, customer: CustomerId, products: &[ProductId]) -> Result<Shelf> {
        let customer = merged::survivor(&self.db, customer)?;
        let account = match self.account(customer)? {
            Some(account) => Some(account),
            None => self.account_of_new(customer)?,
        };
        let list = match &account {
            Some(account) => main_file::record::<PriceList>(&self.db, account.price_list.0)?,
            None => None,
        };
        let warehouse = account.as_ref().map(|account| account.warehouse);
        let Some(list) = list else { return Ok(Shelf::without_prices(account)) };
        let mut shelf = Shelf { list, account, slots: Default::default() };
        for product in products {
            let stock = match warehouse {
                Some(warehouse) => self.stock(warehouse, *product)?,
                None => None,
            };
            let slot = Slot {
                product: main_file::record(&self.db, product.0)?,
                price: main_file::record(&self.db, Price::id_of(shelf.list.id, *product))?,
                stock,
                next_price: None,
            };
            shelf.slots.insert(*product, slot);
        }
        let shelf = shelf.at(self.now());
        self.watch_prices(shelf.next_begins());
        Ok(shelf)
    }
}
