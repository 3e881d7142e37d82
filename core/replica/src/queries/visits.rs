//! Visits.

use roundsman_core::documents::visit::Visit;
use roundsman_core::id::{CustomerId, VisitId};
use roundsman_core::views::{Names, VisitRow, VisitView};
use rusqlite::params;
use uuid::Uuid;

use super::{Page, Rows};
use crate::{Replica, Result, merged};

impl Replica {
    pub(crate) fn visits(
        &self,
        customer: Option<CustomerId>,
        page: Page,
    ) -> Result<Rows<VisitRow>> {
        let customer = customer.map(|id| id.0);
        let total = self
            .db
            .prepare_cached("select count(*) from visit where ?1 is null or customer = ?1")?
            .query_row(params![customer], |row| row.get(0))?;
        let mut statement = self.db.prepare_cached(
            "select id, body from visit where ?1 is null or customer = ?1 order by begun desc limit ?2 offset ?3",
        )?;
        let rows = statement.query_map(params![customer, page.limit(), page.offset()], |row| {
            Ok((VisitId(row.get::<_, Uuid>(0)?), row.get::<_, String>(1)?))
        })?;
        let rows = rows
            .map(|row| {
                let (id, body) = row?;
                self.visit_row(id, &serde_json::from_str(&body)?)
            })
            .collect::<Result<_>>()?;
        Ok(Rows { total, rows })
    }

    pub(crate) fn visit(&self, id: VisitId) -> Result<Option<VisitView>> {
        let Some(visit) = self.body::<Visit>("select body from visit where id = ?1", id.0)? else {
            return Ok(None);
        };
        let place =
            self.customer_document(visit.begun.customer).ok().and_then(|customer| customer.place);
        Ok(Some(VisitView::new(self.visit_row(id, &visit)?, &visit, place.as_ref())))
    }

    pub(crate) fn visit_row(&self, id: VisitId, visit: &Visit) -> Result<VisitRow> {
        let survivor = merged::survivor(&self.db, visit.begun.customer)?;
        let customer = self.customer_document(survivor).ok();
        let customer_name = customer.as_ref().map(|it| it.value("name")).unwrap_or_default();
        let rep = self.directory.borrow().person(visit.begun.rep);
        let row = VisitRow::new(id, visit, customer_name, &rep, self.sync_state(id)?);
        Ok(VisitRow { customer: survivor, ..row })
    }
}
