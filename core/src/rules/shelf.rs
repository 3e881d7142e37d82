//! The records that price and judge the orders of one customer, as one replica or the server has
//! them. Price and promise follow from these alone.

use std::collections::BTreeMap;

use super::{
    Availability, BasketLine, Demand, PricedBasket, base_units, check_availabilities, first_price,
    price_basket,
};
use crate::documents::cart::CartLine;
use crate::id::{LineId, ProductId};
use crate::money::Currency;
use crate::records::{
    CustomerAccount, LocalName, Price, PriceList, PriceVersion, Product, SalesOrder, Stock,
};
use crate::time::{DAY_MS, Timestamp};

/// How long before its day people are told of a price.
const TOLD_BEFORE_MS: i64 = 14 * DAY_MS;

/// What is known about one product for this customer.
#[derive(Debug, Clone, Default)]
pub struct Slot {
    /// The product.
    pub product: Option<Product>,
    /// Its price in the customer's list.
    pub price: Option<Price>,
    /// The next price, where people are to be told of it: soon, and another for the first unit.
    pub next_price: Option<PriceVersion>,
    /// Its stock in the customer's warehouse.
    pub stock: Option<Stock>,
}

/// The records for one customer.
#[derive(Debug, Clone)]
pub struct Shelf {
    /// The customer's price list.
    pub list: PriceList,
    /// The company's side of the customer; none before the office decided.
    pub account: Option<CustomerAccount>,
    /// Every product that matters.
    pub slots: BTreeMap<ProductId, Slot>,
}

impl Slot {
    /// As it is at this instant.
    #[must_use]
    pub fn at(&self, at: Timestamp) -> Self {
        let price = self.price.as_ref().map(|price| price.at(at));
        let next_price = price.as_ref().and_then(|price| told_of(price, at));
        Self { price, next_price, ..self.clone() }
    }
}

impl Shelf {
    /// A shelf for a customer without a price list: nothing on it has a price.
    #[must_use]
    pub fn without_prices(account: Option<CustomerAccount>) -> Self {
        let name = LocalName { zh: String::new(), en: String::new() };
        let currency = account.as_ref().map_or(Currency::CNY, |account| account.balance.currency);
        let list = PriceList { id: uuid::Uuid::nil().into(), name, currency, tax_included: false };
        Self { list, account, slots: BTreeMap::new() }
    }

    /// The shelf as it is at this instant.
    #[must_use]
    pub fn at(mut self, at: Timestamp) -> Self {
        self.slots.values_mut().for_each(|slot| *slot = slot.at(at));
        self
    }

    /// When the next price on it begins, after those that it is priced by.
    #[must_use]
    pub fn next_begins(&self) -> Option<Timestamp> {
        let prices = self.slots.values().filter_map(|slot| slot.price.as_ref());
        prices.filter_map(|price| Some(price.coming().next()?.begins)).min()
    }

    /// The shelf as it would be without what was taken for this order.
    #[must_use]
    pub fn without(mut self, order: &SalesOrder) -> Self {
        if let Some(account) = self.account.as_mut().filter(|_| order.takes_credit()) {
            account.uninvoiced = account.uninvoiced.minus(order.total);
        }
        for line in order.lines.iter().filter(|_| order.takes_stock()) {
            let slot = self.slots.get_mut(&line.product);
            if let Some(stock) = slot.and_then(|slot| slot.stock.as_mut()) {
                stock.reserved.0 -= line.reserved.0;
            }
        }
        self
    }

    /// Prices these lines.
    #[must_use]
    pub fn price(&self, lines: &[(LineId, &CartLine)]) -> PricedBasket {
        let lines: Vec<_> = lines
            .iter()
            .map(|(id, line)| {
                let slot = self.slots.get(&line.product);
                BasketLine {
                    id: *id,
                    product: slot.and_then(|slot| slot.product.as_ref()),
                    price: slot.and_then(|slot| slot.price.as_ref()),
                    pack: &line.pack,
                    quantity: line.quantity,
                    discount: line.discount,
                }
            })
            .collect();
        price_basket(&self.list, &lines)
    }

    /// What can be promised to each of these lines, in their order; none for an unknown product.
    #[must_use]
    pub fn promise(&self, lines: &[(LineId, &CartLine)]) -> BTreeMap<LineId, Availability> {
        let (ids, demands): (Vec<_>, Vec<_>) = lines
            .iter()
            .filter_map(|(id, line)| {
                let slot = self.slots.get(&line.product)?;
                let product = slot.product.as_ref()?;
                let wanted = base_units(product, &line.pack, line.quantity).ok()?;
                Some((*id, Demand { product, wanted, stock: slot.stock.as_ref() }))
            })
            .unzip();
        ids.into_iter().zip(check_availabilities(&demands)).collect()
    }
}

fn told_of(price: &Price, at: Timestamp) -> Option<PriceVersion> {
    let soon = at.plus_millis(TOLD_BEFORE_MS);
    let next = price.coming().next().filter(|next| next.begins <= soon)?;
    (first_price(&next.breaks) != first_price(&price.breaks)).then(|| next.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::{Currency, Money};
    use crate::records::PriceBreak;
    use crate::rules::{list_price, samples};
    use crate::time::Day;

    const TODAY: Timestamp = Timestamp(20_000 * DAY_MS);

    /// A product at 10.00, and what it costs from days to come.
    fn slot(coming: &[(i32, i64)]) -> Slot {
        let product = samples::product(1);
        let price = coming.iter().fold(samples::price(&product), |price, (days, minor)| {
            let since = Day(20_000).plus(*days);
            let unit_price = Money::new(*minor, Currency::CNY);
            let breaks = vec![PriceBreak { from: 0.into(), unit_price }];
            let begins = since.begins(0);
            price.with(PriceVersion { since, begins, breaks, discount_max: 0.into() }, TODAY)
        });
        Slot { product: Some(product), price: Some(price), ..Slot::default() }
    }

    fn told(slot: &Slot, days: i64) -> (Option<i64>, Option<i32>) {
        let slot = slot.at(TODAY.plus_millis(days * DAY_MS));
        let price = slot.price.as_ref().and_then(list_price).map(|it| it.minor);
        (price, slot.next_price.map(|it| it.since.0 - 20_000))
    }

    #[test]
    fn people_are_told_of_the_next_price_two_weeks_before() {
        let slot = slot(&[(20, 1_250), (22, 1_300)]);
        assert_eq!(told(&slot, 5), (Some(1_000), None));
        assert_eq!(told(&slot, 6), (Some(1_000), Some(20)));
        assert_eq!(told(&slot, 20), (Some(1_250), Some(22)));
        assert_eq!(told(&slot, 22), (Some(1_300), None));
    }

    #[test]
    fn a_next_price_that_is_the_same_for_the_first_unit_is_no_news() {
        assert_eq!(told(&slot(&[(3, 1_000)]), 0), (Some(1_000), None));
    }

    #[test]
    fn a_shelf_knows_when_its_next_price_begins() {
        let mut shelf = Shelf::without_prices(None);
        assert_eq!(shelf.next_begins(), None);
        for (id, coming) in [(1, [(40, 900)]), (2, [(30, 900)])] {
            shelf.slots.insert(uuid::Uuid::from_u128(id).into(), slot(&coming));
        }
        let begins = |days: i32| Some(Day(20_000 + days).begins(0));
        assert_eq!(shelf.clone().at(TODAY).next_begins(), begins(30));
        assert_eq!(shelf.at(TODAY.plus_millis(30 * DAY_MS)).next_begins(), begins(40));
    }
}
