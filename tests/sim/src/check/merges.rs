//! Customers that were merged: what was recorded for them counts for the one that stays.

use std::collections::BTreeMap;

use rusqlite::Connection;
use uuid::Uuid;

use super::{Broken, broken};

/// The invariant.
pub(super) const NAME: &str = "what was recorded counts for the customer that stays";

/// Visits, orders and carts count for the customer that stays, by what customers' rows say; `tables`
/// are those with a `customer`, each with what names the one it was recorded for.
///
/// # Errors
/// What is broken.
pub(super) fn followed(
    db: &Connection,
    customers: &str,
    tables: &[(&str, &str)],
    whose: &str,
) -> Result<u64, Broken> {
    let replaced = replaced(db, customers)?;
    let mut count = 0;
    for (table, recorded) in tables {
        let sql = format!("select id, customer, {recorded} from {table}");
        let mut statement = db.prepare_cached(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (id, counts_for, named): (Uuid, Uuid, String) =
                (row.get(0)?, row.get(1)?, row.get(2)?);
            let stays = named.parse().map(|named| stays(&replaced, named));
            if stays != Ok(counts_for) {
                return Err(broken(NAME, format!("{table} {id} of {whose}: not {counts_for}")));
            }
            count += 1;
        }
    }
    Ok(count)
}

/// Which customer took the place of which, as far as it is here.
fn replaced(db: &Connection, customers: &str) -> Result<BTreeMap<Uuid, Uuid>, Broken> {
    let sql = format!("select id, body ->> '$.replacedBy' from {customers}");
    let mut statement = db.prepare_cached(&sql)?;
    let rows =
        statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, Option<String>>(1)?)))?;
    let all: BTreeMap<Uuid, Option<String>> = rows.collect::<Result<_, _>>()?;
    let into =
        |text: &Option<String>| text.as_ref()?.parse().ok().filter(|it| all.contains_key(it));
    Ok(all.iter().filter_map(|(id, text)| Some((*id, into(text)?))).collect())
}

/// Who stays: after as many steps as there are, one is at the end or in the circle.
fn stays(replaced: &BTreeMap<Uuid, Uuid>, customer: Uuid) -> Uuid {
    let next = |it: Uuid| replaced.get(&it).copied().unwrap_or(it);
    let inside = (0..replaced.len()).fold(customer, |it, _| next(it));
    let (mut smallest, mut at) = (inside, next(inside));
    while at != inside {
        (smallest, at) = (smallest.min(at), next(at));
    }
    smallest
}
