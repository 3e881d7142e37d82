//! What a customer usually orders, and its last order again.

use std::collections::BTreeSet;

use roundsman_core::documents::order::{Order, SignedOrder};
use roundsman_core::id::CustomerId;
use roundsman_core::views::{USUAL_ORDERS_MAX, UsualView};
use rusqlite::params;

use crate::{Replica, Result};

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
        let mut statement = self.db.prepare_cached(
            "select body from sales_order where customer = ?1 and state <> 'cancelled' order by placed desc, id desc",
        )?;
        let bodies = statement.query_map(params![customer.0], |row| row.get::<_, String>(0))?;
        let mut orders = Vec::new();
        for body in bodies {
            let order: Order = serde_json::from_str(&body?)?;
            // One that was cancelled here is only told to the office: its state is still the old one.
            if order.cancelled.is_none() {
                orders.push(order.content);
            }
            if orders.len() == USUAL_ORDERS_MAX {
                break;
            }
        }
        Ok(orders)
    }
}
