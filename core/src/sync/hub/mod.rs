//! The hub's side of one line.

mod follow;
mod push;
mod repair;
mod wipe;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use ed25519_dalek::SigningKey;

use super::{
    Batch, Channel, ChannelHead, Denied, Entry, Fetch, FetchRes, FromDevice, FromHub, Grants,
    HELLO_BYTES_MAX, Head, Hello, LineClock, Offer, Offered, PROTOCOL, PROTOCOLS, Ping, Push,
    RangeReq, RangeRes, Receipt, Restored, WIPED, Welcome, common_version, decode_device,
    encode_hub, verify_head,
};
use crate::error::{Refusal, codes};
use crate::id::{DeviceId, PersonId};
use crate::time::Timestamp;

use self::follow::Progress;
pub use self::follow::Span;
use self::repair::Allowance;
pub use self::repair::{Divergence, FETCH_ITEMS_MAX, Mending};

/// A device that says nothing for so long is gone, in milliseconds.
const DEAD_AFTER_MS: i64 = 60_000;

/// What happens to the line.
#[derive(Debug)]
pub enum Event {
    /// A frame arrived.
    Frame(Vec<u8>),
    /// The answer to [`Effect::Authenticate`].
    Known(Box<Known>),
    /// The answer to [`Effect::Authenticate`] or [`Effect::Store`]: no.
    Refused(Refusal),
    /// The answer to [`Effect::Store`]: on disk since this instant.
    Stored {
        /// Where the journal stands on disk.
        head: Head,
        /// Since when.
        at: Timestamp,
    },
    /// The answer to [`Effect::Store`]: nothing was taken, the device should come again later.
    Busy {
        /// In so many milliseconds.
        retry_after_ms: u32,
    },
    /// The answer to [`Effect::ReadFeed`]; none when there is nothing new.
    Page(Channel, Option<Batch>),
    /// The answer to [`Effect::Compare`].
    Compared(RangeReq, RangeRes),
    /// The answer to [`Effect::ReadItems`].
    Items(FetchRes),
    /// A commit moved a channel's head.
    Committed(Channel, u64),
    /// The answer to [`Effect::KeepOffer`]: everything offered for this epoch is on disk.
    Offered([u8; 16]),
    /// The device's channels changed.
    Granted(Vec<ChannelHead>),
    /// Time passes.
    Tick,
}

/// What the server knows about the device that said hello.
#[derive(Debug)]
pub struct Known {
    /// The person the access token belongs to; none when the token is not good.
    pub person: Option<PersonId>,
    /// The key of the device, to check its signatures.
    pub device_key: [u8; 32],
    /// What is stored of its journal.
    pub stored: Head,
    /// When the last of that was stored.
    pub stored_at: Timestamp,
    /// Its channels, in the order in which they should be sent.
    pub channels: Vec<ChannelHead>,
    /// Why the token is not good.
    pub refusal: Option<Refusal>,
    /// Set for a while after the server was restored from a backup.
    pub restored: Option<Restored>,
    /// Since when the device is to delete everything.
    pub wipe_ordered_at: Option<Timestamp>,
}

/// What the host has to do.
#[derive(Debug)]
pub enum Effect {
    /// Send this frame.
    Send(Vec<u8>),
    /// Send this batch, compressed if that pays.
    SendBatch(Batch),
    /// Find out who this is; answer with [`Event::Known`] or [`Event::Refused`].
    Authenticate(Hello),
    /// Send this message, compressed if that pays.
    SendLarge(FromHub),
    /// Store these entries durably after this head; answer with [`Event::Stored`],
    /// [`Event::Busy`] or [`Event::Refused`].
    Store {
        /// What they must follow.
        after: Head,
        /// The entries with their heads and bytes, verified to be one chain of this device.
        entries: Vec<(Head, Entry, Vec<u8>)>,
        /// The device's signature of where they end.
        signature: Vec<u8>,
    },
    /// Store what the device gives back; answer with [`Event::Offered`] after the last of it.
    KeepOffer(Offer),
    /// Read what came after this cursor; answer with [`Event::Page`].
    ReadFeed(Span),
    /// Find the buckets of a channel that differ; answer with [`Event::Compared`].
    Compare(RangeReq),
    /// Read these items as they are now, as far as the device may see them; answer with
    /// [`Event::Items`].
    ReadItems(Fetch),
    /// Keep this for the office.
    Report(Divergence),
    /// The device said that it has recorded so many entries.
    Reported(u64),
    /// The device deleted everything, as it was ordered.
    Wiped,
    /// Close the socket once everything is sent.
    Close,
}

/// One line, from its first frame to its end.
#[derive(Debug)]
pub struct Session {
    key: SigningKey,
    hello: Option<Hello>,
    clock: LineClock,
    /// The version that both sides speak.
    protocol: u8,
    device_key: [u8; 32],
    stored: Head,
    /// Pushes that wait for [`Effect::Store`], since the chain is checked against what is stored.
    ready: bool,
    order: Vec<Channel>,
    channels: BTreeMap<Channel, Progress>,
    reading: bool,
    heard_at: Timestamp,
    waiting: VecDeque<Push>,
    storing: bool,
    /// The order to delete everything, until it is sent.
    wipe: Option<Timestamp>,
    /// Set while pushes may be on their way that follow one that was not taken.
    throttled: bool,
    allowance: Allowance,
    /// Channels that differ.
    repairing: BTreeSet<Channel>,
}

impl Session {
    /// A line on which nothing was said yet. The key signs receipts.
    #[must_use]
    pub fn new(key: SigningKey, now: Timestamp) -> Self {
        Self {
            key,
            hello: None,
            clock: LineClock::default(),
            protocol: PROTOCOL,
            device_key: [0; 32],
            stored: Head::default(),
            ready: false,
            order: Vec::new(),
            channels: BTreeMap::new(),
            reading: false,
            heard_at: now,
            waiting: VecDeque::new(),
            storing: false,
            wipe: None,
            throttled: false,
            allowance: Allowance::default(),
            repairing: BTreeSet::new(),
        }
    }

    /// The device, once it said hello.
    #[must_use]
    pub fn device(&self) -> Option<DeviceId> {
        self.hello.as_ref().map(|hello| hello.device)
    }

    /// How far the device's clock was off when it said hello.
    #[must_use]
    pub fn clock(&self) -> LineClock {
        self.clock
    }

    /// The last entry whose bytes the device has dropped: it must be sent what it made up to there.
    #[must_use]
    pub fn pruned(&self) -> u64 {
        self.hello.as_ref().and_then(|hello| hello.pruned).unwrap_or(0)
    }

    /// Whether commits of this channel concern the line.
    #[must_use]
    pub fn follows(&self, channel: Channel) -> bool {
        self.channels.contains_key(&channel)
    }

    /// Takes in what happened and says what to do, in this order.
    pub fn handle(&mut self, event: Event, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            Event::Frame(frame) => {
                self.heard_at = now;
                self.frame(&frame, now, &mut effects);
            }
            Event::Known(known) => self.known(*known, now, &mut effects),
            Event::Refused(refusal) => deny(refusal, &mut effects),
            Event::Stored { head, at } => self.stored(head, at, &mut effects),
            Event::Busy { retry_after_ms } => self.throttle(retry_after_ms, &mut effects),
            Event::Compared(asked, found) => self.compared(&asked, found, &mut effects),
            Event::Items(found) => self.items_read(found, &mut effects),
            Event::Offered(epoch) => effects.push(send(&FromHub::Offered(Offered { epoch }))),
            Event::Page(channel, batch) => self.page(channel, batch, &mut effects),
            Event::Committed(channel, seq) => {
                if let Some(progress) = self.channels.get_mut(&channel) {
                    progress.head = progress.head.max(seq);
                }
                self.read_next(&mut effects);
            }
            Event::Granted(channels) => {
                effects.push(send(&FromHub::Grants(Grants { channels: channels.clone() })));
                self.follow(channels, &[], &mut effects);
                self.read_next(&mut effects);
            }
            Event::Tick if now.millis() - self.heard_at.millis() > DEAD_AFTER_MS => {
                effects.push(Effect::Close)
            }
            Event::Tick => {}
        }
        effects
    }

    fn frame(&mut self, frame: &[u8], now: Timestamp, effects: &mut Vec<Effect>) {
        if self.hello.is_none() && frame.len() > HELLO_BYTES_MAX {
            return deny(Refusal::new(codes::TOO_LARGE).with("bytes", frame.len()), effects);
        }
        match decode_device(frame) {
            Ok(message) => self.hear(message, now, effects),
            Err(refusal) if refusal.code == codes::UNIMPLEMENTED && self.ready => {
                let answers = frame.get(1).copied().unwrap_or_default();
                let denied = Denied { refusal: refusal.into(), answers, retry_after_ms: None };
                effects.push(send(&FromHub::Error(denied)));
            }
            Err(refusal) => deny(refusal, effects),
        }
    }

    fn hear(&mut self, message: FromDevice, now: Timestamp, effects: &mut Vec<Effect>) {
        match message {
            FromDevice::Hello(hello) if self.hello.is_none() => {
                match common_version(&PROTOCOLS, &(hello.protocol_min..=hello.protocol_max)) {
                    Ok(version) => self.protocol = version,
                    Err(refusal) => return deny(refusal, effects),
                }
                self.clock = LineClock::new(hello.clock, now, hello.journal.n);
                self.hello = Some(hello.clone());
                effects.push(Effect::Authenticate(hello));
            }
            FromDevice::Push(push) if self.ready => self.pushed(push, effects),
            FromDevice::Ping(ping) if self.ready => {
                effects.extend(ping.journal.map(Effect::Reported));
                effects.push(send(&FromHub::Pong(Ping { clock: now, journal: None })));
            }
            FromDevice::Reauth(reauth) if self.ready => {
                let Some(hello) = &mut self.hello else { return };
                hello.token = reauth.token;
                hello.cursors = follow::cursors(&self.channels);
                effects.push(Effect::Authenticate(hello.clone()));
            }
            FromDevice::Bye(bye) => {
                if self.ready && bye.reason == WIPED {
                    effects.push(Effect::Wiped);
                }
                self.goes(&bye, effects);
            }
            FromDevice::Fetch(asked) if self.ready => self.items_asked(asked, now, effects),
            FromDevice::RangeReq(asked) if self.ready => self.range_asked(asked, now, effects),
            FromDevice::Offer(offer) if self.ready => effects.push(Effect::KeepOffer(offer)),
            _ => deny(Refusal::new(codes::MALFORMED).with("detail", "out of order"), effects),
        }
    }

    fn known(&mut self, known: Known, now: Timestamp, effects: &mut Vec<Effect>) {
        let Some(hello) = self.hello.take() else { return };
        if let Err(refusal) =
            verify_head(&known.device_key, hello.device, hello.journal, &hello.signature)
        {
            return deny(refusal, effects);
        }
        self.device_key = known.device_key;
        self.stored = known.stored;
        // Of a device that is shut out everything waits for the office anyway, and it cannot go on
        // as another: what it has left is taken, as far as it continues what is stored.
        let delivers = known.refusal.is_some() && hello.journal.n >= known.stored.n;
        if !self.ready && hello.went_backwards(known.stored.n) && !delivers {
            // The device's storage went back in time. What it does now must not be taken for what
            // it did before.
            let refusal = Refusal::new(codes::JOURNAL_FORKED)
                .with("n", hello.journal.n)
                .with("held", known.stored.n);
            return deny(refusal, effects);
        }
        if !self.ready {
            effects.push(Effect::Reported(hello.journal.n));
        }
        self.ready = true;
        self.wipe = known.wipe_ordered_at;
        let receipt = (known.stored.n > 0)
            .then(|| Receipt::sign(&self.key, hello.device, known.stored, known.stored_at));
        effects.push(send(&FromHub::Welcome(Welcome {
            protocol: self.protocol,
            receipt,
            clock: now,
            channels: known.channels.clone(),
            refusal: known.refusal.map(Into::into),
            restored: known.restored,
        })));
        self.follow(known.channels, &hello.cursors, effects);
        self.hello = Some(hello);
        self.send_wipe(effects);
        self.read_next(effects);
    }
}

fn send(message: &FromHub) -> Effect {
    Effect::Send(encode_hub(message))
}

fn deny(refusal: Refusal, effects: &mut Vec<Effect>) {
    let denied = Denied { refusal: refusal.into(), answers: 0, retry_after_ms: None };
    effects.push(send(&FromHub::Denied(denied)));
    effects.push(Effect::Close);
}

#[cfg(test)]
mod tests;
