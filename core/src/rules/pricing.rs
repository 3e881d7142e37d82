//! The price of a line: the customer's price list, quantity breaks, the rep's line discount, tax.

use rust_decimal::Decimal;

use super::{BasketLine, fixes, input, invalid, line_amount, reason, step, tax};
use crate::error::{Refusal, Result, codes};
use crate::money::Money;
use crate::quantity::{Percent, Quantity};
use crate::records::{Price, PriceBreak, PriceList, Product, Reason, Who};
use crate::views::{PriceTrace, TraceStep};

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
    /// How it came about: `list_price`, `break` when one applied, `pack` (before discount),
    /// `discount` when one was given, `net`, `tax`.
    pub trace: PriceTrace,
}

/// The price that stands in a signed line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SignedPrice {
    /// For one base unit, before discount.
    pub unit_price: Money,
    /// The rate of `tax`.
    pub tax_rate: Percent,
    /// Without tax.
    pub net: Money,
    /// The tax on it.
    pub tax: Money,
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
    let product = sold(line)?;
    let base_quantity = base_units(product, line.pack, line.quantity)?;
    let price = price_of(list, product, line)?;
    let unit_price = break_for(list, product, price, base_quantity)?.unit_price;
    let discount_max = discount_max(price);
    check_discount(product, line.discount, discount_max)?;

    let packs = pack_step((line.quantity, line.pack), (base_quantity, &product.unit), unit_price)?;
    let after = extended(unit_price, base_quantity, line.discount)?;
    let rate = (product.tax_rate, list.tax_included);
    let split = line_sums((unit_price, base_quantity), line.discount, rate)?;

    let mut steps = unit_steps(product, price, base_quantity);
    steps.push(packs);
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
        trace: PriceTrace { list: Some(list.id), list_name: Some(list.name.clone()), steps },
    })
}

/// Base units of `quantity` packs.
///
/// # Errors
/// [`codes::INVALID`] for a quantity that is not above zero and for a pack the product does not
/// have, [`codes::TOO_LARGE`] for more, or less, than can be computed with.
pub fn base_units(product: &Product, pack: &str, quantity: Quantity) -> Result<Quantity> {
    if !quantity.is_positive() {
        return Err(invalid("quantity", quantity));
    }
    let factor = factor_of(product, pack).filter(|it| it.is_positive());
    let factor = factor.ok_or_else(|| invalid("pack", pack))?;
    let base = quantity.0.checked_mul(factor.0).map(Quantity).filter(|it| it.is_positive());
    base.ok_or_else(|| Refusal::new(codes::TOO_LARGE).with("field", "quantity"))
}

/// Base units in one pack of this code; none when the product has no such pack.
#[must_use]
pub fn factor_of(product: &Product, pack: &str) -> Option<Quantity> {
    if pack == product.unit {
        return Some(Quantity::from(1));
    }
    product.packs.iter().find(|it| it.code == pack).map(|it| it.factor)
}

/// The price of the smallest quantity, as catalogues show it.
#[must_use]
pub fn list_price(price: &Price) -> Option<Money> {
    first_price(&price.breaks)
}

/// The price of the smallest quantity among these.
#[must_use]
pub fn first_price(breaks: &[PriceBreak]) -> Option<Money> {
    breaks.iter().min_by_key(|it| it.from).map(|it| it.unit_price)
}

/// The greatest discount that can be given: what the price allows, and never more than everything.
#[must_use]
pub fn discount_max(price: &Price) -> Percent {
    Percent(price.discount_max.0.clamp(Decimal::ZERO, Decimal::ONE_HUNDRED))
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
    let params = refusal.params.clone();
    Reason { params, ..reason(RULE, &refusal.code, [], Vec::new(), fixes, who) }
}

/// [`codes::PRICE_CHANGED`] when a signed line would cost something else `now`. Its `field` names
/// the input that changed: `unit_price`, `tax_rate`, or `amount` for anything else.
#[must_use]
pub fn price_change(product: &Product, signed: &SignedPrice, now: &PricedLine) -> Option<Reason> {
    if signed.net == now.net && signed.tax == now.tax && signed.unit_price == now.unit_price {
        return None;
    }
    let (field, was, is) = if signed.unit_price != now.unit_price {
        ("unit_price", signed.unit_price.to_string(), now.unit_price.to_string())
    } else if signed.tax_rate != now.tax_rate {
        ("tax_rate", signed.tax_rate.to_string(), now.tax_rate.to_string())
    } else {
        ("amount", signed.net.plus(signed.tax).to_string(), now.total.to_string())
    };
    let inputs = vec![input("signed", &was, None), input("current", &is, None)];
    let params =
        [("product", product.code.clone()), ("field", field.to_owned()), ("from", was), ("to", is)];
    let fixes = [fixes::KEEP_SIGNED_PRICE, fixes::AGREE_NEW_PRICE];
    Some(reason(RULE, codes::PRICE_CHANGED, params, inputs, &fixes, Who::Office))
}

fn sold<'a>(line: &BasketLine<'a>) -> Result<&'a Product> {
    let product =
        line.product.ok_or_else(|| Refusal::new(codes::NOT_FOUND).with("field", "product"))?;
    if product.active { Ok(product) } else { Err(about(product, codes::INACTIVE_PRODUCT)) }
}

fn price_of<'a>(list: &PriceList, product: &Product, line: &BasketLine<'a>) -> Result<&'a Price> {
    let price = line.price.filter(|it| it.list == list.id && it.product == product.id);
    price.ok_or_else(|| about(product, codes::NO_PRICE))
}

/// The break with the greatest `from` that the line reaches.
fn break_for<'a>(
    list: &PriceList,
    product: &Product,
    price: &'a Price,
    base: Quantity,
) -> Result<&'a PriceBreak> {
    let reached = price.breaks.iter().filter(|it| it.from <= base).max_by_key(|it| it.from);
    let chosen = reached.ok_or_else(|| about(product, codes::NO_PRICE))?;
    if chosen.unit_price.currency != list.currency {
        return Err(invalid("currency", chosen.unit_price.currency.as_str()));
    }
    if chosen.unit_price.minor < 0 {
        return Err(invalid("unit_price", chosen.unit_price));
    }
    Ok(chosen)
}

fn check_discount(product: &Product, discount: Percent, max: Percent) -> Result<()> {
    if discount.0 < Decimal::ZERO {
        return Err(invalid("discount", discount));
    }
    if discount > max {
        let refusal = about(product, codes::DISCOUNT_ABOVE_MAX);
        return Err(refusal.with("discount", discount).with("max", max));
    }
    Ok(())
}

/// What a line comes to, at a price that contains the tax or does not.
///
/// # Errors
/// [`codes::TOO_LARGE`] when no line may come to so much, [`codes::INVALID`] for a negative rate.
pub fn line_sums(
    (unit_price, base): (Money, Quantity),
    discount: Percent,
    (rate, included): (Percent, bool),
) -> Result<tax::TaxSplit> {
    tax::split(extended(unit_price, base, discount)?, rate, included)
}

/// Unit price × base units × (1 − discount): the one place where a line's amount is rounded.
fn extended(unit_price: Money, base: Quantity, discount: Percent) -> Result<Money> {
    let kept = Decimal::ONE_HUNDRED.checked_sub(discount.0);
    let exact = kept
        .and_then(|kept| Decimal::from(unit_price.minor).checked_mul(base.0)?.checked_mul(kept))
        .and_then(|it| it.checked_div(Decimal::ONE_HUNDRED));
    line_amount(exact, unit_price.currency)
}

/// Where the price of one unit comes from.
fn unit_steps(product: &Product, price: &Price, base: Quantity) -> Vec<TraceStep> {
    let mut reached: Vec<_> = price.breaks.iter().filter(|it| it.from <= base).collect();
    reached.sort_by_key(|it| it.from);
    let first = reached.first().map(|it| step("list_price", &product.unit, it.unit_price));
    let last = reached
        .iter()
        .skip(1)
        .next_back()
        .map(|it| step("break", format!("{} {}", it.from, product.unit), it.unit_price));
    first.into_iter().chain(last).collect()
}

/// The step that says how much of it there is, `3 box = 36 pc` or `36 pc` for base units, and what
/// that comes to before discount.
///
/// # Errors
/// [`codes::TOO_LARGE`] when no line may come to so much.
pub fn pack_step(
    (quantity, pack): (Quantity, &str),
    (base, unit): (Quantity, &str),
    unit_price: Money,
) -> Result<TraceStep> {
    let counted = if pack == unit {
        format!("{base} {unit}")
    } else {
        format!("{quantity} {pack} = {base} {unit}")
    };
    Ok(step("pack", counted, extended(unit_price, base, Percent::default())?))
}

fn about(product: &Product, code: &str) -> Refusal {
    Refusal::new(code).with("product", &product.code)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::money::Currency;
    use crate::rules::samples;

    fn want<'a>(product: &'a Product, price: &'a Price) -> BasketLine<'a> {
        BasketLine {
            id: Uuid::nil().into(),
            product: Some(product),
            price: Some(price),
            pack: "box",
            quantity: 2.into(),
            discount: 10.into(),
        }
    }

    fn refused(list: &PriceList, line: &BasketLine<'_>) -> (String, Option<String>) {
        let refusal = price_line(list, line).unwrap_err();
        assert!(problem(&refusal).fixes.iter().all(|fix| fixes::ALL.contains(&fix.as_str())));
        (refusal.code, refusal.params.get("field").cloned())
    }

    fn signed(line: &PricedLine) -> SignedPrice {
        SignedPrice {
            unit_price: line.unit_price,
            tax_rate: line.tax_rate,
            net: line.net,
            tax: line.tax,
        }
    }

    #[test]
    fn what_cannot_be_priced_says_which_field() {
        let (product, list) = (samples::product(1), samples::list());
        let price = samples::price(&product);
        let line = want(&product, &price);
        let invalid = |field: &str| (codes::INVALID.to_owned(), Some(field.to_owned()));
        assert!(price_line(&list, &line).is_ok());
        assert_eq!(refused(&list, &BasketLine { quantity: 0.into(), ..line }), invalid("quantity"));
        assert_eq!(refused(&list, &BasketLine { pack: "", ..line }), invalid("pack"));
        assert_eq!(
            refused(&list, &BasketLine { discount: (-1).into(), ..line }),
            invalid("discount")
        );
        let euros = PriceList { currency: Currency::EUR, ..list.clone() };
        assert_eq!(refused(&euros, &line), invalid("currency"));
        let untaxed = Product { tax_rate: (-1).into(), ..product.clone() };
        assert_eq!(refused(&list, &want(&untaxed, &price)), invalid("tax_rate"));
        let gone = (codes::NOT_FOUND.to_owned(), Some("product".to_owned()));
        assert_eq!(refused(&list, &BasketLine { product: None, ..line }), gone);
    }

    #[test]
    fn a_price_of_another_product_or_list_is_none() {
        let (product, list) = (samples::product(1), samples::list());
        let other = samples::price(&samples::product(2));
        assert_eq!(refused(&list, &want(&product, &other)).0, codes::NO_PRICE);
        let price = samples::price(&product);
        let elsewhere = PriceList { id: Uuid::nil().into(), ..list };
        assert_eq!(refused(&elsewhere, &want(&product, &price)).0, codes::NO_PRICE);
    }

    #[test]
    fn the_greatest_discount_stays_within_nothing_and_everything() {
        let price = samples::price(&samples::product(1));
        for (stored, max) in [(20, 20), (-5, 0), (120, 100)] {
            let price = Price { discount_max: stored.into(), ..price.clone() };
            assert_eq!(discount_max(&price), max.into(), "{stored}");
        }
    }

    #[test]
    fn a_changed_price_names_the_input_that_changed() {
        let (product, list) = (samples::product(1), samples::list());
        let price = samples::price(&product);
        let line = want(&product, &price);
        let now = price_line(&list, &line).unwrap();
        let same = signed(&now);
        assert_eq!(price_change(&product, &same, &now), None);

        let cheaper = Money::new(850, Currency::CNY);
        let changes = [
            (SignedPrice { unit_price: cheaper, ..same }, "unit_price", "8.50 CNY", "9.00 CNY"),
            (SignedPrice { tax_rate: 9.into(), tax: cheaper, ..same }, "tax_rate", "9", "13"),
            (SignedPrice { net: cheaper, ..same }, "amount", "33.77 CNY", "219.67 CNY"),
        ];
        for (was, field, from, to) in changes {
            let reason = price_change(&product, &was, &now).unwrap();
            assert_eq!((reason.code.as_str(), reason.rule.as_str()), (codes::PRICE_CHANGED, RULE));
            let params = [&reason.params["field"], &reason.params["from"], &reason.params["to"]];
            assert_eq!(params, [field, from, to]);
        }
    }

    #[test]
    fn catalogues_show_the_price_of_the_smallest_quantity() {
        let price = samples::price(&samples::product(1));
        assert_eq!(list_price(&price), Some(Money::new(1_000, Currency::CNY)));
        assert_eq!(list_price(&Price { breaks: Vec::new(), ..price }), None);
    }
}
