//! Availability: whether what is wanted is there. It informs and never refuses: what is short is
//! made, bought or delivered later, which the ERP decides.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{fixes, input, reason};
use crate::error::codes;
use crate::id::ProductId;
use crate::quantity::Quantity;
use crate::records::{Product, Reason, Stock, Who};
use crate::time::Timestamp;

/// The rule and its version.
pub const RULE: &str = "availability@1";

/// What one line wants, and the stock that would serve it.
#[derive(Debug, Clone, Copy)]
pub struct Demand<'a> {
    /// What.
    pub product: &'a Product,
    /// Base units.
    pub wanted: Quantity,
    /// In the warehouse that serves the customer; none: not known here.
    pub stock: Option<&'a Stock>,
}

/// What can be promised to one line, in base units.
#[derive(Debug, Clone, PartialEq)]
pub struct Availability {
    /// What can still be promised before this line, never below zero; none: unknown.
    pub available: Option<Quantity>,
    /// The part of what is wanted that is there; none: unknown.
    pub covered: Option<Quantity>,
    /// The rest; zero while unknown.
    pub short: Quantity,
    /// How old the figures are; none: unknown.
    pub as_of: Option<Timestamp>,
    /// [`codes::SHORT`] with what the rule saw, when something is missing.
    pub reason: Option<Reason>,
}

/// Judges one line on its own.
#[must_use]
pub fn check_availability(demand: &Demand<'_>) -> Availability {
    check(demand, Decimal::ZERO)
}

/// Judges the lines of one basket in their order: a line sees what those before it left over.
#[must_use]
pub fn check_availabilities(demands: &[Demand<'_>]) -> Vec<Availability> {
    let mut taken = BTreeMap::<ProductId, Decimal>::new();
    let mut judge = |demand: &Demand<'_>| {
        let taken = taken.entry(demand.product.id).or_default();
        let judged = check(demand, *taken);
        *taken = taken.saturating_add(judged.covered.unwrap_or_default().0);
        judged
    };
    demands.iter().map(&mut judge).collect()
}

fn check(demand: &Demand<'_>, taken: Decimal) -> Availability {
    let Some(stock) = demand.stock else {
        return Availability {
            available: None,
            covered: None,
            short: Quantity::ZERO,
            as_of: None,
            reason: None,
        };
    };
    let available = stock.available().0.saturating_sub(taken).max(Decimal::ZERO);
    let wanted = demand.wanted.0.max(Decimal::ZERO);
    let covered = wanted.min(available);
    let short = Quantity(wanted - covered);
    Availability {
        available: Some(Quantity(available)),
        covered: Some(Quantity(covered)),
        short,
        as_of: Some(stock.as_of),
        reason: short
            .is_positive()
            .then(|| short_reason(demand, stock, Quantity(available), short)),
    }
}

fn short_reason(
    demand: &Demand<'_>,
    stock: &Stock,
    available: Quantity,
    short: Quantity,
) -> Reason {
    let params = [
        ("product", demand.product.code.clone()),
        ("unit", demand.product.unit.clone()),
        ("wanted", demand.wanted.to_string()),
        ("available", available.to_string()),
        ("short", short.to_string()),
    ];
    let with_unit = |quantity: Quantity| format!("{quantity} {}", demand.product.unit);
    let inputs = vec![
        input("on_hand", with_unit(stock.on_hand), Some(stock.as_of)),
        input("reserved", with_unit(stock.reserved), Some(stock.as_of)),
        input("wanted", with_unit(demand.wanted), None),
    ];
    reason(
        RULE,
        codes::SHORT,
        params,
        inputs,
        &[fixes::DELIVER_LATER, fixes::ORDER_LESS],
        Who::Office,
    )
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::rules::samples::product;

    const AS_OF: Timestamp = Timestamp(1_700_000_000_000);

    fn stock(product: &Product, on_hand: &str, reserved: &str) -> Stock {
        Stock {
            warehouse: Uuid::nil().into(),
            product: product.id,
            on_hand: quantity(on_hand),
            reserved: quantity(reserved),
            as_of: AS_OF,
        }
    }

    fn quantity(text: &str) -> Quantity {
        text.parse().unwrap()
    }

    fn judge(wanted: &str, on_hand: &str, reserved: &str) -> (String, String, String) {
        let product = product(1);
        let stock = stock(&product, on_hand, reserved);
        let demand = Demand { product: &product, wanted: quantity(wanted), stock: Some(&stock) };
        let judged = check_availability(&demand);
        assert_eq!(judged.reason.is_some(), judged.short.is_positive());
        let text = |it: Option<Quantity>| it.unwrap().to_string();
        (text(judged.available), text(judged.covered), judged.short.to_string())
    }

    #[test]
    fn what_is_not_reserved_covers_what_is_wanted() {
        for (wanted, on_hand, reserved, expected) in [
            ("5", "10", "5", ("5", "5", "0")),
            ("6", "10", "5", ("5", "5", "1")),
            ("0.5", "0.75", "0.3", ("0.45", "0.45", "0.05")),
            ("6", "0", "0", ("0", "0", "6")),
            ("6", "3", "8", ("0", "0", "6")),
            ("-6", "3", "0", ("3", "0", "0")),
        ] {
            let (available, covered, short) = judge(wanted, on_hand, reserved);
            assert_eq!(
                (available.as_str(), covered.as_str(), short.as_str()),
                expected,
                "{wanted}"
            );
        }
    }

    #[test]
    fn a_shortage_says_what_it_saw() {
        let product = product(1);
        let stock = stock(&product, "10", "4");
        let demand = Demand { product: &product, wanted: quantity("8"), stock: Some(&stock) };
        let reason = check_availability(&demand).reason.unwrap();
        assert_eq!((reason.code.as_str(), reason.rule.as_str()), (codes::SHORT, "availability@1"));
        let params: Vec<_> =
            reason.params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(
            params,
            [
                ("available", "6"),
                ("product", "P-1"),
                ("short", "2"),
                ("unit", "pc"),
                ("wanted", "8")
            ]
        );
        let seen: Vec<_> = reason.inputs.iter().map(|it| (it.value.as_str(), it.as_of)).collect();
        assert_eq!(seen, [("10 pc", Some(AS_OF)), ("4 pc", Some(AS_OF)), ("8 pc", None)]);
    }

    #[test]
    fn no_stock_record_is_unknown_and_not_short() {
        let product = product(1);
        let judged =
            check_availability(&Demand { product: &product, wanted: quantity("8"), stock: None });
        assert_eq!((judged.available, judged.covered, judged.short), (None, None, Quantity::ZERO));
        assert_eq!((judged.as_of, judged.reason), (None, None));
    }

    #[test]
    fn a_later_line_sees_what_earlier_ones_left() {
        let (soy, rice) = (product(1), product(2));
        let (soy_stock, rice_stock) = (stock(&soy, "10", "0"), stock(&rice, "10", "0"));
        let want = |product, stock, wanted| Demand {
            product,
            stock: Some(stock),
            wanted: quantity(wanted),
        };
        let judged = check_availabilities(&[
            want(&soy, &soy_stock, "7"),
            want(&rice, &rice_stock, "7"),
            want(&soy, &soy_stock, "7"),
            want(&soy, &soy_stock, "1"),
        ]);
        let short: Vec<_> = judged.iter().map(|it| it.short.to_string()).collect();
        assert_eq!(short, ["0", "0", "4", "1"]);
        assert_eq!(judged[2].available, Some(quantity("3")));
    }

    #[test]
    fn extreme_figures_do_not_panic() {
        let most = "79228162514264337593543950335";
        assert_eq!(judge(most, &format!("-{most}"), most).2, most);
        assert_eq!(judge(most, most, &format!("-{most}")).2, "0");
    }
}
