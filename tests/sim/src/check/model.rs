//! The reference: every admitted change in a plain Automerge document, read by other code than ours.

use std::collections::BTreeMap;

use automerge::{Automerge, Change, ReadDoc as _, ScalarValue, Value};
use roundsman_core::documents::customer::{Customer, FIELDS};
use roundsman_core::id::{ItemId, ItemKind};
use rusqlite::OptionalExtension as _;

use super::{Broken, broken, device, merges};
use crate::sim::Sim;

/// Documents on the server are what their admitted changes make, whatever the order.
///
/// # Errors
/// What is broken.
pub(super) fn merged(sim: &mut Sim) -> Result<(), Broken> {
    const NAME: &str = "documents are what their changes make";
    let mut count = 0;
    for (item, mut document) in documents(sim)? {
        count += 1;
        let (heads, snapshot): (Vec<u8>, Vec<u8>) = sim.server.lens().query_row(
            "select heads, unpacked(snapshot) from document where item = ?1",
            [item.to_bytes()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let mut ours: Vec<[u8; 32]> = document.get_heads().iter().map(|head| head.0).collect();
        ours.sort_unstable();
        let stored = Automerge::load(&snapshot).map_err(|error| broken(NAME, error.to_string()))?;
        if ours.concat() != heads || !document.get_missing_deps(&[]).is_empty() {
            return Err(broken(NAME, format!("{item} has other heads")));
        }
        if stored.get_heads() != document.get_heads() {
            return Err(broken(NAME, format!("the snapshot of {item}")));
        }
        if item.kind == ItemKind::Customer {
            let body: Option<String> = sim
                .server
                .lens()
                .query_row("select body from customer_row where id = ?1", [item.id], |row| {
                    row.get(0)
                })
                .optional()?;
            same(&mut document, item, body, "the server")?;
        }
    }
    sim.checked(NAME, count);
    let tables = [
        ("visit_row", "body ->> '$.begun.customer'"),
        ("order_row", "cast(unpacked(body) as text) ->> '$.customer'"),
    ];
    let followed = merges::followed(sim.server.lens(), "customer_row", &tables, "the server")?;
    sim.checked(merges::NAME, followed);
    Ok(())
}

/// What a device shows of a customer that it is sent news of and on which nothing of its own is
/// waiting. One that left may stay, as it was, for the sake of what waits on its orders and visits.
///
/// # Errors
/// What is broken.
pub(super) fn shown(sim: &mut Sim, number: usize) -> Result<(), Broken> {
    let copy = device::Copy::of(sim, number)?;
    let mut count = 0;
    for (item, mut document) in documents(sim)? {
        if item.kind != ItemKind::Customer {
            continue;
        }
        let body: Option<String> = copy
            .main
            .query_row(
                "select body from customer where id = ?1 \
                 and exists (select 1 from membership where item = ?2) \
                 and not exists (select 1 from pending where item = ?2)",
                rusqlite::params![item.id, item.to_bytes()],
                |row| row.get(0),
            )
            .optional()?;
        if body.is_some() {
            count += 1;
            same(&mut document, item, body, &format!("device {number}"))?;
        }
    }
    sim.checked("the newest value is shown", count);
    let tables = [
        ("visit", "body ->> '$.begun.customer'"),
        ("sales_order", "hex(recorded_for)"),
        ("cart", "body ->> '$.customer'"),
    ];
    let followed = merges::followed(&copy.main, "customer", &tables, &format!("device {number}"))?;
    sim.checked(merges::NAME, followed);
    Ok(())
}

/// Every document, made of its admitted changes, the last first.
fn documents(sim: &Sim) -> Result<BTreeMap<ItemId, Automerge>, Broken> {
    let mut statement = sim
        .server
        .lens()
        .prepare_cached("select item, unpacked(bytes) from change order by item, hash desc")?;
    let mut rows = statement.query([])?;
    let mut changes: BTreeMap<ItemId, Vec<Change>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let item: [u8; ItemId::LEN] = row.get(0)?;
        let (Some(item), Ok(change)) = (ItemId::from_bytes(&item), Change::from_bytes(row.get(1)?))
        else {
            return Err(broken("documents are what their changes make", "a change"));
        };
        changes.entry(item).or_default().push(change);
    }
    changes
        .into_iter()
        .map(|(item, changes)| {
            let mut document = Automerge::new();
            document.apply_changes(changes).map_err(|error| {
                broken("documents are what their changes make", error.to_string())
            })?;
            Ok((item, document))
        })
        .collect()
}

/// Every field shows the value that was written last, by the time in its change.
fn same(
    document: &mut Automerge,
    item: ItemId,
    body: Option<String>,
    whose: &str,
) -> Result<(), Broken> {
    const NAME: &str = "the newest value is shown";
    let body = body.ok_or_else(|| broken(NAME, format!("{whose} has no row of {item}")))?;
    let shown: Customer =
        serde_json::from_str(&body).map_err(|error| broken(NAME, error.to_string()))?;
    for (field, _) in FIELDS {
        let newest = newest(document, field);
        if shown.value(field) != newest {
            let detail =
                format!("{whose}, {field} of {item}: {:?}, not {newest:?}", shown.value(field));
            return Err(broken(NAME, detail));
        }
    }
    Ok(())
}

fn newest(document: &Automerge, field: &str) -> String {
    let values = document.get_all(automerge::ROOT, field).unwrap_or_default();
    let stamped = values.into_iter().filter_map(|(value, id)| {
        let Value::Scalar(value) = value else { return None };
        let hash = document.hash_for_opid(&id)?;
        let change = document.get_change_meta_by_hash(&hash)?;
        let by = change
            .message
            .as_deref()
            .unwrap_or_default()
            .rsplit(' ')
            .next()
            .unwrap_or_default()
            .to_owned();
        Some(((change.timestamp, by, change.actor.to_bytes().to_vec()), value.into_owned()))
    });
    let newest = stamped.max_by(|(left, _), (right, _)| left.cmp(right));
    match newest {
        Some((_, ScalarValue::Str(text))) => text.to_string(),
        _ => String::new(),
    }
}
