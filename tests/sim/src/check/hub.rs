//! The server's database, looked at beside the server.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{ActorId, Change, ChangeHash};
use roundsman_core::error::codes;
use roundsman_core::id::{CustomerId, DeviceId, ItemId, ItemKind, OrderId, TerritoryId};
use roundsman_core::records::{CustomerAccount, Record, SalesOrder};
use roundsman_core::sync::{Channel, Digest, document_element, hash, record_element};
use roundsman_core::time::{DRIFT_MS_MAX, Hlc, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, params};
use uuid::Uuid;

use super::{Broken, broken};
use crate::ledger::Ledger;
use crate::sim::Sim;

/// Entries that wait for the office.
///
/// # Errors
/// When the database cannot be read.
pub fn quarantined(db: &Connection) -> rusqlite::Result<Vec<(DeviceId, u64)>> {
    let mut statement = db.prepare_cached(
        "select device, n from journal where state = 'quarantined' order by device, n limit 20",
    )?;
    let rows =
        statement.query_map([], |row| Ok((DeviceId(row.get::<_, Uuid>(0)?), row.get(1)?)))?;
    rows.collect()
}

/// A customer's account as it is published.
///
/// # Errors
/// When the database cannot be read.
pub fn account(db: &Connection, customer: CustomerId) -> rusqlite::Result<Option<CustomerAccount>> {
    let item = ItemId::new(ItemKind::CustomerAccount, customer);
    let bytes: Option<Vec<u8>> = db
        .prepare_cached("select unpacked(bytes) from record where item = ?1")?
        .query_row([item.to_bytes()], |row| row.get(0))
        .optional()?;
    Ok(bytes.and_then(|bytes| CustomerAccount::from_bytes(&bytes).ok()))
}

/// Where a customer is assigned.
///
/// # Errors
/// When the database cannot be read.
pub fn territory(db: &Connection, customer: CustomerId) -> rusqlite::Result<Option<TerritoryId>> {
    db.prepare_cached("select territory from erp_customer where id = ?1")?
        .query_row([customer.0], |row| row.get::<_, Uuid>(0).map(TerritoryId))
        .optional()
}

/// What a server that was set back lacks of devices that are no more, nobody gives back.
///
/// # Errors
/// When the database cannot be read.
pub fn lost_with_their_devices(
    db: &Connection,
    ledger: &mut Ledger,
    here: &BTreeSet<DeviceId>,
) -> rusqlite::Result<()> {
    for ((device, n), saved) in &mut ledger.saved {
        if !here.contains(device) && entry_hash(db, *device, *n)?.is_none() {
            saved.lost = true;
        }
    }
    Ok(())
}

/// The hash of a stored entry.
pub(super) fn entry_hash(
    db: &Connection,
    device: DeviceId,
    n: u64,
) -> rusqlite::Result<Option<[u8; 32]>> {
    db.prepare_cached("select hash from journal where device = ?1 and n = ?2")?
        .query_row(params![device.0, n], |row| row.get(0))
        .optional()
}

/// How many entries of a device are stored.
pub(super) fn held(db: &Connection, device: DeviceId) -> rusqlite::Result<u64> {
    db.query_row("select count(*) from journal where device = ?1", [device.0], |row| row.get(0))
}

/// Everything in the server's database that follows from something else.
///
/// # Errors
/// What is broken.
pub(super) fn whole(sim: &mut Sim) -> Result<(), Broken> {
    journals(sim)?;
    digests(sim)?;
    changes(sim)?;
    places(sim)?;
    shut_out(sim)?;
    orders(sim)
}

/// Who is shut out is shut out under all names that its storage may have.
fn shut_out(sim: &mut Sim) -> Result<(), Broken> {
    const NAME: &str = "who is shut out stays outside";
    let inside: Option<Uuid> = sim
        .server
        .lens()
        .prepare_cached(
            "select before.id from device now join device before on before.id = now.follows \
             where now.revoked_at is not null and before.revoked_at is null limit 1",
        )?
        .query_row([], |row| row.get(0))
        .optional()?;
    if let Some(device) = inside {
        return Err(broken(NAME, format!("device {device} may still come in")));
    }
    sim.checked(NAME, 1);
    Ok(())
}

/// Journals have no gaps, every entry was judged once, and a judgement changes only as it may.
fn journals(sim: &mut Sim) -> Result<(), Broken> {
    const GAPS: &str = "journals have no gaps";
    const JUDGED: &str = "judgements are stable";
    let mut judged = std::mem::take(&mut sim.history.judged);
    let mut quarantined = 0;
    let db = sim.server.lens();
    let gap: Option<Uuid> = db
        .prepare_cached(
            "select device from journal group by device \
             having count(*) <> max(n) or min(n) <> 1 limit 1",
        )?
        .query_row([], |row| row.get(0))
        .optional()?;
    if let Some(device) = gap {
        return Err(broken(GAPS, format!("of {device}")));
    }
    let mut statement = db.prepare_cached(
        "select j.device, j.n, j.state, coalesce(j.code, ''), j.n <= d.judged_n, j.operation || ' ' || coalesce(j.params, ''), d.follows is not null \
         from journal j join device d on d.id = j.device",
    )?;
    let mut rows = statement.query([])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        count += 1;
        let key: (Vec<u8>, i64) = (row.get(0)?, row.get(1)?);
        let (state, code, done): (String, String, bool) = (row.get(2)?, row.get(3)?, row.get(4)?);
        let about: String = row.get(5)?;
        let what = || format!("entry {} is {state} ({code} {about})", key.1);
        if done == (state == "stored") {
            return Err(broken(JUDGED, format!("{}, but judged is {done}", what())));
        }
        let forged = uuid::Uuid::from_slice(&key.0).is_ok_and(|device| {
            sim.ledger.forged.contains(&(DeviceId(device), key.1.unsigned_abs()))
        });
        if state == "quarantined" {
            quarantined += 1;
            if code.is_empty() {
                return Err(broken("a quarantined entry says why", what()));
            }
            // What a device that goes on for another records again may be here already: another
            // copy of the same storage had gone on with it.
            // After the server went back it may lack what others have.
            let misses = sim.ledger.server_went_back && code == codes::MISSING_DEPENDENCY;
            if !forged
                && !misses
                && !row.get::<_, bool>(6)?
                && NEVER_HONEST.contains(&code.as_str())
            {
                return Err(broken("an honest device is believed", what()));
            }
        }
        if forged && state == "admitted" {
            return Err(broken("what is forged is not admitted", what()));
        }
        // What missed something that a device gave back is judged again.
        let again = sim.ledger.server_went_back && state == "admitted";
        if let Some(before) = judged.get(&key)
            && !may_become(before, &state)
            && !again
        {
            return Err(broken(JUDGED, format!("{} and was {before}", what())));
        }
        judged.insert(key, state);
    }
    drop(rows);
    drop(statement);
    sim.history.judged = judged;
    sim.summary.quarantined = sim.summary.quarantined.max(quarantined);
    sim.checked(GAPS, 1);
    sim.checked("what is forged is not admitted", sim.ledger.forged.len() as u64);
    sim.checked(JUDGED, count);
    Ok(())
}

/// What no device is told that runs what ships.
const NEVER_HONEST: &[&str] = &[
    codes::MALFORMED,
    codes::FORGED,
    codes::UNKNOWN_SCHEMA,
    codes::MISSING_DEPENDENCY,
    codes::UNDECLARED_PATH,
    codes::TOO_LARGE,
];

fn may_become(before: &str, now: &str) -> bool {
    before == now
        || matches!(
            (before, now),
            ("stored", _)
                | ("quarantined", "released" | "declined" | "replaced")
                | ("declined", "replaced")
        )
}

/// Every channel's digest is the sum of its elements, and they follow from what is stored.
fn digests(sim: &mut Sim) -> Result<(), Broken> {
    const NAME: &str = "the server's digests follow from its content";
    let db = sim.server.lens();
    let mut statement = db.prepare_cached(
        "select c.name, c.digest, c.items, c.seq, m.item, m.element, m.seq, d.heads, r.hash \
         from channel c left join membership m on m.channel = c.id \
         left join document d on d.item = m.item left join record r on r.item = m.item order by c.id",
    )?;
    let mut rows = statement.query([])?;
    let mut sums: BTreeMap<String, (Digest, [u8; 32], i64, i64)> = BTreeMap::new();
    let mut count = 0;
    while let Some(row) = rows.next()? {
        let name: String = row.get(0)?;
        let place =
            sums.entry(name.clone()).or_insert((Digest::default(), row.get(1)?, 0, row.get(2)?));
        let Some(item) = row.get::<_, Option<[u8; ItemId::LEN]>>(4)? else { continue };
        let element: [u8; 32] = row.get(5)?;
        place.0.add(&element);
        place.2 += 1;
        count += 1;
        let item = ItemId::from_bytes(&item).ok_or_else(|| broken(NAME, "an item's id"))?;
        let channel: Channel = name.parse().map_err(|_| broken(NAME, name.clone()))?;
        let (heads, record): (Option<Vec<u8>>, Option<[u8; 32]>) = (row.get(7)?, row.get(8)?);
        let computed = match (heads, record) {
            (Some(heads), _) => {
                let heads: Vec<[u8; 32]> = heads.as_chunks::<32>().0.to_vec();
                document_element(channel, item, &heads)
            }
            (None, Some(record)) => record_element(channel, item, &record),
            (None, None) => return Err(broken(NAME, format!("{item} in {name} is nowhere"))),
        };
        if computed != element {
            return Err(broken(NAME, format!("{item} in {name}")));
        }
        if row.get::<_, i64>(6)? > row.get::<_, i64>(3)? {
            return Err(broken(NAME, format!("{item} in {name} is ahead of its channel")));
        }
    }
    for (name, (sum, stated, items, said)) in &sums {
        if sum.0 != *stated || items != said {
            return Err(broken(NAME, format!("{name}: {items} items of {said}")));
        }
    }
    drop(rows);
    drop(statement);
    sim.checked(NAME, count);
    Ok(())
}

/// Admitted changes: closed under their dependencies, each actor's numbers once, whole entries, and
/// the stored documents made of exactly them.
fn changes(sim: &mut Sim) -> Result<(), Broken> {
    const CLOSED: &str = "what is admitted depends on nothing else";
    const ACTORS: &str = "an actor's numbers are used once";
    const WHOLE: &str = "an operation is admitted whole or not at all";
    let db = sim.server.lens();
    let mut statement = db.prepare_cached(
        "select item, hash, unpacked(bytes), device, n from change order by item",
    )?;
    let mut rows = statement.query([])?;
    let mut admitted: BTreeMap<Vec<u8>, Vec<Change>> = BTreeMap::new();
    let mut of_entry: BTreeMap<Written, Vec<u8>> = BTreeMap::new();
    let mut count = 0;
    while let Some(row) = rows.next()? {
        let item: Vec<u8> = row.get(0)?;
        let change =
            Change::from_bytes(row.get(2)?).map_err(|error| broken(CLOSED, error.to_string()))?;
        if change.hash().0[..] != row.get::<_, Vec<u8>>(1)?[..] {
            return Err(broken(CLOSED, "a change under another hash"));
        }
        of_entry.insert((row.get(3)?, row.get(4)?, item.clone()), change.hash().0.to_vec());
        admitted.entry(item).or_default().push(change);
        count += 1;
    }
    drop(rows);
    let mut late = BTreeSet::new();
    let mut numbers = Numbers::new();
    for (item, changes) in &admitted {
        let hashes: BTreeSet<_> = changes.iter().map(|change| change.hash()).collect();
        let stamps: BTreeMap<_, _> =
            changes.iter().map(|change| (change.hash(), Hlc(change.timestamp()))).collect();
        let mut used = BTreeSet::new();
        for change in changes {
            let at = Hlc(change.timestamp());
            let future = at.timestamp().plus_millis(DRIFT_MS_MAX);
            let seen = change.deps().iter().filter_map(|dep| stamps.get(dep));
            if seen.into_iter().any(|seen| *seen >= at && seen.timestamp() <= future) {
                late.insert(change.hash().0.to_vec());
            }
            if change.deps().iter().any(|dep| !hashes.contains(dep)) {
                return Err(broken(CLOSED, name_of(item)));
            }
            if !used.insert((change.actor_id().clone(), change.seq())) {
                return Err(broken(ACTORS, name_of(item)));
            }
            numbers.insert((item.clone(), change.actor_id().clone(), change.seq()), change.hash());
        }
    }
    drop(statement);
    sim.checked(CLOSED, count);
    sim.checked(ACTORS, count);
    whole_entries(sim, &of_entry, &late, WHOLE)?;
    never_twice(sim, numbers)
}

/// A document, an actor and a number of its, and the change that has it.
type Numbers = BTreeMap<(Vec<u8>, ActorId, u64), ChangeHash>;

/// What waits or was declined may still be let in, or be on somebody's device: its numbers are used
/// as well.
fn never_twice(sim: &mut Sim, mut numbers: Numbers) -> Result<(), Broken> {
    const NAME: &str = "an actor's numbers are used once";
    let mut statement = sim.server.lens().prepare_cached(
        "select device, n, unpacked(bytes) from journal where state not in ('admitted', 'released', 'stored')",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (device, n): (Uuid, u64) = (row.get(0)?, row.get(1)?);
        let forged = sim.ledger.forged.contains(&(DeviceId(device), n));
        let Ok(entry) = roundsman_core::sync::Entry::from_bytes(&row.get::<_, Vec<u8>>(2)?) else {
            continue;
        };
        if forged || !sim.is_sound(DeviceId(device)) {
            continue;
        }
        for written in entry.changes {
            let Ok(change) = Change::from_bytes(written.bytes) else { continue };
            let item = written.item.to_bytes().to_vec();
            let number = (item, change.actor_id().clone(), change.seq());
            let before = numbers.insert(number, change.hash());
            if before.is_some_and(|before| before != change.hash()) {
                return Err(broken(NAME, format!("entry {n} of {device}: {}", written.item)));
            }
        }
    }
    Ok(())
}

/// A device, the number of an entry of its, and a document.
type Written = (Vec<u8>, i64, Vec<u8>);

/// `of_entry`: the admitted change of each. `late`: changes that claim not to be made after what they
/// rest on.
fn whole_entries(
    sim: &mut Sim,
    of_entry: &BTreeMap<Written, Vec<u8>>,
    late: &BTreeSet<Vec<u8>>,
    name: &'static str,
) -> Result<(), Broken> {
    const LATER: &str = "what rests on something is later";
    let db = sim.server.lens();
    let mut statement = db.prepare_cached(
        "select device, n, state, unpacked(bytes), person, hash from journal order by device, n",
    )?;
    let mut rows = statement.query([])?;
    let mut states: BTreeMap<(Vec<u8>, i64), bool> = BTreeMap::new();
    let mut chains: BTreeMap<Vec<u8>, [u8; 32]> = BTreeMap::new();
    let mut count = 0;
    while let Some(row) = rows.next()? {
        let (device, n, state): (Vec<u8>, i64, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let Ok(entry) = roundsman_core::sync::Entry::from_bytes(&row.get::<_, Vec<u8>>(3)?) else {
            continue;
        };
        let inside = matches!(state.as_str(), "admitted" | "released");
        count += 1;
        states.insert((device.clone(), n), inside);
        if inside
            && entry.rests_on.iter().any(|base| {
                states.get(&(device.clone(), i64::try_from(*base).unwrap_or(i64::MAX)))
                    == Some(&false)
            })
        {
            let detail = format!("entry {n} ({}) rests on {:?}", entry.operation, entry.rests_on);
            return Err(broken("what rests on a held entry is held", detail));
        }
        if n > 1 && chains.get(&device) != Some(&entry.previous) {
            return Err(broken("journals are chains", format!("entry {n}")));
        }
        chains.insert(device.clone(), row.get(5)?);
        for change in &entry.changes {
            let key = (device.clone(), n, change.item.to_bytes().to_vec());
            // What is recorded again keeps the time at which it was meant, and storage that went back
            // forgot what it had seen.
            let knew = entry.replaces.is_none() && sim.is_sound(entry.device);
            if knew && of_entry.get(&key).is_some_and(|hash| late.contains(hash)) {
                let detail = format!("entry {n} ({}): {}", entry.operation, change.item);
                return Err(broken(LATER, detail));
            }
            if of_entry.contains_key(&key) != inside {
                let detail = format!("entry {n} ({}) is {state}: {}", entry.operation, change.item);
                return Err(broken(name, detail));
            }
        }
    }
    drop(rows);
    drop(statement);
    sim.checked(name, count);
    sim.checked("what rests on a held entry is held", count);
    sim.checked(LATER, count);
    sim.checked("journals are chains", count);
    Ok(())
}

/// Customers, their accounts and their assignments are where the assignment says, and nowhere else;
/// no two orders of a device have one number.
fn places(sim: &mut Sim) -> Result<(), Broken> {
    const PLACE: &str = "a customer is where it is assigned";
    const NUMBER: &str = "an order's number is its own";
    const CLOSED: &str = "a document or its summary";
    let db = sim.server.lens();
    let mut statement = db.prepare_cached(
        "select m.item, c.name, e.territory from membership m join channel c on c.id = m.channel \
         join erp_customer e on e.id = substr(m.item, 2) \
         where substr(m.item, 1, 1) in (?1, ?2, ?3)",
    )?;
    let kind = |kind: ItemKind| vec![kind as u8];
    let mut rows = statement.query(params![
        kind(ItemKind::Customer),
        kind(ItemKind::CustomerAccount),
        kind(ItemKind::Assignment)
    ])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        count += 1;
        let (name, territory): (String, Uuid) = (row.get(1)?, row.get(2)?);
        if name != Channel::Territory(territory.into()).to_string() {
            let item = name_of(&row.get::<_, Vec<u8>>(0)?);
            return Err(broken(
                PLACE,
                format!("{item} is in {name}, not in territory/{territory}"),
            ));
        }
    }
    drop(rows);
    drop(statement);
    let both: Option<Vec<u8>> = db
        .query_row(
            "select m.item from membership m where \
               cast(case substr(m.item, 1, 1) when x'02' then x'4b' when x'04' then x'4c' end \
                        || substr(m.item, 2) as blob) in (select item from membership) limit 1",
            [],
            |row| row.get(0),
        )
        .optional()?;
    if let Some(item) = both {
        return Err(broken(CLOSED, format!("{} and its summary", name_of(&item))));
    }
    let twice: Option<String> = db
        .query_row(
            "select device_number from order_row group by device_number having count(*) > 1 limit 1",
            [],
            |row| row.get(0),
        )
        .optional()?;
    if let Some(number) = twice.filter(|_| !sim.ledger.was_copied()) {
        return Err(broken(NUMBER, number));
    }
    sim.checked(PLACE, count);
    sim.checked(NUMBER, 1);
    sim.checked(CLOSED, 1);
    Ok(())
}

fn name_of(item: &[u8]) -> String {
    ItemId::from_bytes(item).map_or_else(|| "?".to_owned(), |item| item.to_string())
}

/// Every version of an order is decided at most once by the rules, for what it says, and what
/// follows from that adds up.
fn orders(sim: &mut Sim) -> Result<(), Broken> {
    const ONCE: &str = "a version of an order is decided once";
    const SUMS: &str = "what was decided adds up";
    let mut decided = std::mem::take(&mut sim.history.decided);
    let db = sim.server.lens();
    let mut statement = db.prepare_cached(
        "select s.id, s.number, o.id is null, \
                (select unpacked(bytes) from record r where substr(r.item, 2) = s.id and hex(substr(r.item, 1, 1)) = ?1) \
         from erp_sales_order s left join order_row o on o.id = s.id order by s.number",
    )?;
    let kind = format!("{:02X}", ItemKind::SalesOrder as u8);
    let mut rows = statement.query([kind])?;
    let (mut count, mut first, mut last) = (0_i64, i64::MAX, 0);
    while let Some(row) = rows.next()? {
        count += 1;
        let (id, number): (Vec<u8>, String) = (row.get(0)?, row.get(1)?);
        let digits: i64 = number.rsplit('-').next().and_then(|it| it.parse().ok()).unwrap_or(0);
        (first, last) = (first.min(digits), last.max(digits));
        if row.get::<_, bool>(2)? {
            return Err(broken(ONCE, format!("{number} is of no order")));
        }
        let record: Option<Vec<u8>> = row.get(3)?;
        let Some(record) = record else {
            return Err(broken(ONCE, format!("{number} was decided and not published")));
        };
        let Ok(record) = SalesOrder::from_bytes(&record) else {
            return Err(broken(ONCE, format!("what was decided of {number} cannot be read")));
        };
        if decided.get(&id).is_some_and(|before| !follows(before, &record)) {
            return Err(broken(ONCE, format!("{number} was decided anew")));
        }
        decided.insert(id, record);
    }
    drop(rows);
    drop(statement);
    let next: Option<i64> = db
        .query_row("select next from erp_number where series = 'SO'", [], |row| row.get(0))
        .optional()?;
    // Nobody knows how many were given before the server went back.
    if let Some(next) = next.filter(|_| !sim.ledger.server_went_back)
        && count > 0
        && (last - first + 1 != count || next != last)
    {
        return Err(broken(
            ONCE,
            format!("{count} decisions with numbers {first} to {last}, next {next}"),
        ));
    }
    let twice: Option<String> = db
        .query_row(
            "select number from erp_sales_order group by number having count(*) > 1 limit 1",
            [],
            |row| row.get(0),
        )
        .optional()?;
    if let Some(number) = twice {
        return Err(broken(ONCE, format!("{number} is of two orders")));
    }
    let wrong: Option<i64> = db
        .query_row(
            "select o.id from outbox o left join erp_sales_order s on s.id = substr(o.item, 2) \
             where (o.state = 'done' and s.id is null) \
                or (o.state = 'waiting' and o.transition = 'submit' and s.id is not null) limit 1",
            [],
            |row| row.get(0),
        )
        .optional()?;
    if let Some(row) = wrong {
        return Err(broken(ONCE, format!("row {row} of the outbox and its order disagree")));
    }
    let lost: Option<Uuid> = db
        .query_row(
            "select id from order_row r where not exists \
             (select 1 from outbox o where substr(o.item, 2) = r.id) limit 1",
            [],
            |row| row.get(0),
        )
        .optional()?;
    if let Some(order) = lost {
        return Err(broken(ONCE, format!("order {order} will never be decided")));
    }
    let reserved: Option<f64> = db
        .query_row(
            "select sum(cast(reserved as real)) - (select coalesce(sum(cast(quantity as real)), 0) from erp_reservation) \
             from erp_stock",
            [],
            |row| row.get(0),
        )
        .optional()?
        .flatten();
    if reserved.is_some_and(|difference| difference.abs() > 0.001) {
        return Err(broken(SUMS, format!("reservations are off by {reserved:?}")));
    }
    let off: Option<(Uuid, i64, i64)> = db
        .query_row(
            "select c.id, c.uninvoiced, coalesce(sum(s.total_minor), 0) as total from erp_customer c \
             left join erp_sales_order s on s.customer = c.id and s.outcome in ('accepted', 'acceptedWithChange') \
             group by c.id having c.uninvoiced <> total limit 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .optional()?;
    if let Some((customer, said, sum)) = off {
        return Err(broken(SUMS, format!("{customer} owes {said} for orders of {sum}")));
    }
    sim.history.decided = decided;
    sim.summary.orders = count.unsigned_abs();
    sim.checked(ONCE, count.unsigned_abs());
    sim.checked(SUMS, 1);
    Ok(())
}

/// Whether a decision may come after another: it is the same, of a newer version, or a person's.
fn follows(before: &SalesOrder, now: &SalesOrder) -> bool {
    let newer = now.revision > before.revision;
    let ruled = now.version == before.version && now.verdict.is_some() && before.is_open();
    now == before || (now.number == before.number && (newer || ruled))
}

/// Orders that the rules left open, and when each was decided.
///
/// # Errors
/// When the database cannot be read.
pub fn open_orders(db: &Connection) -> rusqlite::Result<Vec<(OrderId, Timestamp)>> {
    let mut statement = db.prepare_cached(
        "select id, decided_at from erp_sales_order where outcome in ('held', 'countered') order by id",
    )?;
    let rows = statement
        .query_map([], |row| Ok((OrderId(row.get::<_, Uuid>(0)?), Timestamp(row.get(1)?))))?;
    rows.collect()
}

/// Hashes of records and what is under them.
pub(super) fn records_are_what_they_say(sim: &mut Sim) -> Result<(), Broken> {
    const NAME: &str = "records are what they say";
    let db = sim.server.lens();
    let mut statement = db.prepare_cached("select item, unpacked(bytes), hash from record")?;
    let mut rows = statement.query([])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        count += 1;
        if hash(&row.get::<_, Vec<u8>>(1)?) != row.get::<_, [u8; 32]>(2)? {
            return Err(broken(NAME, name_of(&row.get::<_, Vec<u8>>(0)?)));
        }
    }
    drop(rows);
    drop(statement);
    sim.checked(NAME, count);
    Ok(())
}
