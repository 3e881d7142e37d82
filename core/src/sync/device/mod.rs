//! The device's side of one line to the hub.

mod deadlines;
mod push;
mod repair;
mod restored;
mod wipe;

use std::collections::{BTreeSet, VecDeque};

use super::clock::TOLERANCE_MS;
use super::{
    Batch, Bytes, Channel, ChannelHead, Cursor, Denied, FetchRes, FromDevice, FromHub, Head, Hello,
    History, Offer, PROTOCOLS, Ping, Push, RangeRes, Reauth, Receipt, Restored, Welcome,
    common_version, decode_hub_after, encode_device,
};
use crate::error::{Refusal, codes};
use crate::id::{DeviceId, ItemId};
use crate::time::Timestamp;

use self::deadlines::Deadlines;
use self::repair::Repair;
pub use self::repair::{Difference, Sums};

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
    /// The answer to [`Effect::SumUp`]; none when the channel is not here.
    Summed(Option<Sums>),
    /// The answer to [`Effect::Compare`]; none when it cannot be compared.
    Compared(Option<Difference>),
    /// The answer to [`Effect::Mend`].
    Mended,
    /// What is stored of this channel is not what came: an audit found it.
    Doubted(Channel),
    /// Somebody wants to see these items, which are not here.
    Wanted(Vec<ItemId>),
    /// The answer to [`Effect::ReadOutcomes`]; empty when they were offered before.
    Outcomes(Vec<Offer>),
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
    /// Entries up to this one are not kept here any more.
    pub pruned: u64,
}

/// What came of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is on disk with its cursor, and the digest agrees where there was one.
    Done,
    /// It is on disk with its cursor, but what is here is not what the hub has.
    Differs,
    /// The device already has it.
    Stale,
    /// It does not follow the cursor: the channel must start over.
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
    /// Forget this channel's cursor, so that the next line starts it over.
    StartOver(Channel),
    /// Sum up a channel's elements by buckets; answer with [`Event::Summed`].
    SumUp(Channel),
    /// Remove what the hub does not have in these buckets, and find what is missing or differs;
    /// answer with [`Event::Compared`].
    Compare(RangeRes),
    /// Put these items in the place of what is here; answer with [`Event::Mended`].
    Mend(FetchRes),
    /// A channel agrees again after so many items were put right.
    Agreed(Channel, u64),
    /// Keep what somebody wanted to see, beside every channel.
    KeepFetched(FetchRes),
    /// Nothing came of something that was asked for; the line is closed.
    Stalled(Refusal),
    /// The hub asks for patience, or says something a person should read.
    Notice(Refusal),
    /// Do not open another line before so many milliseconds have passed.
    ComeBackAfter(u32),
    /// The hub was restored and holds this much of what it signed for: what came after is not safe
    /// any more and goes up again.
    Rewound(Head),
    /// Read the signed outcomes that a restored hub may lack, and answer with [`Event::Outcomes`].
    ReadOutcomes(Restored),
    /// Everything that was offered for this epoch is safe again.
    Offered([u8; 16]),
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
    /// The last entry the hub signed for, as the device remembers it.
    signed_upto: u64,
    /// Heads of pushes without a receipt, oldest first.
    pushed: VecDeque<u64>,
    sent_upto: u64,
    /// The last entry with a receipt on this line.
    receipted: u64,
    welcome: bool,
    channels: Vec<ChannelHead>,
    applying: VecDeque<Channel>,
    repair: Option<Repair>,
    /// Channels that are repaired after this one.
    doubted: BTreeSet<Channel>,
    /// What somebody asked for and was not answered.
    wanted: VecDeque<Vec<ItemId>>,
    /// Nothing of the journal is sent before.
    quiet_until: Option<Timestamp>,
    deadlines: Deadlines,
    now: Timestamp,
    heard_at: Timestamp,
    history: History,
    pinged: bool,
    /// When the hub was asked what time it is, and has not answered yet; oldest first.
    asked_at: VecDeque<Timestamp>,
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
            signed_upto: 0,
            pushed: VecDeque::new(),
            sent_upto: 0,
            receipted: 0,
            welcome: false,
            channels: Vec::new(),
            applying: VecDeque::new(),
            repair: None,
            doubted: BTreeSet::new(),
            wanted: VecDeque::new(),
            quiet_until: None,
            deadlines: Deadlines::default(),
            now,
            heard_at: now,
            history: History::default(),
            pinged: false,
            asked_at: VecDeque::new(),
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
        self.now = now;
        match event {
            Event::Opened(opening) => self.open(opening, now, &mut effects),
            Event::Frame(frame) => {
                self.heard_at = now;
                self.pinged = false;
                match decode_hub_after(&frame, &mut self.history) {
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
            Event::Summed(sums) => self.summed(sums, &mut effects),
            Event::Compared(difference) => self.compared(difference, &mut effects),
            Event::Mended => self.mended(&mut effects),
            Event::Doubted(channel) => self.doubt(channel, &mut effects),
            Event::Wanted(items) => self.want(items, &mut effects),
            Event::Outcomes(offers) => Self::offer(offers, &mut effects),
            Event::Token(token) => effects.push(send(&FromDevice::Reauth(Reauth { token }))),
            Event::Tick => self.tick(now, &mut effects),
        }
        self.wipe(now, &mut effects);
        effects
    }

    fn open(&mut self, opening: Opening, now: Timestamp, effects: &mut Vec<Effect>) {
        self.journal = opening.journal;
        self.signed_upto = opening.receipt.as_ref().map_or(0, |receipt| receipt.head.n);
        self.heard_at = now;
        self.asked_at.push_back(now);
        self.deadlines.open(&opening.cursors, now);
        effects.push(send(&FromDevice::Hello(Hello {
            protocol_min: *PROTOCOLS.start(),
            protocol_max: *PROTOCOLS.end(),
            token: opening.token,
            device: self.id,
            journal: opening.journal,
            signature: opening.signature,
            clock: opening.clock,
            cursors: opening.cursors,
            build: opening.build,
            receipt: opening.receipt,
            recorded: opening.recorded,
            pruned: Some(opening.pruned).filter(|upto| *upto > 0),
            history: Some(true),
        })));
    }

    fn hear(&mut self, message: FromHub, effects: &mut Vec<Effect>) {
        match message {
            FromHub::Welcome(welcome) => self.welcomed(welcome, effects),
            FromHub::Receipt(receipt) => self.receipt(receipt, effects),
            FromHub::Grants(grants) => self.granted(grants.channels, effects),
            FromHub::Batch(batch) => {
                self.deadlines.came(batch.channel, batch.to, self.now);
                self.applying.push_back(batch.channel);
                effects.push(Effect::Apply(batch));
            }
            FromHub::Pong(pong) => self.hub_clock(pong.clock, effects),
            FromHub::Denied(denied) => {
                effects.extend(denied.retry_after_ms.map(Effect::ComeBackAfter));
                effects.extend([refused(denied), Effect::Close]);
            }
            FromHub::Error(denied) => self.not_accepted(denied, effects),
            FromHub::RangeRes(found) => self.ranges_came(found, effects),
            FromHub::FetchRes(found) => self.items_came(found, effects),
            FromHub::Throttle(throttle) => self.throttled(throttle.retry_after_ms, effects),
            FromHub::Notice(notice) => effects.push(Effect::Notice(notice.refusal.into())),
            FromHub::Offered(offered) => effects.push(Effect::Offered(offered.epoch)),
            // Heard where the time is known.
            FromHub::Wipe(_) => {}
        }
    }

    fn welcomed(&mut self, welcome: Welcome, effects: &mut Vec<Effect>) {
        let chosen = welcome.protocol..=welcome.protocol;
        if let Err(refusal) = common_version(&PROTOCOLS, &chosen) {
            effects.extend([Effect::Refused(refusal), Effect::Close]);
            return;
        }
        self.welcome = true;
        self.deadlines.welcomed();
        self.hub_clock(welcome.clock, effects);
        let held = welcome.receipt.as_ref().map_or_else(Head::default, |receipt| receipt.head);
        let restored = welcome.restored;
        if let Some(refusal) = welcome.refusal {
            effects.push(Effect::Refused(refusal.into()));
        } else {
            self.granted(welcome.channels, effects);
        }
        self.compare(held, restored, effects);
        match welcome.receipt {
            Some(receipt) => self.receipt(receipt, effects),
            None if crate::planted!("journal sent only when it grows") => {}
            None => self.pump(effects),
        }
        self.repair_next(effects);
        self.fetch_wanted(effects);
        if self.channels.is_empty() {
            effects.push(Effect::UpToDate);
        }
    }

    fn granted(&mut self, channels: Vec<ChannelHead>, effects: &mut Vec<Effect>) {
        self.channels.clone_from(&channels);
        self.deadlines.granted(&channels, self.now);
        effects.push(Effect::SetChannels(channels));
    }

    fn applied(&mut self, outcome: Outcome, effects: &mut Vec<Effect>) {
        let Some(channel) = self.applying.pop_front() else { return };
        match outcome {
            Outcome::Diverged => effects.extend([Effect::StartOver(channel), Effect::Close]),
            Outcome::Differs => self.doubt(channel, effects),
            Outcome::Done | Outcome::Stale => {}
        }
        if self.applying.is_empty() && self.repair.is_none() {
            effects.push(Effect::UpToDate);
        }
    }

    /// The hub did not take the last message; what waits for its answer waits in vain.
    fn not_accepted(&mut self, denied: Denied, effects: &mut Vec<Effect>) {
        let asked = [FromDevice::RANGE_REQ, FromDevice::FETCH].contains(&denied.answers);
        effects.push(refused(denied));
        if asked && self.repair.is_some() {
            self.give_up(effects);
        }
    }

    fn tick(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        self.quiet_is_over(effects);
        let silent_ms = now.millis() - self.heard_at.millis();
        if silent_ms > DEAD_AFTER_MS && !crate::planted!("a dead line trusted for ever") {
            effects.push(Effect::Close);
        } else if let Some(step) = self.deadlines.overdue(now, self.quiet_until.is_some()) {
            let stalled = Refusal::new(codes::STALLED).with("step", step);
            effects.extend([Effect::Stalled(stalled), Effect::Close]);
        } else if silent_ms > PING_AFTER_MS && !self.pinged {
            self.ping(effects);
        }
    }

    fn ping(&mut self, effects: &mut Vec<Effect>) {
        self.pinged = true;
        self.asked_at.push_back(self.now);
        let ping = Ping { clock: self.now, journal: Some(self.journal.n) };
        effects.push(send(&FromDevice::Ping(ping)));
    }

    /// The hub said what time it is. What was long on its way, since the phone slept or the network
    /// stalled, says what time it was: that is asked again.
    fn hub_clock(&mut self, clock: Timestamp, effects: &mut Vec<Effect>) {
        let asked_at = self.asked_at.pop_front().unwrap_or(self.now);
        let took_ms = self.now.millis().saturating_sub(asked_at.millis());
        if (0..=TOLERANCE_MS).contains(&took_ms) {
            effects.push(Effect::HubClock(clock));
        } else {
            self.ping(effects);
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
