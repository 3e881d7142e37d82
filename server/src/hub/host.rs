//! One line's session with everything it needs of the server: frames in, frames out.
//!
//! [`super::socket`] carries the frames; a simulated network can do so as well.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::body::Bytes;
use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::PersonId;
use roundsman_core::sync::hub::{Divergence, Effect, Event, Mending, Session, Span};
use roundsman_core::sync::{
    BATCH_BYTES, Channel, ChannelHead, Denied, Entry, Fetch, FromHub, Head, Hello, Offer, RangeReq,
    encode_hub,
};
use roundsman_store::{Commit, clock, devices, divergences, feed_read, journal, ranges};

use super::compress::{Compression, encode_large};
use super::lines::Line;
use super::pages::Pages;
use super::{greeting, restored};
use crate::app::App;
use crate::error::{Error, Result};

/// What the owner of the line has to do.
#[derive(Debug, Default)]
pub struct Todo {
    /// Frames to send, in this order.
    pub frames: Vec<Bytes>,
    /// Whether the line ends after them.
    pub close: bool,
}

/// What hosts one session.
pub struct Host {
    app: Arc<App>,
    session: Session,
    line: Line,
    /// Set once the token was good.
    person: Option<PersonId>,
    /// Who uses the device, whatever its token.
    owner: Option<PersonId>,
    /// What the device showed at last.
    hello: Option<Hello>,
    /// What it said it had recorded, until that is written down.
    reported: Option<u64>,
    /// Whether it was told to delete everything.
    wiping: bool,
    /// Whether only the journal is taken, since the device or its person was shut out.
    shut_out: bool,
    channels: Vec<ChannelHead>,
    /// The page to read next. Frames go first, so that a long catch-up never holds up a journal.
    page: Option<Span>,
    pages: Pages,
    compression: Compression,
}

impl Host {
    /// A line on which nothing was said yet; none when there are too many.
    #[must_use]
    pub fn open(app: Arc<App>) -> Option<Self> {
        let line = app.hub.lines.open()?;
        let session = Session::new(app.identity.key().clone(), app.clock.now());
        let pages = Pages::after(app.store.write.seen_at_most());
        Some(Self {
            app,
            session,
            line,
            person: None,
            owner: None,
            hello: None,
            reported: None,
            wiping: false,
            shut_out: false,
            channels: Vec::new(),
            page: None,
            pages,
            compression: Compression::Alone,
        })
    }

    /// Whether the device has said who it is.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.line.device().is_some()
    }

    /// Ends when the same device opened another line.
    #[must_use]
    pub fn replaced(&self) -> tokio_util::sync::CancellationToken {
        self.line.replaced.clone()
    }

    /// Whether a page of a channel is to be read and sent.
    #[must_use]
    pub fn has_page(&self) -> bool {
        self.page.is_some()
    }

    /// Takes in a frame.
    pub async fn receive(&mut self, frame: Vec<u8>) -> Todo {
        self.app.metrics.bytes_in.inc_by(frame.len() as u64);
        self.happened(Event::Frame(frame)).await
    }

    /// Reads the next page.
    pub async fn read_page(&mut self) -> Todo {
        let Some(span) = self.page.take() else { return Todo::default() };
        let Some(device) = self.session.device() else { return Todo::default() };
        let event = match self
            .pages
            .read(&self.app, span, (device, self.person), self.session.pruned())
            .await
        {
            Ok(batch) => Event::Page(span.channel, batch),
            Err(error) => Event::Refused(refusal_of(error)),
        };
        self.happened(event).await
    }

    /// A commit may have moved channels of this line, or changed its rights.
    pub async fn committed(&mut self, commit: &Commit) -> Todo {
        if self.owner.is_some_and(|owner| commit.rights.contains(&owner)) {
            return match self.look_again().await {
                Ok(todo) => todo,
                Err(error) => self.refuse(refusal_of(error)).await,
            };
        }
        let heads = commit.heads().filter(|(channel, _)| self.session.follows(*channel));
        let events = heads.map(|(channel, seq)| Event::Committed(channel, seq.unsigned_abs()));
        self.all_happened(events.collect()).await
    }

    /// Commits were missed or rights changed: any channel may have come, gone or moved.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn look_again(&mut self) -> Result<Todo> {
        let mut todo = self.check_rights().await?;
        let channels: Vec<Channel> = self.channels.iter().map(|head| head.channel).collect();
        let mut db = self.app.store.read.acquire().await.map_err(Error::internal)?;
        let heads = feed_read::heads(&mut db, &channels).await?;
        drop(db);
        let events = heads.into_iter().map(|head| Event::Committed(head.channel, head.seq));
        let more = self.all_happened(events.collect()).await;
        todo.frames.extend(more.frames);
        todo.close |= more.close;
        Ok(todo)
    }

    /// Time passes.
    pub async fn tick(&mut self) -> Todo {
        self.note_report().await;
        self.compression.tick();
        self.happened(Event::Tick).await
    }

    /// The line is over: what was heard on it last is written down.
    pub async fn ended(&mut self) {
        self.note_report().await;
    }

    /// Takes everything from a device that was shut out but its journal, and follows grants that
    /// began or ended.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn check_rights(&mut self) -> Result<Todo> {
        let (Some(device), Some(owner)) = (self.session.device(), self.owner) else {
            return Ok(Todo::default());
        };
        let app = self.app.clone();
        let standing = devices::standing(&app.store.read, device).await?;
        let wiped = standing.wipe_ordered_at.is_some();
        let ended = greeting::ended(&app, owner, &standing).await?.is_some();
        if ended && (self.person.is_some() || (wiped && !self.wiping)) {
            let Some(hello) = self.hello.clone() else { return Ok(Todo::default()) };
            let event = self.authenticate(&hello).await;
            return Ok(self.happened(event).await);
        }
        if self.shut_out && !ended {
            // Let in again: it says hello anew, with what it has by now.
            return Ok(Todo { frames: vec![], close: true });
        }
        let Some(person) = self.person else { return Ok(Todo::default()) };
        let heads = greeting::heads(&app, person, device).await?;
        let names = |heads: &[ChannelHead]| heads.iter().map(|it| it.channel).collect::<Vec<_>>();
        if names(&heads) == names(&self.channels)
            || roundsman_core::planted!("grants looked up only at hello")
        {
            return Ok(Todo::default());
        }
        self.channels.clone_from(&heads);
        Ok(self.happened(Event::Granted(heads)).await)
    }

    /// Ends the line with a reason.
    pub async fn refuse(&mut self, refusal: Refusal) -> Todo {
        self.happened(Event::Refused(refusal)).await
    }

    async fn happened(&mut self, event: Event) -> Todo {
        self.all_happened(VecDeque::from([event])).await
    }

    /// Tells the session what happened and carries out everything that follows.
    async fn all_happened(&mut self, mut events: VecDeque<Event>) -> Todo {
        let mut todo = Todo::default();
        while let Some(event) = events.pop_front() {
            let effects = self.session.handle(event, self.app.clock.now());
            self.take_over(&effects);
            for effect in effects {
                events.extend(self.carry_out(effect, &mut todo).await);
            }
            if todo.close {
                break;
            }
        }
        todo
    }

    /// Only a device whose signature was good takes over from its older line.
    fn take_over(&mut self, effects: &[Effect]) {
        let asks = |effect: &Effect| matches!(effect, Effect::Authenticate(_) | Effect::Close);
        if let (None, Some(device)) = (self.line.device(), self.session.device())
            && !effects.iter().any(asks)
        {
            self.line.belongs_to(device);
        }
    }

    async fn carry_out(&mut self, effect: Effect, todo: &mut Todo) -> Option<Event> {
        match effect {
            Effect::Send(frame) => todo.frames.push(frame.into()),
            Effect::SendBatch(batch) => {
                self.app.metrics.batches.inc();
                let shared = self.pages.frame.take();
                let places = &self.app.hub.histories;
                let encode = || self.compression.frame(&FromHub::Batch(batch), places);
                todo.frames.push(shared.unwrap_or_else(encode));
            }
            Effect::SendLarge(message) => todo.frames.push(encode_large(&message).into()),
            Effect::Authenticate(hello) => return Some(self.authenticate(&hello).await),
            Effect::Store { after, entries, signature } => {
                return Some(self.store(after, entries, signature).await);
            }
            Effect::KeepOffer(offer) => return self.keep_offer(offer).await,
            Effect::ReadFeed(span) => self.page = Some(span),
            Effect::Compare(asked) => return Some(self.compare(asked).await),
            Effect::ReadItems(asked) => return Some(self.read_items(&asked).await),
            Effect::Report(divergence) => self.report(divergence).await,
            Effect::Reported(n) => self.reported = Some(n),
            Effect::Wiped => self.wiped().await,
            Effect::Close => todo.close = true,
        }
        None
    }

    /// Writes down what the device said it had recorded.
    async fn note_report(&mut self) {
        let (Some(n), Some(device)) = (self.reported.take(), self.session.device()) else { return };
        let now = self.app.clock.now();
        let noted =
            self.app.store.write.run(move |db, _| {
                Box::pin(async move { devices::reported(db, device, n, now).await })
            });
        if let Err(error) = noted.await {
            tracing::error!(%device, %error, "what a device reported could not be noted");
        }
    }

    async fn wiped(&mut self) {
        let Some(device) = self.session.device() else { return };
        let now = self.app.clock.now();
        let noted = self.app.store.write.run(move |db, commit| {
            Box::pin(async move { devices::wiped(db, commit, device, now).await })
        });
        match noted.await {
            Ok(()) => tracing::info!(%device, "a device deleted everything"),
            Err(error) => tracing::error!(%device, %error, "a wiped device could not be noted"),
        }
    }

    async fn authenticate(&mut self, hello: &Hello) -> Event {
        match greeting::known(&self.app, hello, self.owner.is_none()).await {
            Ok((owner, known)) => {
                if self.owner.is_none() {
                    self.compression = Compression::new(hello.history == Some(true));
                }
                self.owner = Some(owner);
                self.hello = Some(hello.clone());
                self.wiping = known.wipe_ordered_at.is_some();
                let code = known.refusal.as_ref().map(|it| it.code.as_str());
                self.shut_out = matches!(code, Some(codes::ACCOUNT_ENDED | codes::DEVICE_REVOKED));
                self.person = known.person;
                self.channels.clone_from(&known.channels);
                Event::Known(Box::new(known))
            }
            Err(error) => Event::Refused(refusal_of(error)),
        }
    }

    async fn store(
        &mut self,
        after: Head,
        entries: Vec<(Head, Entry, Vec<u8>)>,
        signature: Vec<u8>,
    ) -> Event {
        let Some(device) = self.session.device() else { return Event::Tick };
        if let Some(retry_after_ms) = self.app.hub.too_busy() {
            self.app.metrics.throttled.inc();
            return Event::Busy { retry_after_ms };
        }
        let (now, reported) = (self.app.clock.now(), self.reported.take());
        let count = entries.len() as u64;
        let clock = self.session.clock();
        let last = entries.last().map_or(after, |(head, _, _)| *head);
        let stored = self.app.store.write.run(move |db, _| {
            Box::pin(async move {
                if let Some(n) = reported {
                    devices::reported(db, device, n, now).await?;
                }
                let head = journal::append(db, device, after, &entries, &signature, now).await?;
                let off = |(_, entry, _): &(Head, Entry, Vec<u8>)| {
                    clock.suspects(entry, now).map(|off_ms| (entry.n, off_ms))
                };
                let suspects: Vec<_> = entries.iter().filter_map(off).collect();
                clock::note(db, device, &suspects).await?;
                Ok(head)
            })
        });
        match stored.await {
            Ok(head) => {
                self.app.hub.stored(device, count);
                self.app.metrics.receipts.inc();
                Event::Stored { head, at: now }
            }
            Err(_) if roundsman_core::planted!("receipt for what failed to be stored") => {
                Event::Stored { head: last, at: now }
            }
            Err(error) => Event::Refused(refusal_of(error.into())),
        }
    }
}

impl Host {
    async fn compare(&mut self, asked: RangeReq) -> Event {
        match ranges::compare(&self.app.store.read, &asked, 2 * BATCH_BYTES).await {
            Ok(found) => Event::Compared(asked, found),
            Err(error) => Event::Refused(refusal_of(error.into())),
        }
    }

    async fn read_items(&mut self, asked: &Fetch) -> Event {
        let channels: Vec<Channel> = self.channels.iter().map(|head| head.channel).collect();
        let found = ranges::fetch(&self.app.store.read, asked, &channels, BATCH_BYTES).await;
        self.pages.saw(self.app.store.write.seen_at_most());
        match found {
            Ok(found) => Event::Items(found),
            Err(error) => Event::Refused(refusal_of(error.into())),
        }
    }

    /// Keeps for the office that a device held something else. The repair goes on whether or not
    /// it can be kept.
    async fn report(&mut self, divergence: Divergence) {
        let Some(device) = self.session.device() else { return };
        let metrics = &self.app.metrics;
        match divergence.state {
            Mending::Begun => drop(metrics.divergences.inc()),
            Mending::Repaired | Mending::StartedOver => {
                metrics.repaired.inc_by(divergence.items);
            }
        }
        let (channel, items) = (divergence.channel, divergence.items);
        let state = divergence.state.code();
        tracing::warn!(%device, %channel, items, state, "a device differs from what it was sent");
        let now = self.app.clock.now();
        let kept = self.app.store.write.run(move |db, _| {
            Box::pin(async move { divergences::report(db, device, divergence, now).await })
        });
        if let Err(error) = kept.await {
            tracing::error!(%device, %error, "a divergence could not be noted");
        }
    }

    /// Keeps what the device gives back; answered when it was the last of it.
    async fn keep_offer(&mut self, offer: Offer) -> Option<Event> {
        let (device, last) = (self.session.device()?, offer.last);
        match restored::keep_offer(&self.app, device, offer).await {
            Ok(epoch) => last.then_some(Event::Offered(epoch)),
            Err(error) => Some(Event::Refused(refusal_of(error))),
        }
    }
}

/// The last word on a line that the session did not hear of: the frame could not be read.
pub(super) fn denied(refusal: Refusal) -> Todo {
    let denied = Denied { refusal: refusal.into(), answers: 0, retry_after_ms: None };
    Todo { frames: vec![encode_hub(&FromHub::Denied(denied)).into()], close: true }
}

/// What a device is told of an error; the log says the rest.
fn refusal_of(error: Error) -> Refusal {
    match error {
        Error::Refused(refusal) => refusal,
        Error::Internal(error) => {
            tracing::error!(%error, "a line failed");
            Refusal::new(codes::INTERNAL)
        }
    }
}
