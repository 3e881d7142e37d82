//! Admission: the technical judgement of journal entries, each whole or not at all.
//!
//! A [`Docket`] judges entries in order inside one write. What it admits is kept open until the
//! end, so that ten edits of one cart are stored and told once.

use std::collections::{BTreeMap, BTreeSet};

use automerge::Automerge;
use roundsman_core::access::{may_record, may_take_for_others, may_use_office};
use roundsman_core::documents::{
    Deed, Operation, cart, check, customer, decode_operation, order, visit,
};
use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::{CustomerId, DeviceId, ItemId, ItemKind, PersonId, VisitId};
use roundsman_core::sync::{BATCH_BYTES, Channel, Entry};
use roundsman_core::time::Timestamp;
use roundsman_erp::embedded::master;
use roundsman_store::documents::{self, NewChange, Saved};
use roundsman_store::journal::Stored;
use roundsman_store::visibility::{self, Member};
use roundsman_store::{
    Commit, Error, Published, Result, SqliteConnection, closing, outbox, projection, quarantine,
};

use super::facts::Facts;
use super::{change, new_customer};

/// One document in bytes. A page holds whole commits and must fit a frame.
const DOCUMENT_BYTES_MAX: usize = 384 << 10;

/// Changes of one entry; no operation touches as many documents. With more, nothing of it is looked
/// up: each costs as much as its document is long, inside the write that everybody waits for.
pub(crate) const CHANGES_MAX: usize = 16;

/// How an entry is refused that another device recorded again, if that one was admitted.
const WHEN_DONE: &[&str] =
    &[codes::MALFORMED, codes::FROZEN, codes::MISSING_DEPENDENCY, codes::RESTS_ON_QUARANTINED];

/// Whose entries are judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source {
    /// The device.
    pub device: DeviceId,
    /// Who uses it; none: a server process, which acts for anybody.
    pub person: Option<PersonId>,
    /// Since when it is locked out.
    pub revoked_at: Option<Timestamp>,
}

/// When an entry came, and what is known of the clock it was made by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival {
    /// When it was stored.
    pub at: Timestamp,
    /// By how much the device's clock was ahead.
    pub clock_off_ms: i64,
}

impl Arrival {
    pub(super) fn of(stored: &Stored) -> Self {
        Self { at: stored.received_at, clock_off_ms: stored.clock_off_ms }
    }

    /// When the entry was recorded, as far as it can be believed: never after it arrived.
    fn recorded(self, entry: &Entry) -> Timestamp {
        entry.at.timestamp().plus_millis(self.clock_off_ms.saturating_neg()).min(self.at)
    }
}

/// Entries that are judged together.
pub(crate) struct Docket<'a> {
    db: &'a mut SqliteConnection,
    commit: &'a mut Commit,
    now: Timestamp,
    facts: Facts,
    open: BTreeMap<ItemId, Open>,
    /// What was admitted, to be written at the end.
    changes: Vec<NewChange>,
    /// What the ERP has to learn.
    transitions: Vec<(ItemId, String)>,
}

/// A document while entries are judged.
struct Open {
    document: Automerge,
    bytes: usize,
    channels: Vec<Channel>,
    typed: Option<Typed>,
    /// Hashes of the changes that were admitted.
    changes: Vec<[u8; 32]>,
    arrived_at: Timestamp,
    /// It began here.
    begun: bool,
}

/// What a document says.
#[derive(Debug, Clone, PartialEq)]
enum Typed {
    Customer(Box<customer::Customer>),
    Visit(Box<visit::Visit>),
    Cart(Box<cart::Cart>),
    Order(Box<order::Order>),
}

/// A change that was found good, with the document after it.
struct Admitted {
    item: ItemId,
    hash: [u8; 32],
    bytes: Vec<u8>,
    document: Automerge,
    typed: Typed,
    creates: bool,
}

/// What became of changes that begin a document. None: it was admitted before.
type Fresh = BTreeMap<ItemId, Result<Option<Admitted>, Refusal>>;

/// An entry to be judged, read as far as that needs nothing of what is stored: most of the work,
/// which so is done outside of the write that everybody waits for.
pub(crate) struct Case {
    pub(crate) entry: Entry,
    operation: Result<Box<dyn Operation>, Refusal>,
    /// The documents it begins.
    fresh: Fresh,
}

impl Case {
    pub(crate) fn read(entry: Entry) -> Self {
        let operation = if entry.changes.len() > CHANGES_MAX {
            Err(Refusal::new(codes::TOO_LARGE).with("changes", entry.changes.len()))
        } else {
            decode_operation(&entry.operation, entry.version, &entry.args)
        };
        let mut fresh = Fresh::new();
        if let Ok(operation) = &operation {
            for it in entry.changes.iter().filter(|it| operation.creates(it.item)) {
                let made = read_change(&entry, operation.as_ref(), it.item, &it.bytes, None, None);
                fresh.insert(it.item, made);
            }
        }
        Self { entry, operation, fresh }
    }
}

impl<'a> Docket<'a> {
    pub(crate) fn new(
        db: &'a mut SqliteConnection,
        commit: &'a mut Commit,
        now: Timestamp,
    ) -> Self {
        Self {
            db,
            commit,
            now,
            facts: Facts::default(),
            open: BTreeMap::new(),
            changes: Vec::new(),
            transitions: Vec::new(),
        }
    }

    /// Looks up at once what judging these entries needs.
    pub(crate) async fn foresee(
        &mut self,
        cases: impl Iterator<Item = &Case> + Send,
    ) -> Result<()> {
        let (mut touched, mut read) = (BTreeSet::new(), BTreeSet::new());
        for case in cases {
            // Nothing of what cannot be admitted is looked at.
            if let Ok(operation) = &case.operation {
                touched.extend(case.entry.changes.iter().map(|it| it.item));
                read.extend(operation.reads());
            }
        }
        let read: Vec<_> = read.difference(&touched).copied().collect();
        self.facts.foresee(self.db, &touched.into_iter().collect::<Vec<_>>(), &read).await
    }

    /// The connection the entries are written with.
    pub(crate) fn db(&mut self) -> &mut SqliteConnection {
        self.db
    }

    /// Whether what is open fills a page of the feed: then it is time to commit.
    pub(crate) fn is_full(&self) -> bool {
        let changed = self.open.values().filter(|open| !open.changes.is_empty());
        changed.map(|open| open.bytes).sum::<usize>() >= BATCH_BYTES
    }

    /// The document with everything admitted so far.
    pub(crate) async fn document(&mut self, item: ItemId) -> Result<Option<Automerge>> {
        self.load(item).await?;
        Ok(self.open.get(&item).map(|open| open.document.clone()))
    }

    /// Judges an entry and admits it. `waived` is a code that the office decided to overlook.
    ///
    /// # Errors
    /// [`Error::Refused`] with the reason why it is not admitted: then nothing was written.
    pub(crate) async fn judge(
        &mut self,
        case: &mut Case,
        arrival: Arrival,
        source: Source,
        waived: Option<&str>,
    ) -> Result<()> {
        let read = self.read(case, arrival, source, waived).await;
        let entry = &case.entry;
        let admitted = match read {
            Err(Error::Refused(refusal))
                if WHEN_DONE.contains(&refusal.code.as_str()) && self.is_done(entry).await? =>
            {
                return Err(Refusal::new(codes::SUPERSEDED).into());
            }
            other => other?,
        };
        says_what_it_did(entry, &admitted)?;
        if !waives_access(waived) {
            for admitted in &admitted {
                self.may_write(entry, arrival, admitted).await?;
            }
        }
        for admitted in admitted {
            self.admit(entry, arrival, admitted).await?;
        }
        if let Some(replaced) = entry.replaces {
            quarantine::replaced(self.db, entry.device, replaced).await?;
        }
        Ok(())
    }

    async fn read(
        &mut self,
        case: &mut Case,
        arrival: Arrival,
        source: Source,
        waived: Option<&str>,
    ) -> Result<Vec<Admitted>> {
        let fresh = std::mem::take(&mut case.fresh);
        self.accept(case, arrival, source, waived).await?;
        let operation = case.operation.as_deref().map_err(Clone::clone)?;
        self.read_changes(&case.entry, operation, fresh, waived).await
    }

    /// What can be said without looking at a document.
    async fn accept(
        &mut self,
        Case { entry, operation, .. }: &Case,
        arrival: Arrival,
        source: Source,
        waived: Option<&str>,
    ) -> Result<()> {
        let forged = |detail| Refusal::new(codes::FORGED).with("detail", detail);
        let other = source.person.is_some_and(|it| it != entry.person);
        if (entry.device != source.device || other)
            && !roundsman_core::planted!("person of an entry not checked")
        {
            return Err(forged("person").into());
        }
        let operation = operation.as_deref().map_err(Clone::clone)?;
        if operation.acts_as().is_some_and(|it| it != entry.person) {
            return Err(forged("author").into());
        }
        let member = self.facts.member(self.db, entry.person).await?;
        let member = member.ok_or_else(|| forged("person"))?;
        if operation.acts_for().is_some() && !may_take_for_others(member.role) {
            return Err(forged("rep").into());
        }
        if entry.rests_on.iter().any(|base| *base >= entry.n) {
            return Err(change::malformed("it rests on what came later").into());
        }
        if let Some(replaced) = entry.replaces {
            self.may_replace(entry, replaced).await?;
        }
        let held = quarantine::first_held(&mut *self.db, entry.device, &entry.rests_on).await?;
        if let Some(n) = held
            && !roundsman_core::planted!("dependants of a quarantined entry admitted")
        {
            return Err(Refusal::new(codes::RESTS_ON_QUARANTINED).with("n", n).into());
        }
        if waives_access(waived) {
            return Ok(());
        }
        if source.revoked_at.is_some_and(|at| arrival.at >= at) {
            return Err(Refusal::new(codes::DEVICE_REVOKED).into());
        }
        if !may(&member, entry, arrival) {
            let ended = Refusal::new(codes::ACCESS_ENDED).with("operation", &entry.operation);
            return Err(ended.into());
        }
        Ok(())
    }

    /// Takes the place only of an entry that is not in: otherwise one thing would be done twice.
    async fn may_replace(&mut self, entry: &Entry, replaced: u64) -> Result<()> {
        if replaced >= entry.n {
            return Err(change::malformed("it replaces what came later").into());
        }
        if quarantine::is_held(&mut *self.db, entry.device, replaced).await? {
            return Ok(());
        }
        Err(Refusal::new(codes::SUPERSEDED).with("n", replaced).into())
    }

    /// Whether another device recorded the same again and that was admitted: a phone whose storage
    /// was set back to before it went on as that one.
    async fn is_done(&mut self, entry: &Entry) -> Result<bool> {
        let deed = Deed::new(entry.at, &entry.operation, entry.person);
        for it in &entry.changes {
            self.load(it.item).await?;
            let open = self.open.get(&it.item);
            if !open.is_some_and(|open| Deed::all_of(&open.document).contains_key(&deed)) {
                return Ok(false);
            }
        }
        Ok(!entry.changes.is_empty())
    }

    /// Reads the entry's changes: one in each document that the operation touches, and no other.
    async fn read_changes(
        &mut self,
        entry: &Entry,
        operation: &dyn Operation,
        mut fresh: Fresh,
        waived: Option<&str>,
    ) -> Result<Vec<Admitted>> {
        let declared: BTreeSet<ItemId> = operation.documents().into_iter().collect();
        let touched: BTreeSet<ItemId> = entry.changes.iter().map(|it| it.item).collect();
        let creates = declared.iter().any(|item| operation.creates(*item));
        // An operation that found everything as it wants it has changed nothing.
        let nothing = entry.changes.is_empty() && !creates;
        if (touched != declared && !nothing) || touched.len() != entry.changes.len() {
            return Err(change::malformed("not the documents of the operation").into());
        }
        let mut admitted = Vec::with_capacity(entry.changes.len());
        for it in &entry.changes {
            self.load(it.item).await?;
            let (open, made) = (self.open.get(&it.item), fresh.remove(&it.item));
            admitted.extend(match (open, made) {
                // Nothing of it is here, as when it was read before.
                (None, Some(made)) if waived.is_none() => made?,
                _ => read_change(entry, operation, it.item, &it.bytes, open, waived)?,
            });
        }
        Ok(admitted)
    }

    /// Whether the author may write this document: they see it, or make it for a customer they see.
    async fn may_write(
        &mut self,
        entry: &Entry,
        arrival: Arrival,
        admitted: &Admitted,
    ) -> Result<()> {
        let subject = match (admitted.creates, admitted.typed.customer()) {
            (true, Some(customer)) => ItemId::from(customer),
            // Whoever may make customers makes them in their own territory.
            (true, None) => return Ok(()),
            (false, _) => admitted.item,
        };
        let Some(channels) = self.channels(subject).await? else {
            return Err(Refusal::new(codes::MISSING_DEPENDENCY).with("item", subject).into());
        };
        if channels.contains(&Channel::User(entry.person))
            || roundsman_core::planted!("rights not checked at admission")
        {
            return Ok(());
        }
        let member = self.facts.member(self.db, entry.person).await?;
        if subject.kind != ItemKind::Cart && member.is_some_and(|it| may_use_office(it.role)) {
            return Ok(());
        }
        let at = arrival.recorded(entry);
        let granted = self.facts.granted(self.db, entry.person, (at, arrival.at)).await?;
        if channels.iter().any(|channel| granted.contains(channel)) {
            return Ok(());
        }
        // What was recorded before a customer moved counts for whoever saw it then.
        let customer = match subject.kind {
            ItemKind::Customer => Some(CustomerId(subject.id)),
            _ => admitted.typed.customer(),
        };
        if let Some(customer) = customer
            && visibility::saw(&mut *self.db, entry.person, customer, at).await?
        {
            return Ok(());
        }
        let left = documents::channels_left(&mut *self.db, subject).await?;
        let moved = left.iter().any(|channel| granted.contains(channel));
        let code = if moved { codes::CUSTOMER_MOVED } else { codes::ACCESS_ENDED };
        Err(Refusal::new(code).with("item", subject).into())
    }

    async fn admit(&mut self, entry: &Entry, arrival: Arrival, admitted: Admitted) -> Result<()> {
        let Admitted { item, hash, bytes, document, typed, creates } = admitted;
        let length = bytes.len();
        self.changes.push(NewChange { item, hash, bytes, device: entry.device, n: entry.n });
        if creates {
            let channels = self.settle(entry.person, item, &typed).await?;
            let open = Open::new(document, 0, channels, arrival.at);
            self.open.insert(item, Open { begun: true, ..open });
        } else if let Some(open) = self.open.get_mut(&item) {
            open.document = document;
        }
        // As if the order were put there by a later step that a kill can prevent.
        let later = roundsman_core::planted!("outbox row outside the transaction")
            && entry.n.is_multiple_of(5);
        if item.kind == ItemKind::Order && !later {
            let transition = match revision(entry) {
                Some(revision) => outbox::version(revision.id()),
                None => outbox::SUBMIT.to_owned(),
            };
            self.transitions.push((item, transition));
        }
        if let Some(open) = self.open.get_mut(&item) {
            open.bytes += length;
            open.typed = Some(typed);
            open.changes.push(hash);
        }
        Ok(())
    }

    /// Where a new document can be seen.
    async fn settle(
        &mut self,
        author: PersonId,
        item: ItemId,
        typed: &Typed,
    ) -> Result<Vec<Channel>> {
        Ok(match typed {
            Typed::Customer(_) => {
                let id = CustomerId(item.id);
                self.facts.forget(id);
                let territory =
                    new_customer::assign(self.db, self.commit, id, author, self.now).await?;
                visibility::of_customer(territory)
            }
            Typed::Cart(_) => visibility::of_cart(author),
            Typed::Visit(visit) => self.of_work(visit.begun.customer, visit.begun.rep).await?,
            Typed::Order(order) => self.of_work(order.content.customer, order.content.rep).await?,
        })
    }

    async fn of_work(&mut self, customer: CustomerId, author: PersonId) -> Result<Vec<Channel>> {
        let territory = self.facts.territory(self.db, customer).await?;
        Ok(visibility::of_work(territory, author))
    }

    /// Stores every document that changed, projects it and tells its channels.
    pub(crate) async fn close(self) -> Result<()> {
        documents::add_changes(self.db, &self.changes).await?;
        outbox::add(self.db, &self.transitions, self.now).await?;
        let changed: Vec<_> =
            self.open.into_iter().filter(|(_, open)| !open.changes.is_empty()).collect();
        let saved: Vec<_> = changed.iter().map(|(item, open)| open.save(*item)).collect();
        documents::put(self.db, &saved).await?;
        let (mut orders, mut merged) = (Vec::new(), BTreeMap::new());
        for (item, open) in &changed {
            match &open.typed {
                Some(Typed::Customer(it)) => {
                    merged.extend(projection::customer(self.db, CustomerId(item.id), it).await?);
                }
                Some(Typed::Visit(it)) => {
                    projection::visit(self.db, VisitId(item.id), it, self.now).await?
                }
                Some(Typed::Order(it)) => orders.push((it.as_ref(), open.arrived_at)),
                Some(Typed::Cart(_)) | None => {}
            }
        }
        projection::orders(self.db, &orders, self.now).await?;
        let known = changed.iter().filter(|(_, open)| !open.begun).map(|(item, _)| *item);
        closing::reopen(self.db, self.commit, known).await?;
        let published: Vec<_> = changed
            .iter()
            .zip(&saved)
            .map(|((item, open), saved)| Published {
                item: *item,
                heads: &saved.heads,
                channels: &open.channels,
                changes: &open.changes,
            })
            .collect();
        self.commit.publish_documents(self.db, &published).await?;
        master::follow_merges(self.db, self.commit, &merged, self.now).await
    }

    /// The channels of a document that exists.
    async fn channels(&mut self, item: ItemId) -> Result<Option<Vec<Channel>>> {
        if let Some(open) = self.open.get(&item) {
            return Ok(Some(open.channels.clone()));
        }
        self.facts.channels(self.db, item).await
    }

    async fn load(&mut self, item: ItemId) -> Result<()> {
        if self.open.contains_key(&item) {
            return Ok(());
        }
        let Some(snapshot) = self.facts.snapshot(self.db, item).await? else { return Ok(()) };
        let document = Automerge::load(&snapshot)
            .map_err(|error| Error::Corrupt(format!("{item}: {error}")))?;
        let channels = self.facts.channels(self.db, item).await?.unwrap_or_default();
        self.open.insert(item, Open::new(document, snapshot.len(), channels, self.now));
        Ok(())
    }
}

impl Open {
    fn new(
        document: Automerge,
        bytes: usize,
        channels: Vec<Channel>,
        arrived_at: Timestamp,
    ) -> Self {
        let (typed, changes) = (None, Vec::new());
        Self { document, bytes, channels, typed, changes, arrived_at, begun: false }
    }
}

impl Open {
    /// As it is stored.
    fn save(&self, item: ItemId) -> Saved {
        let mut heads: Vec<[u8; 32]> = self.document.get_heads().iter().map(|it| it.0).collect();
        heads.sort_unstable();
        if roundsman_core::planted!("unsorted heads") {
            heads.reverse();
        }
        // Pages are compressed as a whole, which does better on what is not deflated yet.
        Saved { item, heads, snapshot: self.document.save_nocompress() }
    }
}

impl Typed {
    fn read(kind: ItemKind, document: &Automerge) -> Result<Self, Refusal> {
        Ok(match kind {
            ItemKind::Customer => Self::Customer(Box::new(customer::read(document)?)),
            ItemKind::Visit => Self::Visit(Box::new(visit::read(document)?)),
            ItemKind::Cart => Self::Cart(Box::new(cart::read(document)?)),
            ItemKind::Order => Self::Order(Box::new(order::read(document)?)),
            _ => return Err(change::malformed("not a document")),
        })
    }

    /// The customer it is about, unless it is one.
    fn customer(&self) -> Option<CustomerId> {
        match self {
            Self::Customer(_) => None,
            Self::Visit(visit) => Some(visit.begun.customer),
            Self::Cart(cart) => Some(cart.customer),
            Self::Order(order) => Some(order.content.customer),
        }
    }
}

/// Judges one change. None: it was admitted before.
fn read_change(
    entry: &Entry,
    operation: &dyn Operation,
    item: ItemId,
    bytes: &[u8],
    open: Option<&Open>,
    waived: Option<&str>,
) -> Result<Option<Admitted>, Refusal> {
    let made = change::read(bytes, entry, operation)?;
    let hash = made.hash();
    let empty = Automerge::new();
    let current = open.map_or(&empty, |open| &open.document);
    if current.get_change_meta_by_hash(&hash).is_some() {
        return Ok(None);
    }
    if open.map_or(0, |open| open.bytes) + bytes.len() > DOCUMENT_BYTES_MAX {
        return Err(Refusal::new(codes::TOO_LARGE).with("item", item));
    }
    let creates = operation.creates(item);
    let before = if creates { current.clone() } else { change::before(current, &made)? };
    if creates && (!made.deps().is_empty() || made.start_op().get() != 1) {
        return Err(change::malformed("a new document depends on nothing"));
    }
    match change::guarded(|| check(operation, item, &before, current, &made)) {
        Err(refusal) if waived != Some(refusal.code.as_str()) => return Err(refusal),
        _ => {}
    }
    let document = change::apply(current.clone(), made)?;
    let typed = change::guarded(|| Typed::read(item.kind, &document))?;
    let bytes = bytes.to_vec();
    Ok(Some(Admitted { item, hash: hash.0, bytes, document, typed, creates }))
}

/// What a document says once it is made must be what the operation's arguments say.
fn says_what_it_did(entry: &Entry, admitted: &[Admitted]) -> Result<(), Refusal> {
    for made in admitted.iter().filter(|it| it.creates || it.item.kind == ItemKind::Order) {
        let same = match &made.typed {
            Typed::Order(order) if !made.creates => {
                revision(entry).is_some_and(|revision| order.revisions.contains(&revision))
            }
            Typed::Order(order) => minicbor::decode::<order::Submit>(&entry.args)
                .is_ok_and(|submit| submit.signed == order.content),
            Typed::Visit(visit) => minicbor::decode::<visit::CheckIn>(&entry.args)
                .is_ok_and(|check_in| check_in.begun == visit.begun),
            Typed::Cart(cart) => minicbor::decode::<cart::SetLine>(&entry.args)
                .is_ok_and(|line| line.begin_for == Some(cart.customer)),
            Typed::Customer(_) => true,
        };
        if !same {
            return Err(Refusal::new(codes::FORGED).with("detail", "arguments"));
        }
    }
    Ok(())
}

/// The version that an entry adds to an order.
fn revision(entry: &Entry) -> Option<order::Revision> {
    match entry.operation.as_str() {
        "order.amend" => Some(minicbor::decode::<order::Amend>(&entry.args).ok()?.revision),
        "order.cancel" => Some(minicbor::decode::<order::Cancel>(&entry.args).ok()?.revision),
        _ => None,
    }
}

fn may(member: &Member, entry: &Entry, arrival: Arrival) -> bool {
    let at = arrival.recorded(entry);
    may_record(member.role, &entry.operation) && member.disabled_at.is_none_or(|end| at < end)
}

/// Who lets an entry in although its author or device was shut out decides about all of that.
pub(super) fn waives_access(waived: Option<&str>) -> bool {
    matches!(waived, Some(codes::ACCESS_ENDED | codes::CUSTOMER_MOVED | codes::DEVICE_REVOKED))
}
