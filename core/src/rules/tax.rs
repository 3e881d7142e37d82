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
    let exact = Decimal::from(net.minor)
        .checked_mul(rate.0)
        .and_then(|it| it.checked_div(Decimal::ONE_HUNDRED));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::codes;
    use crate::money::Currency;

    fn parts(minor: i64, rate: &str, included: bool) -> Result<(i64, i64, i64)> {
        let rate = rate.parse().unwrap();
        let split = split(Money::new(minor, Currency::CNY), rate, included)?;
        Ok((split.net.minor, split.tax.minor, split.total.minor))
    }

    #[test]
    fn tax_is_added_to_net_and_taken_out_of_gross() {
        assert_eq!(parts(10_000, "13", false), Ok((10_000, 1_300, 11_300)));
        assert_eq!(parts(11_300, "13", true), Ok((10_000, 1_300, 11_300)));
        assert_eq!(parts(10_000, "0", false), Ok((10_000, 0, 10_000)));
        assert_eq!(parts(10_000, "0", true), Ok((10_000, 0, 10_000)));
    }

    #[test]
    fn ties_round_away_from_zero() {
        assert_eq!(parts(50, "13", false), Ok((50, 7, 57)), "6.5 becomes 7");
        assert_eq!(parts(50, "9", false), Ok((50, 5, 55)), "4.5 becomes 5");
        assert_eq!(parts(-50, "13", false), Ok((-50, -7, -57)), "credit notes mirror invoices");
        assert_eq!(parts(15, "20", true), Ok((12, 3, 15)), "2.5 becomes 3");
    }

    #[test]
    fn what_cannot_be_is_refused() {
        assert_eq!(parts(100, "-1", true).unwrap_err().code, codes::INVALID);
        assert_eq!(parts(100, "-100", true).unwrap_err().code, codes::INVALID);
        assert_eq!(parts(i64::MAX, "13", false).unwrap_err().code, codes::TOO_LARGE);
        let rate = "79228162514264337593543950335";
        assert_eq!(parts(100, rate, false).unwrap_err().code, codes::TOO_LARGE);
        assert_eq!(parts(100, rate, true).unwrap_err().code, codes::TOO_LARGE);
    }
}
