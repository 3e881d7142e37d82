//! What must hold when everything is well again.

use roundsman_core::views::{Connection as LineState, SyncView};
use roundsman_replica::Query;

use super::history::{cursor, head};
use super::{Broken, broken, device, hub, model};
use crate::sim::Sim;

/// Whether all is well: everything sent, judged, decided, and everybody up to date.
///
/// # Errors
/// What is not, yet.
pub fn well(sim: &mut Sim) -> Result<(), Broken> {
    const NAME: &str = "all becomes well";
    if !sim.server.is_running() {
        return Err(broken(NAME, "the server is down"));
    }
    let db = sim.server.lens();
    let count = |sql: &str| db.query_row(sql, [], |row| row.get::<_, u64>(0));
    let unjudged = count("select coalesce(sum(journal_n - judged_n), 0) from device")?;
    let undecided = count("select count(*) from outbox where state = 'waiting'")?;
    if unjudged + undecided > 0 {
        return Err(broken(
            NAME,
            format!("{unjudged} entries not judged, {undecided} orders not decided"),
        ));
    }
    for (number, it) in sim.devices.iter().enumerate() {
        if it.retired || it.locked_out {
            continue;
        }
        let say = |what: &str| broken(NAME, format!("device {number} {what}"));
        let Some(replica) = &it.replica else { return Err(say("is down")) };
        let status = replica.query(&Query::Status {}).map_err(|error| say(&error.to_string()))?;
        let status: SyncView =
            serde_json::from_str(&status).map_err(|error| say(&error.to_string()))?;
        // Neither may it go on as another, nor need what it has follow what the server holds.
        if it.shut_out.is_some() && it.meddled {
            continue;
        }
        if status.journal.waiting > 0 {
            return Err(say(&format!("has {} entries without a receipt", status.journal.waiting)));
        }
        if it.shut_out.is_some() {
            continue;
        }
        if status.connection != LineState::Online {
            return Err(say(&format!("has no line: {:?}", status.refusal)));
        }
        if let Some(left) = status.catch_up {
            return Err(say(&format!("has {} of {} items", left.done, left.total)));
        }
    }
    sim.checked(NAME, 1);
    Ok(())
}

/// Everything, once nothing moves any more.
///
/// # Errors
/// What is broken.
pub fn finally(sim: &mut Sim) -> Result<(), Broken> {
    hub::whole(sim)?;
    hub::records_are_what_they_say(sim)?;
    model::merged(sim)?;
    nothing_lost(sim)?;
    for number in 0..sim.devices.len() {
        device::whole(sim, number, true)?;
        let it = &sim.devices[number];
        if !it.retired && !it.locked_out && it.shut_out.is_none() {
            same_as_the_server(sim, number)?;
            model::shown(sim, number)?;
        }
    }
    Ok(())
}

/// Every operation of which somebody was told that it is saved is on the server, as it was, unless
/// it may be lost and that was noticed.
fn nothing_lost(sim: &mut Sim) -> Result<(), Broken> {
    const NAME: &str = "nothing is lost";
    for it in sim.devices.iter().filter(|it| it.shut_out.is_some() && it.meddled) {
        let held = hub::held(sim.server.lens(), it.identity.device)?;
        sim.ledger.may_be_lost(it.identity.device, held);
    }
    sim.checked(NAME, sim.ledger.saved.len() as u64);
    for ((device, n), saved) in &sim.ledger.saved {
        if saved.lost || *n == 0 {
            continue;
        }
        let stored = hub::entry_hash(sim.server.lens(), *device, *n)?;
        if stored != Some(saved.hash) {
            let what = if stored.is_some() { "is another" } else { "is not there" };
            return Err(broken(NAME, format!("entry {n} of {device} {what}")));
        }
    }
    Ok(())
}

/// A device has the channels it is granted, all of each, as the server has them.
fn same_as_the_server(sim: &mut Sim, number: usize) -> Result<(), Broken> {
    const NAME: &str = "devices have what the server has";
    let identity = sim.devices[number].identity.clone();
    let copy = device::Copy::of(sim, number)?;
    let granted = sim.granted(identity.person, identity.device);
    for channel in &granted {
        let theirs = head(sim.server.lens(), *channel)?;
        let ours = cursor(&copy.main, *channel)?;
        let empty = theirs.is_none_or(|(_, seq, _)| seq == 0);
        if ours != theirs && !(empty && ours.is_none_or(|(_, seq, _)| seq == 0)) {
            let at = |place: Option<([u8; 16], u64, [u8; 32])>| {
                place.map_or("nothing".to_owned(), |(_, seq, digest)| {
                    format!("{seq} {}", super::short(&digest))
                })
            };
            let detail = format!("device {number}, {channel}: {} and {}", at(ours), at(theirs));
            return Err(broken(NAME, detail));
        }
    }
    let judged: u64 = sim.server.lens().query_row(
        "select judged_n from device where id = ?1",
        [identity.device.0],
        |row| row.get(0),
    )?;
    let told = device::status(&copy, identity.device)?.map_or(0, |status| status.admitted_upto);
    if told != judged {
        let detail = format!("device {number} knows of {told}, judged are {judged}");
        return Err(broken("devices know what became of their entries", detail));
    }
    sim.checked("devices know what became of their entries", 1);
    let more: u64 = copy.main.query_row("select count(*) from channel", [], |row| row.get(0))?;
    if more != granted.len() as u64 {
        let detail = format!("device {number} follows {more} channels of {}", granted.len());
        return Err(broken(NAME, detail));
    }
    let stray: u64 = copy.main.query_row(
        "select (select count(*) from document where item not in (select item from membership)) \
              + (select count(*) from record where item not in (select item from membership))",
        [],
        |row| row.get(0),
    )?;
    let pending: u64 =
        copy.main.query_row("select count(distinct item) from pending", [], |row| row.get(0))?;
    // What is pending keeps what it is about.
    if stray > 0 && pending == 0 {
        return Err(broken(NAME, format!("device {number} keeps {stray} items that left")));
    }
    sim.checked(NAME, granted.len() as u64);
    Ok(())
}
