//! One line: a WebSocket around the core's state machine.

use std::collections::VecDeque;
use std::error::Error as _;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::{IntoResponse as _, Response};
use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::PersonId;
use roundsman_core::sync::hub::{Effect, Event, Session};
use roundsman_core::sync::{
    BATCH_BYTES, Batch, Channel, ChannelHead, Denied, Entry, FRAME_BYTES_MAX, FromHub, Head, Hello,
    compressed, encode_hub,
};
use roundsman_store::feed_read::{self, Span};
use roundsman_store::{Commit, journal, visibility};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tokio_tungstenite::tungstenite;

use super::greeting;
use super::lines::Line;
use crate::app::App;
use crate::error::{Error, Result};

/// The name of protocol version 1 in the upgrade.
const SUBPROTOCOL: &str = "roundsman.1";
/// Thousands of lines are quiet most of the time: their buffers are small.
const READ_BUFFER_BYTES: usize = 4 << 10;
const WRITE_BUFFER_BYTES: usize = 4 << 10;
/// Whoever connects says at once who they are.
const HELLO_TIME_MAX: Duration = Duration::from_secs(5);
/// A frame that is not taken within this time has no reader any more.
const SEND_TIME_MAX: Duration = Duration::from_secs(20);
/// How often a line looks for what no commit tells: silence, and rights that began or ended.
const TICK: Duration = Duration::from_secs(10);
/// Every so many ticks the rights are looked up.
const TICKS_PER_CHECK: u32 = 3;
/// Bodies from this size on are worth compressing.
const COMPRESS_BYTES_MIN: usize = 512;
/// The level at which zstd takes less time than the network.
const ZSTD_LEVEL: i32 = 3;

/// The line ends, with or without a word.
struct Ended;

/// `GET /sync`: a device's line.
pub async fn upgrade(State(app): State<Arc<App>>, socket: WebSocketUpgrade) -> Response {
    let socket = socket
        .protocols([SUBPROTOCOL])
        .max_message_size(FRAME_BYTES_MAX)
        .max_frame_size(FRAME_BYTES_MAX)
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_write_buffer_size(2 * FRAME_BYTES_MAX);
    if socket.selected_protocol().is_none() {
        return Error::from(Refusal::new(codes::UNKNOWN_VERSION).with("version", SUBPROTOCOL))
            .into_response();
    }
    let Some(line) = app.hub.lines.open() else {
        return axum::http::StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    socket.on_upgrade(move |socket| async move { Host::new(app, socket, line).run().await })
}

/// What hosts one session.
struct Host {
    app: Arc<App>,
    socket: WebSocket,
    session: Session,
    line: Line,
    commits: Receiver<Commit>,
    /// Set once the token was good.
    person: Option<PersonId>,
    channels: Vec<ChannelHead>,
    /// The page to read next. Frames go first, so that a long catch-up never holds up a journal.
    page: Option<Span>,
}

impl Host {
    fn new(app: Arc<App>, socket: WebSocket, line: Line) -> Self {
        let session = Session::new(app.identity.key().clone(), app.clock.now());
        // Before anything is read: what commits from here on is either read or told.
        let commits = app.store.write.committed();
        Self { app, socket, session, line, commits, person: None, channels: Vec::new(), page: None }
    }

    async fn run(mut self) {
        // What was said last may not arrive; nothing depends on it.
        if matches!(timeout(HELLO_TIME_MAX, self.frame()).await, Ok(Ok(()))) {
            let _ended = self.serve().await;
        }
        let _closed = timeout(SEND_TIME_MAX, self.socket.send(Message::Close(None))).await;
    }

    async fn serve(&mut self) -> Result<(), Ended> {
        let (stop, replaced) = (self.app.stop.clone(), self.line.replaced.clone());
        let mut ended = pin!(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = replaced.cancelled() => {}
            }
        });
        let mut ticks = interval_at(Instant::now() + TICK, TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut ticked = 0u32;
        loop {
            let pages = self.page.is_some();
            tokio::select! {
                biased;
                () = &mut ended => return Err(Ended),
                message = self.socket.recv() => self.heard(message).await?,
                _ = ticks.tick() => {
                    ticked = ticked.wrapping_add(1);
                    self.tick(ticked).await?;
                }
                () = std::future::ready(()), if pages => self.read_page().await?,
                commit = self.commits.recv() => self.committed(commit).await?,
            }
        }
    }

    /// Waits for one frame.
    async fn frame(&mut self) -> Result<(), Ended> {
        while self.line.device().is_none() {
            let message = self.socket.recv().await;
            self.heard(message).await?;
        }
        Ok(())
    }

    async fn heard(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<(), Ended> {
        match message {
            Some(Ok(Message::Binary(frame))) => self.happened(Event::Frame(frame.into())).await,
            // The socket answers a ping by itself.
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
            Some(Ok(Message::Text(_))) => {
                self.deny(Refusal::new(codes::MALFORMED).with("detail", "text")).await
            }
            Some(Err(error)) if is_too_large(&error) => {
                self.deny(Refusal::new(codes::TOO_LARGE).with("bytes_max", FRAME_BYTES_MAX)).await
            }
            Some(Ok(Message::Close(_)) | Err(_)) | None => Err(Ended),
        }
    }

    async fn deny(&mut self, refusal: Refusal) -> Result<(), Ended> {
        let denied = Denied { refusal: refusal.into(), answers: 0, retry_after_ms: None };
        self.send(encode_hub(&FromHub::Denied(denied))).await?;
        Err(Ended)
    }

    /// Tells the session what happened and carries out everything that follows.
    async fn happened(&mut self, event: Event) -> Result<(), Ended> {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            let effects = self.session.handle(event, self.app.clock.now());
            let closes = effects.iter().any(|effect| matches!(effect, Effect::Close));
            // Only a device whose signature was good takes over from its older line.
            if let (None, Some(device), false, true) =
                (self.line.device(), self.session.device(), closes, !self.asks(&effects))
            {
                self.line.belongs_to(device);
            }
            for effect in effects {
                events.extend(self.carry_out(effect).await?);
            }
        }
        Ok(())
    }

    /// Whether the session still wants to know who this is.
    fn asks(&self, effects: &[Effect]) -> bool {
        effects.iter().any(|effect| matches!(effect, Effect::Authenticate(_)))
    }

    async fn carry_out(&mut self, effect: Effect) -> Result<Option<Event>, Ended> {
        match effect {
            Effect::Send(frame) => self.send(frame).await.map(|()| None),
            Effect::SendBatch(batch) => self.send(encode_batch(batch)).await.map(|()| None),
            Effect::Authenticate(hello) => Ok(Some(self.authenticate(&hello).await)),
            Effect::Store { after, entries } => Ok(Some(self.store(after, entries).await)),
            Effect::ReadFeed { channel, from, since } => {
                self.page = Some(Span { channel, from, since });
                Ok(None)
            }
            Effect::Close => Err(Ended),
        }
    }

    async fn send(&mut self, frame: Vec<u8>) -> Result<(), Ended> {
        if frame.len() > FRAME_BYTES_MAX {
            tracing::error!(bytes = frame.len(), "a page does not fit a frame");
            return Err(Ended);
        }
        match timeout(SEND_TIME_MAX, self.socket.send(Message::Binary(frame.into()))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Ended),
        }
    }

    async fn authenticate(&mut self, hello: &Hello) -> Event {
        match greeting::known(&self.app, hello).await {
            Ok(known) => {
                self.person = known.person;
                self.channels.clone_from(&known.channels);
                Event::Known(Box::new(known))
            }
            Err(error) => Event::Refused(refusal_of(error)),
        }
    }

    async fn store(&mut self, after: Head, entries: Vec<(Head, Entry, Vec<u8>)>) -> Event {
        let Some(device) = self.session.device() else { return Event::Tick };
        let now = self.app.clock.now();
        let stored = self.app.store.write.run(move |db, _| {
            Box::pin(async move { journal::append(db, device, after, &entries, now).await })
        });
        match stored.await {
            Ok(head) => {
                self.app.hub.judge(device);
                Event::Stored { head, at: now }
            }
            Err(error) => Event::Refused(refusal_of(error.into())),
        }
    }

    async fn read_page(&mut self) -> Result<(), Ended> {
        let Some(span) = self.page.take() else { return Ok(()) };
        let Some(device) = self.session.device() else { return Ok(()) };
        let pool = &self.app.store.read;
        match feed_read::batch(pool, span, device, BATCH_BYTES).await {
            Ok(batch) => self.happened(Event::Page(span.channel, batch)).await,
            Err(error) => self.happened(Event::Refused(refusal_of(error.into()))).await,
        }
    }

    async fn committed(&mut self, commit: Result<Commit, RecvError>) -> Result<(), Ended> {
        match commit {
            Ok(commit) => {
                for (channel, seq) in commit.heads() {
                    if self.session.follows(channel) {
                        let event = Event::Committed(channel, seq.unsigned_abs());
                        self.happened(event).await?;
                    }
                }
                Ok(())
            }
            Err(RecvError::Lagged(_)) => self.look_again().await,
            Err(RecvError::Closed) => Err(Ended),
        }
    }

    /// Commits were missed: any channel may have moved.
    async fn look_again(&mut self) -> Result<(), Ended> {
        let channels: Vec<Channel> = self.channels.iter().map(|head| head.channel).collect();
        let Ok(mut db) = self.app.store.read.acquire().await else { return Err(Ended) };
        let Ok(heads) = feed_read::heads(&mut db, &channels).await else { return Err(Ended) };
        drop(db);
        for head in heads {
            self.happened(Event::Committed(head.channel, head.seq)).await?;
        }
        Ok(())
    }

    async fn tick(&mut self, ticked: u32) -> Result<(), Ended> {
        self.happened(Event::Tick).await?;
        if ticked.is_multiple_of(TICKS_PER_CHECK) { self.check_rights().await } else { Ok(()) }
    }

    /// Ends the line of a device that was locked out, and follows grants that began or ended.
    async fn check_rights(&mut self) -> Result<(), Ended> {
        let Some(device) = self.session.device() else { return Ok(()) };
        let app = self.app.clone();
        match app.identity.device(device).await {
            Ok(Some(enrolled)) if !enrolled.revoked => {}
            Ok(_) => return self.refuse(codes::DEVICE_REVOKED).await,
            Err(_) => return Err(Ended),
        }
        let Some(person) = self.person else { return Ok(()) };
        match visibility::member(&app.store.read, person).await {
            Ok(Some(member)) if member.disabled_at.is_none() => {}
            Ok(_) => return self.refuse(codes::SIGN_IN_AGAIN).await,
            Err(_) => return Err(Ended),
        }
        let Ok(heads) = greeting::heads(&app, person, device).await else { return Err(Ended) };
        let names = |heads: &[ChannelHead]| heads.iter().map(|it| it.channel).collect::<Vec<_>>();
        if names(&heads) == names(&self.channels) {
            return Ok(());
        }
        self.channels.clone_from(&heads);
        self.happened(Event::Granted(heads)).await
    }

    async fn refuse(&mut self, code: &str) -> Result<(), Ended> {
        self.happened(Event::Refused(Refusal::new(code))).await
    }
}

/// A batch as a frame, compressed where that pays.
fn encode_batch(batch: Batch) -> Vec<u8> {
    let message = FromHub::Batch(batch);
    let body = message.body();
    if body.len() >= COMPRESS_BYTES_MIN
        && let Ok(size) = u32::try_from(body.len())
        && let Ok(small) = zstd::bulk::compress(&body, ZSTD_LEVEL)
        && small.len() < body.len()
    {
        return compressed(message.number(), size, &small);
    }
    encode_hub(&message)
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

fn is_too_large(error: &axum::Error) -> bool {
    let cause = error.source().and_then(|cause| cause.downcast_ref());
    matches!(cause, Some(tungstenite::Error::Capacity(_)))
}
