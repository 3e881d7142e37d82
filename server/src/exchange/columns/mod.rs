//! What can be imported, and which column of a file is which field.

mod fields;

use std::collections::{BTreeMap, BTreeSet};

use roundsman_core::text::search_key;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use self::fields::Field;
use self::fields::{CONTACTS, CUSTOMERS, ORDERS, PRICES, PRODUCTS, REPS, STOCK};

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// Customers with their account, their territory and one contact.
    Customers,
    /// People at customers.
    Contacts,
    /// Products.
    Products,
    /// Prices of products in a list.
    Prices,
    /// What was counted in a warehouse.
    Stock,
    /// Reps and where they work; the rows of one code are one person.
    Reps,
    /// Orders from before; the rows of one number are one order.
    Orders,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Customers,
        Self::Contacts,
        Self::Products,
        Self::Prices,
        Self::Stock,
        Self::Reps,
        Self::Orders,
    ];

    /// Its name, as stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::Contacts => "contacts",
            Self::Products => "products",
            Self::Prices => "prices",
            Self::Stock => "stock",
            Self::Reps => "reps",
            Self::Orders => "orders",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What its columns can be.
    #[must_use]
    pub fn fields(self) -> &'static [Field] {
        match self {
            Self::Customers => CUSTOMERS,
            Self::Contacts => CONTACTS,
            Self::Products => PRODUCTS,
            Self::Prices => PRICES,
            Self::Stock => STOCK,
            Self::Reps => REPS,
            Self::Orders => ORDERS,
        }
    }

    /// The fields that name one thing: no two rows may have the same, unless they go together.
    #[must_use]
    pub fn key(self) -> &'static [&'static str] {
        match self {
            Self::Customers | Self::Products | Self::Reps => &["code"],
            Self::Orders => &["number"],
            Self::Contacts => &["customer", "name"],
            Self::Prices => &["product", "price_list", "from", "since"],
            Self::Stock => &["product", "warehouse"],
        }
    }

    /// Whether rows with the same name of a thing are parts of it.
    #[must_use]
    pub fn rows_go_together(self) -> bool {
        matches!(self, Self::Reps | Self::Orders)
    }
}

/// Which column each field is in: field to column, counted from 0.
pub type Mapping = BTreeMap<String, usize>;

/// Finds the fields of these columns: first as somebody said for such a header before, then by what
/// people call them.
#[must_use]
pub fn recognise(kind: Kind, header: &[String], said: &BTreeMap<String, String>) -> Mapping {
    let mut mapping = Mapping::new();
    for (column, name) in header.iter().enumerate() {
        if let Some(field) = said.get(&plain(name)).filter(|it| !it.is_empty()) {
            mapping.entry(field.clone()).or_insert(column);
        }
    }
    let mut taken: BTreeSet<usize> = mapping.values().copied().collect();
    let said_nothing = |name: &String| !said.contains_key(&plain(name));
    for field in kind.fields() {
        if mapping.contains_key(field.name) {
            continue;
        }
        let found = field.headers.iter().find_map(|known| {
            header.iter().enumerate().position(|(column, name)| {
                !taken.contains(&column) && said_nothing(name) && plain(name) == *known
            })
        });
        if let Some(column) = found {
            taken.insert(column);
            mapping.insert(field.name.to_owned(), column);
        }
    }
    mapping
}

/// What a mapping says about its headers, for the next file: header to field, empty for none.
#[must_use]
pub fn said(header: &[String], mapping: &Mapping) -> BTreeMap<String, String> {
    let of = |column| mapping.iter().find(|(_, at)| **at == column).map(|(field, _)| field.clone());
    let pairs = header.iter().enumerate();
    pairs.map(|(column, name)| (plain(name), of(column).unwrap_or_default())).collect()
}

/// A header as letters and digits.
fn plain(header: &str) -> String {
    search_key(header).chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn found(kind: Kind, names: &[&str]) -> Vec<(String, usize)> {
        recognise(kind, &header(names), &BTreeMap::new()).into_iter().collect()
    }

    fn wanted(pairs: &[(&str, usize)]) -> Vec<(String, usize)> {
        pairs.iter().map(|(field, column)| ((*field).to_owned(), *column)).collect()
    }

    #[test]
    fn columns_are_recognised_in_english_and_chinese() {
        let english = ["Customer ID", "CompanyName", "Phone", "Postal Code", "Fax"];
        let columns = wanted(&[("code", 0), ("name", 1), ("phone", 2), ("postal_code", 3)]);
        assert_eq!(found(Kind::Customers, &english), columns);
        let chinese = ["客户编号", "客户名称", "联系电话", "邮编", "传真"];
        assert_eq!(found(Kind::Customers, &chinese), columns);
    }

    #[test]
    fn the_best_name_wins_and_a_column_is_one_field() {
        let names = ["ProductID", "ProductName", "UnitPrice", "UnitsInStock"];
        assert_eq!(found(Kind::Prices, &names), wanted(&[("price", 2), ("product", 0)]));
        assert_eq!(found(Kind::Stock, &names), wanted(&[("on_hand", 3), ("product", 0)]));
        assert_eq!(
            found(Kind::Contacts, &["Contact Name", "Customer"]),
            wanted(&[("customer", 1), ("name", 0)])
        );
    }

    #[test]
    fn what_somebody_said_before_holds() {
        let names = header(&["Ref", "Name", "Phone"]);
        let mapping: Mapping = [("code".to_owned(), 0), ("name".to_owned(), 1)].into();
        let said = said(&names, &mapping);
        assert_eq!(recognise(Kind::Customers, &names, &said), mapping, "the phone stays out");
    }

    #[test]
    fn every_field_can_be_recognised() {
        for kind in Kind::ALL {
            assert_eq!(Kind::named(kind.name()), Some(kind));
            assert!(kind.key().iter().all(|key| kind.fields().iter().any(|it| it.name == *key)));
            for field in kind.fields() {
                assert!(field.headers.iter().all(|it| plain(it) == *it), "{}", field.name);
            }
        }
    }
}
