//! Putting the cart and the catalogue together from documents and records.

use std::collections::BTreeMap;

use super::{CartLineView, CartView, CatalogueRow, NextPrice, PriceTrace};
use crate::documents::cart::{Cart, CartLine};
use crate::documents::order::SignedLine;
use crate::id::{CartId, LineId};
use crate::money::Money;
use crate::quantity::Quantity;
use crate::records::{LocalName, PriceVersion, Product, Reason};
use crate::rules::{
    Availability, PricedLine, Shelf, Slot, check_credit, discount_max, first_price, list_price,
    problem,
};

impl CartView {
    /// The cart, priced and judged from this shelf.
    #[must_use]
    pub fn new(id: CartId, cart: &Cart, customer_name: &str, shelf: &Shelf) -> Self {
        let wanted = cart.lines_in_order();
        let basket = shelf.price(&wanted);
        let promises = shelf.promise(&wanted);
        let credit = shelf.account.as_ref().map(|account| check_credit(account, basket.total));
        let mut warnings: Vec<Reason> =
            credit.iter().flat_map(|check| check.reasons.clone()).collect();
        warnings.extend(wanted.iter().filter_map(|(id, _)| promises.get(id)?.reason.clone()));
        let problems = basket.refused().map(|(_, refusal)| problem(refusal)).collect();
        let lines = wanted
            .iter()
            .zip(&basket.lines)
            .map(|((id, line), result)| {
                let slot = shelf.slots.get(&line.product).cloned().unwrap_or_default();
                let mut view = CartLineView::new(*id, line, &slot, promises.get(id), shelf);
                match &result.priced {
                    Ok(priced) => view.price_as(priced),
                    Err(refusal) => view.problems.push(problem(refusal)),
                }
                view
            })
            .collect();
        Self {
            id,
            customer: cart.customer,
            customer_name: customer_name.to_owned(),
            lines,
            net: basket.net,
            taxes: basket.taxes,
            total: basket.total,
            credit: credit.map(|check| check.view),
            requested_on: cart.requested_on,
            note: cart.note.clone(),
            warnings,
            problems,
        }
    }
}

impl CartLineView {
    pub(super) fn new(
        id: LineId,
        line: &CartLine,
        slot: &Slot,
        promise: Option<&Availability>,
        shelf: &Shelf,
    ) -> Self {
        let zero = Money::zero(shelf.list.currency);
        let product = slot.product.as_ref();
        Self {
            id,
            product: line.product,
            code: product.map(|it| it.code.clone()).unwrap_or_default(),
            name: product.map_or_else(nameless, |it| it.name.clone()),
            unit: product.map(|it| it.unit.clone()).unwrap_or_default(),
            picture: product.and_then(|it| it.picture.clone()),
            packs: product.map(|it| it.packs.clone()).unwrap_or_default(),
            pack: line.pack.clone(),
            quantity: line.quantity,
            discount: line.discount,
            discount_max: slot.price.as_ref().map(discount_max).unwrap_or_default(),
            unit_price: slot.price.as_ref().and_then(list_price),
            breaks: slot.price.as_ref().map(|it| it.breaks.clone()).unwrap_or_default(),
            net: zero,
            tax: zero,
            total: zero,
            available: promise.and_then(|it| it.available),
            stock_as_of: promise.and_then(|it| it.as_of),
            short: promise.is_some_and(|it| it.short.is_positive()),
            price: PriceTrace { list: None, list_name: None, steps: Vec::new() },
            problems: Vec::new(),
        }
    }

    /// What was agreed, or is to be.
    pub(super) fn agree(&mut self, line: &SignedLine) {
        self.code.clone_from(&line.code);
        self.name.clone_from(&line.name);
        self.unit_price = Some(line.unit_price);
        self.net = line.net;
        self.tax = line.tax;
        self.total = line.net.plus(line.tax);
        self.price = line.price.clone();
    }

    fn price_as(&mut self, priced: &PricedLine) {
        self.unit_price = Some(priced.unit_price);
        self.net = priced.net;
        self.tax = priced.tax;
        self.total = priced.total;
        self.price = priced.trace.clone();
    }
}

impl CatalogueRow {
    /// One product as this customer may order it. `last` is what it took last time: packs and pack.
    #[must_use]
    pub fn new(
        product: &Product,
        slot: &Slot,
        shelf: &Shelf,
        in_cart: Option<CartLineView>,
        last: Option<(Quantity, String)>,
    ) -> Self {
        let price = slot.price.as_ref();
        let (last_quantity, last_pack) = last.unzip();
        Self {
            id: product.id,
            code: product.code.clone(),
            name: product.name.clone(),
            category: product.category.clone(),
            unit: product.unit.clone(),
            picture: product.picture.clone(),
            packs: product.packs.clone(),
            unit_price: price.and_then(list_price),
            tax_rate: product.tax_rate,
            tax_included: shelf.list.tax_included,
            has_breaks: price.is_some_and(|price| price.breaks.len() > 1),
            next_price: slot.next_price.as_ref().and_then(NextPrice::of),
            available: slot.stock.as_ref().map(|stock| stock.available().max(Quantity::ZERO)),
            stock_as_of: slot.stock.as_ref().map(|stock| stock.as_of),
            in_cart,
            last_quantity,
            last_pack,
        }
    }
}

impl NextPrice {
    fn of(version: &PriceVersion) -> Option<Self> {
        Some(Self { since: version.since, unit_price: first_price(&version.breaks)? })
    }
}

/// The lines of a cart by product, for the catalogue.
#[must_use]
pub fn lines_by_product(view: CartView) -> BTreeMap<crate::id::ProductId, CartLineView> {
    view.lines.into_iter().map(|line| (line.product, line)).collect()
}

fn nameless() -> LocalName {
    LocalName { zh: String::new(), en: String::new() }
}
