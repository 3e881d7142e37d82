//! Recording an operation: durable first, then visible.

use automerge::{Automerge, ReadDoc as _};
use roundsman_core::access::may_record;
use roundsman_core::documents::{Made, Operation, Request, Stamp, actor_of, execute};
use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::ItemId;
use roundsman_core::sync::{Entry, EntryChange, Head};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Replica, Result, Topic, main_file, project};

/// What was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// Its number in the journal; 0 when nothing had to be changed.
    pub n: u64,
    /// The document it is about.
    pub id: Uuid,
}

/// What an operation changes.
struct Executed {
    changes: Vec<Made>,
    /// Whether some of this device's own changes can not be seen in what it was made on.
    hidden: bool,
}

impl Replica {
    /// Does what a person asked for. When this returns, it is on this device's disk.
    ///
    /// # Errors
    /// The refusal to show; nothing was recorded then.
    pub fn run(&mut self, request: Request) -> Result<Recorded> {
        self.carry_over()?;
        let planned = self.plan(request)?;
        self.record(planned.operation.as_ref(), planned.id, &planned.subject)
    }

    fn record(&mut self, operation: &dyn Operation, id: Uuid, subject: &str) -> Result<Recorded> {
        let identity = self.signed_in()?;
        if !may_record(identity.role, operation.name()) {
            return Err(Refusal::new(codes::ACCESS_ENDED)
                .with("operation", operation.name())
                .into());
        }
        let stamp = Stamp { at: self.tick()?, by: identity.person, device: identity.device };
        let mut made = self.execute(operation, stamp)?;
        if made.hidden {
            // The disk lied, and the main file is older than the journal: what this device wrote
            // waits for what it was written on. Its numbers must not be given twice.
            self.journal.take_fresh_actor()?;
            made = self.execute(operation, stamp)?;
        }
        let made = made.changes;
        if made.is_empty() {
            return Ok(Recorded { n: 0, id });
        }
        let entry = self.entry(operation, stamp, &made)?;
        let order = if operation.name() == "order.submit" {
            self.journal.order + 1
        } else {
            self.journal.order
        };
        if roundsman_core::planted!("main file before the journal") {
            self.follow(&entry, subject, &[])?;
        }
        self.journal.append(&entry, order)?;
        // It is saved. Should the main file not take it now, an error would make people record it
        // again: the next operation or line carries it over first, or says why it cannot.
        let documents: Vec<_> = made.into_iter().map(|made| (made.item, made.document)).collect();
        let _later = self.follow(&entry, subject, &documents);
        Ok(Recorded { n: entry.n, id })
    }

    fn execute(&self, operation: &dyn Operation, stamp: Stamp) -> Result<Executed> {
        let actor = actor_of(stamp.device, self.journal.actor);
        let mut hidden = false;
        let mut load = |item| {
            let document = self.to_edit(item).map_err(Refusal::from)?;
            hidden |= document.as_ref().is_some_and(|it| !it.get_missing_deps(&[]).is_empty());
            Ok(document)
        };
        let changes = execute(operation, &actor, stamp, &mut load)?;
        Ok(Executed { changes, hidden })
    }

    /// The document as it can be written to: what is closed has to be fetched before.
    pub(crate) fn to_edit(&self, item: ItemId) -> Result<Option<Automerge>> {
        let document = main_file::whole(&self.db, item)?;
        if document.is_none() && main_file::is_closed(&self.db, item)? {
            return Err(Refusal::new(codes::NOT_HERE).with("item", item).into());
        }
        Ok(document)
    }

    fn entry(&self, operation: &dyn Operation, stamp: Stamp, made: &[Made]) -> Result<Entry> {
        let mut rests_on = Vec::new();
        for item in operation.documents().into_iter().chain(operation.reads()) {
            rests_on.extend(main_file::pending_entries(&self.db, item)?);
        }
        rests_on.sort_unstable();
        rests_on.dedup();
        if roundsman_core::planted!("what an entry rests on forgotten") {
            rests_on.clear();
        }
        Ok(Entry {
            n: self.journal.head.n + 1,
            previous: self.journal.head.hash,
            device: stamp.device,
            person: stamp.by,
            at: stamp.at,
            offset_minutes: self.host.offset_minutes(),
            operation: operation.name().to_owned(),
            version: operation.version(),
            args: operation.args(),
            changes: made
                .iter()
                .map(|made| EntryChange { item: made.item, bytes: made.change.clone() })
                .collect(),
            rests_on,
            replaces: None,
        })
    }

    /// Brings the main file up to an entry of the journal.
    fn follow(
        &mut self,
        entry: &Entry,
        subject: &str,
        documents: &[(ItemId, Automerge)],
    ) -> Result<()> {
        let transaction = self.db.transaction()?;
        write(&transaction, entry, self.journal.head, subject, News::Fresh)?;
        for (item, document) in documents {
            self.changed.extend(project::document(&transaction, *item, Some(document))?);
        }
        transaction.commit()?;
        self.changed.insert(Topic::Sync);
        Ok(())
    }

    /// Carries over what reached the journal but not the main file.
    pub(crate) fn catch_up(&mut self) -> Result<()> {
        let mut upto = u64::try_from(main_file::number(&self.db, "applied_upto")?).unwrap_or(0);
        while upto < self.journal.head.n {
            upto += 1;
            let hash = self.journal.hash_at(upto)?.unwrap_or_default();
            let Some(entry) = self.journal.entry(upto)? else {
                // Only its hash is kept: the server has had it for long.
                main_file::set_applied(&self.db, Head { n: upto, hash })?;
                continue;
            };
            let away = self.journal.is_away(upto)?;
            let transaction = self.db.transaction()?;
            write(&transaction, &entry, Head { n: upto, hash }, "", News::Old)?;
            if away {
                transaction.execute("update operation set away = 1 where n = ?1", [upto])?;
            }
            for change in &entry.changes {
                let document = main_file::document(&transaction, change.item)?;
                self.changed.extend(project::document(
                    &transaction,
                    change.item,
                    document.as_ref(),
                )?);
            }
            transaction.commit()?;
        }
        Ok(())
    }
}

/// Whether an entry was recorded just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum News {
    /// Nobody else can have it.
    Fresh,
    /// After a rebuild of the main file the server may already have admitted it.
    Old,
}

/// The rows of an entry: its pending changes, and the line in the list of operations.
pub(crate) fn write(
    db: &Connection,
    entry: &Entry,
    head: Head,
    subject: &str,
    news: News,
) -> Result<()> {
    if let Some(replaced) = entry.replaces {
        take_place(db, replaced)?;
    }
    for change in &entry.changes {
        let parsed = automerge::Change::from_bytes(change.bytes.clone())
            .map_err(|error| crate::Error::Corrupt(error.to_string()))?;
        let admitted = news == News::Old
            && main_file::base(db, change.item)?
                .is_some_and(|base| base.get_change_meta_by_hash(&parsed.hash()).is_some());
        if !admitted {
            db.prepare_cached(
                "insert or ignore into pending (item, n, hash, bytes) values (?1, ?2, ?3, ?4)",
            )?
            .execute(params![
                change.item.to_bytes(),
                entry.n,
                parsed.hash().0,
                change.bytes
            ])?;
        }
        db.prepare_cached("insert or ignore into operation_item (item, n) values (?1, ?2)")?
            .execute(params![change.item.to_bytes(), entry.n])?;
    }
    db.prepare_cached(
        "insert or ignore into operation (n, name, at, subject) values (?1, ?2, ?3, ?4)",
    )?
    .execute(params![entry.n, entry.operation, entry.at.timestamp().millis(), subject])?;
    if let Some(replaced) = entry.replaces {
        db.prepare_cached(
            "update operation set subject = (select subject from operation where n = ?2) where n = ?1",
        )?
        .execute([entry.n, replaced])?;
    }
    main_file::set_applied(db, head)
}

/// The entry that was replaced does not count any more.
pub(crate) fn take_place(db: &Connection, replaced: u64) -> Result<()> {
    db.prepare_cached("delete from pending where n = ?1")?.execute([replaced])?;
    db.prepare_cached("update operation set state = 'replaced' where n = ?1")?
        .execute([replaced])?;
    Ok(())
}
