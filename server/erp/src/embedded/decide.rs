//! The decision about an order: the shared rules, on the ERP's own figures.

use roundsman_core::documents::order::{SignedLine, SignedOrder};
use roundsman_core::id::LineId;
use roundsman_core::money::Money;
use roundsman_core::quantity::{Percent, Quantity};
use roundsman_core::records::{DecidedLine, Outcome, Reason, SalesOrder, Stock, Who};
use roundsman_core::rules::{
    BasketLine, Demand, PricedLine, Shelf, SignedPrice, check_availabilities, check_credit,
    price_change, price_line, problem,
};
use roundsman_core::time::Timestamp;
use rust_decimal::Decimal;

/// Judges an order from the records on `shelf`; its number is given by whoever books it.
///
/// A price that is not the signed one makes an offer of the order, which the rep answers. Credit
/// that says so, or a line that only the office can price, makes it wait for the office. Both
/// promise no stock. Otherwise each line gets what is there, and the rest is short.
pub fn decide(order: &SignedOrder, shelf: &Shelf, now: Timestamp) -> SalesOrder {
    let mut lines: Vec<_> = order.lines.iter().map(|line| reprice(line, shelf)).collect();
    let prices: Vec<Reason> = lines.iter().filter_map(|line| line.reason.clone()).collect();
    let total = sum(&lines, order, |line| line.net.plus(line.tax));
    let credit = shelf.account.as_ref().map(|account| check_credit(account, total).reasons);
    let credit = credit.unwrap_or_default();

    let counter = lines.iter().any(|line| line.offers);
    let hold = prices.iter().chain(&credit).any(|reason| reason.who == Who::Office);
    let promise = !counter && !hold;
    let shortages = if promise { reserve(&mut lines, shelf) } else { Vec::new() };
    let outcome = match (counter, hold, shortages.is_empty()) {
        (true, _, _) => Outcome::Countered,
        (_, true, _) => Outcome::Held,
        (_, _, false) => Outcome::AcceptedWithChange,
        (_, _, true) => Outcome::Accepted,
    };
    let (net, tax) = (sum(&lines, order, |line| line.net), sum(&lines, order, |line| line.tax));
    SalesOrder {
        order: order.order,
        number: String::new(),
        customer: order.customer,
        outcome,
        reasons: prices.into_iter().chain(credit).chain(shortages).collect(),
        lines: lines.into_iter().map(|line| line.decided).collect(),
        net,
        tax,
        total,
        promised_on: order.requested_on.filter(|_| outcome == Outcome::Accepted),
        decided_at: now,
    }
}

/// A line on its way to the decision.
struct Line {
    decided: DecidedLine,
    wanted: Quantity,
    /// Why its price is not the signed one.
    reason: Option<Reason>,
    /// Whether the company offers something else for it, or the rep has to change it.
    offers: bool,
}

fn reprice(signed: &SignedLine, shelf: &Shelf) -> Line {
    let slot = shelf.slots.get(&signed.product);
    let product = slot.and_then(|slot| slot.product.as_ref());
    let wanted = BasketLine {
        id: signed.id,
        product,
        price: slot.and_then(|slot| slot.price.as_ref()),
        pack: &signed.pack,
        quantity: signed.quantity,
        discount: signed.discount,
    };
    match price_line(&shelf.list, &wanted) {
        Ok(priced) => {
            let reason = product.and_then(|it| price_change(it, &signed_price(signed), &priced));
            let offers = reason.is_some();
            Line { decided: line_at(signed, &priced), wanted: priced.base_quantity, reason, offers }
        }
        Err(refusal) => {
            let reason = problem(&refusal);
            let offers = reason.who != Who::Office;
            Line {
                decided: line_as_signed(signed),
                wanted: signed.base_quantity,
                reason: Some(reason),
                offers,
            }
        }
    }
}

fn line_as_signed(signed: &SignedLine) -> DecidedLine {
    DecidedLine {
        line: signed.id,
        product: signed.product,
        pack: signed.pack.clone(),
        quantity: signed.quantity,
        unit_price: signed.unit_price,
        discount: signed.discount,
        net: signed.net,
        tax: signed.tax,
        reserved: Quantity::ZERO,
        short: Quantity::ZERO,
    }
}

fn line_at(signed: &SignedLine, priced: &PricedLine) -> DecidedLine {
    DecidedLine {
        unit_price: priced.unit_price,
        net: priced.net,
        tax: priced.tax,
        ..line_as_signed(signed)
    }
}

/// The price as signed, with the tax rate from its trace.
fn signed_price(signed: &SignedLine) -> SignedPrice {
    let step = signed.price.steps.iter().find(|step| step.code == "tax");
    let tax_rate = step.and_then(|step| step.detail.parse().ok()).unwrap_or(Percent(Decimal::ZERO));
    SignedPrice { unit_price: signed.unit_price, tax_rate, net: signed.net, tax: signed.tax }
}

/// Gives each line what is there, in their order, and says what is short.
fn reserve(lines: &mut [Line], shelf: &Shelf) -> Vec<Reason> {
    let none_there: Vec<_> = lines.iter().map(|line| stock_of(line, shelf)).collect();
    let (positions, demands): (Vec<_>, Vec<_>) = lines
        .iter()
        .zip(&none_there)
        .enumerate()
        .filter_map(|(position, (line, stock))| {
            let product = shelf.slots.get(&line.decided.product)?.product.as_ref()?;
            Some((position, Demand { product, wanted: line.wanted, stock: stock.as_ref() }))
        })
        .unzip();
    let promises = check_availabilities(&demands);
    let mut shortages = Vec::new();
    for (position, promise) in positions.into_iter().zip(promises) {
        if let Some(line) = lines.get_mut(position) {
            line.decided.reserved = promise.covered.unwrap_or_default();
            line.decided.short = promise.short;
            shortages.extend(promise.reason.map(|reason| on_line(reason, line.decided.line)));
        }
    }
    shortages
}

/// What the warehouse has; nothing is a figure too.
fn stock_of(line: &Line, shelf: &Shelf) -> Option<Stock> {
    let account = shelf.account.as_ref()?;
    let known = shelf.slots.get(&line.decided.product).and_then(|slot| slot.stock.clone());
    Some(known.unwrap_or(Stock {
        warehouse: account.warehouse,
        product: line.decided.product,
        on_hand: Quantity::ZERO,
        reserved: Quantity::ZERO,
        as_of: account.as_of,
    }))
}

fn on_line(mut reason: Reason, line: LineId) -> Reason {
    reason.params.insert("line".to_owned(), line.to_string());
    reason
}

fn sum(lines: &[Line], order: &SignedOrder, part: impl Fn(&DecidedLine) -> Money) -> Money {
    let zero = Money::zero(order.total.currency);
    lines.iter().fold(zero, |sum, line| sum.plus(part(&line.decided)))
}
