//! What becomes of operations whose ground was taken away.
//!
//! The office declined an entry, or the journal went back in time and its device goes on as
//! another one. What rested on that is recorded again as new entries under a fresh actor, on the
//! documents as their author saw them less what fell: so what others wrote meanwhile competes with
//! it as it did before. What cannot be recorded again is kept as it was meant, and its author told.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{ActorId, Automerge, Change, ChangeHash};
use roundsman_core::documents::{Deed, Operation, Stamp, decode_operation, execute};
use roundsman_core::error::{Refusal, Result as Refused, codes};
use roundsman_core::id::{DeviceId, ItemId};
use roundsman_core::sync::{Entry, EntryChange, Head, hash};
use rusqlite::Connection;

use crate::{Error, Result, main_file};

/// Entries that are recorded again, in order, on what remains.
pub(crate) struct Replay<'a> {
    db: &'a Connection,
    /// Entries whose changes do not count any more.
    fallen: &'a BTreeSet<u64>,
    device: DeviceId,
    actor: ActorId,
    head: Head,
    /// Numbers beyond this are not of the journal that the entries go into.
    begun_after: u64,
    documents: BTreeMap<ItemId, Working>,
}

/// A document while entries are recorded again.
struct Working {
    document: Option<Automerge>,
    /// Its changes that were recorded again, in order.
    again: Vec<Change>,
    /// What stands in the place of each change that fell.
    instead: BTreeMap<ChangeHash, Vec<ChangeHash>>,
    /// Entries of this device that are in it and not admitted.
    pending: Vec<u64>,
    /// What was done in it when it was opened, and by which changes.
    done: BTreeMap<Deed, ChangeHash>,
}

/// An entry that was recorded again.
pub(crate) struct Again {
    pub(crate) entry: Entry,
    pub(crate) head: Head,
    pub(crate) bytes: Vec<u8>,
}

impl<'a> Replay<'a> {
    /// Begins after this head, without the changes of `fallen`.
    pub(crate) fn new(
        db: &'a Connection,
        fallen: &'a BTreeSet<u64>,
        (device, actor): (DeviceId, ActorId),
        head: Head,
    ) -> Self {
        Self { db, fallen, device, actor, head, begun_after: head.n, documents: BTreeMap::new() }
    }

    /// Takes an entry's changes out, putting in their place only what another device recorded of it.
    pub(crate) fn drop_entry(&mut self, entry: &Entry) -> Result<()> {
        for change in &entry.changes {
            let done = self.done(entry, change.item)?;
            self.replace(change, done)?;
        }
        Ok(())
    }

    /// Whether what the entry did is in the documents, recorded by another device.
    pub(crate) fn is_done(&mut self, entry: &Entry) -> Result<bool> {
        for change in &entry.changes {
            if self.done(entry, change.item)?.is_none() {
                return Ok(false);
            }
        }
        Ok(!entry.changes.is_empty())
    }

    /// Records an entry again. None: everything is already as it wants it.
    ///
    /// # Errors
    /// The inner one is the refusal to show: the entry was then taken out.
    pub(crate) fn again(
        &mut self,
        entry: &Entry,
        replaces: bool,
    ) -> Result<Refused<Option<Again>>> {
        if self.is_done(entry)? {
            self.drop_entry(entry)?;
            return Ok(Ok(None));
        }
        let made = match self.execute(entry) {
            Ok(made) => made,
            Err(Error::Refused(refusal)) => {
                self.drop_entry(entry)?;
                return Ok(Err(refusal));
            }
            Err(error) => return Err(error),
        };
        let (operation, changes) = made;
        for change in &entry.changes {
            let new = changes.iter().find(|it| it.item == change.item);
            let new = new.map(|new| parse(&new.bytes)).transpose()?.map(|new| new.hash());
            self.replace(change, new)?;
        }
        if changes.is_empty() {
            return Ok(Ok(None));
        }
        let again = Entry {
            n: self.head.n + 1,
            previous: self.head.hash,
            device: self.device,
            rests_on: self.rests_on(operation.as_ref())?,
            replaces: replaces.then_some(entry.n),
            changes,
            ..entry.clone()
        };
        for item in operation.documents() {
            self.working(item)?.pending.push(again.n);
        }
        let bytes = again.to_bytes();
        self.head = Head { n: again.n, hash: hash(&bytes) };
        Ok(Ok(Some(Again { entry: again, head: self.head, bytes })))
    }

    /// Runs the entry's operation. Documents that are already as its author saw them are lent to it
    /// rather than copied: a copy costs as much as the whole document.
    fn execute(&mut self, entry: &Entry) -> Result<(Box<dyn Operation>, Vec<EntryChange>)> {
        let operation = decode_operation(&entry.operation, entry.version, &entry.args)?;
        for item in operation.reads() {
            if self.working(item)?.document.is_none() {
                return Err(Refusal::new(codes::NOT_FOUND).with("item", item).into());
            }
        }
        let stamp = Stamp { at: entry.at, by: entry.person, device: self.device };
        let actor = self.actor.clone();
        let mut lent = BTreeSet::new();
        let mut load = |item| self.as_seen_by(entry, item, &mut lent).map_err(Refusal::from);
        let mut made = execute(operation.as_ref(), &actor, stamp, &mut load);
        let mut changes = Vec::new();
        for made in made.iter_mut().flatten() {
            let change = parse(&made.change)?;
            let working = self.working(made.item)?;
            if lent.remove(&made.item) {
                working.document = Some(std::mem::take(&mut made.document));
            } else {
                working.document.get_or_insert_default().apply_changes([change.clone()])?;
            }
            working.again.push(change);
            let bytes = std::mem::take(&mut made.change);
            changes.push(EntryChange { item: made.item, bytes });
        }
        for item in lent {
            self.build(item)?;
        }
        made?;
        Ok((operation, changes))
    }

    /// The document as the entry's author saw it, less what fell.
    fn as_seen_by(
        &mut self,
        entry: &Entry,
        item: ItemId,
        lent: &mut BTreeSet<ItemId>,
    ) -> Result<Option<Automerge>> {
        let change = entry.changes.iter().find(|change| change.item == item);
        let working = self.working(item)?;
        let Some(document) = &working.document else { return Ok(None) };
        let heads: BTreeSet<ChangeHash> = document.get_heads().into_iter().collect();
        let seen = match change {
            Some(change) => instead_of(&parse(&change.bytes)?, &working.instead),
            None => heads.clone(),
        };
        if seen == heads {
            lent.insert(item);
            return Ok(working.document.take());
        }
        if seen.is_empty() {
            return Ok(None);
        }
        let heads: Vec<ChangeHash> = seen.into_iter().collect();
        let fork = document.fork_at(&heads);
        Ok(Some(fork.map_err(|_| Refusal::new(codes::MISSING_DEPENDENCY).with("item", item))?))
    }

    /// Notes what stands in the place of a change.
    fn replace(&mut self, old: &EntryChange, new: Option<ChangeHash>) -> Result<()> {
        let old_change = parse(&old.bytes)?;
        let working = self.working(old.item)?;
        let instead = match new {
            Some(new) => vec![new],
            None => instead_of(&old_change, &working.instead).into_iter().collect(),
        };
        working.instead.insert(old_change.hash(), instead);
        Ok(())
    }

    /// The change by which another device recorded what this entry did to a document.
    fn done(&mut self, entry: &Entry, item: ItemId) -> Result<Option<ChangeHash>> {
        let deed = Deed::new(entry.at, &entry.operation, entry.person);
        Ok(self.working(item)?.done.get(&deed).copied())
    }

    fn rests_on(&mut self, operation: &dyn Operation) -> Result<Vec<u64>> {
        let mut entries = BTreeSet::new();
        for item in operation.documents().into_iter().chain(operation.reads()) {
            entries.extend(self.working(item)?.pending.iter().copied());
        }
        Ok(entries.into_iter().collect())
    }

    /// Makes a document anew that was lent and did not come back.
    fn build(&mut self, item: ItemId) -> Result<()> {
        let kept = self.kept(item)?;
        let document = main_file::with_pending(self.db, item, kept)?;
        let working = self.working(item)?;
        working.document = document;
        if !working.again.is_empty() {
            let again = working.again.clone();
            working.document.get_or_insert_default().apply_changes(again)?;
        }
        Ok(())
    }

    /// This device's own changes of a document that did not fall.
    fn kept(&self, item: ItemId) -> Result<Vec<(u64, Change)>> {
        let pending = main_file::pending(self.db, item)?;
        Ok(pending.into_iter().filter(|(n, _)| !self.fallen.contains(n)).collect())
    }

    fn working(&mut self, item: ItemId) -> Result<&mut Working> {
        if !self.documents.contains_key(&item) {
            let kept = self.kept(item)?;
            let numbers = kept.iter().map(|(n, _)| *n);
            let pending = numbers.filter(|n| (1..=self.begun_after).contains(n)).collect();
            let document = main_file::with_pending(self.db, item, kept)?;
            let done = document.as_ref().map(Deed::all_of).unwrap_or_default();
            let (again, instead) = (Vec::new(), BTreeMap::new());
            self.documents.insert(item, Working { document, again, instead, pending, done });
        }
        self.documents
            .get_mut(&item)
            .ok_or_else(|| Error::Corrupt("a document vanished".to_owned()))
    }
}

/// What a change depends on, with what stands in the place of what fell.
fn instead_of(
    change: &Change,
    instead: &BTreeMap<ChangeHash, Vec<ChangeHash>>,
) -> BTreeSet<ChangeHash> {
    let mut seen = BTreeSet::new();
    for dependency in change.deps() {
        match instead.get(dependency) {
            Some(others) => seen.extend(others.iter().copied()),
            None => _ = seen.insert(*dependency),
        }
    }
    seen
}

fn parse(bytes: &[u8]) -> Result<Change> {
    Change::from_bytes(bytes.to_vec()).map_err(|error| Error::Corrupt(error.to_string()))
}
