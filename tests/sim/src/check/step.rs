//! What is checked while everything goes on.

use roundsman_core::documents::Request;
use roundsman_core::id::{DeviceId, PersonId};
use roundsman_core::sync::{Batch, Receipt};
use roundsman_core::views::{CustomerCard, SyncView, VisitView};
use roundsman_replica::Query;

use super::{Broken, broken, device, hub, short};
use crate::sim::Sim;

/// After whatever the server did.
///
/// # Errors
/// What is broken.
pub fn commits(sim: &mut Sim) -> Result<(), Broken> {
    let seen = std::mem::take(&mut sim.history.seen);
    sim.checked("feed numbers are contiguous", seen);
    sim.history.wrong.take().map_or(Ok(()), Err)
}

/// A receipt leaves the server: it is for what the device really recorded.
///
/// # Errors
/// What is broken.
pub fn receipt(sim: &mut Sim, receipt: &Receipt) -> Result<(), Broken> {
    sim.checked("receipts are for what was recorded", 1);
    let key = (receipt.device, receipt.head.n);
    match sim.ledger.saved.get(&key) {
        Some(saved) if !saved.lost && saved.hash != receipt.head.hash => {
            let detail = format!("entry {} of {}", receipt.head.n, receipt.device);
            Err(broken("receipts are for what was recorded", detail))
        }
        _ => Ok(()),
    }
}

/// A batch leaves the server: only what may be seen.
///
/// # Errors
/// What is broken.
pub fn may_see(
    sim: &mut Sim,
    (person, device): (PersonId, DeviceId),
    batch: &Batch,
) -> Result<(), Broken> {
    const NAME: &str = "nobody is sent what they may not see";
    sim.checked(NAME, 1);
    if sim.may_see(person, device, batch.channel) && sim.is_wanted(device) {
        return Ok(());
    }
    let why = if sim.is_wanted(device) { "not granted" } else { "shut out" };
    Err(broken(NAME, format!("{} to device {device}: {why}", batch.channel)))
}

/// In the midst of a catch-up: the screen does not say that everything is here.
///
/// # Errors
/// What is broken.
pub fn incomplete(sim: &mut Sim, device: usize) -> Result<(), Broken> {
    const NAME: &str = "complete means that the digests agree";
    let it = &sim.devices[device];
    let Some(replica) = it.replica.as_ref().filter(|_| it.line.is_some()) else { return Ok(()) };
    let Ok(shown) = replica.query(&Query::Status {}) else { return Ok(()) };
    let shown: SyncView =
        serde_json::from_str(&shown).map_err(|error| broken(NAME, error.to_string()))?;
    if shown.catch_up.is_none() {
        return Err(broken(NAME, format!("device {device} has a part and calls it all")));
    }
    sim.checked(NAME, 1);
    Ok(())
}

/// After something was recorded: the screen shows it.
///
/// # Errors
/// What is broken.
pub fn reads_its_write(sim: &mut Sim, device: usize, request: &Request) -> Result<(), Broken> {
    const NAME: &str = "people see what they did";
    let Some(replica) = &sim.devices[device].replica else { return Ok(()) };
    // What failed after it was saved is carried over by the next operation.
    if sim.devices[device].disk.is_dead() || sim.devices[device].troubled() {
        return Ok(());
    }
    let (query, wanted) = match request {
        Request::CustomerEdit { customer, fields } => {
            let Some((field, value)) = fields.first_key_value() else { return Ok(()) };
            (Query::Customer { id: *customer }, (field.clone(), value.clone()))
        }
        Request::VisitNote { visit, note: Some(note), .. } => {
            (Query::Visit { id: *visit }, ("note".to_owned(), note.clone()))
        }
        _ => return Ok(()),
    };
    let shown = replica.query(&query).map_err(|error| broken(NAME, error.to_string()))?;
    let value = match &query {
        Query::Customer { .. } => {
            serde_json::from_str::<CustomerCard>(&shown).ok().and_then(|card| {
                card.fields.into_iter().find(|it| it.field == wanted.0).map(|it| it.value)
            })
        }
        _ => serde_json::from_str::<VisitView>(&shown).ok().map(|view| view.row.note),
    };
    sim.checked(NAME, 1);
    if value.as_deref() == Some(wanted.1.as_str()) {
        return Ok(());
    }
    Err(broken(NAME, format!("device {device}: {} is {value:?}, not {:?}", wanted.0, wanted.1)))
}

/// A device has started again: what its user was told is saved, is there.
///
/// # Errors
/// What is broken.
pub fn promises_are_kept(sim: &mut Sim, number: usize) -> Result<(), Broken> {
    const NAME: &str = "what was saved survives";
    sim.checked(NAME, 1);
    let it = &mut sim.devices[number];
    let Some(replica) = &it.replica else { return Ok(()) };
    let head = replica.journal_head();
    let (promised, id) = (it.promised, it.identity.device);
    let kept = head.n > promised.n || head == promised;
    if !kept && !it.tampered {
        let detail = format!("device {number} has {} entries of {}", head.n, promised.n);
        return Err(broken(NAME, detail));
    }
    it.tampered = false;
    it.promised = head;
    if !kept {
        // The numbers that are gone are given again; the last of what is there may have been written
        // and taken for a failure, and its number was then another's.
        let same = sim.ledger.saved.get(&(id, head.n)).is_none_or(|it| it.hash == head.hash);
        sim.ledger.copied(id, head.n - u64::from(!same && head.n > 0));
    }
    // An entry that was on its way to the disk when the app was killed may be there after all.
    sim.ledger.saved.entry((id, head.n)).or_insert(crate::ledger::Saved {
        hash: head.hash,
        when: i64::MIN,
        lost: false,
    });
    Ok(())
}

/// The server has started again: what it gave receipts for is there.
///
/// # Errors
/// What is broken.
pub fn receipts_are_kept(sim: &mut Sim) -> Result<(), Broken> {
    const NAME: &str = "receipts are kept";
    sim.checked(NAME, sim.ledger.receipts.len() as u64);
    for (device, receipt) in &sim.ledger.receipts {
        let stored = hub::entry_hash(sim.server.lens(), *device, receipt.n)?;
        if stored != Some(receipt.hash) && receipt.n > 0 {
            let found = stored.map_or("nothing".to_owned(), |hash| short(&hash));
            let detail =
                format!("entry {} of {device}: {found}, not {}", receipt.n, short(&receipt.hash));
            return Err(broken(NAME, detail));
        }
    }
    Ok(())
}

/// Now and then: the server's database, and one device after another.
///
/// # Errors
/// What is broken.
pub fn now(sim: &mut Sim) -> Result<(), Broken> {
    if sim.server.is_running() {
        hub::whole(sim)?;
    }
    let turn = sim.summary.frames as usize % sim.devices.len();
    device::whole(sim, turn, false)?;
    audit(sim, turn)
}

/// What a device finds when it looks at its own storage: nothing, as long as that is sound.
fn audit(sim: &mut Sim, number: usize) -> Result<(), Broken> {
    const NAME: &str = "an audit finds nothing";
    const ITEMS: u32 = 40;
    let it = &mut sim.devices[number];
    let Some(replica) = it.replica.as_mut().filter(|_| !it.disk.is_dead()) else { return Ok(()) };
    // A disk that fails now is another story.
    let Ok(audited) = replica.audit(ITEMS) else { return Ok(()) };
    let sound = audited.rotten.is_empty() && audited.miscounted.is_empty();
    if !it.meddled && !sound {
        return Err(broken(NAME, format!("device {number}: {audited:?}")));
    }
    sim.checked(NAME, audited.checked.into());
    Ok(())
}
