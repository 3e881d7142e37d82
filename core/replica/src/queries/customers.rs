//! Customers.

use roundsman_core::documents::customer::Customer;
use roundsman_core::id::CustomerId;
use roundsman_core::records::{CustomerAccount, PriceList};
use roundsman_core::time::Day;
use roundsman_core::views::{
    AccountView, CustomerCard, CustomerRow, MergedCustomer, contact_views, field_views,
};
use rusqlite::{OptionalExtension, params, params_from_iter};
use uuid::Uuid;

use super::{CustomerSort, Page, Rows, search_condition};
use crate::{Replica, Result, main_file, merged};

/// The latest orders and visits on a customer's screen.
const LATEST: Page = Page { limit: Some(5), offset: None };

impl Replica {
    pub(crate) fn customers(
        &self,
        search: Option<&str>,
        sort: CustomerSort,
        page: Page,
    ) -> Result<Rows<CustomerRow>> {
        let (condition, terms) = search_condition("c.search", search);
        // Deactivated customers are found by searching, and stay out of the way otherwise.
        let active = if terms.is_empty() { " and c.active" } else { "" };
        let from = format!(
            "from customer c where c.id not in (select customer from merged){condition}{active}"
        );
        let total = self
            .db
            .prepare_cached(&format!("select count(*) {from}"))?
            .query_row(params_from_iter(&terms), |row| row.get(0))?;
        let sql = format!(
            "select c.id {from} order by {}c.sort_name limit {} offset {}",
            order(sort),
            page.limit(),
            page.offset()
        );
        let mut statement = self.db.prepare_cached(&sql)?;
        let ids = statement.query_map(params_from_iter(&terms), |row| row.get::<_, Uuid>(0))?;
        let today = self.today_here();
        let rows =
            ids.map(|id| self.customer_row(CustomerId(id?), today)).collect::<Result<_>>()?;
        Ok(Rows { total, rows })
    }

    pub(crate) fn customer_row(&self, id: CustomerId, today: Day) -> Result<CustomerRow> {
        self.row_of(id, &self.customer_document(id)?, today)
    }

    fn row_of(&self, id: CustomerId, customer: &Customer, today: Day) -> Result<CustomerRow> {
        let when = (today, self.host.offset_minutes());
        Ok(CustomerRow::new(id, customer, &self.facts(id)?, when, self.sync_state(id)?))
    }

    pub(crate) fn customer(&self, id: CustomerId) -> Result<Option<CustomerCard>> {
        let Some(customer) =
            self.body::<Customer>("select body from customer where id = ?1", id.0)?
        else {
            return Ok(None);
        };
        let facts = self.facts(id)?;
        let account = match &facts.account {
            Some(account) => main_file::record::<PriceList>(&self.db, account.price_list.0)?
                .map(|list| AccountView::new(account, list.name)),
            None => None,
        };
        let cart = self.open_cart(id)?;
        let open_visit: Option<Uuid> = self
            .db
            .prepare_cached("select id from visit where customer = ?1 and finished is null order by begun desc limit 1")?
            .query_row(params![id.0], |row| row.get(0))
            .optional()?;
        Ok(Some(CustomerCard {
            row: self.row_of(id, &customer, self.today_here())?,
            fields: field_views(&customer, &*self.directory.borrow()),
            contacts: contact_views(&customer),
            account,
            orders: self.orders(None, None, Some(id), LATEST)?.rows,
            visits: self.visits(Some(id), LATEST)?.rows,
            open_visit: open_visit.map(Into::into),
            cart: cart.as_ref().map(|(cart, _)| *cart),
            cart_lines: cart
                .map_or(0, |(_, cart)| u32::try_from(cart.lines.len()).unwrap_or(u32::MAX)),
            merged: self.merged(id)?,
        }))
    }

    fn merged(&self, survivor: CustomerId) -> Result<Vec<MergedCustomer>> {
        let named = merged::merged_into(&self.db, survivor)?.into_iter().map(|id| {
            let account: Option<CustomerAccount> = main_file::record(&self.db, id.0)?;
            let code = account.map(|it| it.code).unwrap_or_default();
            Ok(MergedCustomer { id, name: self.customer_name(id)?, code })
        });
        let mut named: Vec<_> = named.collect::<Result<_>>()?;
        named.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(named)
    }

    pub(crate) fn today_here(&self) -> Day {
        self.now().day(self.host.offset_minutes())
    }
}

/// What customers are sorted by before their names, with the comma after it.
fn order(sort: CustomerSort) -> &'static str {
    const LAST_VISIT: &str =
        "coalesce((select max(begun) from visit v where v.customer = c.id), 0), ";
    match sort {
        CustomerSort::Name => "",
        CustomerSort::LastVisit => LAST_VISIT,
        CustomerSort::Due => {
            "(select case when a.every > 0 then coalesce((select max(begun) from visit v where v.customer = c.id), 0) \
             + a.every * 86400000 end from assignment a where a.customer = c.id) nulls last, "
        }
        CustomerSort::Balance => {
            "(select -balance from account a where a.customer = c.id) nulls last, "
        }
        CustomerSort::LastOrder => {
            "(select -max(placed) from sales_order o where o.customer = c.id) nulls last, "
        }
    }
}
