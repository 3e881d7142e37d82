//! What a connected ERP has, as sheets that can be imported.

use std::collections::BTreeMap;

use roundsman_erp::tryton::{Found, FoundCustomer, FoundPrice, FoundProduct};

use crate::exchange::columns::Kind;

/// A sheet: rows by what they are about, in an order in which they can be taken in.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// What it holds.
    pub kind: Kind,
    /// Which field each column is.
    pub fields: &'static [&'static str],
    /// How many of the first columns say what a row is about.
    pub key_columns: usize,
    /// The cells.
    pub rows: Vec<Vec<String>>,
}

impl Sheet {
    /// Everything there, what is referred to first.
    #[must_use]
    pub fn all(found: &Found) -> [Self; 3] {
        [
            Self {
                kind: Kind::Products,
                fields: &["code", "name", "unit", "tax_rate", "active"],
                key_columns: 1,
                rows: found.products.iter().map(product).collect(),
            },
            Self {
                kind: Kind::Prices,
                fields: &["product", "price_list", "from", "price"],
                key_columns: 3,
                rows: found.prices.iter().map(price).collect(),
            },
            Self {
                kind: Kind::Customers,
                fields: &[
                    "code",
                    "name",
                    "phone",
                    "address",
                    "city",
                    "postal_code",
                    "payment_terms",
                    "price_list",
                ],
                key_columns: 1,
                rows: found.customers.iter().map(customer).collect(),
            },
        ]
    }

    /// What a row is about.
    #[must_use]
    pub fn key(&self, row: &[String]) -> String {
        row.get(..self.key_columns).unwrap_or(row).join("\u{1f}")
    }

    /// The rows that are not as they were, and of those that were there only the cells that changed:
    /// an empty cell leaves what is here as it is. So what somebody changed here stays, unless it was
    /// changed there as well.
    #[must_use]
    pub fn news(&self, before: &BTreeMap<String, Vec<String>>) -> Vec<Vec<String>> {
        let news = |row: &Vec<String>| match before.get(&self.key(row)) {
            None => Some(row.clone()),
            Some(was) if was == row => None,
            Some(was) => Some(self.changed(row, was)),
        };
        self.rows.iter().filter_map(news).collect()
    }

    fn changed(&self, row: &[String], was: &[String]) -> Vec<String> {
        let cell = |(at, now): (usize, &String)| {
            let same = at >= self.key_columns && was.get(at) == Some(now);
            if same { String::new() } else { now.clone() }
        };
        row.iter().enumerate().map(cell).collect()
    }
}

fn product(it: &FoundProduct) -> Vec<String> {
    let active = if it.active { "yes" } else { "no" };
    vec![
        it.code.clone(),
        it.name.clone(),
        it.unit.clone(),
        it.tax_rate.to_string(),
        active.to_owned(),
    ]
}

fn price(it: &FoundPrice) -> Vec<String> {
    let from = it.from.normalize().to_string();
    vec![it.product.clone(), it.list.clone(), from, it.price.normalize().to_string()]
}

fn customer(it: &FoundCustomer) -> Vec<String> {
    vec![
        it.code.clone(),
        it.name.clone(),
        it.phone.clone(),
        it.street.clone(),
        it.city.clone(),
        it.postal_code.clone(),
        it.payment_terms.clone(),
        it.list.clone(),
    ]
}
