//! Who may do what: one policy, asked by the hub, the API and the phone.

use crate::records::Role;

/// Whether this role may record this operation at all. Whether it may on this document follows
/// from the channels it was granted.
#[must_use]
pub fn may_record(role: Role, operation: &str) -> bool {
    if matches!(operation, "customer.merge" | "customer.unmerge") {
        return may_govern(role);
    }
    let area = operation.split('.').next().unwrap_or_default();
    match role {
        Role::Admin => true,
        Role::Rep | Role::SalesManager => matches!(area, "customer" | "visit" | "cart" | "order"),
        Role::Office => matches!(area, "customer" | "cart" | "order"),
        Role::Service => area == "customer",
        Role::Warehouse | Role::Finance => false,
    }
}

/// Whether this role works in the console, where everything of the company can be read.
#[must_use]
pub fn may_use_office(role: Role) -> bool {
    !matches!(role, Role::Rep)
}

/// Whether this role takes orders in place of the reps who look after the customers.
#[must_use]
pub fn may_take_for_others(role: Role) -> bool {
    may_use_office(role) && may_record(role, "order.submit")
}

/// Whether this role decides what becomes of quarantined entries.
#[must_use]
pub fn may_judge(role: Role) -> bool {
    matches!(role, Role::Office | Role::SalesManager | Role::Admin)
}

/// Whether this role decides who sees what: which territory a customer is in, which people work
/// there, and what becomes of people and devices that go.
#[must_use]
pub fn may_govern(role: Role) -> bool {
    matches!(role, Role::Office | Role::SalesManager | Role::Admin)
}

/// Whether this role decides what a customer buys by: its number, prices and credit, and whether
/// deliveries stop.
#[must_use]
pub fn may_set_terms(role: Role) -> bool {
    matches!(role, Role::Office | Role::Finance | Role::Admin)
}

/// Whether somebody with the role `by` lets people in as `role`, changes them to or from it, and
/// gives them a new password. Nobody hands out more than they have.
#[must_use]
pub fn may_appoint(by: Role, role: Role) -> bool {
    by == Role::Admin || (may_govern(by) && role == Role::Rep)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rep_sells_and_does_not_judge() {
        assert!(may_record(Role::Rep, "order.submit"));
        assert!(!may_record(Role::Finance, "order.submit"));
        assert!(!may_record(Role::Rep, "customer.merge"));
        assert!(may_record(Role::Office, "customer.merge"));
        assert!(!may_use_office(Role::Rep));
        assert!(!may_judge(Role::Rep));
        assert!(!may_take_for_others(Role::Rep));
        assert!(may_take_for_others(Role::Office));
        assert!(!may_take_for_others(Role::Warehouse));
        assert!(may_judge(Role::Office));
    }

    #[test]
    fn credit_is_not_for_those_who_sell() {
        assert!(may_set_terms(Role::Finance));
        assert!(!may_set_terms(Role::SalesManager));
    }

    #[test]
    fn nobody_hands_out_more_than_they_have() {
        assert!(may_appoint(Role::SalesManager, Role::Rep));
        assert!(!may_appoint(Role::Office, Role::Admin));
        assert!(!may_appoint(Role::Finance, Role::Rep));
        assert!(may_appoint(Role::Admin, Role::Admin));
    }
}
