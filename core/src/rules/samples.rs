//! Records for this folder's tests.

use uuid::Uuid;

use crate::money::{Currency, Money};
use crate::records::{LocalName, Pack, Price, PriceBreak, PriceList, Product};

fn name() -> LocalName {
    LocalName { zh: "酱油".to_owned(), en: "Soy sauce".to_owned() }
}

/// A product of 13 %, in pieces and boxes of 12.
pub(super) fn product(number: u128) -> Product {
    Product {
        id: Uuid::from_u128(number).into(),
        code: format!("P-{number}"),
        name: name(),
        category: name(),
        unit: "pc".to_owned(),
        packs: vec![Pack { code: "box".to_owned(), factor: 12.into() }],
        tax_rate: 13.into(),
        barcode: String::new(),
        picture: None,
        active: true,
    }
}

/// A list of net prices in yuan.
pub(super) fn list() -> PriceList {
    let id = Uuid::from_u128(100).into();
    PriceList { id, name: name(), currency: Currency::CNY, tax_included: false }
}

/// The product's price in [`list`]: 10.00, from 24 pieces 9.00, at most 20 % off.
pub(super) fn price(product: &Product) -> Price {
    let at = |from: i64, minor| PriceBreak {
        from: from.into(),
        unit_price: Money::new(minor, Currency::CNY),
    };
    Price {
        breaks: vec![at(0, 1_000), at(24, 900)],
        discount_max: 20.into(),
        since: crate::time::Day(20_000),
        ..Price::none(list().id, product.id)
    }
}
