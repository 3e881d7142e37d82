//! What a customer usually orders, and its last order again.

use std::collections::BTreeSet;

use roundsman_core::documents::order::SignedOrder;
use roundsman_core::id::{CustomerId, OrderId};
use roundsman_core::views::{USUAL_ORDERS_MAX, UsualView};
use rusqlite::params;

use crate::{Replica, Result, main_file};

/// Rows of `sales_order` that were not cancelled. One that was cancelled here is only told to the
/// office: its state is still the old one.
pub(crate) const NOT_CANCELLED: &str = "state <> 'cancelled' and cancelled = 0";

impl Replica {
    /// From the orders on this device, closed ones included.
    pub(crate) fn usual(&self, customer: CustomerId) -> Result<UsualView> {
        let orders = self.latest_orders(customer)?;
        let products: BTreeSet<_> =
            orders.iter().flat_map(|order| &order.lines).map(|line| line.product).collect();
        let products: Vec<_> = products.into_iter().collect();
        let shelf = self.shelf(customer, &products)?;
        let cart = self.open_cart(customer)?;
        Ok(UsualView::new(&orders, cart.as_ref().map(|(_, cart)| cart), &shelf))
    }

    /// The latest orders that were not cancelled, newest first.
    fn latest_orders(&self, customer: CustomerId) -> Result<Vec<SignedOrder>> {
        let mut statement = self.db.prepare_cached(&format!(
            "select id from sales_order where customer = ?1 and {NOT_CANCELLED} \
             order by placed desc, id desc limit ?2"
        ))?;
        let ids =
            statement.query_map(params![customer.0, USUAL_ORDERS_MAX as i64], |row| row.get(0))?;
        let mut orders = Vec::new();
        for id in ids {
            orders.extend(main_file::order(&self.db, OrderId(id?))?.map(|order| order.content));
        }
        Ok(orders)
    }
}
