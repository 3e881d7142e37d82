//! A rep's day: who is due, who was visited, what was sold.

use std::collections::BTreeMap;

use roundsman_core::documents::visit::Visit;
use roundsman_core::id::{CustomerId, PersonId, VisitId};
use roundsman_core::money::{Currency, Money};
use roundsman_core::time::Day;
use roundsman_core::views::{CustomerRow, TodayFigures, TodayStop, TodayView, VisitRow};
use rusqlite::params;
use uuid::Uuid;

use crate::{Replica, Result};

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;
/// Stops of one day at most: nobody visits more.
const STOPS_MAX: usize = 40;

impl Replica {
    pub(crate) fn today(&self, day: Day) -> Result<TodayView> {
        let me = self.signed_in()?.person;
        let from = i64::from(day.0) * DAY_MS - i64::from(self.host.offset_minutes()) * 60_000;
        let visits = self.visits_between(me, from, from + DAY_MS)?;
        let mut stops = self.stops(me, day, &visits)?;
        stops.sort_by_key(|stop| (rank(stop), stop.customer.due_in_days.unwrap_or(0)));
        stops.truncate(STOPS_MAX);
        let visited = stops.iter().filter(|stop| stop.reason == "visited").count();
        let (orders, order_total) = self.sold_between(me, from, from + DAY_MS)?;
        let next =
            stops.iter().find(|stop| stop.reason != "visited").map(|stop| stop.customer.clone());
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Ok(TodayView {
            day,
            figures: TodayFigures {
                visited: count(visited),
                planned: count(stops.len()),
                orders,
                order_total,
            },
            next,
            stops,
        })
    }

    fn stops(
        &self,
        me: PersonId,
        day: Day,
        visits: &BTreeMap<CustomerId, VisitRow>,
    ) -> Result<Vec<TodayStop>> {
        let mut statement = self.db.prepare_cached(
            "select c.id from customer c join assignment a on a.customer = c.id where c.active and a.manager = ?1 \
             and c.id not in (select customer from merged)",
        )?;
        let ids = statement.query_map(params![me.0], |row| row.get::<_, Uuid>(0))?;
        let mut ids: Vec<CustomerId> = ids.map(|id| Ok(CustomerId(id?))).collect::<Result<_>>()?;
        ids.extend(visits.keys().filter(|id| !ids.contains(id)).copied().collect::<Vec<_>>());
        let mut stops = Vec::new();
        for id in ids {
            let visit = visits.get(&id).cloned();
            let Ok(customer) = self.customer_row(id, day) else { continue };
            if let Some(reason) = reason(&customer, visit.as_ref()) {
                stops.push(TodayStop { customer, reason: reason.to_owned(), visit });
            }
        }
        Ok(stops)
    }

    fn visits_between(
        &self,
        me: PersonId,
        from: i64,
        to: i64,
    ) -> Result<BTreeMap<CustomerId, VisitRow>> {
        let mut statement = self.db.prepare_cached(
            "select id, body from visit where rep = ?1 and (begun >= ?2 and begun < ?3 or finished is null) order by begun",
        )?;
        let rows = statement.query_map(params![me.0, from, to], |row| {
            Ok((VisitId(row.get::<_, Uuid>(0)?), row.get::<_, String>(1)?))
        })?;
        rows.map(|row| {
            let (id, body) = row?;
            let visit: Visit = serde_json::from_str(&body)?;
            let visit = self.visit_row(id, &visit)?;
            Ok((visit.customer, visit))
        })
        .collect()
    }

    fn sold_between(&self, me: PersonId, from: i64, to: i64) -> Result<(u32, Money)> {
        let (count, total, currency): (u32, i64, Option<String>) = self
            .db
            .prepare_cached(
                "select count(*), coalesce(sum(total), 0), max(currency) from sales_order \
                 where rep = ?1 and placed >= ?2 and placed < ?3 and state <> 'cancelled'",
            )?
            .query_row(params![me.0, from, to], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?;
        let currency = currency.and_then(|code| code.parse().ok()).unwrap_or(Currency::CNY);
        Ok((count, Money::new(total, currency)))
    }
}

/// Why a customer is on today's list; none when it is not.
fn reason(customer: &CustomerRow, visit: Option<&VisitRow>) -> Option<&'static str> {
    let owes = customer.overdue.is_some_and(|overdue| overdue.minor > 0);
    match (visit, customer.due_in_days) {
        (Some(visit), _) if visit.checked_out_at.is_none() => Some("open"),
        (Some(_), _) => Some("visited"),
        (None, Some(days)) if days < 0 => Some("late"),
        (None, Some(0)) if owes => Some("overdue"),
        (None, Some(0)) => Some("due"),
        _ => None,
    }
}

fn rank(stop: &TodayStop) -> u8 {
    match stop.reason.as_str() {
        "open" => 0,
        "late" => 1,
        "overdue" => 2,
        "due" => 3,
        _ => 4,
    }
}
