//! Credit: what a customer would owe with this order, against what it may.

use super::{fixes, input, reason};
use crate::error::codes;
use crate::money::Money;
use crate::records::{CustomerAccount, Input, Reason, Who};
use crate::views::CreditView;

/// The rule and its version.
pub const RULE: &str = "credit@1";

/// The figures, and what is wrong with them.
#[derive(Debug, Clone, PartialEq)]
pub struct CreditCheck {
    /// For the screen.
    pub view: CreditView,
    /// Most important first: blocked, limit passed, overdue. Empty: nothing to say.
    pub reasons: Vec<Reason>,
}

/// Judges an order of `order_total` (with tax, in the account's currency).
///
/// Exposure is the balance, confirmed orders without an invoice, and this order; a limit that is
/// reached exactly is kept. An account without a limit is never over it.
#[must_use]
pub fn check_credit(account: &CustomerAccount, order_total: Money) -> CreditCheck {
    let view = figures(account, order_total);
    let reasons = [blocked(account), over_limit(&view), overdue(&view)].into_iter().flatten().collect();
    CreditCheck { view, reasons }
}

fn figures(account: &CustomerAccount, this_order: Money) -> CreditView {
    let exposure = account.balance.plus(account.uninvoiced).plus(this_order);
    let over = account.credit_limit.map(|limit| exposure.minus(limit)).filter(|over| over.minor > 0);
    CreditView {
        limit: account.credit_limit,
        balance: account.balance,
        uninvoiced: account.uninvoiced,
        this_order,
        exposure,
        over,
        overdue: account.overdue,
        as_of: account.as_of,
    }
}

fn blocked(account: &CustomerAccount) -> Option<Reason> {
    let inputs = vec![input("blocked", "yes", Some(account.as_of))];
    account.blocked.then(|| reason(RULE, codes::BLOCKED, &[], inputs, &[fixes::ASK_FINANCE], Who::Office))
}

fn over_limit(view: &CreditView) -> Option<Reason> {
    let (over, limit) = (view.over?, view.limit?);
    let params = [("over", over.to_string()), ("limit", limit.to_string()), ("exposure", view.exposure.to_string())];
    let inputs = exposure_inputs(view, limit);
    let fixes = [fixes::COLLECT_PAYMENT, fixes::ORDER_LESS, fixes::ASK_FINANCE];
    Some(reason(RULE, codes::OVER_CREDIT, &params, inputs, &fixes, Who::Office))
}

fn exposure_inputs(view: &CreditView, limit: Money) -> Vec<Input> {
    let as_of = Some(view.as_of);
    vec![
        input("limit", limit, as_of),
        input("balance", view.balance, as_of),
        input("uninvoiced", view.uninvoiced, as_of),
        input("this_order", view.this_order, None),
    ]
}

/// Overdue invoices alone stop nothing: the rep is asked to collect.
fn overdue(view: &CreditView) -> Option<Reason> {
    if view.overdue.minor <= 0 {
        return None;
    }
    let params = [("overdue", view.overdue.to_string())];
    let inputs = vec![input("overdue", view.overdue, Some(view.as_of))];
    Some(reason(RULE, codes::OVERDUE, &params, inputs, &[fixes::COLLECT_PAYMENT], Who::Rep))
}
