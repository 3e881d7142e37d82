//! The server process as a device: what people do in the console, and what imports bring in, is
//! recorded like everything else, in a journal of its own.

mod amendments;
mod orders;

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use automerge::Automerge;
use roundsman_core::access::may_record;
use roundsman_core::documents::{Operation, Request, Stamp, actor_of, customer, execute};
use roundsman_core::error::{Refusal, Result as Refused, codes};
use roundsman_core::id::{CustomerId, DeviceId, ItemId, PersonId, TerritoryId};
use roundsman_core::records::Assignment;
use roundsman_core::sync::{Entry, EntryChange, Head, hash};
use roundsman_core::time::{Hlc, Timestamp};
use roundsman_store::devices::{self, Device};
use roundsman_store::{
    Commit, Error as StoreError, Result as StoreResult, SqliteConnection, Store, documents,
    journal, people, visibility,
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::clock::Clock;
use crate::error::Result;
use crate::hub::{Arrival, Case, Docket, Source, open_account};

pub use amendments::{Amended, Change};
pub use orders::{Asked, Taken};

/// Requests of one commit; others wait for it.
const GROUP_MAX: usize = 100;

/// Records what people do without a phone.
#[derive(Clone)]
pub struct Desk {
    store: Store,
    clock: Clock,
    device: DeviceId,
    /// Whose; none: the server's.
    owner: Option<PersonId>,
    time: Arc<Mutex<Hlc>>,
    /// How many orders it has numbered.
    orders: Arc<AtomicU64>,
}

/// One thing that somebody did, and when.
pub(crate) type Done = (Timestamp, Box<dyn Operation>);

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Recorded {
    /// The document.
    pub id: Uuid,
}

impl Desk {
    /// A fresh device for this process, enrolled when it first records something. What an earlier
    /// one recorded is never gone on with, so two that run at once cannot write the same entry.
    #[must_use]
    pub fn new(store: Store, clock: Clock) -> Self {
        let device = DeviceId(clock.new_id());
        Self { store, clock, device, owner: None, time: Arc::default(), orders: Arc::default() }
    }

    /// The phone of somebody in a company that is made up, and its code. Nobody can go on with it.
    ///
    /// # Errors
    /// When the database refuses.
    pub(crate) async fn of(store: Store, clock: Clock, owner: PersonId) -> Result<(Self, String)> {
        let phone = Self { owner: Some(owner), ..Self::new(store, clock) };
        let enrolling = phone.clone();
        let enrolled = phone.store.write.run(move |db, commit| {
            Box::pin(async move {
                let now = enrolling.clock.now();
                let code = enrolling.enrol(db, now).await?;
                people::publish(db, commit, owner, now).await?;
                Ok(code)
            })
        });
        let code = enrolled.await?;
        Ok((phone, code))
    }

    /// The device.
    pub(crate) fn device(&self) -> DeviceId {
        self.device
    }

    /// Records what a person asked for.
    ///
    /// # Errors
    /// Why it was not: then nothing of it was stored.
    pub async fn run(&self, person: PersonId, request: Request) -> Result<Recorded> {
        let recorded = self.record(person, vec![request]).await?;
        Ok(recorded.into_iter().next().ok_or_else(|| Refusal::new(codes::INTERNAL))?)
    }

    /// Records many things, a hundred in a commit.
    ///
    /// # Errors
    /// At the first that is refused; earlier hundreds stay recorded.
    pub async fn run_all(&self, person: PersonId, requests: Vec<Request>) -> Result<Vec<Recorded>> {
        let mut recorded = Vec::with_capacity(requests.len());
        let mut requests = requests.into_iter().peekable();
        while requests.peek().is_some() {
            let group = requests.by_ref().take(GROUP_MAX).collect();
            recorded.extend(self.record(person, group).await?);
        }
        Ok(recorded)
    }

    /// Records in one commit what somebody did before now, in its order.
    ///
    /// # Errors
    /// Why something of it was refused: then nothing of it was stored.
    pub(crate) async fn record_past(&self, person: PersonId, done: Vec<Done>) -> Result<()> {
        let desk = self.clone();
        let recorded = self.store.write.run(move |db, commit| {
            Box::pin(async move { desk.record_in(db, commit, person, done).await })
        });
        Ok(recorded.await?)
    }

    /// Records a customer that nobody had entered yet, and gives it to whoever looks after it: both
    /// or nothing.
    ///
    /// # Errors
    /// Why it was not.
    pub async fn add_customer(
        &self,
        person: PersonId,
        fields: BTreeMap<String, String>,
        (territory, account_manager): (TerritoryId, PersonId),
    ) -> Result<Recorded> {
        let (desk, now) = (self.clone(), self.clock.now());
        let request = Request::CustomerCreate { fields, place: None };
        let (id, operation) = operation(request, || self.clock.new_id())?;
        let added = self.store.write.run(move |db, commit| {
            Box::pin(async move {
                desk.record_in(db, commit, person, vec![(now, operation)]).await?;
                let customer = CustomerId(id);
                let assignment =
                    Assignment { customer, territory, account_manager, visit_every_days: 0 };
                open_account(db, commit, &assignment, now).await
            })
        });
        added.await?;
        Ok(Recorded { id })
    }

    /// Records several things that belong together, in one commit.
    ///
    /// # Errors
    /// Why one of them was refused: then nothing of them was stored.
    pub async fn record(&self, person: PersonId, requests: Vec<Request>) -> Result<Vec<Recorded>> {
        let now = self.clock.now();
        let (mut recorded, mut done) = (Vec::new(), Vec::<Done>::new());
        for request in requests {
            let (id, operation) = operation(request, || self.clock.new_id())?;
            recorded.push(Recorded { id });
            done.push((now, operation));
        }
        self.record_past(person, done).await?;
        Ok(recorded)
    }

    /// Records in a commit together with what else belongs to it.
    pub(crate) async fn record_in(
        &self,
        db: &mut SqliteConnection,
        commit: &mut Commit,
        person: PersonId,
        done: Vec<Done>,
    ) -> StoreResult<()> {
        let now = self.clock.now();
        let source = Source { device: self.device, person: self.owner, revoked_at: None };
        self.enrol(db, now).await?;
        let member = visibility::member(&mut *db, person).await?;
        let after = journal::position(&mut *db, self.device).await?.head;
        let mut entries: Vec<(Head, Entry, Vec<u8>)> = Vec::with_capacity(done.len());
        let mut docket = Docket::new(db, commit, now);
        for (at, operation) in done {
            // A phone's entry would wait for the office; whoever is there is told at once.
            if !member.as_ref().is_some_and(|it| may_record(it.role, operation.name())) {
                return Err(Refusal::new(codes::ACCESS_ENDED).into());
            }
            let head = entries.last().map_or(after, |(head, _, _)| *head);
            let entry = self.entry(&mut docket, operation.as_ref(), person, head, at).await?;
            // Nothing is recorded of what changes nothing.
            if entry.changes.is_empty() {
                continue;
            }
            let mut case = Case::read(entry);
            let arrival = Arrival { at: now, clock_off_ms: 0 };
            docket.judge(&mut case, arrival, source, None).await?;
            let (bytes, entry) = (case.entry.to_bytes(), case.entry);
            entries.push((Head { n: entry.n, hash: hash(&bytes) }, entry, bytes));
        }
        docket.close().await?;
        let head = journal::append(db, self.device, after, &entries, &[], now).await?;
        journal::judged(db, self.device, head.n).await
    }

    async fn enrol(&self, db: &mut SqliteConnection, now: Timestamp) -> StoreResult<String> {
        if let Some(known) = devices::find(&mut *db, self.device).await? {
            return Ok(known.code);
        }
        let code = match self.owner {
            Some(_) => devices::free_code(db, &mut self.clock.clone()).await?,
            None => devices::office_code(db).await?,
        };
        let device = Device {
            id: self.device,
            person: self.owner,
            code: code.clone(),
            // Nobody has the other half of this key: nothing outside can speak for this device.
            public_key: self.clock.random(),
            revoked: false,
            lease_share: self.clock.random(),
            lease_until: now,
        };
        devices::add(db, &device, now).await?;
        Ok(code)
    }

    /// Runs the operation on the documents as they are.
    async fn entry(
        &self,
        docket: &mut Docket<'_>,
        operation: &dyn Operation,
        person: PersonId,
        head: Head,
        now: Timestamp,
    ) -> StoreResult<Entry> {
        let mut documents = Vec::new();
        for item in operation.documents() {
            documents.push((item, docket.document(item).await?));
        }
        let at = self.tick(documents.iter().filter_map(|(_, it)| it.as_ref()), now);
        let stamp = Stamp { at, by: person, device: self.device };
        let made = execute(operation, &actor_of(self.device, 0), stamp, &mut |item| {
            Ok(documents.iter().find(|(id, _)| *id == item).and_then(|(_, it)| it.clone()))
        })?;
        let changes = made.into_iter().map(|it| EntryChange { item: it.item, bytes: it.change });
        Ok(Entry {
            n: head.n + 1,
            previous: head.hash,
            device: self.device,
            person,
            at,
            offset_minutes: self.clock.offset_minutes(),
            operation: operation.name().to_owned(),
            version: operation.version(),
            args: operation.args(),
            changes: changes.collect(),
            rests_on: Vec::new(),
            replaces: None,
        })
    }

    /// A time after everything these documents have seen.
    fn tick<'d>(&self, documents: impl Iterator<Item = &'d Automerge>, now: Timestamp) -> Hlc {
        let mut time = self.time.lock().unwrap_or_else(PoisonError::into_inner);
        for document in documents {
            for head in document.get_heads() {
                let meta = document.get_change_meta_by_hash(&head);
                *time = meta.map_or(*time, |meta| time.observe(Hlc(meta.timestamp), now));
            }
        }
        *time = time.tick(now);
        *time
    }
}

/// A document as it is here.
async fn stored(db: &mut SqliteConnection, item: impl Into<ItemId>) -> StoreResult<Automerge> {
    let item = item.into();
    let snapshot = documents::snapshot(db, item).await?;
    let snapshot = snapshot.ok_or_else(|| Refusal::new(codes::NOT_FOUND).with("item", item))?;
    Automerge::load(&snapshot).map_err(|error| StoreError::Corrupt(format!("{item}: {error}")))
}

/// The operation a request asks for, and the document it is about.
fn operation(
    request: Request,
    mut new_id: impl FnMut() -> Uuid,
) -> Refused<(Uuid, Box<dyn Operation>)> {
    Ok(match request {
        Request::CustomerCreate { fields, place } => {
            let customer = CustomerId(new_id());
            about(customer, customer::Create { customer, fields, place })
        }
        Request::CustomerEdit { customer, fields } => {
            about(customer, customer::EditFields { customer, fields })
        }
        Request::CustomerChoose { customer, field, value } => {
            about(customer, customer::Choose { customer, field, value })
        }
        Request::CustomerSaveContact { customer, contact, name, role, phone, email } => {
            let contact = contact.unwrap_or_else(|| new_id().into());
            about(customer, customer::SaveContact { customer, contact, name, role, phone, email })
        }
        Request::CustomerRemoveContact { customer, contact } => {
            about(customer, customer::RemoveContact { customer, contact })
        }
        Request::CustomerSetActive { customer, active } => {
            about(customer, customer::SetActive { customer, active })
        }
        Request::CustomerMerge { customer, into } => {
            about(customer, customer::Merge { customer, into })
        }
        Request::CustomerUnmerge { customer } => about(customer, customer::Unmerge { customer }),
        // Visits and carts are a rep's, and made on a phone; orders have a form of their own.
        _ => return Err(Refusal::new(codes::INVALID).with("field", "operation")),
    })
}

fn about(customer: CustomerId, operation: impl Operation + 'static) -> (Uuid, Box<dyn Operation>) {
    (customer.0, Box::new(operation))
}
