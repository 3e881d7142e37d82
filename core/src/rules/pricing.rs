//! The price of a line: the customer's price list, quantity breaks, the rep's line discount, tax.

use rust_decimal::Decimal;

use super::{BasketLine, fixes, invalid, line_amount, reason, step, tax};
use crate::error::{Refusal, Result, codes};
use crate::money::Money;
use crate::quantity::{Percent, Quantity};
use crate::records::{Price, PriceBreak, PriceList, Product, Reason, Who};
use crate::views::PriceTrace;

/// The rule and its version.
pub const RULE: &str = "pricing@1";

/// A line with its price.
#[derive(Debug, Clone, PartialEq)]
pub struct PricedLine {
    /// Base units: packs × the pack's factor.
    pub base_quantity: Quantity,
    /// For one base unit, before discount.
    pub unit_price: Money,
    /// Taken off.
    pub discount: Percent,
    /// The most that may be.
    pub discount_max: Percent,
    /// The rate of `tax`.
    pub tax_rate: Percent,
    /// Without tax.
    pub net: Money,
    /// The tax on it.
    pub tax: Money,
    /// With tax.
    pub total: Money,
    /// How it came about.
    pub trace: PriceTrace,
}

/// Prices one line from `list`.
///
/// A break is chosen by the line's base units. The line's amount is rounded once, after the
/// discount; where the list's prices contain the tax, that amount is the total, otherwise the net.
///
/// # Errors
/// [`codes::NOT_FOUND`] without the product, [`codes::INACTIVE_PRODUCT`], [`codes::NO_PRICE`] when
/// the list has none for it or none for so few, [`codes::DISCOUNT_ABOVE_MAX`], [`codes::INVALID`]
/// with the `field` that cannot be used (`quantity`, `pack`, `discount`, `tax_rate`, `unit_price`,
/// `currency`), and [`codes::TOO_LARGE`] beyond [`LINE_MINOR_MAX`](super::LINE_MINOR_MAX).
pub fn price_line(list: &PriceList, line: &BasketLine<'_>) -> Result<PricedLine> {
    let product = line.product.ok_or_else(|| Refusal::new(codes::NOT_FOUND).with("field", "product"))?;
    if !product.active {
        return Err(of(product, codes::INACTIVE_PRODUCT));
    }
    let base_quantity = base_units(product, line.pack, line.quantity)?;
    let price = line
        .price
        .filter(|price| price.list == list.id && price.product == product.id)
        .ok_or_else(|| of(product, codes::NO_PRICE))?;
    let chosen = break_for(price, base_quantity).ok_or_else(|| of(product, codes::NO_PRICE))?;
    let unit_price = checked_unit_price(list, chosen)?;
    let discount_max = Percent(price.discount_max.0.min(Decimal::ONE_HUNDRED));
    check_discount(product, line.discount, discount_max)?;

    let before = extended(unit_price, base_quantity, Percent::default())?;
    let after = extended(unit_price, base_quantity, line.discount)?;
    let split = tax::split(after, product.tax_rate, list.tax_included)?;

    let mut trace = PriceTrace { list: Some(list.id), list_name: Some(list.name.clone()), steps: Vec::new() };
    let steps = &mut trace.steps;
    let first = price.breaks.iter().min_by_key(|it| it.from).unwrap_or(chosen);
    steps.push(step("list_price", &product.unit, first.unit_price));
    if chosen.from != first.from {
        steps.push(step("break", chosen.from, unit_price));
    }
    steps.push(step("pack", packs(line, base_quantity), before));
    if !line.discount.0.is_zero() {
        steps.push(step("discount", line.discount, after));
    }
    steps.push(step("net", "", split.net));
    steps.push(step("tax", product.tax_rate, split.tax));

    Ok(PricedLine {
        base_quantity,
        unit_price,
        discount: line.discount,
        discount_max,
        tax_rate: product.tax_rate,
        net: split.net,
        tax: split.tax,
        total: split.total,
        trace,
    })
}

/// Base units of `quantity` packs.
///
/// # Errors
/// [`codes::INVALID`] for a quantity that is not above zero and for a pack the product does not
/// have, [`codes::TOO_LARGE`] for more than can be computed with.
pub fn base_units(product: &Product, pack: &str, quantity: Quantity) -> Result<Quantity> {
    if !quantity.is_positive() {
        return Err(invalid("quantity", quantity));
    }
    let factor = factor_of(product, pack).filter(|it| it.is_positive()).ok_or_else(|| invalid("pack", pack))?;
    let base = quantity.0.checked_mul(factor.0).filter(|it| !it.is_zero());
    base.map(Quantity).ok_or_else(|| Refusal::new(codes::TOO_LARGE).with("field", "quantity"))
}

/// Base units in one pack of this code; none when the product has no such pack.
#[must_use]
pub fn factor_of(product: &Product, pack: &str) -> Option<Quantity> {
    if pack == product.unit {
        return Some(Quantity::from(1));
    }
    product.packs.iter().find(|it| it.code == pack).map(|it| it.factor)
}

/// A refused line as a reason, for the line's list of problems.
#[must_use]
pub fn problem(refusal: &Refusal) -> Reason {
    let (fixes, who): (&[&str], Who) = match refusal.code.as_str() {
        codes::NO_PRICE => (&[fixes::ASK_OFFICE, fixes::REMOVE_LINE], Who::Office),
        codes::INACTIVE_PRODUCT | codes::NOT_FOUND => (&[fixes::REMOVE_LINE], Who::Rep),
        codes::DISCOUNT_ABOVE_MAX => (&[fixes::LOWER_DISCOUNT], Who::Rep),
        _ => (&[fixes::CORRECT_LINE, fixes::REMOVE_LINE], Who::Rep),
    };
    Reason { params: refusal.params.clone(), ..reason(RULE, &refusal.code, &[], Vec::new(), fixes, who) }
}

/// The break with the greatest `from` that the line reaches, in whatever order they are stored.
fn break_for(price: &Price, base: Quantity) -> Option<&PriceBreak> {
    price.breaks.iter().filter(|it| it.from <= base).max_by_key(|it| it.from)
}

fn checked_unit_price(list: &PriceList, chosen: &PriceBreak) -> Result<Money> {
    let price = chosen.unit_price;
    if price.currency != list.currency {
        return Err(invalid("currency", price.currency.as_str()));
    }
    if price.minor < 0 { Err(invalid("unit_price", price)) } else { Ok(price) }
}

fn check_discount(product: &Product, discount: Percent, max: Percent) -> Result<()> {
    if discount.0 < Decimal::ZERO {
        return Err(invalid("discount", discount));
    }
    if discount.0 > max.0 {
        return Err(of(product, codes::DISCOUNT_ABOVE_MAX).with("discount", discount).with("max", max));
    }
    Ok(())
}

/// Unit price × base units × (1 − discount), rounded: the one place where a line's price is.
fn extended(unit_price: Money, base: Quantity, discount: Percent) -> Result<Money> {
    let kept = Decimal::ONE_HUNDRED.checked_sub(discount.0);
    let exact = kept
        .and_then(|kept| Decimal::from(unit_price.minor).checked_mul(base.0)?.checked_mul(kept))
        .and_then(|it| it.checked_div(Decimal::ONE_HUNDRED));
    line_amount(exact, unit_price.currency)
}

/// `3 box = 36 pc`, or `36 pc` for base units.
fn packs(line: &BasketLine<'_>, base: Quantity) -> String {
    let unit = line.product.map_or("", |it| it.unit.as_str());
    if line.pack == unit { format!("{base} {unit}") } else { format!("{} {} = {base} {unit}", line.quantity, line.pack) }
}

fn of(product: &Product, code: &str) -> Refusal {
    Refusal::new(code).with("product", &product.code)
}
