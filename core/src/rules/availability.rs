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
        return Availability { available: None, covered: None, short: Quantity::ZERO, as_of: None, reason: None };
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
        reason: short.is_positive().then(|| short_reason(demand, stock, Quantity(available), short)),
    }
}

fn short_reason(demand: &Demand<'_>, stock: &Stock, available: Quantity, short: Quantity) -> Reason {
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
    reason(RULE, codes::SHORT, &params, inputs, &[fixes::DELIVER_LATER, fixes::ORDER_LESS], Who::Office)
}
