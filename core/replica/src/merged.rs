//! Customers that were merged: what was recorded for them counts for the one that stays.

use std::collections::{BTreeMap, BTreeSet};

use roundsman_core::documents::customer::survivors;
use roundsman_core::id::CustomerId;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use crate::Result;

/// The customer that stays: this one, unless it was merged.
pub(crate) fn survivor(db: &Connection, customer: CustomerId) -> Result<CustomerId> {
    let into: Option<Uuid> = db
        .prepare_cached("select survivor from merged where customer = ?1")?
        .query_row([customer.0], |row| row.get(0))
        .optional()?;
    Ok(into.map_or(customer, CustomerId))
}

/// The customers that were merged into this one.
pub(crate) fn merged_into(db: &Connection, survivor: CustomerId) -> Result<Vec<CustomerId>> {
    let mut statement = db.prepare_cached("select customer from merged where survivor = ?1")?;
    let ids = statement.query_map([survivor.0], |row| row.get::<_, Uuid>(0))?;
    ids.map(|id| Ok(CustomerId(id?))).collect()
}

/// Whether anything of it changes when this customer comes, changes or goes.
pub(crate) fn concerns(db: &Connection, customer: Uuid) -> Result<bool> {
    Ok(db
        .prepare_cached(
            "select exists (select 1 from customer where id = ?1 and replaced_by is not null) \
                 or exists (select 1 from customer where replaced_by = ?1)",
        )?
        .query_row([customer], |row| row.get(0))?)
}

/// Finds out anew who stays, and counts visits, carts and orders for it.
pub(crate) fn follow(db: &Connection) -> Result<()> {
    // Until the one that stays is here, the one that was merged stands for itself.
    let here = "select c.id, c.replaced_by from customer c join customer n on n.id = c.replaced_by";
    let now = survivors(&pairs(db, here)?);
    let before = pairs(db, "select customer, survivor from merged")?;
    for customer in before.keys().chain(now.keys()).copied().collect::<BTreeSet<_>>() {
        let was = before.get(&customer).copied().unwrap_or(customer);
        let is = now.get(&customer).copied().unwrap_or(customer);
        if was != is {
            count_for(db, customer, was, is)?;
        }
    }
    Ok(())
}

fn count_for(db: &Connection, customer: CustomerId, was: CustomerId, is: CustomerId) -> Result<()> {
    for table in ["visit", "cart", "sales_order"] {
        db.prepare_cached(&format!(
            "update {table} set customer = ?3 where customer = ?2 and recorded_for = ?1"
        ))?
        .execute(params![customer.0, was.0, is.0])?;
    }
    if is == customer {
        db.execute("delete from merged where customer = ?1", [customer.0])?;
    } else {
        db.prepare_cached("insert or replace into merged (customer, survivor) values (?1, ?2)")?
            .execute(params![customer.0, is.0])?;
    }
    Ok(())
}

fn pairs(db: &Connection, sql: &str) -> Result<BTreeMap<CustomerId, CustomerId>> {
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| {
        Ok((CustomerId(row.get::<_, Uuid>(0)?), CustomerId(row.get::<_, Uuid>(1)?)))
    })?;
    Ok(rows.collect::<std::result::Result<_, _>>()?)
}
