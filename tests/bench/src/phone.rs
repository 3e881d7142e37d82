//! A phone for load: the device's state machine that ships, with its journal in memory and no
//! replica behind it, so that thousands fit into one process and cost it little.

use std::collections::{BTreeMap, VecDeque};

use anyhow::{Context as _, Result, bail};
use automerge::Automerge;
use ed25519_dalek::SigningKey;
use futures_util::{SinkExt as _, StreamExt as _};
use roundsman_core::documents::{Operation, Stamp, actor_of, execute};
use roundsman_core::id::{DeviceId, ItemId, ItemKind, PersonId};
use roundsman_core::records::{JournalStatus, Record as _};
use roundsman_core::sync::device::{Device, Effect, Event, Opening, Outcome, push_of};
use roundsman_core::sync::{
    Batch, Channel, Cursor, Entry, EntryChange, Head, News, hash, sign_head,
};
use roundsman_core::time::{Hlc, Timestamp};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// What an enrolled phone knows.
#[derive(Debug, Clone)]
pub struct Enrolled {
    pub device: DeviceId,
    pub code: String,
    pub person: PersonId,
    pub seed: [u8; 32],
    /// Empty: the journal is taken, nothing is sent.
    pub token: String,
    pub server_key: [u8; 32],
}

/// A phone.
pub struct Phone {
    pub known: Enrolled,
    /// Where it begins to read.
    pub cursors: Vec<Cursor>,
    entries: Vec<(Head, Vec<u8>)>,
    time: Hlc,
    own: BTreeMap<ItemId, Automerge>,
    line: Option<(Device, Socket)>,
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What a frame said.
#[derive(Debug)]
pub enum Heard {
    Welcome,
    /// Everything up to here is on the server's disk.
    Receipt(u64),
    Batch(Batch),
}

impl Phone {
    /// A phone that has recorded nothing.
    #[must_use]
    pub fn new(known: Enrolled) -> Self {
        Self {
            known,
            cursors: Vec::new(),
            entries: Vec::new(),
            time: Hlc::default(),
            own: BTreeMap::new(),
            line: None,
        }
    }

    /// The same phone without its line.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self {
            known: self.known.clone(),
            cursors: self.cursors.clone(),
            entries: self.entries.clone(),
            time: self.time,
            own: self.own.clone(),
            line: None,
        }
    }

    /// Drops the line.
    pub fn close(&mut self) {
        self.line = None;
    }

    /// Where its journal stands.
    #[must_use]
    pub fn head(&self) -> Head {
        self.entries.last().map_or_else(Head::default, |(head, _)| *head)
    }

    /// Records an operation, as the replica does.
    ///
    /// # Errors
    /// When the operation refuses.
    pub fn record(&mut self, operation: &dyn Operation) -> Result<()> {
        self.time = self.time.tick(now());
        let known = &self.known;
        let stamp = Stamp { at: self.time, by: known.person, device: known.device };
        let own = &self.own;
        let made = execute(operation, &actor_of(known.device, 1), stamp, &mut |item| {
            Ok(own.get(&item).cloned())
        })?;
        let before = self.head();
        let mut changes = Vec::with_capacity(made.len());
        for made in made {
            changes.push(EntryChange { item: made.item, bytes: made.change });
            // Only what may be changed again: ten thousand orders would fill the memory.
            if made.item.kind != ItemKind::Order {
                self.own.insert(made.item, made.document);
            }
        }
        let entry = Entry {
            n: before.n + 1,
            previous: before.hash,
            device: self.known.device,
            person: self.known.person,
            at: self.time,
            offset_minutes: 0,
            operation: operation.name().to_owned(),
            version: operation.version(),
            args: operation.args(),
            changes,
            rests_on: Vec::new(),
            replaces: None,
        };
        let bytes = entry.to_bytes();
        self.entries.push((Head { n: entry.n, hash: hash(&bytes) }, bytes));
        Ok(())
    }

    /// Opens the line and says hello.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn open(&mut self, port: u16) -> Result<()> {
        let mut request = format!("ws://127.0.0.1:{port}/sync").into_client_request()?;
        request.headers_mut().insert("sec-websocket-protocol", "roundsman.1".parse()?);
        let small = WebSocketConfig::default().read_buffer_size(4 << 10);
        let (socket, _) =
            tokio_tungstenite::connect_async_with_config(request, Some(small), true).await?;
        let device = Device::new(self.known.device, self.known.server_key, now());
        self.line = Some((device, socket));
        let journal = self.head();
        let opening = Opening {
            token: self.known.token.clone(),
            journal,
            signature: self.sign(journal),
            cursors: self.cursors.clone(),
            clock: now(),
            build: "bench".to_owned(),
            receipt: None,
            recorded: None,
            pruned: 0,
        };
        self.happened(Event::Opened(opening)).await.map(drop)
    }

    /// Opens the line and waits for the welcome.
    ///
    /// # Errors
    /// As [`Self::open`]; when the server refuses.
    pub async fn online(&mut self, port: u16) -> Result<()> {
        self.open(port).await?;
        self.until(|heard| matches!(heard, Heard::Welcome)).await
    }

    /// Says that something was recorded while the line is open.
    ///
    /// # Errors
    /// When the line has ended.
    pub async fn tell(&mut self) -> Result<()> {
        self.happened(Event::Recorded(self.head())).await.map(drop)
    }

    /// Takes in frames until one says this.
    ///
    /// # Errors
    /// When the line ends before.
    pub async fn until(&mut self, mut enough: impl FnMut(&Heard) -> bool) -> Result<()> {
        loop {
            let heard = self.next().await?;
            if heard.iter().any(&mut enough) {
                return Ok(());
            }
        }
    }

    /// Takes in one frame.
    ///
    /// # Errors
    /// When the line has ended, or the server refuses.
    pub async fn next(&mut self) -> Result<Vec<Heard>> {
        loop {
            let (_, socket) = self.line.as_mut().context("no line")?;
            match socket.next().await {
                Some(Ok(Message::Binary(frame))) => {
                    return self.happened(Event::Frame(frame.to_vec())).await;
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => bail!("the line ended: {other:?}"),
            }
        }
    }

    async fn happened(&mut self, event: Event) -> Result<Vec<Heard>> {
        let (mut events, mut heard) = (VecDeque::from([event]), Vec::new());
        while let Some(event) = events.pop_front() {
            let (device, _) = self.line.as_mut().context("no line")?;
            for effect in device.handle(event, now()) {
                match effect {
                    Effect::Send(frame) => {
                        let (_, socket) = self.line.as_mut().context("no line")?;
                        socket.send(Message::Binary(frame.into())).await?;
                    }
                    Effect::ReadJournal { after, bytes_max } => {
                        let push = self.after(after, bytes_max);
                        events.push_back(Event::Entries(push));
                    }
                    Effect::KeepReceipt(receipt) => heard.push(Heard::Receipt(receipt.head.n)),
                    Effect::HubClock(_) => heard.push(Heard::Welcome),
                    Effect::Apply(batch) => {
                        heard.push(Heard::Batch(batch));
                        events.push_back(Event::Applied(Outcome::Done));
                    }
                    Effect::Refused(refusal) if !self.known.token.is_empty() => {
                        bail!("refused: {refusal}")
                    }
                    Effect::Close => bail!("the server closed the line"),
                    _ => {}
                }
            }
        }
        Ok(heard)
    }

    fn after(&self, after: u64, bytes_max: usize) -> Option<roundsman_core::sync::Push> {
        let first = usize::try_from(after).ok()?;
        let (mut bytes, mut taken, mut head) = (0, Vec::new(), None);
        for (next, entry) in self.entries.get(first..)? {
            bytes += entry.len();
            if bytes > bytes_max && head.is_some() {
                break;
            }
            head = Some(*next);
            taken.push(entry.clone());
        }
        head.map(|head| push_of(taken, head, self.sign(head)))
    }

    fn sign(&self, head: Head) -> Vec<u8> {
        sign_head(&SigningKey::from_bytes(&self.known.seed), self.known.device, head)
    }
}

/// Up to where the hub has judged the journal, when this batch says it.
#[must_use]
pub fn judged_in(batch: &Batch) -> Option<JournalStatus> {
    let Channel::Device(_) = batch.channel else { return None };
    batch.items.iter().find_map(|item| match &item.news {
        News::Record(bytes) => JournalStatus::from_bytes(&bytes.0).ok(),
        _ => None,
    })
}

/// The instant.
#[must_use]
pub fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Timestamp(since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX)))
}
