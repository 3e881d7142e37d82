//! What is in no channel any more goes, but never before one's own work on it has arrived.

use std::collections::BTreeSet;

use roundsman_core::id::ItemId;
use rusqlite::Connection;

use crate::{Result, Topic, main_file, project};

/// Changes of one's own that may still matter. Those of what has left this device come back through
/// no channel: that they were admitted is told by the journal's status alone.
const WAITING: &str = "select item from pending where not ( \
         n <= ?1 and n in (select n from operation where state in ('open', 'released')) \
         and item in (select item from document) and item not in (select item from membership)) \
     except select item from closed";

/// The summary that stands for a document's item; null for what is never closed.
const SUMMARY: &str = "cast(case substr(item, 1, 1) when x'02' then x'4b' when x'04' then x'4c' end \
     || substr(item, 2) as blob)";

/// Documents with own changes that are all admitted, and of which only the summary is here: it says
/// what they did.
fn closed() -> String {
    format!(
        "select item from pending group by item having max(n) <= ?1 \
         and count(*) = sum(n in (select n from operation where state in ('open', 'released'))) \
         and item not in (select item from membership) \
         and {SUMMARY} in (select item from membership)"
    )
}

/// What stays whatever the channels say: what such changes are of, and the customers of such visits,
/// carts and orders, without whom they cannot be read. An account and an assignment have their
/// customer's id and stay with it.
const NEEDED: &str = "select substr(item, 2) as id from waiting \
     union select v.customer from visit v join waiting w on substr(w.item, 2) = v.id \
     union select c.customer from cart c join waiting w on substr(w.item, 2) = c.id \
     union select o.customer from sales_order o join waiting w on substr(w.item, 2) = o.id";

/// The same, with customers that were merged into these.
const KEPT: &str = "select id from needed union select m.customer from merged m join needed n on n.id = m.survivor";

/// Removes what is in no channel any more and on which nothing of one's own is on the way.
pub(crate) fn purge(db: &Connection) -> Result<BTreeSet<Topic>> {
    let mut topics = BTreeSet::new();
    if roundsman_core::planted!("purge before receipts") {
        db.execute("delete from pending where item not in (select item from membership)", [])?;
    }
    if main_file::number(db, main_file::PURGED)? == 1 {
        return Ok(topics);
    }
    // While a channel is on its way again, its items are only missing for the moment.
    let under_way: bool = db.query_row(
        "select exists (select 1 from channel where seq < head) or exists (select 1 from catching_up)",
        [],
        |row| row.get(0),
    )?;
    if under_way {
        return Ok(topics);
    }
    for item in gone(db, "document")? {
        db.execute("delete from pending where item = ?1", [item.to_bytes()])?;
        topics.extend(project::document(db, item, None)?);
    }
    for item in gone(db, "record")? {
        topics.extend(project::record(db, item, None)?);
    }
    for item in settled(db)? {
        db.execute("delete from pending where item = ?1", [item.to_bytes()])?;
        db.execute("delete from fetched where item = ?1", [item.to_bytes()])?;
        topics.extend(project::document(db, item, None)?);
    }
    // Nobody looks any more at what is visible in no way, and what came back is here itself.
    db.execute(
        &format!(
            "delete from fetched where {SUMMARY} not in (select item from membership) \
             and item not in (select item from pending)"
        ),
        [],
    )?;
    // What stayed for the sake of own work is looked for again.
    let stays: bool = db.query_row(
        &format!(
            "select exists (select 1 from document where item not in (select item from membership)) \
                 or exists (select 1 from record where item not in (select item from membership)) \
                 or exists (select 1 from pending where {SUMMARY} in (select item from membership))"
        ),
        [],
        |row| row.get(0),
    )?;
    main_file::set_number(db, main_file::PURGED, i64::from(!stays))?;
    Ok(topics)
}

fn gone(db: &Connection, table: &str) -> Result<Vec<ItemId>> {
    let closed = closed();
    removed(
        db,
        &format!(
            "with closed as ({closed}), waiting as ({WAITING}), needed as ({NEEDED}), kept as ({KEPT}) \
             delete from {table} where item not in (select item from membership) \
             and substr(item, 2) not in kept returning item"
        ),
    )
}

/// Documents that never came here but as own changes, and were closed meanwhile.
fn settled(db: &Connection) -> Result<Vec<ItemId>> {
    removed(db, &closed())
}

fn removed(db: &Connection, sql: &str) -> Result<Vec<ItemId>> {
    let mut statement = db.prepare(sql)?;
    let admitted = main_file::number(db, "admitted_upto")?;
    let rows = statement.query_map([admitted], |row| row.get::<_, [u8; ItemId::LEN]>(0))?;
    let items: Vec<_> = rows.collect::<Result<_, _>>()?;
    Ok(items.iter().filter_map(|bytes| ItemId::from_bytes(bytes)).collect())
}
