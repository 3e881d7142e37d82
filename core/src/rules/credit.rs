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
    let reasons =
        [blocked(account), over_limit(&view), overdue(&view)].into_iter().flatten().collect();
    CreditCheck { view, reasons }
}

fn figures(account: &CustomerAccount, this_order: Money) -> CreditView {
    let exposure = account.balance.plus(account.uninvoiced).plus(this_order);
    let over =
        account.credit_limit.map(|limit| exposure.minus(limit)).filter(|over| over.minor > 0);
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
    account
        .blocked
        .then(|| reason(RULE, codes::BLOCKED, [], inputs, &[fixes::ASK_FINANCE], Who::Office))
}

fn over_limit(view: &CreditView) -> Option<Reason> {
    let (over, limit) = (view.over?, view.limit?);
    let params = [
        ("over", over.to_string()),
        ("limit", limit.to_string()),
        ("exposure", view.exposure.to_string()),
    ];
    let inputs = exposure_inputs(view, limit);
    let fixes = [fixes::COLLECT_PAYMENT, fixes::ORDER_LESS, fixes::ASK_FINANCE];
    Some(reason(RULE, codes::OVER_CREDIT, params, inputs, &fixes, Who::Office))
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
    Some(reason(RULE, codes::OVERDUE, params, inputs, &[fixes::COLLECT_PAYMENT], Who::Rep))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::money::Currency;
    use crate::time::Timestamp;

    const AS_OF: Timestamp = Timestamp(1_700_000_000_000);

    fn yuan(whole: i64) -> Money {
        Money::new(whole * 100, Currency::CNY)
    }

    fn account() -> CustomerAccount {
        CustomerAccount {
            customer: Uuid::nil().into(),
            code: "C-1".to_owned(),
            price_list: Uuid::nil().into(),
            warehouse: Uuid::nil().into(),
            credit_limit: Some(yuan(1_000)),
            balance: yuan(600),
            overdue: yuan(0),
            uninvoiced: yuan(100),
            blocked: false,
            as_of: AS_OF,
        }
    }

    fn codes_of(account: &CustomerAccount, total: Money) -> Vec<String> {
        check_credit(account, total).reasons.into_iter().map(|it| it.code).collect()
    }

    #[test]
    fn a_limit_that_is_reached_exactly_is_kept() {
        let check = check_credit(&account(), yuan(300));
        assert_eq!((check.view.exposure, check.view.over), (yuan(1_000), None));
        assert_eq!(check.reasons, []);
    }

    #[test]
    fn one_fen_more_is_over_and_says_what_it_saw() {
        let check = check_credit(&account(), yuan(300).plus(Money::new(1, Currency::CNY)));
        assert_eq!(check.view.over, Some(Money::new(1, Currency::CNY)));
        let [reason] = check.reasons.as_slice() else { panic!("{:?}", check.reasons) };
        assert_eq!((reason.code.as_str(), reason.rule.as_str()), (codes::OVER_CREDIT, "credit@1"));
        assert_eq!(reason.params["over"], "0.01 CNY");
        assert_eq!(reason.params["limit"], "1000.00 CNY");
        assert_eq!(reason.params["exposure"], "1000.01 CNY");
        let seen: Vec<_> = reason.inputs.iter().map(|it| (it.name.as_str(), it.as_of)).collect();
        let known = Some(AS_OF);
        assert_eq!(
            seen,
            [("limit", known), ("balance", known), ("uninvoiced", known), ("this_order", None)]
        );
        assert_eq!(reason.who, Who::Office);
    }

    #[test]
    fn no_limit_is_never_passed_but_a_limit_of_nothing_is() {
        let unlimited = CustomerAccount { credit_limit: None, ..account() };
        assert_eq!(codes_of(&unlimited, yuan(1_000_000)), Vec::<String>::new());
        let cash = CustomerAccount {
            credit_limit: Some(yuan(0)),
            balance: yuan(0),
            uninvoiced: yuan(0),
            ..account()
        };
        assert_eq!(codes_of(&cash, yuan(1)), [codes::OVER_CREDIT]);
        let prepaid = CustomerAccount { balance: yuan(-500), ..cash };
        assert_eq!(codes_of(&prepaid, yuan(500)), Vec::<String>::new());
    }

    #[test]
    fn everything_wrong_is_said_most_important_first() {
        let account = CustomerAccount { blocked: true, overdue: yuan(5), ..account() };
        let check = check_credit(&account, yuan(301));
        let said: Vec<_> = check.reasons.iter().map(|it| (it.code.as_str(), it.who)).collect();
        let office = Who::Office;
        assert_eq!(
            said,
            [(codes::BLOCKED, office), (codes::OVER_CREDIT, office), (codes::OVERDUE, Who::Rep)]
        );
        assert!(
            check
                .reasons
                .iter()
                .flat_map(|it| &it.fixes)
                .all(|fix| fixes::ALL.contains(&fix.as_str()))
        );
    }

    #[test]
    fn extreme_figures_do_not_panic() {
        let most = Money::new(i64::MAX, Currency::CNY);
        let account = CustomerAccount { balance: most, uninvoiced: most, ..account() };
        assert_eq!(codes_of(&account, most), [codes::OVER_CREDIT]);
    }
}
