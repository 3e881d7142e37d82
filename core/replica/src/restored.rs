//! What is kept for a server that may go back in time, and given back to one that did.

use automerge::{Automerge, Change};
use roundsman_core::documents::Stamp;
use roundsman_core::id::ItemId;
use roundsman_core::records::JournalStatus;
use roundsman_core::sync::{Beyond, Bytes, Head, Offer, Restored, SignedRecord};
use roundsman_core::time::Timestamp;
use rusqlite::params;

use crate::{Error, Replica, Result, Topic, main_file, run};

/// How long entries and outcomes are kept after they are safe: as long as an office takes to
/// notice that its server has to be restored.
const KEPT_MS: i64 = 30 * 86_400_000;
/// Outcomes of one frame together, in bytes.
const OFFER_BYTES: usize = 256 << 10;
/// Changes of others that are told at most: the office reads them one by one.
const BEYOND_MAX: usize = 2_000;
/// An outcome is kept with this device's time, which the hub's may differ from.
const MARGIN_MS: i64 = 3_600_000;

impl Replica {
    /// The hub holds the journal up to here only: what came after is on the way again. False when
    /// that is not kept here any more.
    pub(crate) fn rewind(&mut self, held: Head) -> Result<bool> {
        if !self.journal.keeps(held.n + 1)? {
            return Ok(false);
        }
        let transaction = self.db.transaction()?;
        for n in held.n + 1..=self.journal.head.n {
            let Some(entry) = self.journal.entry(n)? else { continue };
            if let Some(replaced) = entry.replaces {
                run::take_place(&transaction, replaced)?;
            }
            for change in &entry.changes {
                let parsed = Change::from_bytes(change.bytes.clone())
                    .map_err(|error| Error::Corrupt(error.to_string()))?;
                transaction
                    .prepare_cached(
                        "insert or ignore into pending (item, n, hash, bytes) values (?1, ?2, ?3, ?4)",
                    )?
                    .execute(params![change.item.to_bytes(), n, parsed.hash().0, change.bytes])?;
            }
        }
        // They are judged anew.
        transaction.execute(
            "update operation set state = 'open', code = '', note = '' where n > ?1 and state <> 'replaced'",
            [held.n],
        )?;
        transaction.commit()?;
        self.journal.forget_receipt()?;
        self.changed.extend([Topic::Sync, Topic::Orders, Topic::Visits, Topic::Customers]);
        Ok(true)
    }

    /// What a restored hub may lack, in frames; nothing when it was given back before.
    pub(crate) fn offers(&self, restored: Restored) -> Result<Vec<Offer>> {
        let Restored { epoch, since } = restored;
        if self.journal.offered()? == Some(epoch) {
            return Ok(Vec::new());
        }
        let mut offers = Vec::new();
        let (mut outcomes, mut bytes) = (Vec::new(), 0);
        for outcome in self.journal.outcomes_since(since.plus_millis(-MARGIN_MS))? {
            bytes += outcome.bytes.0.len() + outcome.signature.0.len() + ItemId::LEN;
            if bytes > OFFER_BYTES && !outcomes.is_empty() {
                let outcomes = std::mem::take(&mut outcomes);
                offers.push(Offer { epoch, outcomes, last: false, beyond: None });
                bytes = outcome.bytes.0.len();
            }
            outcomes.push(outcome);
        }
        let beyond = Some(self.beyond(since)?).filter(|changes| !changes.is_empty());
        offers.push(Offer { epoch, outcomes, last: true, beyond });
        Ok(offers)
    }

    /// Changes that others made after this instant, as far as they are here.
    fn beyond(&self, since: Timestamp) -> Result<Vec<Beyond>> {
        let own = self.signed_in()?.device;
        let mut found = Vec::new();
        let mut statement = self.db.prepare("select item, base from document")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let Some(item) = ItemId::from_bytes(&row.get::<_, [u8; ItemId::LEN]>(0)?) else {
                continue;
            };
            let document = Automerge::load(&row.get::<_, Vec<u8>>(1)?)?;
            for change in document.get_changes_meta(&[]) {
                let Stamp { at, by: person, device } = Stamp::of(&change);
                let at = at.timestamp();
                if device != own && at >= since {
                    found.push(Beyond { item, change: change.hash.0, device, person, at });
                }
                if found.len() >= BEYOND_MAX {
                    return Ok(found);
                }
            }
        }
        Ok(found)
    }

    /// Drops what was kept for a server that goes back in time, once it is old enough. What waits
    /// for anybody stays, with everything after it.
    pub(crate) fn prune(&mut self) -> Result<()> {
        let before = self.now().plus_millis(-KEPT_MS);
        let Some(identity) = &self.identity else { return Ok(()) };
        let status = main_file::record::<JournalStatus>(&self.db, identity.device)?;
        let judged = status.map_or(0, |status| status.admitted_upto);
        let first_kept: Option<u64> = self.db.query_row(
            "select min(n) from operation where at >= ?1 or state = 'quarantined'",
            [before.millis()],
            |row| row.get(0),
        )?;
        let old = first_kept.map_or(u64::MAX, |n| n.saturating_sub(1));
        self.journal.prune(old.min(judged).min(self.journal.safe_upto()), before)
    }
}

/// A record with its signature, as it came.
pub(crate) fn signed(item: ItemId, bytes: &Bytes, signature: &Bytes) -> SignedRecord {
    SignedRecord { item, bytes: bytes.clone(), signature: signature.clone() }
}
