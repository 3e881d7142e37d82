//! Taking in what is new in a connected ERP.

use std::collections::BTreeSet;

use roundsman_core::id::{CustomerId, PriceListId, WarehouseId};
use roundsman_core::money::Currency;
use roundsman_core::quantity::Quantity;
use roundsman_core::records::{CustomerAccount, LocalName, PriceList, Warehouse};
use roundsman_core::time::Timestamp;
use roundsman_erp::embedded::master;
use roundsman_erp::tryton::{Found, FoundCustomer, FoundProduct, PARTY};
use roundsman_store::imports::RunRow;
use roundsman_store::links::PulledRow;
use roundsman_store::{Commit, Error as StoreError, SqliteConnection, imports, links};
use tokio::sync::OwnedMutexGuard;
use uuid::Uuid;

use super::{Brought, Connector, Sheet, unreachable};
use crate::error::{Error, Result};
use crate::exchange::columns::Kind;
use crate::exchange::company::{Company, Defaults, money};
use crate::exchange::plan::Outcome;
use crate::exchange::{Settings, Task};

/// What imports from there are called in the list of imports.
const FILE_NAME: &str = "Tryton";

impl Connector {
    /// Takes in what was found and is not as it was last time; with `again`, also what was refused
    /// then.
    pub(super) async fn bring(&self, found: &Found, again: bool) -> Result<Brought> {
        let currency: Currency =
            found.currency.parse().map_err(|_| Error::internal("a currency without letters"))?;
        self.name_lists(found, currency).await?;
        self.renumber(found).await?;
        let mut brought = Brought::default();
        for sheet in Sheet::all(found) {
            self.bring_sheet(&sheet, found, again, &mut brought).await?;
        }
        self.keep_ids(found).await?;
        Ok(brought)
    }

    /// Price lists and the warehouse, which rows refer to by name.
    async fn name_lists(&self, found: &Found, currency: Currency) -> Result<()> {
        let company = self.company().await?;
        let (now, clock) = (self.clock.now(), self.clock.clone());
        let lists: Vec<_> = found
            .lists
            .iter()
            .filter(|list| {
                let known = company.list(&list.name);
                known.is_none_or(|it| it.tax_included != list.tax_included)
            })
            .map(|list| PriceList {
                id: company
                    .list(&list.name)
                    .map_or_else(|| PriceListId(clock.new_id()), |it| it.id),
                name: called(&list.name),
                currency,
                tax_included: list.tax_included,
            })
            .collect();
        let warehouse = company.warehouse(&found.warehouse).is_none();
        let warehouse = warehouse
            .then(|| Warehouse { id: WarehouseId(clock.new_id()), name: called(&found.warehouse) });
        let job = self.store.write.run(move |db, commit| {
            Box::pin(async move {
                for list in &lists {
                    master::put_price_list(db, commit, list, now).await?;
                }
                if let Some(warehouse) = &warehouse {
                    master::put_warehouse(db, commit, warehouse, now).await?;
                }
                Ok(())
            })
        });
        Ok(job.await?)
    }

    /// What a customer is called here by its number, when it got another one there.
    async fn renumber(&self, found: &Found) -> Result<()> {
        let now = self.clock.now();
        let numbers: Vec<_> = found.customers.iter().map(|it| (it.id, it.code.clone())).collect();
        let job = self.store.write.run(move |db, commit| {
            Box::pin(async move {
                for (theirs, code) in numbers {
                    let Some(ours) = links::ours(&mut *db, PARTY, theirs).await? else { continue };
                    let customer = CustomerId(ours);
                    let account = master::account(db, customer, now).await?;
                    let Some(was) = account.map(|it| it.code).filter(|it| *it != code) else {
                        continue;
                    };
                    if imports::customer_by_code(&mut *db, &code).await?.is_some() {
                        continue;
                    }
                    links::rename_pulled(db, Kind::Customers.name(), &was, &code).await?;
                    let change = |it| Ok(CustomerAccount { code, ..it });
                    master::change_account(db, commit, customer, change, now).await?;
                }
                Ok(())
            })
        });
        Ok(job.await?)
    }

    /// Which party each customer is: its number may change there.
    async fn keep_ids(&self, found: &Found) -> Result<()> {
        let numbers: Vec<_> = found.customers.iter().map(|it| (it.id, it.code.clone())).collect();
        let job = self.store.write.run(move |db, _| {
            Box::pin(async move {
                for (theirs, code) in numbers {
                    if let Some(ours) = imports::customer_by_code(&mut *db, &code).await? {
                        links::add(db, PARTY, ours.id.0, theirs).await?;
                    }
                }
                Ok(())
            })
        });
        Ok(job.await?)
    }

    async fn bring_sheet(
        &self,
        sheet: &Sheet,
        found: &Found,
        again: bool,
        brought: &mut Brought,
    ) -> Result<()> {
        let kind = sheet.kind.name();
        let before = links::pulled(&self.store.read, kind).await?;
        let news = sheet.news(&before, again);
        if news.is_empty() {
            return Ok(());
        }
        let id =
            self.imports.add(self.settings.by, sheet.kind, FILE_NAME, csv(sheet, &news)?).await?;
        let mapping = sheet.fields.iter().zip(0..).map(|(field, at)| ((*field).to_owned(), at));
        let settings = Settings {
            mapping: mapping.collect(),
            defaults: self.defaults(found).await?,
            ..Settings::default()
        };
        self.imports.set(id, settings).await?;
        let done = self.imports.run(id, Task::Run, |_| {}).await?;
        let not = ["refused", "twin"];
        brought.refused += not.iter().filter_map(|it| done.counts.get(*it)).sum::<u32>();
        brought.rows.push((kind, news.len()));
        let refused = self.refused(id, sheet, &news).await?;
        let said: BTreeSet<_> = news.iter().map(|row| sheet.key(row)).collect();
        let rows = sheet.rows.iter().map(|row| (sheet.key(row), row));
        let changed = rows.filter(|(key, _)| said.contains(key)).map(|(key, cells)| {
            let refused = refused.contains(&key);
            (key, PulledRow { cells: cells.clone(), refused })
        });
        let changed = changed.collect();
        let job = self
            .store
            .write
            .run(move |db, _| Box::pin(async move { links::set_pulled(db, kind, &changed).await }));
        Ok(job.await?)
    }

    /// The keys of the rows that were not taken in. Those that may be a customer who is here already
    /// wait for the office in the list of imports.
    async fn refused(
        &self,
        import: Uuid,
        sheet: &Sheet,
        news: &[Vec<String>],
    ) -> Result<BTreeSet<String>> {
        /// The first row of a file has the names of its columns.
        const FIRST: u32 = 2;
        let rows = self.imports.rows(import, &[Outcome::Refused], (0, u32::MAX)).await?;
        let row = |it: RunRow| news.get(usize::try_from(it.n.checked_sub(FIRST)?).ok()?);
        Ok(rows.into_iter().filter_map(row).map(|row| sheet.key(row)).collect())
    }

    /// Sets what can be promised and what customers owe, as it is there now. Nothing is pushed
    /// meanwhile: `_turn` is the caller's.
    pub(super) async fn count(&self, _turn: &OwnedMutexGuard<()>) -> Result<()> {
        let products = self.tryton.products().await.map_err(unreachable)?;
        let customers = self.tryton.customers().await.map_err(unreachable)?;
        let warehouse = self.tryton.warehouse().await.map_err(unreachable)?.1;
        let Some(warehouse) = self.company().await?.warehouse(&warehouse).map(|it| it.id) else {
            return Ok(());
        };
        let now = self.clock.now();
        let job = self.store.write.run(move |db, commit| {
            Box::pin(async move {
                count_stock(db, warehouse, &products, now).await?;
                set_balances(db, commit, &customers, now).await
            })
        });
        Ok(job.await?)
    }

    async fn company(&self) -> Result<Company> {
        let mut db = self.store.read.acquire().await.map_err(Error::internal)?;
        let times = (self.clock.now(), self.clock.today());
        Ok(Company::read(&mut db, Defaults::default(), self.settings.by, times).await?)
    }

    /// What holds for customers and prices that say nothing themselves: what is there, not here.
    async fn defaults(&self, found: &Found) -> Result<Defaults> {
        let company = self.company().await?;
        let usual_list = found.lists.first().and_then(|it| company.list(&it.name));
        Ok(Defaults {
            territory: Some(self.settings.territory),
            price_list: usual_list.map(|it| it.id),
            warehouse: company.warehouse(&found.warehouse).map(|it| it.id),
        })
    }
}

/// Sets what can be promised.
async fn count_stock(
    db: &mut SqliteConnection,
    warehouse: WarehouseId,
    products: &[FoundProduct],
    now: Timestamp,
) -> Result<(), StoreError> {
    for product in products.iter().filter(|it| it.active) {
        let Some(known) = master::product_by_code(db, &product.code).await? else { continue };
        let available = Quantity(product.available);
        master::count_available(db, warehouse, known.id, available, now).await?;
    }
    Ok(())
}

/// Sets what customers owe.
async fn set_balances(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    customers: &[FoundCustomer],
    now: Timestamp,
) -> Result<(), StoreError> {
    for it in customers {
        let Some(known) = imports::customer_by_code(&mut *db, &it.code).await? else { continue };
        let Some(account) = master::account(db, known.id, now).await? else { continue };
        let currency = account.balance.currency;
        let owed = (money(it.balance, currency), money(it.overdue, currency));
        if (account.balance, account.overdue) != owed {
            master::set_balance(db, commit, known.id, owed, now).await?;
        }
    }
    Ok(())
}

fn called(name: &str) -> LocalName {
    LocalName { zh: name.to_owned(), en: name.to_owned() }
}

/// The rows as a file, which is kept with the import.
fn csv(sheet: &Sheet, rows: &[Vec<String>]) -> Result<Vec<u8>> {
    let mut file = csv::Writer::from_writer(Vec::new());
    file.write_record(sheet.fields).map_err(Error::internal)?;
    for row in rows {
        file.write_record(row).map_err(Error::internal)?;
    }
    file.into_inner().map_err(Error::internal)
}
