//! Taking in what is new in a connected ERP.

use std::collections::BTreeMap;

use roundsman_core::id::{PriceListId, WarehouseId};
use roundsman_core::money::Currency;
use roundsman_core::records::{CustomerAccount, LocalName, PriceList, Warehouse};
use roundsman_erp::embedded::master;
use roundsman_erp::tryton::Found;
use roundsman_store::{imports, links};

use super::{Brought, Connector, Sheet, unreachable};
use crate::error::{Error, Result};
use crate::exchange::company::{Company, Defaults, money};
use crate::exchange::{Settings, Task};

/// What imports from there are called in the list of imports.
const FILE_NAME: &str = "Tryton";

impl Connector {
    /// Takes in what was found and is not as it was last time.
    pub(super) async fn bring(&self, found: &Found) -> Result<Brought> {
        let currency: Currency =
            found.currency.parse().map_err(|_| Error::internal("a currency without letters"))?;
        self.name_lists(found, currency).await?;
        let mut brought = Brought::default();
        for sheet in Sheet::all(found) {
            self.bring_sheet(&sheet, found, &mut brought).await?;
        }
        self.count_stock(found).await?;
        self.set_balances(found, currency).await?;
        Ok(brought)
    }

    /// Price lists and the warehouse, which rows refer to by name.
    async fn name_lists(&self, found: &Found, currency: Currency) -> Result<()> {
        let company = self.company().await?;
        let (now, clock) = (self.clock.now(), self.clock.clone());
        let lists: Vec<_> = found
            .lists
            .iter()
            .filter(|name| company.list(name).is_none())
            .map(|name| PriceList {
                id: PriceListId(clock.new_id()),
                name: called(name),
                currency,
                tax_included: false,
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

    async fn bring_sheet(&self, sheet: &Sheet, found: &Found, brought: &mut Brought) -> Result<()> {
        let kind = sheet.kind.name();
        let before = links::pulled(&self.store.read, kind).await?;
        let news = sheet.news(&before);
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
        let now: BTreeMap<_, _> =
            sheet.rows.iter().map(|row| (sheet.key(row), row.clone())).collect();
        let changed = now.into_iter().filter(|(key, row)| before.get(key) != Some(row)).collect();
        let job = self
            .store
            .write
            .run(move |db, _| Box::pin(async move { links::set_pulled(db, kind, &changed).await }));
        Ok(job.await?)
    }

    /// Counts what can be promised, in a moment in which nothing is pushed.
    async fn count_stock(&self, found: &Found) -> Result<()> {
        let _turn = self.tryton.turn().await;
        let products = self.tryton.products(self.clock.today()).await.map_err(unreachable)?;
        let company = self.company().await?;
        let Some(warehouse) = company.warehouse(&found.warehouse).map(|it| it.id) else {
            return Ok(());
        };
        let now = self.clock.now();
        let job = self.store.write.run(move |db, _| {
            Box::pin(async move {
                for product in products.iter().filter(|it| it.active) {
                    let known = master::product_by_code(db, &product.code).await?;
                    let Some(known) = known else { continue };
                    let available = roundsman_core::quantity::Quantity(product.available);
                    master::count_available(db, warehouse, known.id, available, now).await?;
                }
                Ok(())
            })
        });
        Ok(job.await?)
    }

    /// What customers owe.
    async fn set_balances(&self, found: &Found, currency: Currency) -> Result<()> {
        let now = self.clock.now();
        let owed: Vec<_> = found
            .customers
            .iter()
            .map(|it| (it.code.clone(), money(it.balance, currency), money(it.overdue, currency)))
            .collect();
        let job = self.store.write.run(move |db, commit| {
            Box::pin(async move {
                for (code, balance, overdue) in owed {
                    let Some(known) = imports::customer_by_code(&mut *db, &code).await? else {
                        continue;
                    };
                    let account = master::account(db, known.id, now).await?;
                    let same =
                        |it: &CustomerAccount| (it.balance, it.overdue) == (balance, overdue);
                    if account.is_some_and(|it| !same(&it)) {
                        master::set_balance(db, commit, known.id, (balance, overdue), now).await?;
                    }
                }
                Ok(())
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
        let usual_list = found.lists.first().and_then(|name| company.list(name));
        Ok(Defaults {
            territory: Some(self.settings.territory),
            price_list: usual_list.map(|it| it.id),
            warehouse: company.warehouse(&found.warehouse).map(|it| it.id),
        })
    }
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
