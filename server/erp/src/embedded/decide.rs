//! The decision about an order: the shared rules, on the ERP's own figures.

use std::collections::BTreeMap;

use roundsman_core::documents::order::{Order, SignedLine, SignedOrder};
use roundsman_core::error::codes;
use roundsman_core::id::LineId;
use roundsman_core::money::Money;
use roundsman_core::quantity::Quantity;
use roundsman_core::records::{
    DecidedLine, Outcome, Reason, Ruling, SalesOrder, Stock, Verdict, Who,
};
use roundsman_core::rules::{
    BasketLine, Demand, PricedLine, Shelf, SignedPrice, check_availabilities, check_credit,
    price_change, price_line, problem,
};
use roundsman_core::time::Timestamp;

/// Judges an order from the records on `shelf`, with prices of all days; its number is given by whoever books it. `before` is
/// what was decided about it until now: what it took is on the shelf again.
///
/// A price that is not the signed one makes an offer of the order, which the rep answers. Credit
/// that says so, or a line that only the office can price, makes it wait for the office. Both
/// promise no stock. Otherwise each line gets what is there, and the rest is short. A person who
/// releases the order takes it as it was signed.
pub fn decide(
    order: &Order,
    before: Option<&SalesOrder>,
    verdict: Option<Verdict>,
    shelf: &Shelf,
    now: Timestamp,
) -> SalesOrder {
    let signed = &order.content;
    let ruling = verdict.as_ref().map(|verdict| verdict.ruling);
    let released = ruling == Some(Ruling::Release);
    let reprice = |line| reprice(line, order.asked_at(line).min(now), before, shelf);
    let mut lines: Vec<_> = signed.lines.iter().map(reprice).collect();
    let mut reasons: Vec<Reason> = lines.iter().filter_map(|line| line.reason.clone()).collect();
    if released {
        lines = signed.lines.iter().map(as_signed).collect();
    }
    let total = sum(&lines, signed, |line| line.net.plus(line.tax));
    let credit = shelf.account.as_ref().map(|account| check_credit(account, total).reasons);
    reasons.extend(credit.unwrap_or_default());
    let hold = reasons.iter().any(|reason| reason.who == Who::Office);
    let mut outcome = match ruling {
        _ if order.cancelled.is_some() => Outcome::Declined,
        Some(Ruling::Release) => Outcome::Accepted,
        Some(Ruling::Decline) => Outcome::Declined,
        Some(Ruling::Counter) => Outcome::Countered,
        None if lines.iter().any(|line| line.offers) => Outcome::Countered,
        None if hold => Outcome::Held,
        None => Outcome::Accepted,
    };
    if outcome == Outcome::Accepted {
        let shortages = reserve(&mut lines, shelf);
        if !shortages.is_empty() {
            outcome = Outcome::AcceptedWithChange;
        }
        reasons.extend(shortages);
    }
    if order.cancelled.is_some() {
        reasons.clear();
    }
    if let Some(ruling) = ruling {
        // Whoever had to act has acted; what is given back waits for the rep.
        let who = if ruling == Ruling::Counter { Who::Rep } else { Who::Nobody };
        reasons.iter_mut().for_each(|reason| reason.who = who);
    }
    reasons.extend(changed_meanwhile(order));
    reasons.extend(counts_for_another(signed, shelf));
    let (net, tax) = (sum(&lines, signed, |line| line.net), sum(&lines, signed, |line| line.tax));
    SalesOrder {
        order: signed.order,
        number: String::new(),
        customer: shelf.account.as_ref().map_or(signed.customer, |account| account.customer),
        outcome,
        reasons,
        lines: lines.into_iter().map(|line| line.decided).collect(),
        net,
        tax,
        total,
        promised_on: signed.requested_on.filter(|_| outcome == Outcome::Accepted),
        decided_at: now,
        version: order.version,
        revision: order.revision(),
        cancelled: order.cancelled.is_some(),
        verdict,
        progress: None,
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

/// What two people changed at the same time and cannot both hold is for the rep to settle.
fn changed_meanwhile(order: &Order) -> Option<Reason> {
    (!order.countered.is_empty()).then(|| Reason {
        code: codes::CHANGED_MEANWHILE.to_owned(),
        params: BTreeMap::new(),
        rule: "versions@1".to_owned(),
        inputs: Vec::new(),
        fixes: Vec::new(),
        who: Who::Rep,
    })
}

/// The customer was merged: whoever signed for it reads for whom the order counts.
fn counts_for_another(signed: &SignedOrder, shelf: &Shelf) -> Option<Reason> {
    let account = shelf.account.as_ref().filter(|it| it.customer != signed.customer)?;
    Some(Reason {
        code: codes::CUSTOMER_MERGED.to_owned(),
        params: BTreeMap::from([("customer".to_owned(), account.code.clone())]),
        rule: "merged@1".to_owned(),
        inputs: Vec::new(),
        fixes: Vec::new(),
        who: Who::Nobody,
    })
}

/// What was taken stays at its price, whatever the list says since.
fn agreed(signed: &SignedLine, before: Option<&SalesOrder>) -> bool {
    before.filter(|before| before.is_taken()).is_some_and(|before| {
        let decided = line_as_signed(signed);
        before.lines.iter().any(|line| {
            DecidedLine { reserved: Quantity::ZERO, short: Quantity::ZERO, ..line.clone() }
                == decided
        })
    })
}

fn as_signed(signed: &SignedLine) -> Line {
    Line {
        decided: line_as_signed(signed),
        wanted: signed.base_quantity,
        reason: None,
        offers: false,
    }
}

/// Prices a line by the day it was asked for.
fn reprice(
    signed: &SignedLine,
    asked_at: Timestamp,
    before: Option<&SalesOrder>,
    shelf: &Shelf,
) -> Line {
    if agreed(signed, before) {
        return as_signed(signed);
    }
    let slot = shelf.slots.get(&signed.product);
    let product = slot.and_then(|slot| slot.product.as_ref());
    let price = slot.and_then(|slot| slot.price.as_ref()).map(|price| price.at(asked_at));
    let wanted = BasketLine {
        id: signed.id,
        product,
        price: price.as_ref(),
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
            Line { reason: Some(reason), offers, ..as_signed(signed) }
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
    SignedPrice {
        unit_price: signed.unit_price,
        tax_rate: signed.tax_rate(),
        net: signed.net,
        tax: signed.tax,
    }
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
