//! What a connected ERP has, as sheets that can be imported.

use std::collections::BTreeMap;

use roundsman_erp::tryton::{Found, FoundCustomer, FoundPrice, FoundProduct};

use roundsman_store::links::PulledRow;

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
    /// Columns that are one thing together, such as an address: where one changed, all are said.
    pub together: &'static [usize],
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
                together: &[],
                rows: found.products.iter().map(product).collect(),
            },
            Self {
                kind: Kind::Prices,
                fields: &["product", "price_list", "from", "price"],
                key_columns: 3,
                together: &[],
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
                together: &[3, 4, 5],
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
    /// changed there as well. What was refused comes whole, when it changed or when it is time to try
    /// it `again`.
    #[must_use]
    pub fn news(&self, before: &BTreeMap<String, PulledRow>, again: bool) -> Vec<Vec<String>> {
        let news = |row: &Vec<String>| match before.get(&self.key(row)) {
            None => Some(row.clone()),
            Some(was) if was.refused => (again || was.cells != *row).then(|| row.clone()),
            Some(was) => (was.cells != *row).then(|| self.changed(row, &was.cells)),
        };
        self.rows.iter().filter_map(news).collect()
    }

    fn changed(&self, row: &[String], was: &[String]) -> Vec<String> {
        let same = |at: usize| was.get(at) == row.get(at);
        let all_same = self.together.iter().all(|at| same(*at));
        let said = |at: usize| match at {
            _ if at < self.key_columns => true,
            _ if self.together.contains(&at) => !all_same,
            _ => !same(at),
        };
        let cell = |(at, now): (usize, &String)| if said(at) { now.clone() } else { String::new() };
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

#[cfg(test)]
mod tests {
    use super::*;

    fn customers(rows: &[&[&str]]) -> Sheet {
        let rows = rows.iter().map(|row| row.iter().map(|it| (*it).to_owned()).collect()).collect();
        let [_, _, customers] = Sheet::all(&Found::default());
        Sheet { rows, ..customers }
    }

    fn as_read(sheet: &Sheet, refused: bool) -> BTreeMap<String, PulledRow> {
        let row =
            |cells: &Vec<String>| (sheet.key(cells), PulledRow { cells: cells.clone(), refused });
        sheet.rows.iter().map(row).collect()
    }

    const WAS: &[&str] =
        &["C1", "Lotus", "1", "5 Sea Road", "Qingdao", "266000", "30 days", "Retail"];

    #[test]
    fn an_address_is_said_as_a_whole() {
        let before = as_read(&customers(&[WAS]), false);
        let moved = ["C1", "Lotus", "1", "5 Sea Road", "Jinan", "266000", "30 days", "Retail"];
        assert_eq!(
            customers(&[&moved]).news(&before, true),
            [["C1", "", "", "5 Sea Road", "Jinan", "266000", "", ""]]
        );
        let renamed = ["C1", "Rose", "1", "5 Sea Road", "Qingdao", "266000", "30 days", "Retail"];
        assert_eq!(
            customers(&[&renamed]).news(&before, true),
            [["C1", "Rose", "", "", "", "", "", ""]]
        );
    }

    #[test]
    fn what_was_refused_comes_whole() {
        let sheet = customers(&[WAS]);
        let before = as_read(&sheet, true);
        assert!(sheet.news(&before, false).is_empty());
        assert_eq!(sheet.news(&before, true), [WAS]);
        let renamed = ["C1", "Rose", "1", "5 Sea Road", "Qingdao", "266000", "30 days", "Retail"];
        assert_eq!(customers(&[&renamed]).news(&before, false), [renamed]);
    }
}
