//! The journal file.

use roundsman_core::id::{DeviceId, ItemId, PersonId};
use roundsman_core::records::Role;
use roundsman_core::sync::{Bytes, Entry, Head, Receipt, SignedRecord};
use roundsman_core::time::{Hlc, Timestamp};
use roundsman_core::views::LostView;
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use crate::replay::Again;
use crate::{Error, Result};

/// Who uses this device, and the keys of both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// The device.
    pub device: DeviceId,
    /// Its short code, such as `K3`.
    pub device_code: String,
    /// The person.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Seed of the device's Ed25519 key.
    pub device_seed: [u8; 32],
    /// The server's Ed25519 public key.
    pub server_key: [u8; 32],
}

/// The journal file, with what it says about the next entry kept at hand.
pub(crate) struct Journal {
    db: Connection,
    pub(crate) head: Head,
    pub(crate) clock: Hlc,
    /// What the device's clock has to be moved by.
    pub(crate) correction_ms: i64,
    /// Counts the actors this device has used.
    pub(crate) actor: u32,
    /// Number of the last order made here.
    pub(crate) order: u32,
    /// What the office signed for last.
    pub(crate) receipt: Option<Receipt>,
    /// How often another device has taken over here.
    pub(crate) successions: i64,
    /// The last time, the office held the journal of the one before up to this.
    pub(crate) common: u64,
}

impl Journal {
    pub(crate) fn open(db: Connection) -> Result<Self> {
        let last = db
            .query_row("select n, hash from entry order by n desc limit 1", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        let head = last.map_or_else(Head::default, |(n, hash)| Head { n, hash });
        let mut journal = Self {
            db,
            head,
            clock: Hlc::default(),
            correction_ms: 0,
            actor: 1,
            order: 0,
            receipt: None,
            successions: 0,
            common: 0,
        };
        if !roundsman_core::planted!("hybrid clock forgotten at a restart") {
            journal.clock = Hlc(journal.number("clock")?.unwrap_or(0));
        }
        journal.correction_ms = journal.number("correction")?.unwrap_or(0);
        journal.actor = u32::try_from(journal.number("actor")?.unwrap_or(1)).unwrap_or(1);
        if !roundsman_core::planted!("order number used again after a restart") {
            journal.order = u32::try_from(journal.number("order")?.unwrap_or(0)).unwrap_or(0);
        }
        journal.successions = journal.number("successions")?.unwrap_or(0);
        journal.common = journal.number("common")?.unwrap_or(0).unsigned_abs();
        if let Some(bytes) = journal.meta("receipt")? {
            let receipt =
                minicbor::decode(&bytes).map_err(|error| Error::Corrupt(error.to_string()))?;
            journal.receipt = Some(receipt);
        }
        Ok(journal)
    }

    pub(crate) fn identity(&self) -> Result<Option<Identity>> {
        self.meta("identity")?.map(|bytes| Ok(serde_json::from_slice(&bytes)?)).transpose()
    }

    pub(crate) fn set_identity(&self, identity: &Identity) -> Result<()> {
        self.set_meta("identity", &serde_json::to_vec(identity)?)
    }

    /// Appends an entry. When this returns, it is on disk.
    pub(crate) fn append(&mut self, entry: &Entry, order: u32) -> Result<()> {
        let bytes = entry.to_bytes();
        let hash = roundsman_core::sync::hash(&bytes);
        let transaction = self.db.transaction()?;
        insert(&transaction, Head { n: entry.n, hash }, &bytes)?;
        set(&transaction, "clock", &entry.at.0.to_be_bytes())?;
        if order != self.order {
            set(&transaction, "order", &i64::from(order).to_be_bytes())?;
        }
        transaction.commit()?;
        self.head = Head { n: entry.n, hash };
        self.clock = entry.at;
        self.order = order;
        Ok(())
    }

    /// What is recorded from now on is written under another actor.
    ///
    /// # Errors
    /// When the storage fails.
    pub(crate) fn take_fresh_actor(&mut self) -> Result<()> {
        set(&self.db, "actor", &i64::from(self.actor + 1).to_be_bytes())?;
        self.actor += 1;
        Ok(())
    }

    /// Appends entries that were recorded again, and goes on under a fresh actor: the one they were
    /// made under.
    pub(crate) fn append_again(&mut self, entries: &[Again]) -> Result<()> {
        let transaction = self.db.transaction()?;
        for Again { head, bytes, .. } in entries {
            insert(&transaction, *head, bytes)?;
        }
        set(&transaction, "actor", &i64::from(self.actor + 1).to_be_bytes())?;
        transaction.commit()?;
        self.actor += 1;
        if let Some(last) = entries.last() {
            self.head = last.head;
        }
        Ok(())
    }

    /// The heads of entries after `after`, in order.
    pub(crate) fn heads_after(&self, after: u64) -> Result<Vec<Head>> {
        let mut statement =
            self.db.prepare_cached("select n, hash from entry where n > ?1 order by n")?;
        let rows =
            statement.query_map([after], |row| Ok(Head { n: row.get(0)?, hash: row.get(1)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Entries after `after`, in order.
    pub(crate) fn entries_after(&self, after: u64) -> Result<Vec<Entry>> {
        let mut statement =
            self.db.prepare_cached("select bytes from entry where n > ?1 order by n")?;
        let rows = statement.query_map([after], |row| row.get::<_, Vec<u8>>(0))?;
        rows.map(|bytes| Ok(Entry::from_bytes(&bytes?)?)).collect()
    }

    /// Begins the journal of another device with these entries, and puts the old one beside it.
    pub(crate) fn succeed(
        &mut self,
        identity: &Identity,
        again: &[Again],
        common: u64,
        lost: &LostView,
    ) -> Result<()> {
        let old = self.identity()?.map_or(identity.device, |old| old.device);
        let transaction = self.db.transaction()?;
        transaction.execute(
            "insert or replace into former (device, n, hash, bytes) \
             select ?1, n, hash, bytes from entry",
            [old.0],
        )?;
        transaction.execute_batch(
            "delete from entry; delete from away; \
             delete from meta where name in ('receipt', 'order', 'actor');",
        )?;
        for it in again {
            insert(&transaction, it.head, &it.bytes)?;
        }
        set(&transaction, "identity", &serde_json::to_vec(identity)?)?;
        set(&transaction, "successions", &(self.successions + 1).to_be_bytes())?;
        set(&transaction, "common", &common.to_be_bytes())?;
        set(&transaction, "lost", &serde_json::to_vec(lost)?)?;
        transaction.commit()?;
        self.head = again.last().map_or_else(Head::default, |it| it.head);
        (self.actor, self.order, self.receipt) = (1, 0, None);
        (self.successions, self.common) = (self.successions + 1, common);
        Ok(())
    }

    /// What was lost when this device took over, until somebody has read it.
    pub(crate) fn lost(&self) -> Result<Option<LostView>> {
        self.meta("lost")?.map(|bytes| Ok(serde_json::from_slice(&bytes)?)).transpose()
    }

    /// Notes that somebody has read what was lost.
    pub(crate) fn forget_lost(&mut self) -> Result<()> {
        self.db.execute("delete from meta where name = 'lost'", [])?;
        Ok(())
    }

    /// Notes that the author of an entry has read that it was not taken.
    pub(crate) fn put_away(&mut self, n: u64) -> Result<()> {
        self.db.execute("insert or ignore into away (n) values (?1)", [n])?;
        Ok(())
    }

    /// Whether that was noted.
    pub(crate) fn is_away(&self, n: u64) -> Result<bool> {
        Ok(self
            .db
            .prepare_cached("select exists (select 1 from away where n = ?1)")?
            .query_row([n], |row| row.get(0))?)
    }

    /// The bytes of one's own change of a document, from one of these entries.
    pub(crate) fn change(&self, entries: &[u64], hash: &[u8]) -> Result<Option<Vec<u8>>> {
        for n in entries {
            let Some(entry) = self.entry(*n)? else { continue };
            for change in entry.changes {
                let parsed = automerge::Change::from_bytes(change.bytes.clone());
                if parsed.is_ok_and(|parsed| parsed.hash().0 == hash) {
                    return Ok(Some(change.bytes));
                }
            }
        }
        Ok(None)
    }

    /// The bytes of entries after `after`, at least one and about `bytes_max`.
    pub(crate) fn read_after(&self, after: u64, bytes_max: usize) -> Result<Vec<(Head, Vec<u8>)>> {
        let mut statement =
            self.db.prepare_cached("select n, hash, bytes from entry where n > ?1 order by n")?;
        let mut rows = statement.query([after])?;
        let (mut entries, mut size) = (Vec::new(), 0);
        while let Some(row) = rows.next()? {
            let bytes: Vec<u8> = row.get(2)?;
            size += bytes.len();
            if size > bytes_max && !entries.is_empty() {
                break;
            }
            entries.push((Head { n: row.get(0)?, hash: row.get(1)? }, bytes));
        }
        Ok(entries)
    }

    /// The entry with this number.
    pub(crate) fn entry(&self, n: u64) -> Result<Option<Entry>> {
        let bytes: Option<Vec<u8>> = self
            .db
            .prepare_cached("select bytes from entry where n = ?1")?
            .query_row([n], |row| row.get(0))
            .optional()?;
        let kept = bytes.filter(|bytes| !bytes.is_empty());
        kept.map(|bytes| Ok(Entry::from_bytes(&bytes)?)).transpose()
    }

    /// Whether this entry, and so all after it, can still be sent; there may be none.
    pub(crate) fn keeps(&self, n: u64) -> Result<bool> {
        Ok(n > self.pruned()?)
    }

    /// Entries up to this one have only their hash left.
    pub(crate) fn pruned(&self) -> Result<u64> {
        Ok(self.number("pruned")?.map_or(0, i64::unsigned_abs))
    }

    /// Drops the bytes of entries up to this one, and outcomes from before this instant.
    pub(crate) fn prune(&mut self, upto: u64, before: Timestamp) -> Result<()> {
        let pruned = self.pruned()?;
        let transaction = self.db.transaction()?;
        transaction.execute("delete from outcome where at < ?1", [before.millis()])?;
        if upto > pruned {
            transaction.execute(
                "update entry set bytes = x'' where n > ?1 and n <= ?2",
                params![pruned, upto],
            )?;
            let upto = i64::try_from(upto).unwrap_or(i64::MAX);
            set(&transaction, "pruned", &upto.to_be_bytes())?;
        }
        Ok(transaction.commit()?)
    }

    /// Keeps outcomes that the server signed.
    pub(crate) fn keep_outcomes(&mut self, signed: &[SignedRecord], at: Timestamp) -> Result<()> {
        let transaction = self.db.transaction()?;
        for outcome in signed {
            transaction
                .prepare_cached(
                    "insert into outcome (item, bytes, signature, at) values (?1, ?2, ?3, ?4) \
                     on conflict (item) do update set bytes = ?2, signature = ?3, at = ?4 \
                     where bytes <> ?2",
                )?
                .execute(params![
                    outcome.item.to_bytes(),
                    outcome.bytes.0,
                    outcome.signature.0,
                    at.millis()
                ])?;
        }
        Ok(transaction.commit()?)
    }

    /// Outcomes that came after this instant, oldest first.
    pub(crate) fn outcomes_since(&self, since: Timestamp) -> Result<Vec<SignedRecord>> {
        let mut statement = self.db.prepare(
            "select item, bytes, signature from outcome where at >= ?1 order by at, item",
        )?;
        let rows = statement.query_map([since.millis()], |row| {
            Ok((row.get::<_, [u8; ItemId::LEN]>(0)?, row.get(1)?, row.get(2)?))
        })?;
        let mut outcomes = Vec::new();
        for row in rows {
            let (item, bytes, signature) = row?;
            outcomes.extend(ItemId::from_bytes(&item).map(|item| SignedRecord {
                item,
                bytes: Bytes(bytes),
                signature: Bytes(signature),
            }));
        }
        Ok(outcomes)
    }

    /// The restoration for which everything was given back.
    pub(crate) fn offered(&self) -> Result<Option<[u8; 16]>> {
        Ok(self.meta("offered")?.and_then(|bytes| bytes.try_into().ok()))
    }

    pub(crate) fn set_offered(&self, epoch: [u8; 16]) -> Result<()> {
        self.set_meta("offered", &epoch)
    }

    /// What the office signed for is not there any more.
    pub(crate) fn forget_receipt(&mut self) -> Result<()> {
        self.db.execute("delete from meta where name = 'receipt'", [])?;
        self.receipt = None;
        Ok(())
    }

    /// Whether the entry at this head is the one that is here.
    pub(crate) fn holds(&self, head: Head) -> Result<bool> {
        Ok(self.hash_at(head.n)? == Some(head.hash))
    }

    /// The hash of the entry with this number.
    pub(crate) fn hash_at(&self, n: u64) -> Result<Option<[u8; 32]>> {
        Ok(self
            .db
            .prepare_cached("select hash from entry where n = ?1")?
            .query_row([n], |row| row.get(0))
            .optional()?)
    }

    /// Keeps a verified receipt; an older one than the one at hand is dropped.
    pub(crate) fn keep(&mut self, receipt: &Receipt) -> Result<()> {
        if receipt.head.n < self.safe_upto() {
            return Ok(());
        }
        let bytes = minicbor::to_vec(receipt).map_err(|error| Error::Corrupt(error.to_string()))?;
        self.set_meta("receipt", &bytes)?;
        self.receipt = Some(receipt.clone());
        Ok(())
    }

    /// Everything up to this is safe at the office.
    pub(crate) fn safe_upto(&self) -> u64 {
        self.receipt.as_ref().map_or(0, |receipt| receipt.head.n)
    }

    /// The device's clock is to be moved by so much.
    pub(crate) fn set_correction(&mut self, by_ms: i64) -> Result<()> {
        self.set_meta("correction", &by_ms.to_be_bytes())?;
        self.correction_ms = by_ms;
        Ok(())
    }

    /// The hybrid clock goes on from here.
    pub(crate) fn set_clock(&mut self, clock: Hlc) -> Result<()> {
        self.set_meta("clock", &clock.0.to_be_bytes())?;
        self.clock = clock;
        Ok(())
    }

    fn meta(&self, name: &str) -> Result<Option<Vec<u8>>> {
        Ok(self
            .db
            .query_row("select value from meta where name = ?1", [name], |row| row.get(0))
            .optional()?)
    }

    fn number(&self, name: &str) -> Result<Option<i64>> {
        let bytes = self.meta(name)?;
        Ok(bytes.and_then(|bytes| bytes.try_into().ok()).map(i64::from_be_bytes))
    }

    fn set_meta(&self, name: &str, value: &[u8]) -> Result<()> {
        set(&self.db, name, value)
    }
}

fn insert(db: &Connection, head: Head, bytes: &[u8]) -> Result<()> {
    db.prepare_cached("insert into entry (n, hash, bytes) values (?1, ?2, ?3)")?
        .execute(params![head.n, head.hash, bytes])?;
    Ok(())
}

fn set(db: &Connection, name: &str, value: &[u8]) -> Result<()> {
    db.prepare_cached("insert into meta (name, value) values (?1, ?2) on conflict (name) do update set value = ?2")?
        .execute(params![name, value])?;
    Ok(())
}
