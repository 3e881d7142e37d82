//! Going on as another device after the journal went backwards.
//!
//! The storage of the phone was lost, rolled back or copied, so what is recorded now must not be
//! taken for what was recorded before. The files stay; the journal begins anew under the new
//! device, with what the office does not hold recorded again, and the old one is kept beside it.

use roundsman_core::documents::actor_of;
use roundsman_core::sync::{Entry, Head};
use roundsman_core::views::LostView;
use rusqlite::Connection;

use crate::journal::Identity;
use crate::main_file;
use crate::replay::{Again, Replay};
use crate::{Replica, Result, Topic};

/// Numbers of entries of earlier devices are moved below zero by this, so that they never meet
/// those of the present one.
const BEFORE: i64 = 1_000_000_000;
/// Heads that are shown to the server at most; its answer tells which of them it holds.
const HEADS_MAX: usize = 4_000;

impl Replica {
    /// Where the journal stands, from the last receipt on: what the server needs to find out which
    /// entries it holds.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn heads(&self) -> Result<Vec<Head>> {
        let safe = self.journal.safe_upto().saturating_sub(1);
        let mut heads = self.journal.heads_after(safe)?;
        let left_out = heads.len().saturating_sub(HEADS_MAX);
        heads.drain(..left_out);
        Ok(heads)
    }

    /// Goes on as another device. The office holds the old one's entries up to `common`; later ones
    /// are recorded again.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn succeed(&mut self, identity: Identity, common: u64, lost: LostView) -> Result<()> {
        let later = self.journal.entries_after(common)?;
        let again = self.record_anew(&identity, &later)?;
        let set_aside = (later.len() - again.len()) as u64;
        let lost = LostView { set_aside, ..lost };
        self.journal.succeed(&identity, &again, common, &lost)?;
        self.identity = Some(identity);
        self.lost_here = 0;
        self.follow_succession()
    }

    /// Notes that somebody has read what was lost.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn forget_lost(&mut self) -> Result<()> {
        self.changed.insert(Topic::Sync);
        self.journal.forget_lost()
    }

    /// Brings the main file up to the device that the journal is of now.
    pub(crate) fn follow_succession(&mut self) -> Result<()> {
        if main_file::number(&self.db, "successions")? == self.journal.successions {
            return Ok(());
        }
        let transaction = self.db.transaction()?;
        set_apart(&transaction, self.journal.common)?;
        main_file::set_number(&transaction, "successions", self.journal.successions)?;
        transaction.commit()?;
        self.catch_up()?;
        self.changed.extend([
            Topic::Sync,
            Topic::Customers,
            Topic::Visits,
            Topic::Carts,
            Topic::Orders,
        ]);
        Ok(())
    }

    /// The entries as the new device records them; those that cannot be recorded again are only
    /// kept with the old journal.
    fn record_anew(&self, identity: &Identity, later: &[Entry]) -> Result<Vec<Again>> {
        let fallen = later.iter().map(|entry| entry.n).collect();
        let actor = actor_of(identity.device, 1);
        let mut replay = Replay::new(&self.db, &fallen, (identity.device, actor), Head::default());
        let mut all = Vec::new();
        for entry in later {
            if let Ok(Some(again)) = replay.again(entry, false)? {
                all.push(again);
            }
        }
        Ok(all)
    }
}

/// What the office holds of the old journal and has not admitted stays visible; the rest of it is
/// recorded again.
fn set_apart(db: &Connection, common: u64) -> Result<()> {
    db.execute("delete from pending where n > ?1", [common])?;
    db.execute("update pending set n = n - ?1", [BEFORE])?;
    db.execute_batch("delete from operation; delete from operation_item;")?;
    main_file::set_applied(db, Head::default())?;
    main_file::set_number(db, "lost_here", 0)?;
    main_file::set_number(db, "admitted_upto", 0)
}
