//! Orders.

use roundsman_core::documents::order::{self, Order, Wanted, WantedLine};
use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::{CustomerId, OrderId};
use roundsman_core::records::Product;
use roundsman_core::rules::Shelf;
use roundsman_core::time::Day;
use roundsman_core::views::{AmendView, Names, OrderRow, OrderState, OrderView};
use rusqlite::{params_from_iter, types::Value};

use super::{Page, Rows, search_condition};
use crate::{Replica, Result, main_file, merged};

impl Replica {
    pub(crate) fn orders(
        &self,
        search: Option<&str>,
        state: Option<OrderState>,
        customer: Option<CustomerId>,
        page: Page,
    ) -> Result<Rows<OrderRow>> {
        let (mut condition, terms) = search_condition("(search || char(10) || number)", search);
        let mut parameters: Vec<Value> = terms.into_iter().map(Value::Text).collect();
        if let Some(state) = state {
            condition.push_str(" and state = ?");
            parameters.push(Value::Text(state.code().to_owned()));
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
            "select id from sales_order where true{condition} order by placed desc limit {} offset {}",
            page.limit(),
            page.offset()
        ))?;
        let ids = statement.query_map(params_from_iter(&parameters), |row| row.get(0))?;
        let mut rows = Vec::new();
        for id in ids {
            let order = main_file::order(&self.db, OrderId(id?))?;
            rows.extend(order.map(|order| self.order_row(&order)).transpose()?);
        }
        Ok(Rows { total, rows })
    }

    pub(crate) fn order(&self, id: OrderId) -> Result<Option<OrderView>> {
        let Some(order) = self.order_document(id)? else { return Ok(None) };
        let decision = main_file::decision(&self.db, id.0)?;
        let (row, names) = (self.order_row(&order)?, self.directory.borrow());
        let mut view = OrderView::new(row, &order, decision.as_ref(), &*names);
        for line in &mut view.lines {
            let product: Option<Product> = main_file::record(&self.db, line.product.0)?;
            line.picture = product.and_then(|it| it.picture);
        }
        Ok(Some(view))
    }

    /// What an order would be with other lines; none when it is not here.
    pub(crate) fn amendment(
        &self,
        id: OrderId,
        lines: &[WantedLine],
        requested_on: Option<&str>,
        note: Option<&str>,
    ) -> Result<Option<AmendView>> {
        let Some(order) = self.order_document(id)? else { return Ok(None) };
        let wanted = wanted(&order, lines, requested_on, note)?;
        let shelf = self.shelf_for(&order, &wanted)?;
        Ok(Some(AmendView::new(&order.content, &wanted, &shelf)))
    }

    /// The records that price and judge these lines of an order, as if it took nothing itself.
    pub(crate) fn shelf_for(&self, order: &Order, wanted: &Wanted) -> Result<Shelf> {
        let products: Vec<_> = wanted.lines.iter().map(|line| line.product).collect();
        let shelf = self.shelf(order.content.customer, &products)?;
        let decision = main_file::decision(&self.db, order.content.order.0)?;
        Ok(match decision {
            Some(decision) => shelf.without(&decision),
            None => shelf,
        })
    }

    /// The order as people see it; what was fetched of a closed one also says how its prices came
    /// about.
    pub(crate) fn order_document(&self, id: OrderId) -> Result<Option<Order>> {
        match main_file::fetched(&self.db, id.into())? {
            Some(_) => {
                Ok(main_file::whole(&self.db, id.into())?.as_ref().map(order::read).transpose()?)
            }
            None => main_file::order(&self.db, id),
        }
    }

    pub(crate) fn order_row(&self, order: &Order) -> Result<OrderRow> {
        let signed = &order.content;
        let decision = main_file::decision(&self.db, signed.order.0)?;
        let rep = self.directory.borrow().person(signed.rep);
        // Admitted is not answered: until the decision comes, an order is safe, not confirmed.
        let sync = match self.sync_state(signed.order)? {
            roundsman_core::views::SyncState::Confirmed => {
                roundsman_core::views::SyncState::SafeAtOffice
            }
            state => state,
        };
        let row = OrderRow::new(order, decision.as_ref(), &rep, sync);
        Ok(OrderRow { customer: merged::survivor(&self.db, signed.customer)?, ..row })
    }
}

/// The whole order as it is wanted; what is not named stays. An empty day takes the wish back.
pub(crate) fn wanted(
    order: &Order,
    lines: &[WantedLine],
    requested_on: Option<&str>,
    note: Option<&str>,
) -> Result<Wanted> {
    let wrong = |_| Refusal::new(codes::INVALID).with("field", "requested_on");
    let requested_on = match requested_on {
        None => order.content.requested_on,
        Some("") => None,
        Some(text) => Some(text.parse::<Day>().map_err(wrong)?),
    };
    let note = note.unwrap_or(&order.content.note).to_owned();
    Ok(Wanted { lines: lines.to_vec(), requested_on, note })
}
