//! Tax of a line: added to a net price, or taken out of a gross one.

use rust_decimal::Decimal;

use super::{invalid, line_amount};
use crate::error::Result;
use crate::money::Money;
use crate::quantity::Percent;

/// The rule and its version.
pub const RULE: &str = "tax@1";

/// An amount in its two parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaxSplit {
    /// Without tax.
    pub net: Money,
    /// The tax.
    pub tax: Money,
    /// Both together, exactly.
    pub total: Money,
}

/// Splits a line's amount at `rate`: `included` says whether the amount contains the tax.
///
/// # Errors
/// [`codes::INVALID`](crate::error::codes::INVALID) for a negative rate,
/// [`codes::TOO_LARGE`](crate::error::codes::TOO_LARGE) for an amount beyond
/// [`LINE_MINOR_MAX`](super::LINE_MINOR_MAX).
pub fn split(amount: Money, rate: Percent, included: bool) -> Result<TaxSplit> {
    if rate.0 < Decimal::ZERO {
        return Err(invalid("tax_rate", rate));
    }
    if included { take_out(amount, rate) } else { add_on(amount, rate) }
}

/// Tax = net × rate.
fn add_on(net: Money, rate: Percent) -> Result<TaxSplit> {
    let exact = Decimal::from(net.minor).checked_mul(rate.0).and_then(|it| it.checked_div(Decimal::ONE_HUNDRED));
    let tax = line_amount(exact, net.currency)?;
    Ok(TaxSplit { net, tax, total: net.plus(tax) })
}

/// Tax = gross × rate ÷ (100 + rate); net is what remains, so that both sum to what was asked for.
fn take_out(gross: Money, rate: Percent) -> Result<TaxSplit> {
    let exact = Decimal::from(gross.minor)
        .checked_mul(rate.0)
        .and_then(|it| it.checked_div(Decimal::ONE_HUNDRED.checked_add(rate.0)?));
    let tax = line_amount(exact, gross.currency)?;
    Ok(TaxSplit { net: gross.minus(tax), tax, total: gross })
}
