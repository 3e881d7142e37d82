//! Rules: pure functions from records to a result *and its trace*.
//!
//! The same code prices a cart on the phone and decides the order on the server, so a difference
//! can only mean that an input changed. For that to hold, every rule keeps this contract:
//!
//! - All it knows comes in through its arguments. No clock: ages are passed on as `as_of`.
//! - It says what it did: [`TraceStep`]s for an amount, [`Reason`]s with their [`Input`]s for a judgement.
//! - Each has a `RULE` constant, its name and version such as `pricing@1`. A change that can change
//!   any result raises the version, so that two sides can tell which rule they ran.
//! - Money is rounded by [`round_minor`](crate::money::round_minor) alone, once per line; sums are
//!   sums of rounded lines.
//! - No input makes it panic: what cannot be computed is a [`Refusal`].
//!
//! ```text
//! product, price list, price ─ pricing ─ tax ─► priced lines ─ basket ─► net, tax by rate, total
//! customer account, total ──── credit ───────► credit view, reasons
//! stock, wanted ────────────── availability ─► covered, short, reason
//! ```

pub mod availability;
pub mod basket;
pub mod credit;
pub mod pricing;
#[cfg(test)]
mod samples;
mod shelf;
pub mod tax;

pub use availability::{Availability, Demand, check_availabilities, check_availability};
pub use basket::{BasketLine, BasketResult, PricedBasket, price_basket};
pub use credit::{CreditCheck, check_credit};
pub use pricing::{
    PricedLine, SignedPrice, base_units, discount_max, first_price, line_sums, list_price,
    pack_step, price_change, price_line, problem,
};
pub use shelf::{Shelf, Slot};

use rust_decimal::Decimal;

use crate::error::{Refusal, Result, codes};
use crate::money::{Currency, Money, round_minor};
use crate::records::{Input, Reason, Who};
use crate::time::Timestamp;
use crate::views::TraceStep;

/// Codes of what would help; each app has a sentence for every one.
pub mod fixes {
    /// The rep collects what is due.
    pub const COLLECT_PAYMENT: &str = "collect_payment";
    /// Order less of it, or fewer lines.
    pub const ORDER_LESS: &str = "order_less";
    /// Agree on a later day for what is missing.
    pub const DELIVER_LATER: &str = "deliver_later";
    /// Give no more discount than the price allows.
    pub const LOWER_DISCOUNT: &str = "lower_discount";
    /// Correct the quantity, the pack or the discount.
    pub const CORRECT_LINE: &str = "correct_line";
    /// Take the line out.
    pub const REMOVE_LINE: &str = "remove_line";
    /// Finance raises the limit or releases the customer.
    pub const ASK_FINANCE: &str = "ask_finance";
    /// The back office sets a price.
    pub const ASK_OFFICE: &str = "ask_office";
    /// The office takes the order at the price that was signed.
    pub const KEEP_SIGNED_PRICE: &str = "keep_signed_price";
    /// The customer agrees to the price of today.
    pub const AGREE_NEW_PRICE: &str = "agree_new_price";

    /// All of them.
    pub const ALL: &[&str] = &[
        COLLECT_PAYMENT,
        ORDER_LESS,
        DELIVER_LATER,
        LOWER_DISCOUNT,
        CORRECT_LINE,
        REMOVE_LINE,
        ASK_FINANCE,
        ASK_OFFICE,
        KEEP_SIGNED_PRICE,
        AGREE_NEW_PRICE,
    ];
}

/// The greatest amount of one line, in minor units: ten billion in a currency with two places.
/// A basket of thousands of such lines still sums exactly, also in a browser's 53 bits.
pub const LINE_MINOR_MAX: i64 = 1_000_000_000_000;

/// Rounds to whole minor units, refusing what no line may amount to.
///
/// # Errors
/// [`codes::TOO_LARGE`] beyond [`LINE_MINOR_MAX`], or when `exact` could not be computed.
pub(crate) fn line_amount(exact: Option<Decimal>, currency: Currency) -> Result<Money> {
    exact
        .filter(|amount| amount.abs() <= Decimal::from(LINE_MINOR_MAX))
        .map(|amount| Money::new(round_minor(amount), currency))
        .ok_or_else(|| {
            Refusal::new(codes::TOO_LARGE).with("limit", Money::new(LINE_MINOR_MAX, currency))
        })
}

pub(crate) fn invalid(field: &str, value: impl ToString) -> Refusal {
    Refusal::new(codes::INVALID).with("field", field).with("value", value)
}

pub(crate) fn step(code: &str, detail: impl ToString, amount: Money) -> TraceStep {
    TraceStep { code: code.to_owned(), detail: detail.to_string(), amount }
}

pub(crate) fn input(name: &str, value: impl ToString, as_of: Option<Timestamp>) -> Input {
    Input { name: name.to_owned(), value: value.to_string(), as_of }
}

/// A reason, from what its rule has at hand.
pub(crate) fn reason(
    rule: &str,
    code: &str,
    params: impl IntoIterator<Item = (&'static str, String)>,
    inputs: Vec<Input>,
    fixes: &[&str],
    who: Who,
) -> Reason {
    Reason {
        code: code.to_owned(),
        params: params.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        rule: rule.to_owned(),
        inputs,
        fixes: fixes.iter().map(|fix| (*fix).to_owned()).collect(),
        who,
    }
}
