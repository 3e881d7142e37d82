//! Settling what the office declined: its changes leave what people see, what rested on them is
//! recorded again, and what each was meant to be stays readable.

use std::collections::BTreeSet;

use roundsman_core::documents::actor_of;
use roundsman_core::error::Refusal;
use roundsman_core::id::ItemId;
use roundsman_core::sync::Entry;
use rusqlite::params;

use crate::replay::{Again, Replay};
use crate::run::{News, write};
use crate::{Replica, Result, Topic, main_file};

/// What recording again came to.
struct Settled {
    again: Vec<Again>,
    /// Entries that could not be recorded again, and why.
    dropped: Vec<(u64, Refusal)>,
    /// Entries that had nothing left to do.
    done: Vec<u64>,
}

impl Replica {
    /// Takes declined changes out of what people see and records again what rested on them. Safe
    /// to run at any time, also after being cut off in the middle.
    pub(crate) fn settle_declined(&mut self) -> Result<()> {
        let mut declined = self.numbers(
            "select distinct n from pending where n in (select n from operation where state = 'declined')",
        )?;
        declined.extend(self.done_elsewhere()?);
        declined.sort_unstable();
        let Some(first) = declined.first().copied() else { return Ok(()) };
        let mut fallen: BTreeSet<u64> = declined.iter().copied().collect();
        let resting = self.resting_on(first, &mut fallen)?;
        let settled = self.record_again(&declined, &resting, &fallen)?;
        // First of all, and before anything else is recorded: what comes would otherwise carry the
        // numbers of what was dropped.
        self.journal.append_again(&settled.again)?;
        self.follow_settled(&fallen, &settled)
    }

    /// Entries that another device recorded again, once what it recorded has arrived: what rests on
    /// them then rests on that.
    fn done_elsewhere(&self) -> Result<Vec<u64>> {
        let superseded = self.numbers(
            "select distinct n from pending where n in (select n from operation where state = 'replaced')",
        )?;
        let mut done = Vec::new();
        for n in superseded {
            let Some(entry) = self.journal.entry(n)? else { continue };
            let fallen = BTreeSet::from([n]);
            let actor = actor_of(entry.device, self.journal.actor);
            if Replay::new(&self.db, &fallen, (entry.device, actor), self.journal.head)
                .is_done(&entry)?
            {
                done.push(n);
            }
        }
        Ok(done)
    }

    /// Entries after `first` that rest on one that fell, in order; they fall as well.
    fn resting_on(&self, first: u64, fallen: &mut BTreeSet<u64>) -> Result<Vec<Entry>> {
        let mut resting = Vec::new();
        for n in self.numbers("select distinct n from pending where n > 0 order by n")? {
            if n <= first || fallen.contains(&n) {
                continue;
            }
            let Some(entry) = self.journal.entry(n)? else { continue };
            if entry.rests_on.iter().any(|base| fallen.contains(base)) {
                fallen.insert(n);
                resting.push(entry);
            }
        }
        Ok(resting)
    }

    fn record_again(
        &self,
        declined: &[u64],
        resting: &[Entry],
        fallen: &BTreeSet<u64>,
    ) -> Result<Settled> {
        let device = self.signed_in()?.device;
        let actor = actor_of(
            device,
            self.journal.actor + u32::from(!roundsman_core::planted!("same actor after a decline")),
        );
        let mut replay = Replay::new(&self.db, fallen, (device, actor), self.journal.head);
        for n in declined {
            if let Some(entry) = self.journal.entry(*n)? {
                replay.drop_entry(&entry)?;
            }
        }
        let mut settled = Settled { again: Vec::new(), dropped: Vec::new(), done: Vec::new() };
        for entry in resting {
            match replay.again(entry, true)? {
                Ok(Some(again)) => settled.again.push(again),
                Ok(None) => settled.done.push(entry.n),
                Err(refusal) => settled.dropped.push((entry.n, refusal)),
            }
        }
        Ok(settled)
    }

    /// Brings the main file up to what was settled.
    fn follow_settled(&mut self, fallen: &BTreeSet<u64>, settled: &Settled) -> Result<()> {
        let transaction = self.db.transaction()?;
        let mut items = BTreeSet::new();
        for n in fallen {
            let mut gone =
                transaction.prepare_cached("delete from pending where n = ?1 returning item")?;
            let rows = gone.query_map([n], |row| row.get::<_, [u8; ItemId::LEN]>(0))?;
            for bytes in rows {
                items.extend(ItemId::from_bytes(&bytes?));
            }
        }
        main_file::set_number(&transaction, main_file::PURGED, 0)?;
        for again in &settled.again {
            write(&transaction, &again.entry, again.head, "", News::Fresh)?;
            items.extend(again.entry.changes.iter().map(|change| change.item));
        }
        for n in &settled.done {
            transaction.execute("update operation set state = 'replaced' where n = ?1", [n])?;
        }
        for (n, refusal) in &settled.dropped {
            transaction.execute(
                "update operation set dropped = 1, code = ?2 where n = ?1",
                params![n, refusal.code],
            )?;
        }
        transaction.commit()?;
        for item in items {
            self.project(item)?;
        }
        self.changed.insert(Topic::Sync);
        Ok(())
    }

    /// Takes an entry that was not taken off the list of what needs its author. Its copy stays.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn put_away(&mut self, n: u64) -> Result<()> {
        self.journal.put_away(n)?;
        self.db.execute("update operation set away = 1 where n = ?1", [n])?;
        self.changed.insert(Topic::Sync);
        Ok(())
    }

    fn numbers(&self, sql: &str) -> Result<Vec<u64>> {
        let mut statement = self.db.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
