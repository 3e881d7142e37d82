//! What Tryton has that reps work with.
//!
//! All of it is read every time: a change of a child does not touch its parent there, and stamps are
//! older than their commits, so that nothing that asks only for what is new can be trusted. What is
//! new is found on our side, by comparing.

use std::collections::BTreeMap;

use roundsman_core::quantity::Quantity;
use roundsman_core::time::Day;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::Tryton;
use super::fault::Result;
use super::known::{PARTY, PRODUCT};
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
    /// What its price lists are called.
    pub lists: Vec<String>,
    /// Its products, also those that are not sold any more.
    pub products: Vec<FoundProduct>,
    /// Prices of what is sold, those from nothing on first.
    pub prices: Vec<FoundPrice>,
    /// Its customers: parties with a number and payment terms.
    pub customers: Vec<FoundCustomer>,
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
    /// What its payment terms are called.
    pub payment_terms: String,
    /// What its price list is called; empty for the company's usual one.
    pub list: String,
    /// What it owes.
    pub balance: Decimal,
    /// What of that is due.
    pub overdue: Decimal,
}

struct List {
    id: i64,
    name: String,
    /// Quantities from which it may have another price.
    breaks: Vec<Decimal>,
}

impl Tryton {
    /// Reads all of it.
    ///
    /// # Errors
    /// Every kind of [`super::Fault`].
    pub async fn pull_all(&self, today: Day) -> Result<Found> {
        let lists = self.lists().await?;
        let mut found = Found {
            currency: self.company_currency().await?,
            warehouse: self.warehouse().await?.1,
            lists: lists.iter().map(|list| list.name.clone()).collect(),
            products: self.products(today).await?,
            customers: self.customers(&lists).await?,
            ..Found::default()
        };
        for list in &lists {
            for from in &list.breaks {
                found.prices.extend(self.prices(list, *from).await?);
            }
        }
        Ok(found)
    }

    async fn company_currency(&self) -> Result<String> {
        let fits = json!([["id", "=", self.client.company().await?]]);
        let found = self.client.read("company.company", fits, &["currency.code"]).await?;
        let company = found.first().ok_or_else(|| super::Fault::lacks("the company"))?;
        Ok(value::text(value::inner(company, "currency.")?, "code").to_owned())
    }

    async fn lists(&self) -> Result<Vec<List>> {
        let fields = ["name", "lines.quantity"];
        let rows = self.client.read("product.price_list", json!([]), &fields).await?;
        rows.iter()
            .map(|row| {
                let lines = row.get("lines.").and_then(Value::as_array);
                let quantity = |line: &Value| line.get("quantity").and_then(Value::as_f64);
                let mut breaks = vec![Decimal::ZERO];
                let quantities = lines.into_iter().flatten().filter_map(quantity);
                breaks.extend(quantities.filter_map(|it| Decimal::try_from(it).ok()));
                breaks.sort();
                breaks.dedup();
                Ok(List {
                    id: value::id(row, "id")?,
                    name: value::text(row, "name").to_owned(),
                    breaks,
                })
            })
            .collect()
    }

    /// The first warehouse, and what it is called.
    async fn warehouse(&self) -> Result<(i64, String)> {
        let fits = json!([["type", "=", "warehouse"]]);
        let found = self.client.read("stock.location", fits, &["name"]).await?;
        let first = found.first().ok_or_else(|| super::Fault::lacks("a warehouse"))?;
        Ok((value::id(first, "id")?, value::text(first, "name").to_owned()))
    }

    /// Its products, with what can be promised of them on this day.
    ///
    /// # Errors
    /// Every kind of [`super::Fault`].
    pub async fn products(&self, today: Day) -> Result<Vec<FoundProduct>> {
        let fields = [
            "code",
            "active",
            "salable",
            "template.name",
            "default_uom.symbol",
            "account_category.customer_taxes",
            "forecast_quantity",
        ];
        let warehouse = self.warehouse().await?.0;
        let context = json!({ "active_test": false, "locations": [warehouse],
            "stock_date_end": value::of_day(today) });
        let with_code = [json!(["code", "!=", null])];
        let rows = self.pages(PRODUCT, &with_code, &fields, &context).await?;
        let taxes = self.client.read("account.tax", json!([]), &["rate"]).await?;
        let rates: BTreeMap<i64, Decimal> = taxes
            .iter()
            .filter_map(|row| Some((value::id(row, "id").ok()?, value::decimal(row, "rate").ok()?)))
            .collect();
        let product = |row: &Row| {
            let category = row.get("account_category.").and_then(Value::as_object);
            let of = category.and_then(|it| value::ids(it.get("customer_taxes")?).ok());
            let rate: Decimal = of.into_iter().flatten().filter_map(|tax| rates.get(&tax)).sum();
            let available =
                row.get("forecast_quantity").and_then(Value::as_f64).unwrap_or_default();
            Ok(FoundProduct {
                code: value::text(row, "code").to_owned(),
                name: value::text(value::inner(row, "template.")?, "name").to_owned(),
                unit: value::text(value::inner(row, "default_uom.")?, "symbol").to_owned(),
                tax_rate: (rate * Decimal::ONE_HUNDRED).normalize(),
                active: is_true(row, "active") && is_true(row, "salable"),
                available: Decimal::try_from(available).unwrap_or_default(),
            })
        };
        rows.iter().map(product).collect()
    }

    async fn prices(&self, list: &List, from: Decimal) -> Result<Vec<FoundPrice>> {
        let quantity = value::of_quantity(Quantity(from.max(Decimal::ONE)));
        let company = self.client.company().await?;
        let context = json!({ "price_list": list.id, "company": company, "quantity": quantity });
        let sold = [json!(["salable", "=", true]), json!(["code", "!=", null])];
        let fields = ["code", "sale_price_uom", "sale_uom.factor", "default_uom.factor"];
        let rows = self.pages(PRODUCT, &sold, &fields, &context).await?;
        rows.iter()
            .map(|row| {
                Ok(FoundPrice {
                    product: value::text(row, "code").to_owned(),
                    list: list.name.clone(),
                    from,
                    price: value::decimal(row, "sale_price_uom")? * base_units(row)?,
                })
            })
            .collect()
    }

    async fn customers(&self, lists: &[List]) -> Result<Vec<FoundCustomer>> {
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
        // Every party may be given a price list by default; terms are given by people.
        let buys = |row: &&Row| row.get("customer_payment_term.").is_some_and(Value::is_object);
        rows.iter().filter(buys).map(|row| customer(row, lists)).collect()
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

/// How many of the units that a price is for are one base unit: a price may be for a case.
fn base_units(row: &Row) -> Result<Decimal> {
    let factor = |unit: &str| {
        let factor = value::inner(row, unit)?.get("factor").and_then(Value::as_f64);
        factor
            .and_then(|it| Decimal::try_from(it).ok())
            .ok_or_else(|| super::Fault::lacks("factor"))
    };
    let base = factor("default_uom.")?.checked_div(factor("sale_uom.")?);
    base.ok_or_else(|| super::Fault::lacks("a unit that is not nothing"))
}

fn customer(row: &Row, lists: &[List]) -> Result<FoundCustomer> {
    let of = |field: &str| row.get(field).and_then(Value::as_array).into_iter().flatten();
    let mut ways = of("contact_mechanisms.").filter_map(Value::as_object);
    let dialled = |way: &&Row| matches!(value::text(way, "type"), "phone" | "mobile");
    let phone = ways.find(dialled).map_or("", |way| value::text(way, "value"));
    let nowhere = Row::new();
    let address = of("addresses.").filter_map(Value::as_object).next().unwrap_or(&nowhere);
    let list = row.get("sale_price_list").and_then(Value::as_i64);
    let list = lists.iter().find(|it| Some(it.id) == list);
    let term = row.get("customer_payment_term.").and_then(Value::as_object).unwrap_or(&nowhere);
    let text = |row: &Row, field: &str| value::text(row, field).trim().replace('\n', ", ");
    Ok(FoundCustomer {
        code: text(row, "code"),
        name: text(row, "name"),
        street: text(address, "street"),
        city: text(address, "city"),
        postal_code: text(address, "postal_code"),
        phone: phone.to_owned(),
        payment_terms: text(term, "rec_name"),
        list: list.map(|it| it.name.clone()).unwrap_or_default(),
        balance: value::decimal(row, "receivable")?,
        overdue: value::decimal(row, "receivable_today")?,
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
