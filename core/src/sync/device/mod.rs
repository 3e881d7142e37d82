//! The device's side of one line to the hub.

mod wipe;

use std::collections::VecDeque;

use super::{
    Batch, Bytes, ChannelHead, Cursor, Denied, FromDevice, FromHub, Head, Hello, PROTOCOL,
    PUSH_BYTES, PUSH_WINDOW, Ping, Push, Reauth, Receipt, Welcome, decode_hub, encode_device,
};
use crate::error::{Refusal, codes};
use crate::id::DeviceId;
use crate::time::Timestamp;

/// Silence after which the line is tried, in milliseconds.
const PING_AFTER_MS: i64 = 20_000;
/// Silence after which it is given up.
const DEAD_AFTER_MS: i64 = 35_000;

/// What happens to the line.
#[derive(Debug)]
pub enum Event {
    /// The socket is open.
    Opened(Opening),
    /// A frame arrived.
    Frame(Vec<u8>),
    /// The journal grew to this head.
    Recorded(Head),
    /// The answer to [`Effect::ReadJournal`]; none when there is nothing after all.
    Entries(Option<Push>),
    /// The answer to [`Effect::Apply`].
    Applied(Outcome),
    /// A fresh access token.
    Token(String),
    /// Time passes; once a second is enough.
    Tick,
}

/// What the device says first.
#[derive(Debug, Clone)]
pub struct Opening {
    /// Access token; empty when there is none.
    pub token: String,
    /// Where the journal stands.
    pub journal: Head,
    /// The device's signature of that.
    pub signature: Vec<u8>,
    /// How far each channel is.
    pub cursors: Vec<Cursor>,
    /// What the device takes the time to be.
    pub clock: Timestamp,
    /// Build of the app.
    pub build: String,
    /// The last receipt that is kept here.
    pub receipt: Option<Receipt>,
    /// The highest number ever recorded, as a second place remembers it.
    pub recorded: Option<u64>,
}

/// What came of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is on disk with its cursor, and the digest agrees where there was one.
    Done,
    /// The device already has it.
    Stale,
    /// It does not follow the cursor, or the digest differs: the channel must start over.
    Diverged,
}

/// What the host has to do.
#[derive(Debug, PartialEq)]
pub enum Effect {
    /// Send this frame.
    Send(Vec<u8>),
    /// Read entries after this one, up to so many bytes, and answer with [`Event::Entries`].
    ReadJournal {
        /// The last entry that was sent.
        after: u64,
        /// Bytes at most; one entry is always read.
        bytes_max: usize,
    },
    /// Store this receipt: it was verified.
    KeepReceipt(Receipt),
    /// These are the device's channels now: leave the others.
    SetChannels(Vec<ChannelHead>),
    /// Apply this batch with its cursor in one transaction, and answer with [`Event::Applied`].
    Apply(Batch),
    /// Forget this channel's cursor, so that the next line starts it over, and report it.
    StartOver(super::Channel),
    /// The hub's clock, to compare with one's own.
    HubClock(Timestamp),
    /// Everything that was asked for is here.
    UpToDate,
    /// The server does not want this device or this token.
    Refused(Refusal),
    /// Delete everything that belongs to this device, then send this and close the socket.
    Wipe(Vec<u8>),
    /// Close the socket.
    Close,
}

/// One line, from its opening to its end.
#[derive(Debug)]
pub struct Device {
    id: DeviceId,
    server_key: [u8; 32],
    journal: Head,
    /// Heads of pushes without a receipt, oldest first.
    pushed: VecDeque<u64>,
    sent_upto: u64,
    /// The last entry with a receipt on this line.
    receipted: u64,
    welcome: bool,
    channels: Vec<ChannelHead>,
    applying: VecDeque<super::Channel>,
    heard_at: Timestamp,
    pinged: bool,
    /// When the order to delete everything came.
    wipe_since: Option<Timestamp>,
}

impl Device {
    /// A line that is not open yet.
    #[must_use]
    pub fn new(id: DeviceId, server_key: [u8; 32], now: Timestamp) -> Self {
        Self {
            id,
            server_key,
            journal: Head::default(),
            pushed: VecDeque::new(),
            sent_upto: 0,
            receipted: 0,
            welcome: false,
            channels: Vec::new(),
            applying: VecDeque::new(),
            heard_at: now,
            pinged: false,
            wipe_since: None,
        }
    }

    /// Whether the hub has said welcome.
    #[must_use]
    pub fn is_online(&self) -> bool {
        self.welcome
    }

    /// Takes in what happened and says what to do, in this order.
    pub fn handle(&mut self, event: Event, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            Event::Opened(opening) => self.open(opening, now, &mut effects),
            Event::Frame(frame) => {
                self.heard_at = now;
                self.pinged = false;
                match decode_hub(&frame) {
                    Ok(FromHub::Wipe(wipe)) => self.wipe_ordered(&wipe, now, &mut effects),
                    Ok(message) => self.hear(message, &mut effects),
                    // A newer hub may say what this build does not know.
                    Err(refusal) if refusal.code == codes::UNIMPLEMENTED => {}
                    Err(refusal) => effects.extend([Effect::Refused(refusal), Effect::Close]),
                }
            }
            Event::Recorded(head) => {
                self.journal = head;
                self.pump(&mut effects);
            }
            Event::Entries(push) => self.push(push, &mut effects),
            Event::Applied(outcome) => self.applied(outcome, &mut effects),
            Event::Token(token) => effects.push(send(&FromDevice::Reauth(Reauth { token }))),
            Event::Tick => self.tick(now, &mut effects),
        }
        self.wipe(now, &mut effects);
        effects
    }

    fn open(&mut self, opening: Opening, now: Timestamp, effects: &mut Vec<Effect>) {
        self.journal = opening.journal;
        self.heard_at = now;
        effects.push(send(&FromDevice::Hello(Hello {
            protocol_min: PROTOCOL,
            protocol_max: PROTOCOL,
            token: opening.token,
            device: self.id,
            journal: opening.journal,
            signature: opening.signature,
            clock: opening.clock,
            cursors: opening.cursors,
            build: opening.build,
            receipt: opening.receipt,
            recorded: opening.recorded,
        })));
    }

    fn hear(&mut self, message: FromHub, effects: &mut Vec<Effect>) {
        match message {
            FromHub::Welcome(welcome) => self.welcomed(welcome, effects),
            FromHub::Receipt(receipt) => self.receipt(receipt, effects),
            FromHub::Grants(grants) => self.granted(grants.channels, effects),
            FromHub::Batch(batch) => {
                self.applying.push_back(batch.channel);
                effects.push(Effect::Apply(batch));
            }
            FromHub::Pong(pong) => effects.push(Effect::HubClock(pong.clock)),
            FromHub::Denied(denied) => effects.extend([refused(denied), Effect::Close]),
            FromHub::Error(denied) => effects.push(refused(denied)),
            // Heard where the time is known.
            FromHub::Wipe(_) => {}
            // Nothing of these was asked for.
            FromHub::RangeRes(_)
            | FromHub::Throttle(_)
            | FromHub::FetchRes(_)
            | FromHub::Notice(_)
            | FromHub::Offered(_) => {}
        }
    }

    fn welcomed(&mut self, welcome: Welcome, effects: &mut Vec<Effect>) {
        self.welcome = true;
        effects.push(Effect::HubClock(welcome.clock));
        if let Some(refusal) = welcome.refusal {
            effects.push(Effect::Refused(refusal.into()));
        } else {
            self.granted(welcome.channels, effects);
        }
        match welcome.receipt {
            Some(receipt) => self.receipt(receipt, effects),
            None => self.pump(effects),
        }
        if self.channels.is_empty() {
            effects.push(Effect::UpToDate);
        }
    }

    fn granted(&mut self, channels: Vec<ChannelHead>, effects: &mut Vec<Effect>) {
        self.channels.clone_from(&channels);
        effects.push(Effect::SetChannels(channels));
    }

    fn receipt(&mut self, receipt: Receipt, effects: &mut Vec<Effect>) {
        let genuine = receipt.device == self.id && receipt.verify(&self.server_key).is_ok();
        if !genuine || receipt.head.n > self.journal.n {
            effects.extend([
                Effect::Refused(Refusal::new(codes::FORGED).with("detail", "receipt")),
                Effect::Close,
            ]);
            return;
        }
        self.sent_upto = self.sent_upto.max(receipt.head.n);
        self.receipted = self.receipted.max(receipt.head.n);
        self.pushed.retain(|n| *n > receipt.head.n);
        effects.push(Effect::KeepReceipt(receipt));
        self.pump(effects);
    }

    /// Asks for entries while there are some and the window is open.
    fn pump(&mut self, effects: &mut Vec<Effect>) {
        if self.welcome && self.sent_upto < self.journal.n && self.pushed.len() < PUSH_WINDOW {
            effects.push(Effect::ReadJournal { after: self.sent_upto, bytes_max: PUSH_BYTES });
        }
    }

    fn push(&mut self, push: Option<Push>, effects: &mut Vec<Effect>) {
        let Some(push) = push.filter(|push| push.head.n > self.sent_upto) else { return };
        self.sent_upto = push.head.n;
        self.pushed.push_back(push.head.n);
        effects.push(send(&FromDevice::Push(push)));
        self.pump(effects);
    }

    fn applied(&mut self, outcome: Outcome, effects: &mut Vec<Effect>) {
        let channel = self.applying.pop_front();
        match (outcome, channel) {
            (Outcome::Diverged, Some(channel)) => {
                effects.extend([Effect::StartOver(channel), Effect::Close])
            }
            _ if self.applying.is_empty() => effects.push(Effect::UpToDate),
            _ => {}
        }
    }

    fn tick(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        let silent_ms = now.millis() - self.heard_at.millis();
        if silent_ms > DEAD_AFTER_MS {
            effects.push(Effect::Close);
        } else if silent_ms > PING_AFTER_MS && !self.pinged {
            self.pinged = true;
            effects
                .push(send(&FromDevice::Ping(Ping { clock: now, journal: Some(self.journal.n) })));
        }
    }
}

/// A push of these entries, which end at `head`.
#[must_use]
pub fn push_of(entries: Vec<Vec<u8>>, head: Head, signature: Vec<u8>) -> Push {
    Push { head, signature, entries: entries.into_iter().map(Bytes).collect() }
}

fn send(message: &FromDevice) -> Effect {
    Effect::Send(encode_device(message))
}

fn refused(denied: Denied) -> Effect {
    Effect::Refused(denied.refusal.into())
}

#[cfg(test)]
mod tests;
