//! A device's files, looked at through a copy, as a process would find them that starts now.

use std::collections::BTreeMap;

use automerge::{Automerge, Change};
use roundsman_core::id::{DeviceId, ItemId, ItemKind};
use roundsman_core::records::{JournalStatus, Record as _};
use roundsman_core::sync::{Channel, Digest, Entry, Head, document_element, hash, record_element};
use roundsman_core::time::{DRIFT_MS_MAX, Hlc};
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, params};

use super::history::cursor;
use super::{Broken, broken};
use crate::disk::{Plug, VFS};
use crate::sim::Sim;

/// A copy of a device's files, open.
pub(super) struct Copy {
    pub(super) journal: Connection,
    pub(super) main: Connection,
    _disk: Plug,
}

impl Copy {
    pub(super) fn of(sim: &Sim, device: usize) -> Result<Self, Broken> {
        Self::on(Plug::with(&sim.devices[device].disk.image()))
    }

    /// As they would be found if the power were cut now and took everything that it may.
    fn durable(sim: &Sim, device: usize) -> Result<Self, Broken> {
        Self::on(Plug::with(&sim.devices[device].disk.durable()))
    }

    fn on(disk: Plug) -> Result<Self, Broken> {
        let open = |file: &str| {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
            Connection::open_with_flags_and_vfs(disk.path(file), flags, VFS)
        };
        Ok(Self { journal: open("journal.db")?, main: open("main.db")?, _disk: disk })
    }
}

/// Everything in a device's files that follows from something else. `deep` opens every document.
///
/// # Errors
/// What is broken.
pub(super) fn whole(sim: &mut Sim, device: usize, deep: bool) -> Result<(), Broken> {
    if sim.devices[device].replica.is_none() || sim.devices[device].disk.is_dead() {
        return Ok(());
    }
    let copy = Copy::of(sim, device)?;
    let head = journal(sim, device, &copy)?;
    channels(sim, device, &copy, deep)?;
    lasts(sim, device, &copy)?;
    nothing_repaired(sim, device, &copy)?;
    nothing_forgotten(sim, device, &copy, head)
}

/// What came from the server and is shown would be shown after a power cut, too: whoever has no network
/// then cannot fetch it again, and what they write may build on it.
fn lasts(sim: &mut Sim, device: usize, copy: &Copy) -> Result<(), Broken> {
    const NAME: &str = "what came survives a power cut";
    if sim.devices[device].meddled || sim.devices[device].troubled() {
        return Ok(());
    }
    let left = Copy::durable(sim, device)?;
    let mut statement = copy.main.prepare("select name from channel where seq > 0")?;
    let names = statement.query_map([], |row| row.get::<_, String>(0))?;
    for name in names {
        let name = name?;
        let channel: Channel = name.parse().map_err(|_| broken(NAME, name.clone()))?;
        let lost = |error: rusqlite::Error| broken(NAME, format!("device {device}: {error}"));
        let here = cursor(&copy.main, channel)?;
        let lasting = cursor(&left.main, channel).map_err(lost)?;
        let (Some((epoch, seq, _)), Some((same, lasting, _))) = (here, lasting) else {
            return Err(broken(NAME, format!("device {device}: nothing of {name}")));
        };
        if epoch == same && lasting < seq {
            let detail = format!("device {device}: {name} at {lasting} and not at {seq}");
            return Err(broken(NAME, detail));
        }
        sim.checked(NAME, 1);
    }
    Ok(())
}

/// Repair is for storage that went wrong; otherwise both sides hold the same without it.
fn nothing_repaired(sim: &mut Sim, device: usize, copy: &Copy) -> Result<(), Broken> {
    const NAME: &str = "nothing has to be repaired";
    let repairs: Option<[u8; 8]> = copy
        .main
        .query_row("select value from meta where name = 'repairs'", [], |row| row.get(0))
        .optional()?;
    let repairs = repairs.map_or(0, u64::from_be_bytes);
    if repairs > 0 && !sim.devices[device].meddled {
        return Err(broken(NAME, format!("device {device}: {repairs} times")));
    }
    sim.checked(NAME, 1);
    Ok(())
}

/// The journal is one chain without gaps, of what its user was told is saved.
fn journal(sim: &mut Sim, device: usize, copy: &Copy) -> Result<Head, Broken> {
    const NAME: &str = "a device's journal is one chain";
    let id = sim.devices[device].identity.device;
    let mut head = Head::default();
    let mut at = Hlc::default();
    let mut statement = copy.journal.prepare("select n, hash, bytes from entry order by n")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (n, said, bytes): (u64, [u8; 32], Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if bytes.is_empty() {
            // Long at the office: only its hash is kept.
            head = Head { n, hash: said };
            continue;
        }
        let entry = Entry::from_bytes(&bytes).map_err(|error| broken(NAME, error.to_string()))?;
        // Old entries that were acknowledged may be gone.
        let follows = head.n == 0 || (n == head.n + 1 && entry.previous == head.hash);
        if !follows || entry.n != n || hash(&bytes) != said {
            return Err(broken(NAME, format!("device {device}, entry {n}")));
        }
        // A hybrid clock that a wrong clock drove into the future is given up. Of a copied storage,
        // the other one may have saved something else under this number, at another time.
        let before = sim.ledger.saved.get(&(id, head.n)).filter(|saved| saved.hash == head.hash);
        let recorded = before.map_or(i64::MIN, |saved| saved.when);
        let right = at.timestamp().millis() <= recorded.saturating_add(DRIFT_MS_MAX);
        // What is recorded again keeps the time at which it was meant.
        if entry.at <= at && entry.device == id && entry.replaces.is_none() && right {
            return Err(broken(
                "a device's times only grow",
                format!(
                    "device {device}, entry {n}: {:?} after {at:?}, recorded {recorded}",
                    entry.at
                ),
            ));
        }
        at = if entry.replaces.is_none() { entry.at } else { at };
        head = Head { n, hash: said };
        if let Some(saved) = sim.ledger.saved.get(&(id, n))
            && !saved.lost
            && saved.hash != said
        {
            return Err(broken("what was saved survives", format!("device {device}, entry {n}")));
        }
    }
    sim.checked(NAME, head.n);
    sim.checked("a device's times only grow", head.n);
    Ok(head)
}

/// A channel's name, epoch, number and digest, and whether it is still catching up.
type Cursor = (String, [u8; 16], u64, [u8; 32], bool);

/// Every channel: granted at some time, its digest the sum of its elements, those following from
/// what is stored, and the same as the server's was at that commit.
fn channels(sim: &mut Sim, device: usize, copy: &Copy, deep: bool) -> Result<(), Broken> {
    const SEEN: &str = "a device holds only what it was granted";
    const SUM: &str = "a device's digests follow from its content";
    const AGREE: &str = "a cursor covers what is there";
    let identity = &sim.devices[device].identity;
    let (person, id) = (identity.person, identity.device);
    let mut statement = copy.main.prepare(
        "select c.name, c.epoch, c.seq, c.digest, u.channel is not null \
         from channel c left join catching_up u on u.channel = c.name",
    )?;
    let rows = statement.query_map([], |row| {
        Ok((row.get::<_, String>(0)?, row.get(1)?, row.get::<_, u64>(2)?, row.get(3)?, row.get(4)?))
    })?;
    let rows: Vec<Cursor> = rows.collect::<Result<_, _>>()?;
    let (mut sums, mut agreed) = (0, 0);
    for (name, epoch, seq, digest, partial) in rows {
        let channel: Channel = name.parse().map_err(|_| broken(SEEN, name.clone()))?;
        if !sim.ever_saw(person, id, channel) {
            return Err(broken(SEEN, format!("device {device}: {name}")));
        }
        if seq == 0 {
            continue;
        }
        let sum = sum(copy, channel, deep)
            .map_err(|it| broken(SUM, format!("device {device}, {name}: {it}")))?;
        sums += 1;
        if sum.0 != digest {
            return Err(broken(SUM, format!("device {device}: {name} at {seq}")));
        }
        if !partial && let Some(theirs) = sim.history.digest(channel, epoch, seq) {
            agreed += 1;
            if theirs != digest {
                return Err(broken(AGREE, format!("device {device}: {name} at {seq}")));
            }
        }
    }
    sim.checked(SEEN, 1);
    sim.checked(SUM, sums);
    sim.checked(AGREE, agreed);
    Ok(())
}

fn sum(copy: &Copy, channel: Channel, deep: bool) -> Result<Digest, String> {
    let mut sum = Digest::default();
    let text = |error: rusqlite::Error| error.to_string();
    let mut statement = copy
        .main
        .prepare_cached(
            "select m.item, m.element, d.base, r.bytes from membership m \
             left join document d on d.item = m.item left join record r on r.item = m.item \
             where m.channel = ?1",
        )
        .map_err(text)?;
    let mut rows = statement.query([channel.to_string()]).map_err(text)?;
    while let Some(row) = rows.next().map_err(text)? {
        let item: [u8; ItemId::LEN] = row.get(0).map_err(text)?;
        let element: [u8; 32] = row.get(1).map_err(text)?;
        sum.add(&element);
        let item = ItemId::from_bytes(&item).ok_or("an item's id")?;
        let (base, record): (Option<Vec<u8>>, Option<Vec<u8>>) =
            (row.get(2).map_err(text)?, row.get(3).map_err(text)?);
        let computed = match (base, record) {
            (Some(base), _) if deep => {
                let document = Automerge::load(&base).map_err(|error| error.to_string())?;
                let heads: Vec<[u8; 32]> = document.get_heads().iter().map(|head| head.0).collect();
                document_element(channel, item, &heads)
            }
            (Some(_), _) => element,
            (None, Some(record)) => record_element(channel, item, &hash(&record)),
            (None, None) => return Err(format!("{item} is nowhere")),
        };
        // What another channel brought newer is still older here, until that channel follows.
        if computed != element && !newer_elsewhere(copy, channel, item, &computed).map_err(text)? {
            return Err(format!("{item} is not what it says"));
        }
    }
    Ok(sum)
}

/// Whether another channel brought this state of an item, of which there is one copy.
fn newer_elsewhere(
    copy: &Copy,
    channel: Channel,
    item: ItemId,
    _computed: &[u8; 32],
) -> rusqlite::Result<bool> {
    copy.main
        .prepare_cached(
            "select exists (select 1 from membership where item = ?1 and channel <> ?2)",
        )?
        .query_row(params![item.to_bytes(), channel.to_string()], |row| row.get(0))
}

/// What has no receipt is waiting, whatever else was deleted: in the list of what is pending, or
/// admitted already.
fn nothing_forgotten(sim: &mut Sim, device: usize, copy: &Copy, head: Head) -> Result<(), Broken> {
    const NAME: &str = "what is not sent is not forgotten";
    let id = sim.devices[device].identity.device;
    // What the device itself knows to be judged; what is admitted may leave its sight at any time.
    let safe = status(copy, id)?.map_or(0, |status| status.admitted_upto);
    let applied: Option<[u8; 8]> = copy
        .main
        .query_row("select value from meta where name = 'applied_upto'", [], |row| row.get(0))
        .optional()?;
    let applied = applied.map_or(0, u64::from_be_bytes);
    if applied > head.n && !sim.devices[device].tampered {
        return Err(broken(NAME, format!("device {device} applied {applied} of {}", head.n)));
    }
    let mut statement = copy.journal.prepare("select bytes from entry where n > ?1 and n <= ?2")?;
    let mut rows = statement.query(params![safe, applied])?;
    let mut bases: BTreeMap<ItemId, Option<Automerge>> = BTreeMap::new();
    let mut count = 0;
    while let Some(row) = rows.next()? {
        let Ok(entry) = Entry::from_bytes(&row.get::<_, Vec<u8>>(0)?) else { continue };
        let state: Option<String> = copy
            .main
            .query_row("select state from operation where n = ?1", [entry.n], |row| row.get(0))
            .optional()?;
        if state.as_deref() != Some("open") {
            continue;
        }
        for change in &entry.changes {
            count += 1;
            let pending: bool = copy
                .main
                .prepare_cached("select exists (select 1 from pending where item = ?1 and n = ?2)")?
                .query_row(params![change.item.to_bytes(), entry.n], |row| row.get(0))?;
            if pending {
                continue;
            }
            let base = bases.entry(change.item).or_insert_with(|| base(copy, change.item));
            let hash = Change::from_bytes(change.bytes.clone()).map(|change| change.hash());
            let inside = hash.is_ok_and(|hash| {
                base.as_ref().is_some_and(|base| base.get_change_meta_by_hash(&hash).is_some())
            });
            if !inside {
                let detail = format!("device {device}, entry {} ({})", entry.n, entry.operation);
                return Err(broken(NAME, detail));
            }
        }
    }
    sim.checked(NAME, count);
    Ok(())
}

/// What a device knows of its journal at the office.
pub(super) fn status(copy: &Copy, id: DeviceId) -> Result<Option<JournalStatus>, Broken> {
    let item = ItemId::new(ItemKind::JournalStatus, id);
    let bytes: Option<Vec<u8>> = copy
        .main
        .query_row("select bytes from record where item = ?1", [item.to_bytes()], |row| row.get(0))
        .optional()?;
    Ok(bytes.and_then(|bytes| JournalStatus::from_bytes(&bytes).ok()))
}

fn base(copy: &Copy, item: ItemId) -> Option<Automerge> {
    let bytes: Vec<u8> = copy
        .main
        .query_row("select base from document where item = ?1", [item.to_bytes()], |row| row.get(0))
        .ok()?;
    Automerge::load(&bytes).ok()
}
