//! What Tryton has that reps work with.
//!
//! All of it is read every time: a change of a child does not touch its parent there, and stamps are
//! older than their commits, so that nothing that asks only for what is new can be trusted. What is
//! new is found on our side, by comparing.

use std::collections::{BTreeMap, BTreeSet};

use roundsman_store::links;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde_json::{Value, json};

use super::Tryton;
use super::fault::Result;
use super::known::{PARTY, PRODUCT};
use super::push::ours;
use super::value::{self, Row};

/// Records that are read at a time.
const PAGE: usize = 500;

/// All that reps work with.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// The currency of the company, three letters.
    pub currency: String,
    /// What its first warehouse is called.
    pub warehouse: String,
    /// Its price lists; the first is for customers who have none of their own.
    pub lists: Vec<FoundList>,
    /// Its products, also those that are not sold any more.
    pub products: Vec<FoundProduct>,
    /// Prices of what is sold, those from nothing on first.
    pub prices: Vec<FoundPrice>,
    /// Its customers: parties with a number and payment terms.
    pub customers: Vec<FoundCustomer>,
}

/// A price list there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundList {
    /// What it is called.
    pub name: String,
    /// Whether tax is in its prices.
    pub tax_included: bool,
}

/// A product there.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundProduct {
    /// Article number.
    pub code: String,
    /// Name.
    pub name: String,
    /// Base unit.
    pub unit: String,
    /// Per cent.
    pub tax_rate: Decimal,
    /// Whether it can be ordered.
    pub active: bool,
    /// What can be promised: what is there without what confirmed sales will take.
    pub available: Decimal,
}

/// A price there.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundPrice {
    /// Article number.
    pub product: String,
    /// Name of the list.
    pub list: String,
    /// From this quantity on.
    pub from: Decimal,
    /// For one base unit.
    pub price: Decimal,
}

/// A customer there.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundCustomer {
    /// Its id, which stays when it gets another number.
    pub id: i64,
    /// Its number.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Street of its first address.
    pub street: String,
    /// Its town.
    pub city: String,
    /// Its postal code.
    pub postal_code: String,
    /// The first number that can be dialled.
    pub phone: String,
    /// Its id there.
    pub phone_id: Option<i64>,
    /// What its payment terms are called.
    pub payment_terms: String,
    /// What the price list is called that it buys by.
    pub list: String,
    /// What it owes.
    pub balance: Decimal,
    /// What of that is due.
    pub overdue: Decimal,
}

struct List {
    /// None: what products cost without any list.
    id: Option<i64>,
    name: String,
    tax_included: bool,
    /// Whether quantities are in the unit that a product is sold in, and not in the one it is counted in.
    by_sale_unit: bool,
    /// Quantities from which it may have another price.
    breaks: BTreeSet<Decimal>,
}

/// A unit that products are counted in and one that they are sold in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Units {
    base: i64,
    /// How many base units one of those it is sold in is.
    sale_factor: Decimal,
}

impl Tryton {
    /// Reads all of it.
    ///
    /// # Errors
    /// Every kind of [`super::Fault`].
    pub async fn pull_all(&self) -> Result<Found> {
        let lists = self.lists().await?;
        let found =
            |list: &List| FoundList { name: list.name.clone(), tax_included: list.tax_included };
        Ok(Found {
            currency: self.company_currency().await?,
            warehouse: self.warehouse().await?.1,
            lists: lists.iter().map(found).collect(),
            products: self.products().await?,
            prices: self.prices(&lists).await?,
            customers: self.customers_by(&lists).await?,
        })
    }

    /// Its customers, with what they owe.
    ///
    /// # Errors
    /// Every kind of [`super::Fault`].
    pub async fn customers(&self) -> Result<Vec<FoundCustomer>> {
        self.customers_by(&self.lists().await?).await
    }

    async fn company_currency(&self) -> Result<String> {
        let fits = json!([["id", "=", self.client.company().await?]]);
        let found = self.client.read("company.company", fits, &["currency.code"]).await?;
        let company = found.first().ok_or_else(|| super::Fault::lacks("the company"))?;
        Ok(value::text(value::inner(company, "currency.")?, "code").to_owned())
    }

    /// The company's price lists, the usual one first.
    async fn lists(&self) -> Result<Vec<List>> {
        let fields = ["name", "tax_included", "unit", "lines.quantity"];
        let fits = json!([["company", "=", self.client.company().await?]]);
        let rows = self.client.read("product.price_list", fits, &fields).await?;
        let mut lists: Vec<_> = rows.iter().filter_map(list).collect();
        let asked = [json!(["price_list"])];
        let usual = self.client.call("product.sale.context", "default_get", &asked).await?;
        match usual.get("price_list").and_then(Value::as_i64) {
            Some(usual) => lists.sort_by_key(|list| list.id != Some(usual)),
            None => lists.insert(0, List::without()),
        }
        Ok(lists)
    }

    /// The first warehouse, and what it is called.
    ///
    /// # Errors
    /// Every kind of [`super::Fault`].
    pub async fn warehouse(&self) -> Result<(i64, String)> {
        let fits = json!([["type", "=", "warehouse"]]);
        let found = self.client.read("stock.location", fits, &["name"]).await?;
        let first = found.first().ok_or_else(|| super::Fault::lacks("a warehouse"))?;
        Ok((value::id(first, "id")?, value::text(first, "name").to_owned()))
    }

    /// Its products, with what can be promised of them.
    ///
    /// # Errors
    /// Every kind of [`super::Fault`].
    pub async fn products(&self) -> Result<Vec<FoundProduct>> {
        let fields = [
            "code",
            "active",
            "salable",
            "template.name",
            "default_uom.symbol",
            "account_category.customer_taxes",
            "quantity",
        ];
        let warehouse = self.warehouse().await?.0;
        let context = json!({ "active_test": false, "locations": [warehouse] });
        let with_code = [json!(["code", "!=", null])];
        let rows = self.pages(PRODUCT, &with_code, &fields, &context).await?;
        let leaving = self.leaving(warehouse).await?;
        let taxes = self.client.read("account.tax", json!([]), &["rate"]).await?;
        let rates: BTreeMap<i64, Decimal> = taxes
            .iter()
            .filter_map(|row| Some((value::id(row, "id").ok()?, value::decimal(row, "rate").ok()?)))
            .collect();
        let product = |row: &Row| {
            let category = row.get("account_category.").and_then(Value::as_object);
            let of = category.and_then(|it| value::ids(it.get("customer_taxes")?).ok());
            let rate: Decimal = of.into_iter().flatten().filter_map(|tax| rates.get(&tax)).sum();
            let there = value::float(row, "quantity").unwrap_or_default();
            let leaving = leaving.get(&value::id(row, "id").ok()?).copied().unwrap_or_default();
            Some(FoundProduct {
                code: value::text(row, "code").to_owned(),
                name: value::text(value::inner(row, "template.").ok()?, "name").to_owned(),
                unit: value::text(value::inner(row, "default_uom.").ok()?, "symbol").to_owned(),
                tax_rate: (rate * Decimal::ONE_HUNDRED).normalize(),
                active: is_true(row, "active") && is_true(row, "salable"),
                available: there - leaving,
            })
        };
        Ok(rows.iter().filter_map(product).collect())
    }

    /// What will leave the warehouse, whenever that is planned, in base units by product. Tryton's own
    /// forecast leaves out what is planned for later than the day that it is asked for.
    async fn leaving(&self, warehouse: i64) -> Result<BTreeMap<i64, Decimal>> {
        let fits = [
            json!(["state", "in", ["draft", "assigned"]]),
            json!(["from_location", "child_of", [warehouse], "parent"]),
            json!(["to_location", "not child_of", [warehouse], "parent"]),
        ];
        let fields = ["product", "internal_quantity"];
        let moves = self.pages("stock.move", &fits, &fields, &json!({})).await?;
        let mut leaving = BTreeMap::new();
        for row in &moves {
            let (product, quantity) =
                (value::id(row, "product")?, value::float(row, "internal_quantity"));
            *leaving.entry(product).or_default() += quantity.unwrap_or_default();
        }
        Ok(leaving)
    }

    /// What each product that is sold costs by each list, from each quantity on, for one base unit.
    /// What has no price by a list cannot be ordered by it.
    async fn prices(&self, lists: &[List]) -> Result<Vec<FoundPrice>> {
        let units = self.units().await?;
        let mut prices = Vec::new();
        for list in lists {
            for units in &units {
                for from in &list.breaks {
                    let from = if list.by_sale_unit { from * units.sale_factor } else { *from };
                    prices.extend(self.prices_from(list, units, from).await?);
                }
            }
        }
        Ok(prices)
    }

    async fn prices_from(
        &self,
        list: &List,
        units: &Units,
        from: Decimal,
    ) -> Result<Vec<FoundPrice>> {
        let context =
            json!({ "price_list": list.id, "uom": units.base, "quantity": from.to_f64() });
        let fields = ["code", "sale_price_uom", "default_uom.factor", "sale_uom.factor"];
        let sold = [
            json!(["code", "!=", null]),
            json!(["salable", "=", true]),
            json!(["default_uom", "=", units.base]),
        ];
        let rows = self.pages(PRODUCT, &sold, &fields, &context).await?;
        let price = |row: &Row| {
            Some(FoundPrice {
                product: value::text(row, "code").to_owned(),
                list: list.name.clone(),
                from,
                price: value::decimal(row, "sale_price_uom").ok()?,
            })
        };
        let of_unit = rows.iter().filter(|row| sale_factor(row) == Some(units.sale_factor));
        Ok(of_unit.filter_map(price).collect())
    }

    /// The units of what is sold.
    async fn units(&self) -> Result<BTreeSet<Units>> {
        let sold = [json!(["code", "!=", null]), json!(["salable", "=", true])];
        let fields = ["default_uom", "default_uom.factor", "sale_uom.factor"];
        let rows = self.pages(PRODUCT, &sold, &fields, &json!({})).await?;
        let units = |row: &Row| {
            let base = value::id(row, "default_uom").ok()?;
            Some(Units { base, sale_factor: sale_factor(row)? })
        };
        Ok(rows.iter().filter_map(units).collect())
    }

    async fn customers_by(&self, lists: &[List]) -> Result<Vec<FoundCustomer>> {
        let fields = [
            "code",
            "name",
            "addresses.street",
            "addresses.city",
            "addresses.postal_code",
            "contact_mechanisms.type",
            "contact_mechanisms.value",
            "customer_payment_term.rec_name",
            "sale_price_list",
            "receivable",
            "receivable_today",
        ];
        let rows = self.pages(PARTY, &[json!(["code", "!=", null])], &fields, &json!({})).await?;
        // Every party may be given a price list by default; terms are given by people. Those that an
        // order from here made have none yet.
        let linked = links::all_theirs(&self.store().read, PARTY).await.map_err(ours)?;
        let buys = |row: &&Row| {
            row.get("customer_payment_term.").is_some_and(Value::is_object)
                || value::id(row, "id").is_ok_and(|id| linked.contains(&id))
        };
        Ok(rows.iter().filter(buys).filter_map(|row| customer(row, lists)).collect())
    }

    /// All records that fit, page by page: by id, since what changes meanwhile moves nothing else.
    async fn pages(
        &self,
        model: &str,
        fits: &[Value],
        fields: &[&str],
        context: &Value,
    ) -> Result<Vec<Row>> {
        let context = context.as_object().cloned().unwrap_or_default();
        let (mut all, mut last) = (Vec::new(), 0);
        loop {
            let mut fits = fits.to_vec();
            fits.push(json!(["id", ">", last]));
            let order = json!([["id", "ASC"]]);
            let args = [json!(fits), json!(0), json!(PAGE), order, json!(fields)];
            let page = self.client.call_for(model, "search_read", &args, &context).await?;
            let page = value::rows(page)?;
            let Some(end) = page.last() else { return Ok(all) };
            last = value::id(end, "id")?;
            all.extend(page);
        }
    }
}

impl List {
    /// What products cost where no list holds.
    fn without() -> Self {
        Self {
            id: None,
            name: "List price".to_owned(),
            tax_included: false,
            by_sale_unit: false,
            breaks: BTreeSet::from([Decimal::ZERO]),
        }
    }
}

fn list(row: &Row) -> Option<List> {
    let lines = row.get("lines.").and_then(Value::as_array).into_iter().flatten();
    let quantities = lines.filter_map(|line| value::float(line.as_object()?, "quantity"));
    Some(List {
        id: Some(value::id(row, "id").ok()?),
        name: value::text(row, "name").to_owned(),
        tax_included: is_true(row, "tax_included"),
        by_sale_unit: value::text(row, "unit") == "product_sale",
        breaks: quantities.chain([Decimal::ZERO]).collect(),
    })
}

/// How many base units one of those is that a product is sold in.
fn sale_factor(row: &Row) -> Option<Decimal> {
    let factor = |unit: &str| value::float(value::inner(row, unit).ok()?, "factor");
    factor("sale_uom.")?.checked_div(factor("default_uom.")?).map(|it| it.normalize())
}

fn customer(row: &Row, lists: &[List]) -> Option<FoundCustomer> {
    let of = |field: &str| row.get(field).and_then(Value::as_array).into_iter().flatten();
    let mut ways = of("contact_mechanisms.").filter_map(Value::as_object);
    let dialled = |way: &&Row| matches!(value::text(way, "type"), "phone" | "mobile");
    let phone = ways.find(dialled);
    let nowhere = Row::new();
    let address = of("addresses.").filter_map(Value::as_object).next().unwrap_or(&nowhere);
    let list = row.get("sale_price_list").and_then(Value::as_i64);
    let list = lists.iter().find(|it| list.is_some() && it.id == list).or_else(|| lists.first());
    let term = row.get("customer_payment_term.").and_then(Value::as_object).unwrap_or(&nowhere);
    let text = |row: &Row, field: &str| value::text(row, field).trim().replace('\n', ", ");
    Some(FoundCustomer {
        id: value::id(row, "id").ok()?,
        code: text(row, "code"),
        name: text(row, "name"),
        street: text(address, "street"),
        city: text(address, "city"),
        postal_code: text(address, "postal_code"),
        phone: phone.map_or("", |way| value::text(way, "value")).to_owned(),
        phone_id: phone.and_then(|way| value::id(way, "id").ok()),
        payment_terms: text(term, "rec_name"),
        list: list.map(|it| it.name.clone()).unwrap_or_default(),
        balance: value::decimal(row, "receivable").unwrap_or_default(),
        overdue: value::decimal(row, "receivable_today").unwrap_or_default(),
    })
}

/// Tryton writes some of them as numbers.
fn is_true(row: &Row, field: &str) -> bool {
    match row.get(field) {
        Some(Value::Bool(it)) => *it,
        Some(Value::Number(it)) => it.as_i64() != Some(0),
        _ => false,
    }
}
