//! The embedded ERP's tables.

use std::collections::{BTreeMap, BTreeSet};

use roundsman_core::id::{CustomerId, PriceListId, ProductId, TerritoryId, WarehouseId};
use roundsman_core::money::{Currency, Money};
use roundsman_core::quantity::{Percent, Quantity};
use roundsman_core::records::{
    Assignment, CustomerAccount, LocalName, Pack, Price, PriceBreak, PriceList, PriceVersion,
    Product, Stock, Territory, Warehouse,
};
use roundsman_core::text::search_keys;
use roundsman_core::time::{Day, Timestamp};
use roundsman_store::{Error, Result, SqliteConnection, bulk};
use rust_decimal::Decimal;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteExecutor};
use uuid::Uuid;

// Master data.

pub async fn put_product(db: &mut SqliteConnection, it: &Product) -> Result<()> {
    sqlx::query(
        "insert into erp_product (id, code, name_zh, name_en, category_zh, category_en, unit, packs, \
                                  tax_rate, barcode, active, search, picture) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
         on conflict (id) do update set code = $2, name_zh = $3, name_en = $4, category_zh = $5, \
             category_en = $6, unit = $7, packs = $8, tax_rate = $9, barcode = $10, active = $11, search = $12, picture = $13",
    )
    .bind(it.id.0)
    .bind(&it.code)
    .bind(&it.name.zh)
    .bind(&it.name.en)
    .bind(&it.category.zh)
    .bind(&it.category.en)
    .bind(&it.unit)
    .bind(json(&it.packs)?)
    .bind(it.tax_rate.to_string())
    .bind(&it.barcode)
    .bind(it.active)
    .bind(search_keys(&[&it.name.zh, &it.name.en, &it.code, &it.barcode]))
    .bind(json(&it.picture)?)
    .execute(db)
    .await?;
    Ok(())
}

pub async fn put_price_list(db: &mut SqliteConnection, it: &PriceList) -> Result<()> {
    sqlx::query(
        "insert into erp_price_list (id, name_zh, name_en, currency, tax_included) values ($1, $2, $3, $4, $5) \
         on conflict (id) do update set name_zh = $2, name_en = $3, currency = $4, tax_included = $5",
    )
    .bind(it.id.0)
    .bind(&it.name.zh)
    .bind(&it.name.en)
    .bind(it.currency.as_str())
    .bind(it.tax_included)
    .execute(db)
    .await?;
    Ok(())
}

pub async fn put_price(db: &mut SqliteConnection, it: &Price) -> Result<()> {
    sqlx::query(
        "insert into erp_price (list, product, breaks, discount_max, since, begins, others) \
         values ($1, $2, $3, $4, $5, $6, $7) \
         on conflict (list, product) do update set breaks = $3, discount_max = $4, since = $5, \
             begins = $6, others = $7",
    )
    .bind(it.list.0)
    .bind(it.product.0)
    .bind(json(&it.breaks)?)
    .bind(it.discount_max.to_string())
    .bind(it.since.0)
    .bind(it.begins.millis())
    .bind(json(&it.others)?)
    .execute(db)
    .await?;
    Ok(())
}

pub async fn remove_price(
    db: &mut SqliteConnection,
    list: PriceListId,
    product: ProductId,
) -> Result<()> {
    sqlx::query("delete from erp_price where list = $1 and product = $2")
        .bind(list.0)
        .bind(product.0)
        .execute(db)
        .await?;
    Ok(())
}

pub async fn product_id(db: impl SqliteExecutor<'_>, code: &str) -> Result<Option<ProductId>> {
    let id: Option<Uuid> = sqlx::query_scalar("select id from erp_product where code = $1")
        .bind(code)
        .fetch_optional(db)
        .await?;
    Ok(id.map(Into::into))
}

pub async fn put_warehouse(db: &mut SqliteConnection, it: &Warehouse) -> Result<()> {
    sqlx::query(
        "insert into erp_warehouse (id, name_zh, name_en) values ($1, $2, $3) \
         on conflict (id) do update set name_zh = $2, name_en = $3",
    )
    .bind(it.id.0)
    .bind(&it.name.zh)
    .bind(&it.name.en)
    .execute(db)
    .await?;
    Ok(())
}

pub async fn put_territory(db: &mut SqliteConnection, it: &Territory) -> Result<()> {
    sqlx::query(
        "insert into erp_territory (id, name_zh, name_en) values ($1, $2, $3) \
         on conflict (id) do update set name_zh = $2, name_en = $3",
    )
    .bind(it.id.0)
    .bind(&it.name.zh)
    .bind(&it.name.en)
    .execute(db)
    .await?;
    Ok(())
}

/// Whether a customer is in it, or somebody is granted its channel.
pub async fn is_territory_used(
    db: &mut SqliteConnection,
    id: TerritoryId,
    channel: &str,
) -> Result<bool> {
    let used = sqlx::query_scalar(
        "select exists (select 1 from erp_customer where territory = $1) \
             or exists (select 1 from channel_grant where channel = $2 and until is null)",
    );
    Ok(used.bind(id.0).bind(channel).fetch_one(db).await?)
}

pub async fn remove_territory(db: &mut SqliteConnection, id: TerritoryId) -> Result<()> {
    sqlx::query("delete from erp_territory where id = $1").bind(id.0).execute(db).await?;
    Ok(())
}

pub async fn put_customer(
    db: &mut SqliteConnection,
    account: &CustomerAccount,
    assignment: &Assignment,
) -> Result<()> {
    sqlx::query(
        "insert into erp_customer (id, code, price_list, warehouse, credit_limit, balance, overdue, \
                                   uninvoiced, blocked, territory, account_manager, visit_every_days) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
         on conflict (id) do update set code = $2, price_list = $3, warehouse = $4, credit_limit = $5, \
             balance = $6, overdue = $7, uninvoiced = $8, blocked = $9, territory = $10, \
             account_manager = $11, visit_every_days = $12",
    )
    .bind(account.customer.0)
    .bind(&account.code)
    .bind(account.price_list.0)
    .bind(account.warehouse.0)
    .bind(account.credit_limit.map(|limit| limit.minor))
    .bind(account.balance.minor)
    .bind(account.overdue.minor)
    .bind(account.uninvoiced.minor)
    .bind(account.blocked)
    .bind(assignment.territory.0)
    .bind(assignment.account_manager.0)
    .bind(assignment.visit_every_days)
    .execute(db)
    .await?;
    Ok(())
}

/// Writes what a customer buys by; what it owes stays as it is.
pub async fn put_terms(db: &mut SqliteConnection, account: &CustomerAccount) -> Result<()> {
    sqlx::query(
        "update erp_customer set code = $2, price_list = $3, warehouse = $4, credit_limit = $5, \
                                 blocked = $6 where id = $1",
    )
    .bind(account.customer.0)
    .bind(&account.code)
    .bind(account.price_list.0)
    .bind(account.warehouse.0)
    .bind(account.credit_limit.map(|limit| limit.minor))
    .bind(account.blocked)
    .execute(db)
    .await?;
    Ok(())
}

/// Whether another customer has this number.
pub async fn is_code_of_another(
    db: &mut SqliteConnection,
    code: &str,
    customer: CustomerId,
) -> Result<bool> {
    let taken = sqlx::query_scalar(
        "select exists (select 1 from erp_customer where code = $1 and id <> $2)",
    );
    Ok(taken.bind(code).bind(customer.0).fetch_one(db).await?)
}

pub async fn put_assignment(db: &mut SqliteConnection, assignment: &Assignment) -> Result<()> {
    sqlx::query(
        "update erp_customer set territory = $2, account_manager = $3, visit_every_days = $4 where id = $1",
    )
    .bind(assignment.customer.0)
    .bind(assignment.territory.0)
    .bind(assignment.account_manager.0)
    .bind(assignment.visit_every_days)
    .execute(db)
    .await?;
    Ok(())
}

pub async fn set_balance(
    db: &mut SqliteConnection,
    customer: CustomerId,
    balance: Money,
    overdue: Money,
) -> Result<()> {
    sqlx::query("update erp_customer set balance = $2, overdue = $3 where id = $1")
        .bind(customer.0)
        .bind(balance.minor)
        .bind(overdue.minor)
        .execute(db)
        .await?;
    Ok(())
}

// What a decision is made from.

/// The company's side of a customer.
#[derive(Debug, Clone)]
pub struct Known {
    /// Its account; none while its price list is unknown.
    pub account: Option<CustomerAccount>,
    /// Where it belongs.
    pub territory: TerritoryId,
}

/// What the company knows of these customers, as far as it does.
pub async fn customers(
    db: impl SqliteExecutor<'_>,
    customers: &BTreeSet<CustomerId>,
    now: Timestamp,
) -> Result<BTreeMap<CustomerId, Known>> {
    let rows = sqlx::query(
        "select c.*, l.currency from erp_customer c left join erp_price_list l on l.id = c.price_list \
         where c.id in (select unhex(value) from json_each($1))",
    )
    .bind(bulk::keys(customers.iter().map(|customer| customer.0)))
    .fetch_all(db)
    .await?;
    let known = |row: &SqliteRow| {
        let priced: Option<&str> = row.try_get("currency")?;
        let account = priced.map(|_| account_of(row, now)).transpose()?;
        Ok((id(row, "id")?, Known { account, territory: id(row, "territory")? }))
    };
    rows.iter().map(known).collect()
}

fn account_of(row: &SqliteRow, now: Timestamp) -> Result<CustomerAccount> {
    let currency = currency(row)?;
    let money = |column: &str| Ok::<_, Error>(Money::new(row.try_get(column)?, currency));
    let limit: Option<i64> = row.try_get("credit_limit")?;
    Ok(CustomerAccount {
        customer: id(row, "id")?,
        code: row.try_get("code")?,
        price_list: id(row, "price_list")?,
        warehouse: id(row, "warehouse")?,
        credit_limit: limit.map(|minor| Money::new(minor, currency)),
        balance: money("balance")?,
        overdue: money("overdue")?,
        uninvoiced: money("uninvoiced")?,
        blocked: row.try_get("blocked")?,
        as_of: now,
    })
}

/// What the company knows of one customer.
pub async fn customer(
    db: impl SqliteExecutor<'_>,
    customer: CustomerId,
    now: Timestamp,
) -> Result<Option<Known>> {
    Ok(customers(db, &BTreeSet::from([customer]), now).await?.remove(&customer))
}

/// A customer's account.
pub async fn account(
    db: impl SqliteExecutor<'_>,
    of: CustomerId,
    now: Timestamp,
) -> Result<Option<CustomerAccount>> {
    Ok(customer(db, of, now).await?.and_then(|known| known.account))
}

pub async fn price_list(
    db: impl SqliteExecutor<'_>,
    list: PriceListId,
) -> Result<Option<PriceList>> {
    let row = sqlx::query(
        "select name_zh, name_en, currency, tax_included from erp_price_list where id = $1",
    )
    .bind(list.0)
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        Ok(PriceList {
            id: list,
            name: name(&row, "name")?,
            currency: currency(&row)?,
            tax_included: row.try_get("tax_included")?,
        })
    })
    .transpose()
}

pub async fn products(
    db: impl SqliteExecutor<'_>,
    products: &BTreeSet<ProductId>,
) -> Result<BTreeMap<ProductId, Product>> {
    let rows = sqlx::query(
        "select * from erp_product where id in (select unhex(value) from json_each($1))",
    )
    .bind(keys(products))
    .fetch_all(db)
    .await?;
    let product = |row: &SqliteRow| {
        let id = id(row, "id")?;
        let product = Product {
            id,
            code: row.try_get("code")?,
            name: name(row, "name")?,
            category: name(row, "category")?,
            unit: row.try_get("unit")?,
            packs: from_json::<Vec<Pack>>(row.try_get("packs")?)?,
            tax_rate: Percent(decimal(row, "tax_rate")?),
            barcode: row.try_get("barcode")?,
            active: row.try_get("active")?,
            picture: from_json(row.try_get("picture")?)?,
        };
        Ok((id, product))
    };
    rows.iter().map(product).collect()
}

pub async fn prices(
    db: impl SqliteExecutor<'_>,
    list: &PriceList,
    products: &BTreeSet<ProductId>,
) -> Result<BTreeMap<ProductId, Price>> {
    let rows = sqlx::query(
        "select product, breaks, discount_max, since, begins, others from erp_price \
         where list = $1 and product in (select unhex(value) from json_each($2))",
    )
    .bind(list.id.0)
    .bind(keys(products))
    .fetch_all(db)
    .await?;
    let price = |row: &SqliteRow| {
        let product = id(row, "product")?;
        let price = Price {
            list: list.id,
            product,
            breaks: from_json::<Vec<PriceBreak>>(row.try_get("breaks")?)?,
            discount_max: Percent(decimal(row, "discount_max")?),
            since: Day(row.try_get("since")?),
            begins: Timestamp(row.try_get("begins")?),
            others: from_json::<Vec<PriceVersion>>(row.try_get("others")?)?,
        };
        Ok((product, price))
    };
    rows.iter().map(price).collect()
}

pub async fn stocks(
    db: impl SqliteExecutor<'_>,
    warehouse: WarehouseId,
    products: &BTreeSet<ProductId>,
    now: Timestamp,
) -> Result<BTreeMap<ProductId, Stock>> {
    let rows = sqlx::query(
        "select product, on_hand, reserved from erp_stock \
         where warehouse = $1 and product in (select unhex(value) from json_each($2))",
    )
    .bind(warehouse.0)
    .bind(keys(products))
    .fetch_all(db)
    .await?;
    let stock = |row: &SqliteRow| {
        let stock = stock_of(row, warehouse, now)?;
        Ok((stock.product, stock))
    };
    rows.iter().map(stock).collect()
}

/// Everything in a warehouse.
pub async fn all_stocks(
    db: impl SqliteExecutor<'_>,
    warehouse: WarehouseId,
    now: Timestamp,
) -> Result<BTreeMap<ProductId, Stock>> {
    let rows = sqlx::query("select product, on_hand, reserved from erp_stock where warehouse = $1")
        .bind(warehouse.0)
        .fetch_all(db)
        .await?;
    rows.iter().map(|row| stock_of(row, warehouse, now).map(|it| (it.product, it))).collect()
}

// Stock.

pub async fn count_stock(
    db: &mut SqliteConnection,
    warehouse: WarehouseId,
    product: ProductId,
    on_hand: Quantity,
) -> Result<()> {
    sqlx::query(
        "insert into erp_stock (warehouse, product, on_hand, reserved, dirty) values ($1, $2, $3, '0', 1) \
         on conflict (warehouse, product) do update set on_hand = $3, dirty = 1",
    )
    .bind(warehouse.0)
    .bind(product.0)
    .bind(on_hand.to_string())
    .execute(db)
    .await?;
    Ok(())
}

/// Takes what is reserved out of the warehouses.
pub async fn ship_reserved(db: &mut SqliteConnection) -> Result<()> {
    let rows = sqlx::query(
        "select warehouse, product, on_hand, reserved from erp_stock where reserved <> '0'",
    )
    .fetch_all(&mut *db)
    .await?;
    for row in &rows {
        let left = decimal(row, "on_hand")? - decimal(row, "reserved")?;
        sqlx::query(
            "update erp_stock set on_hand = $3, reserved = '0', dirty = 1 \
             where warehouse = $1 and product = $2",
        )
        .bind(row.try_get::<Uuid, _>("warehouse")?)
        .bind(row.try_get::<Uuid, _>("product")?)
        .bind(Quantity(left).to_string())
        .execute(&mut *db)
        .await?;
    }
    sqlx::query("delete from erp_reservation").execute(db).await?;
    Ok(())
}

/// Leaves no confirmed order without an invoice.
pub async fn invoice_all(db: &mut SqliteConnection) -> Result<()> {
    sqlx::query("update erp_customer set uninvoiced = 0 where uninvoiced <> 0").execute(db).await?;
    Ok(())
}

/// Warehouses with changed stock that were last published at or before this instant.
pub async fn unpublished(
    db: impl SqliteExecutor<'_>,
    before: Timestamp,
) -> Result<Vec<WarehouseId>> {
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "select w.id from erp_warehouse w where w.stock_published_at <= $1 \
           and exists (select 1 from erp_stock s where s.warehouse = w.id and s.dirty = 1)",
    )
    .bind(before.millis())
    .fetch_all(db)
    .await?;
    Ok(ids.into_iter().map(Into::into).collect())
}

/// The changed stock of a warehouse, which counts as published from now on.
pub async fn take_unpublished(
    db: &mut SqliteConnection,
    warehouse: WarehouseId,
    now: Timestamp,
) -> Result<Vec<Stock>> {
    sqlx::query("update erp_warehouse set stock_published_at = $2 where id = $1")
        .bind(warehouse.0)
        .bind(now.millis())
        .execute(&mut *db)
        .await?;
    let rows = sqlx::query(
        "update erp_stock set dirty = 0 where warehouse = $1 and dirty = 1 returning product, on_hand, reserved",
    )
    .bind(warehouse.0)
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| stock_of(row, warehouse, now)).collect()
}

// Columns.

fn stock_of(row: &SqliteRow, warehouse: WarehouseId, as_of: Timestamp) -> Result<Stock> {
    Ok(Stock {
        warehouse,
        product: id(row, "product")?,
        on_hand: Quantity(decimal(row, "on_hand")?),
        reserved: Quantity(decimal(row, "reserved")?),
        as_of,
    })
}

fn keys(products: &BTreeSet<ProductId>) -> String {
    bulk::keys(products.iter().map(|product| product.0))
}

pub(super) fn id<Id: From<Uuid>>(row: &SqliteRow, column: &str) -> Result<Id> {
    Ok(row.try_get::<Uuid, _>(column)?.into())
}

fn name(row: &SqliteRow, column: &str) -> Result<LocalName> {
    let part = |language: &str| row.try_get(format!("{column}_{language}").as_str());
    Ok(LocalName { zh: part("zh")?, en: part("en")? })
}

fn currency(row: &SqliteRow) -> Result<Currency> {
    let text: &str = row.try_get("currency")?;
    text.parse().map_err(|_| Error::Corrupt(format!("not a currency: {text}")))
}

pub(super) fn decimal(row: &SqliteRow, column: &str) -> Result<Decimal> {
    let text: &str = row.try_get(column)?;
    text.parse().map_err(|_| Error::Corrupt(format!("{column} is not a decimal: {text}")))
}

pub(super) fn json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::Corrupt(error.to_string()))
}

pub(super) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| Error::Corrupt(error.to_string()))
}

pub(super) fn code<T: Serialize>(value: &T) -> Result<String> {
    Ok(json(value)?.trim_matches('"').to_owned())
}
