//! One device's replica for one user.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::ItemId;
use roundsman_core::sync::sign_head;
use roundsman_core::time::{Hlc, Timestamp};
use roundsman_core::views::Connection as LineState;
use rusqlite::Connection;

use crate::journal::{Identity, Journal};
use crate::names::Directory;
use crate::{Files, Host, Result, Topic, main_file, project};

/// The replica: everything screens read and everything reps do goes through here.
pub struct Replica {
    pub(crate) host: Box<dyn Host>,
    pub(crate) journal: Journal,
    pub(crate) db: Connection,
    pub(crate) identity: Option<Identity>,
    pub(crate) directory: RefCell<Directory>,
    pub(crate) changed: BTreeSet<Topic>,
    pub(crate) line: LineStatus,
    /// When a price that was asked for gives way to the next.
    pub(crate) prices_turn: Cell<Option<Timestamp>>,
    /// Entries that something beside the journal remembers, and that are not in it any more.
    pub(crate) lost_here: u64,
    /// Documents that were asked for and that the office does not show, since the line was opened.
    pub(crate) not_there: BTreeSet<ItemId>,
    /// The files were opened, and the main one has not followed the journal since.
    behind: bool,
}

/// What is known about the line to the hub, for the sync screen.
#[derive(Debug, Clone)]
pub(crate) struct LineStatus {
    pub(crate) state: LineState,
    pub(crate) refusal: Option<Refusal>,
    pub(crate) persisted: Option<bool>,
    /// The last thing that went wrong on the line and is being seen to.
    pub(crate) trouble: Option<Refusal>,
    /// Bytes of frames that came since the app was opened.
    pub(crate) received_bytes: u64,
    /// When the hub was last heard, by its own clock.
    pub(crate) contact: Timestamp,
}

impl Replica {
    /// Takes over both files. Operations that reached the journal but not the main file (the app
    /// was killed between the two commits) are carried over first.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn open(files: Files, host: Box<dyn Host>) -> Result<Self> {
        let journal = Journal::open(files.journal)?;
        let identity = journal.identity()?;
        let directory = RefCell::new(Directory::load(&files.main)?);
        let line = LineStatus {
            state: LineState::Offline,
            refusal: None,
            persisted: None,
            trouble: None,
            received_bytes: 0,
            contact: Timestamp(main_file::number(&files.main, "last_contact")?),
        };
        let mut replica = Self {
            host,
            journal,
            db: files.main,
            identity,
            directory,
            changed: BTreeSet::new(),
            line,
            prices_turn: Cell::new(None),
            lost_here: 0,
            not_there: BTreeSet::new(),
            behind: true,
        };
        replica.follow_succession()?;
        match replica.carry_over() {
            // Without room it opens with what was there before; the next operation or line carries
            // the rest over first, or says why it cannot.
            Err(error) if error.is_no_room() => {}
            followed => followed?,
        }
        Ok(replica)
    }

    /// Brings the main file up to the journal, with all that was not done when it was opened.
    pub(crate) fn carry_over(&mut self) -> Result<()> {
        if !self.behind {
            return self.catch_up();
        }
        self.follow_journal()?;
        if self.identity.is_some() {
            self.settle_declined()?;
        }
        self.behind = false;
        Ok(())
    }

    /// Whose replica this is; none before the first sign-in.
    #[must_use]
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    /// Makes this the replica of a person on an enrolled device.
    ///
    /// # Errors
    /// [`codes::INVALID`] when it already belongs to another person or device.
    pub fn adopt(&mut self, identity: Identity) -> Result<()> {
        let other = |own: &Identity| own.person != identity.person || own.device != identity.device;
        if self.identity.as_ref().is_some_and(other) {
            return Err(Refusal::new(codes::INVALID).with("field", "person").into());
        }
        self.journal.set_identity(&identity)?;
        self.identity = Some(identity);
        self.changed.insert(Topic::Sync);
        Ok(())
    }

    /// The last entry of the journal.
    #[must_use]
    pub fn journal_head(&self) -> roundsman_core::sync::Head {
        self.journal.head
    }

    /// What changed since the last call, for those who watch. Prices change by themselves when
    /// their day begins.
    pub fn take_changed(&mut self) -> Vec<Topic> {
        if self.prices_turned() {
            self.changed.insert(Topic::Catalogue);
        }
        std::mem::take(&mut self.changed).into_iter().collect()
    }

    /// Notes whether the browser promised to keep the data.
    pub fn set_persisted(&mut self, persisted: bool) {
        self.line.persisted = Some(persisted);
        self.changed.insert(Topic::Sync);
    }

    pub(crate) fn signed_in(&self) -> Result<&Identity> {
        self.identity.as_ref().ok_or_else(|| Refusal::new(codes::SIGN_IN_AGAIN).into())
    }

    /// The device's signature of its journal's head.
    pub(crate) fn sign(&self, head: roundsman_core::sync::Head) -> Result<Vec<u8>> {
        let identity = self.signed_in()?;
        let key = ed25519_dalek::SigningKey::from_bytes(&identity.device_seed);
        Ok(sign_head(&key, identity.device, head))
    }

    /// The hybrid clock for what is done now: after everything done or seen here.
    pub(crate) fn tick(&self) -> Result<Hlc> {
        let seen = Hlc(main_file::number(&self.db, "clock")?);
        Ok(self.journal.clock.max(seen).tick(self.now()))
    }

    /// Projects a document's row again and notes the topic.
    pub(crate) fn project(&mut self, item: ItemId) -> Result<()> {
        let document = main_file::document(&self.db, item)?;
        self.changed.extend(project::document(&self.db, item, document.as_ref())?);
        Ok(())
    }
}
