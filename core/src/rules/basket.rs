//! A basket: lines of a cart or an order, priced together.

use std::collections::BTreeMap;

use super::pricing::{PricedLine, price_line};
use crate::error::{Refusal, Result};
use crate::id::LineId;
use crate::money::Money;
use crate::quantity::{Percent, Quantity};
use crate::records::{Price, PriceList, Product};
use crate::views::TaxLine;

/// One wanted line, with the records that price it.
#[derive(Debug, Clone, Copy)]
pub struct BasketLine<'a> {
    /// Which one.
    pub id: LineId,
    /// None: not here, which refuses the line.
    pub product: Option<&'a Product>,
    /// The product's price in the basket's list; none: it cannot be sold to this customer.
    pub price: Option<&'a Price>,
    /// A pack's code, or the product's base unit.
    pub pack: &'a str,
    /// Packs.
    pub quantity: Quantity,
    /// Taken off.
    pub discount: Percent,
}

/// What became of one line.
#[derive(Debug, Clone, PartialEq)]
pub struct BasketResult {
    /// Which one.
    pub id: LineId,
    /// The price, or why there is none.
    pub priced: Result<PricedLine>,
}

/// A basket with its sums. A refused line counts as nothing and stops no other.
#[derive(Debug, Clone, PartialEq)]
pub struct PricedBasket {
    /// One result per line, in the order of the lines.
    pub lines: Vec<BasketResult>,
    /// Sum without tax.
    pub net: Money,
    /// Tax by rate, lowest rate first: sums of the lines' tax, not tax of a sum.
    pub taxes: Vec<TaxLine>,
    /// Sum of tax.
    pub tax: Money,
    /// Sum with tax.
    pub total: Money,
}

impl PricedBasket {
    /// The lines that have a price.
    pub fn priced(&self) -> impl Iterator<Item = (LineId, &PricedLine)> {
        self.lines.iter().filter_map(|line| Some((line.id, line.priced.as_ref().ok()?)))
    }

    /// The lines that have none, and why.
    pub fn refused(&self) -> impl Iterator<Item = (LineId, &Refusal)> {
        self.lines.iter().filter_map(|line| Some((line.id, line.priced.as_ref().err()?)))
    }
}

/// Prices every line in the currency of `list` and sums them.
#[must_use]
pub fn price_basket(list: &PriceList, lines: &[BasketLine<'_>]) -> PricedBasket {
    let lines: Vec<_> = lines
        .iter()
        .map(|line| BasketResult { id: line.id, priced: price_line(list, line) })
        .collect();
    let taxes = taxes_by_rate(lines.iter().filter_map(|line| line.priced.as_ref().ok()));
    let zero = Money::zero(list.currency);
    let net = taxes.iter().fold(zero, |sum, line| sum.plus(line.net));
    let tax = taxes.iter().fold(zero, |sum, line| sum.plus(line.tax));
    PricedBasket { lines, net, taxes, tax, total: net.plus(tax) }
}

/// The sums of the lines' net and tax for every rate that occurs, lowest rate first.
fn taxes_by_rate<'a>(lines: impl Iterator<Item = &'a PricedLine>) -> Vec<TaxLine> {
    let mut by_rate = BTreeMap::<Percent, TaxLine>::new();
    for line in lines {
        let zero = Money::zero(line.net.currency);
        let sum = by_rate.entry(line.tax_rate).or_insert(TaxLine {
            rate: line.tax_rate,
            net: zero,
            tax: zero,
        });
        sum.net = sum.net.plus(line.net);
        sum.tax = sum.tax.plus(line.tax);
    }
    by_rate.into_values().collect()
}
