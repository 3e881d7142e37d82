//! What a customer owes, invoice by invoice: the demo company's stand-in for its bookkeeping.

use roundsman_core::time::Day;

/// Days after which somebody pays who does not pay.
const NEVER: i32 = 400;

/// An invoice, its amount in minor units.
#[derive(Debug, Clone, Copy)]
struct Invoice {
    due: Day,
    paid: Day,
    minor: i64,
}

/// The invoices of one customer.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    invoices: Vec<Invoice>,
    /// Confirmed, not on an invoice yet.
    pub uninvoiced: i64,
}

impl Ledger {
    /// Writes an invoice that is paid so many days after it is due; none: for a long time not.
    pub fn invoice(&mut self, minor: i64, due: Day, paid_after_days: Option<i32>) {
        if minor > 0 {
            let paid = due.plus(paid_after_days.unwrap_or(NEVER));
            self.invoices.push(Invoice { due, paid, minor });
        }
    }

    /// What is open on this day, and the part of it that is late.
    pub fn owed(&self, today: Day) -> (i64, i64) {
        let open = self.invoices.iter().filter(|it| it.paid > today);
        open.fold((0, 0), |(balance, overdue), it| {
            (balance + it.minor, overdue + if it.due < today { it.minor } else { 0 })
        })
    }

    /// What is late is paid on this day, if not before: somebody wants to be served again.
    pub fn settle_late(&mut self, today: Day, on: Day) {
        for invoice in self.invoices.iter_mut().filter(|it| it.due < today) {
            invoice.paid = invoice.paid.min(on);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_and_what_of_it_is_late() {
        let mut ledger = Ledger::default();
        ledger.invoice(100, Day(10), Some(0));
        ledger.invoice(20, Day(10), None);
        ledger.invoice(3, Day(30), Some(5));
        assert_eq!(ledger.owed(Day(9)), (123, 0));
        assert_eq!(ledger.owed(Day(20)), (23, 20));
        ledger.settle_late(Day(20), Day(22));
        assert_eq!(ledger.owed(Day(22)), (3, 0));
    }
}
