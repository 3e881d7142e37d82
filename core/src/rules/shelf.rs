//! The records that price and judge the orders of one customer, as one replica or the server has
//! them. Price and promise follow from these alone.

use std::collections::BTreeMap;

use super::{
    Availability, BasketLine, Demand, PricedBasket, base_units, check_availabilities, price_basket,
};
use crate::documents::cart::CartLine;
use crate::id::{LineId, ProductId};
use crate::money::Currency;
use crate::records::{CustomerAccount, LocalName, Price, PriceList, Product, SalesOrder, Stock};

/// What is known about one product for this customer.
#[derive(Debug, Clone, Default)]
pub struct Slot {
    /// The product.
    pub product: Option<Product>,
    /// Its price in the customer's list.
    pub price: Option<Price>,
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

impl Shelf {
    /// A shelf for a customer without a price list: nothing on it has a price.
    #[must_use]
    pub fn without_prices(account: Option<CustomerAccount>) -> Self {
        let name = LocalName { zh: String::new(), en: String::new() };
        let currency = account.as_ref().map_or(Currency::CNY, |account| account.balance.currency);
        let list = PriceList { id: uuid::Uuid::nil().into(), name, currency, tax_included: false };
        Self { list, account, slots: BTreeMap::new() }
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
