//! Each of the two files can go back in time alone: a disk that lied about a write, storage that was
//! set back. The main file follows the journal that is here; what the journal lost is counted.

use std::collections::BTreeSet;

use roundsman_core::id::ItemId;
use roundsman_core::records::{JournalStatus, Record as _};
use roundsman_core::sync::Head;

use crate::apply::as_i64;
use crate::{Replica, Result, main_file, project};

/// 1 from when the entries were taken out until what became of them is known again: the app may be
/// killed in between, and nothing else tells.
const FORGOTTEN: &str = "forgotten";

impl Replica {
    /// The number that the last entry would have, had nothing been lost here: more than the journal
    /// has tells the office that its storage went back in time.
    #[must_use]
    pub fn recorded(&self) -> u64 {
        self.journal.head.n + self.lost_here
    }

    /// Notes what a second place beside the journal remembers as the highest number recorded.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn remember(&mut self, recorded: u64) -> Result<()> {
        let missing = recorded.saturating_sub(self.journal.head.n);
        if missing > self.lost_here {
            self.lost_here = missing;
            main_file::set_number(&self.db, "lost_here", as_i64(missing))?;
        }
        Ok(())
    }

    /// Brings the main file up to the journal. One that took in entries which the journal does not
    /// have (any more) takes all of them in anew.
    pub(crate) fn follow_journal(&mut self) -> Result<()> {
        self.lost_here = main_file::number(&self.db, "lost_here")?.max(0).unsigned_abs();
        let applied = main_file::applied(&self.db)?;
        let same = applied.n == 0 || self.journal.hash_at(applied.n)? == Some(applied.hash);
        if !same {
            self.remember(applied.n)?;
            self.forget_entries()?;
        }
        self.catch_up()?;
        if main_file::number(&self.db, FORGOTTEN)? == 0 {
            return Ok(());
        }
        self.look_at_status_again()?;
        main_file::set_number(&self.db, FORGOTTEN, 0)
    }

    /// Takes out every entry of this journal and its changes, also of what people see.
    fn forget_entries(&mut self) -> Result<()> {
        let transaction = self.db.transaction()?;
        let items: Vec<[u8; ItemId::LEN]> = transaction
            .prepare("delete from pending where n > 0 returning item")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        transaction.execute_batch("delete from operation; delete from operation_item;")?;
        main_file::set_applied(&transaction, Head::default())?;
        main_file::set_number(&transaction, main_file::PURGED, 0)?;
        main_file::set_number(&transaction, FORGOTTEN, 1)?;
        let items: BTreeSet<_> =
            items.iter().filter_map(|bytes| ItemId::from_bytes(bytes)).collect();
        for item in items {
            let document = main_file::document(&transaction, item)?;
            self.changed.extend(project::document(&transaction, item, document.as_ref())?);
        }
        transaction.commit()?;
        Ok(())
    }

    /// What became of the entries is told by a record that is here already.
    fn look_at_status_again(&mut self) -> Result<()> {
        let Some(identity) = &self.identity else { return Ok(()) };
        let status: Option<JournalStatus> = main_file::record(&self.db, identity.device.0)?;
        if let Some(status) = status {
            project::record(&self.db, status.item(), Some(&status.to_bytes()))?;
        }
        Ok(())
    }
}
