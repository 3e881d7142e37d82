//! Orders.

use roundsman_core::documents::order::SignedOrder;
use roundsman_core::id::{CustomerId, OrderId};
use roundsman_core::records::SalesOrder;
use roundsman_core::views::{Names, OrderRow, OrderState, OrderView};
use rusqlite::{params_from_iter, types::Value};

use super::{Page, Rows, search_condition};
use crate::{Replica, Result, main_file, project::state_name};

impl Replica {
    pub(crate) fn orders(
        &self,
        search: Option<&str>,
        state: Option<OrderState>,
        customer: Option<CustomerId>,
        page: Page,
    ) -> Result<Rows<OrderRow>> {
        let (mut condition, terms) = search_condition("search", search);
        let mut parameters: Vec<Value> = terms.into_iter().map(Value::Text).collect();
        if let Some(state) = state {
            condition.push_str(" and state = ?");
            parameters.push(Value::Text(state_name(state)));
        }
        if let Some(customer) = customer {
            condition.push_str(" and customer = ?");
            parameters.push(Value::Blob(customer.0.as_bytes().to_vec()));
        }
        let total = self
            .db
            .prepare_cached(&format!("select count(*) from sales_order where true{condition}"))?
            .query_row(params_from_iter(&parameters), |row| row.get(0))?;
        let mut statement = self.db.prepare_cached(&format!(
            "select body from sales_order where true{condition} order by placed desc limit {} offset {}",
            page.limit(),
            page.offset()
        ))?;
        let rows =
            statement.query_map(params_from_iter(&parameters), |row| row.get::<_, String>(0))?;
        let rows = rows
            .map(|body| self.order_row(&serde_json::from_str(&body?)?))
            .collect::<Result<_>>()?;
        Ok(Rows { total, rows })
    }

    pub(crate) fn order(&self, id: OrderId) -> Result<Option<OrderView>> {
        let Some(signed) =
            self.body::<SignedOrder>("select body from sales_order where id = ?1", id.0)?
        else {
            return Ok(None);
        };
        let decision: Option<SalesOrder> = main_file::record(&self.db, id.0)?;
        Ok(Some(OrderView::new(self.order_row(&signed)?, &signed, decision.as_ref())))
    }

    pub(crate) fn order_row(&self, signed: &SignedOrder) -> Result<OrderRow> {
        let decision: Option<SalesOrder> = main_file::record(&self.db, signed.order.0)?;
        let rep = self.directory.borrow().person(signed.rep);
        // Admitted is not answered: until the decision comes, an order is safe, not confirmed.
        let sync = match self.sync_state(signed.order)? {
            roundsman_core::views::SyncState::Confirmed => {
                roundsman_core::views::SyncState::SafeAtOffice
            }
            state => state,
        };
        Ok(OrderRow::new(signed, decision.as_ref(), &rep, sync))
    }
}
