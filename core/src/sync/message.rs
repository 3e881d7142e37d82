//! Every message of protocol version 1. `docs/protocol.md` describes them; golden bytes hold them.

use minicbor::{Decode, Encode};

use super::{Channel, Head, Part, Receipt};
use crate::error::Refusal;
use crate::id::{DeviceId, ItemId, PersonId};
use crate::time::Timestamp;

/// The version this build speaks.
pub const PROTOCOL: u8 = 1;

macro_rules! messages {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $number:literal $variant:ident($body:ty),)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub enum $name { $($(#[$vdoc])* $variant($body),)* }

        impl $name {
            /// The number that stands in the frame.
            #[must_use]
            pub fn number(&self) -> u8 {
                match self { $(Self::$variant(_) => $number,)* }
            }

            /// The body as CBOR.
            #[must_use]
            pub fn body(&self) -> Vec<u8> {
                match self { $(Self::$variant(body) => minicbor::to_vec(body).unwrap_or_default(),)* }
            }

            pub(super) fn read(number: u8, body: &[u8]) -> Option<Result<Self, minicbor::decode::Error>> {
                match number {
                    $($number => Some(minicbor::decode::<$body>(body).map(Self::$variant)),)*
                    _ => None,
                }
            }
        }
    };
}

messages! {
    /// What a device sends.
    FromDevice {
        /// The first frame.
        0x01 Hello(Hello),
        /// Journal entries.
        0x02 Push(Push),
        /// Asks for items as they are now.
        0x04 Fetch(Fetch),
        /// Asks which part of a channel differs.
        0x06 RangeReq(RangeReq),
        /// Gives back what a restored server lacks.
        0x07 Offer(Offer),
        /// Asks whether the line is alive.
        0x0A Ping(Ping),
        /// The device goes.
        0x0B Bye(Bye),
        /// A new access token on an open line.
        0x0C Reauth(Reauth),
    }
}

messages! {
    /// What the hub sends.
    FromHub {
        /// The answer to Hello.
        0x41 Welcome(Welcome),
        /// The line ends here.
        0x42 Denied(Denied),
        /// Entries are on disk.
        0x43 Receipt(Receipt),
        /// Which channels the device has now.
        0x44 Grants(Grants),
        /// News of one channel.
        0x45 Batch(Batch),
        /// The device must delete everything it holds.
        0x47 Wipe(Wipe),
        /// The answer to RangeReq.
        0x49 RangeRes(RangeRes),
        /// Send nothing more of the journal for a while.
        0x4A Throttle(Throttle),
        /// The answer to Ping.
        0x4C Pong(Ping),
        /// The last message was not accepted; the line stays open.
        0x4D Error(Denied),
        /// The answer to Fetch.
        0x4E FetchRes(FetchRes),
        /// Something a person should read; the line stays open.
        0x4F Notice(Notice),
        /// The answer to Offer.
        0x51 Offered(Offered),
    }
}

impl FromDevice {
    /// The number of [`Fetch`], as an answer names it.
    pub const FETCH: u8 = 0x04;
    /// The number of [`RangeReq`].
    pub const RANGE_REQ: u8 = 0x06;
}

/// Messages of this version that other builds may send; they are answered with `UNIMPLEMENTED`.
pub const RESERVED: &[(u8, &str)] = &[
    (0x03, "Applied"),
    (0x05, "DigestReq"),
    (0x08, "Blob"),
    (0x09, "Credit"),
    (0x46, "Revoke"),
    (0x48, "DigestRes"),
    (0x4B, "Hint"),
    (0x50, "BlobData"),
];

/// Who the device is and what it has.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Hello {
    /// The lowest protocol version it speaks.
    #[n(0)]
    pub protocol_min: u8,
    /// The highest.
    #[n(1)]
    pub protocol_max: u8,
    /// Access token; empty when it has expired and only the journal is to be delivered.
    #[n(2)]
    pub token: String,
    /// The device.
    #[n(3)]
    pub device: DeviceId,
    /// Where its journal stands.
    #[n(4)]
    pub journal: Head,
    /// The device's signature of that.
    #[n(5)]
    #[cbor(with = "minicbor::bytes")]
    pub signature: Vec<u8>,
    /// Its clock.
    #[n(6)]
    pub clock: Timestamp,
    /// How far it read each channel it has.
    #[n(7)]
    pub cursors: Vec<Cursor>,
    /// Build of the app.
    #[n(8)]
    pub build: String,
    /// The last receipt it got: a hub that holds less than it signed for went back in time.
    #[n(9)]
    pub receipt: Option<Receipt>,
    /// The highest number it remembers having recorded, in a second place beside the journal; more
    /// than the journal's head when its storage went back in time.
    #[n(10)]
    pub recorded: Option<u64>,
    /// Entries up to this one are not kept on the device any more: the hub cannot name their
    /// changes by hash alone.
    #[n(11)]
    pub pruned: Option<u64>,
    /// Whether it keeps the line's history, so that bodies may build on it.
    #[n(12)]
    pub history: Option<bool>,
}

impl Hello {
    /// Whether the device's storage was lost or went back in time: the hub holds more of its journal,
    /// or it once recorded more itself.
    #[must_use]
    pub fn went_backwards(&self, held: u64) -> bool {
        held.max(self.recorded.unwrap_or(0)) > self.journal.n
    }
}

/// How far a device read a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Cursor {
    /// The channel.
    #[n(0)]
    pub channel: Channel,
    /// The feed's epoch; another one starts over.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub epoch: [u8; 16],
    /// The last commit it has whole.
    #[n(2)]
    pub seq: u64,
    /// The digest of what it has there; zeros while a catch-up has not come to its end.
    #[n(3)]
    #[cbor(with = "minicbor::bytes")]
    pub digest: [u8; 32],
    /// Set when the last page ended before the end of a commit: where the next one begins.
    #[n(4)]
    pub part: Option<Part>,
}

impl Cursor {
    /// Whether the device has everything up to `seq`, also of what changed again after it.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.digest != [0; 32]
    }
}

/// Journal entries in order, without a gap.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Push {
    /// Where the chain stands after them.
    #[n(0)]
    pub head: Head,
    /// The device's signature of that.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub signature: Vec<u8>,
    /// The entries' bytes.
    #[n(2)]
    #[cbor(decode_with = "super::bounded::entries")]
    pub entries: Vec<Bytes>,
}

/// Bytes that travel raw.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(transparent)]
pub struct Bytes(
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub Vec<u8>,
);

/// A sign of life, and from a device what waits there.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Ping {
    /// The sender's clock.
    #[n(0)]
    pub clock: Timestamp,
    /// Number of the device's last entry: what is lost with a device can be counted from it.
    #[n(1)]
    pub journal: Option<u64>,
}

/// Asks for items as they are now, beside every channel's order: the history of a closed document,
/// or what a repair found to differ.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Fetch {
    /// Which.
    #[n(0)]
    pub items: Vec<ItemId>,
    /// The channel that is being repaired; none: somebody wants to look at them.
    #[n(1)]
    pub repair: Option<Channel>,
}

/// Asks which part of a channel differs, after a digest did.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RangeReq {
    /// The channel.
    #[n(0)]
    pub channel: Channel,
    /// The feed's epoch.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub epoch: [u8; 16],
    /// The device's cursor.
    #[n(2)]
    pub seq: u64,
    /// Of each of the 256 buckets, the first 8 bytes of the sum of the elements in it, one after
    /// another. An item is in the bucket that the last byte of its id names.
    #[n(3)]
    #[cbor(with = "minicbor::bytes")]
    pub buckets: Vec<u8>,
    /// Items that were put right since the first question of this repair.
    #[n(4)]
    pub repaired: Option<u64>,
}

/// Gives back outcomes that the server signed and lost.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Offer {
    /// The epoch for which they were asked.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub epoch: [u8; 16],
    /// Some of them.
    #[n(1)]
    pub outcomes: Vec<SignedRecord>,
    /// Whether no more follow.
    #[n(2)]
    pub last: bool,
    /// Changes of others that the device has and the server may have lost: nobody can give these
    /// back but who made them, so that the office can read what is missing.
    #[n(3)]
    pub beyond: Option<Vec<Beyond>>,
}

/// A change of a document that somebody else made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Beyond {
    /// The document.
    #[n(0)]
    pub item: ItemId,
    /// The change's hash.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub change: [u8; 32],
    /// Where it was made.
    #[n(2)]
    pub device: DeviceId,
    /// By whom.
    #[n(3)]
    pub person: PersonId,
    /// When.
    #[n(4)]
    pub at: Timestamp,
}

/// A record with the server's signature of it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SignedRecord {
    /// The record.
    #[n(0)]
    pub item: ItemId,
    /// As it was sent.
    #[n(1)]
    pub bytes: Bytes,
    /// Over both.
    #[n(2)]
    pub signature: Bytes,
}

/// The reason of a device that goes because it deleted everything.
pub const WIPED: &str = "WIPED";

/// Why a device goes.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Bye {
    /// A code.
    #[n(0)]
    pub reason: String,
}

/// A new access token.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Reauth {
    /// The token.
    #[n(0)]
    pub token: String,
}

/// The hub knows the device.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Welcome {
    /// The protocol version both will use.
    #[n(0)]
    pub protocol: u8,
    /// What it holds of the device's journal; none when it holds nothing.
    #[n(1)]
    pub receipt: Option<Receipt>,
    /// The hub's clock.
    #[n(2)]
    pub clock: Timestamp,
    /// The channels of this device; empty when only the journal is taken.
    #[n(3)]
    pub channels: Vec<ChannelHead>,
    /// Set when the token was not good: the journal is taken, nothing is sent.
    #[n(4)]
    pub refusal: Option<Code>,
    /// Set for a while after the server was restored from a backup.
    #[n(5)]
    pub restored: Option<Restored>,
}

/// The server went back in time, and asks for what it signed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Restored {
    /// Names the restoration: a device offers once for each.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub epoch: [u8; 16],
    /// What was decided after this may be lost.
    #[n(1)]
    pub since: Timestamp,
}

/// The device must delete everything it holds, after its journal was taken.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Wipe {
    /// The device.
    #[n(0)]
    pub device: DeviceId,
    /// When that was ordered.
    #[n(1)]
    pub at: Timestamp,
    /// The server's signature of both.
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub signature: Vec<u8>,
}

/// The parts of a channel that differ, as the hub has them.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RangeRes {
    /// The channel.
    #[n(0)]
    pub channel: Channel,
    /// The feed's epoch.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub epoch: [u8; 16],
    /// The commit at which this holds.
    #[n(2)]
    pub seq: u64,
    /// The digest at that commit.
    #[n(3)]
    #[cbor(with = "minicbor::bytes")]
    pub digest: [u8; 32],
    /// Buckets whose sum differs, with everything in them.
    #[n(4)]
    pub buckets: Vec<RangeBucket>,
    /// Whether more buckets differ than fit: ask again after these are repaired.
    #[n(5)]
    pub more: bool,
}

/// One bucket of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RangeBucket {
    /// Its number, 0 to 255.
    #[n(0)]
    pub number: u8,
    /// The items in it.
    #[n(1)]
    pub items: Vec<RangeItem>,
}

/// One item of a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RangeItem {
    /// The item.
    #[n(0)]
    pub item: ItemId,
    /// Its part of the channel's digest.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub element: [u8; 32],
}

/// Send nothing more of the journal for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Throttle {
    /// For so long; the hub has spread this, so that not all come back together.
    #[n(0)]
    pub retry_after_ms: u32,
}

/// The answer to Fetch.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FetchRes {
    /// As in the question.
    #[n(0)]
    pub repair: Option<Channel>,
    /// Those that the device may see: snapshots and records.
    #[n(1)]
    pub items: Vec<BatchItem>,
    /// Those that it may not, or that are not here. What is in neither list did not fit: it is
    /// asked for again.
    #[n(2)]
    pub missing: Vec<ItemId>,
}

/// Something a person should read.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Notice {
    /// What.
    #[n(0)]
    pub refusal: Code,
}

/// Everything that was offered for this epoch is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Offered {
    /// As in the offer.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub epoch: [u8; 16],
}

/// A channel the device may read, and where its feed stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ChannelHead {
    /// The channel.
    #[n(0)]
    pub channel: Channel,
    /// The feed's epoch.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub epoch: [u8; 16],
    /// Its last commit.
    #[n(2)]
    pub seq: u64,
    /// Items in it.
    #[n(3)]
    pub items: u64,
    /// Their digest.
    #[n(4)]
    #[cbor(with = "minicbor::bytes")]
    pub digest: [u8; 32],
}

/// The channels a device has from now on.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Grants {
    /// All of them.
    #[n(0)]
    pub channels: Vec<ChannelHead>,
}

/// A refusal on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Code {
    /// One of [`crate::error::codes`].
    #[n(0)]
    pub code: String,
    /// What its sentence needs.
    #[n(1)]
    pub params: std::collections::BTreeMap<String, String>,
}

impl From<Refusal> for Code {
    fn from(refusal: Refusal) -> Self {
        Self { code: refusal.code, params: refusal.params }
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self { code: code.code, params: code.params }
    }
}

/// A refusal of a message or of the line.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Denied {
    /// Why.
    #[n(0)]
    pub refusal: Code,
    /// Number of the message it answers; 0 for the line as a whole.
    #[n(1)]
    pub answers: u8,
    /// When to come again, in milliseconds; none: not before something changed.
    #[n(2)]
    pub retry_after_ms: Option<u32>,
}

/// News of one channel: whole commits after `from`, up to `to`; with a part, some of the next one.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Batch {
    /// The channel.
    #[n(0)]
    pub channel: Channel,
    /// The feed's epoch.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub epoch: [u8; 16],
    /// It is applied only on exactly this cursor; 0 without a part starts the channel over, whatever
    /// the cursor.
    #[n(2)]
    pub from: u64,
    /// The cursor after it.
    #[n(3)]
    pub to: u64,
    /// The digest at `to`; only where `to` is the channel's last commit.
    #[n(4)]
    pub digest: Option<Bytes>,
    /// What entered, changed or left.
    #[n(5)]
    pub items: Vec<BatchItem>,
    /// The cursor's part on which it is applied.
    #[n(6)]
    pub from_part: Option<Part>,
    /// The cursor's part after it; set when the commit after `to` is too large for one page.
    #[n(7)]
    pub to_part: Option<Part>,
}

/// One item of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BatchItem {
    /// The item.
    #[n(0)]
    pub item: ItemId,
    /// What happened to it.
    #[n(1)]
    pub news: News,
}

/// What happened to an item in a channel.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum News {
    /// It is not visible there any more.
    #[n(0)]
    Left,
    /// A record, as it is now.
    #[n(1)]
    Record(#[n(0)] Bytes),
    /// A document, whole.
    #[n(2)]
    Snapshot(#[n(0)] Bytes),
    /// Changes of a document that the device has.
    #[n(3)]
    Changes(#[n(0)] Vec<ChangeNews>),
    /// A record as it is now, with the server's signature: the device can give it back.
    #[n(4)]
    Signed(#[n(0)] Bytes, #[n(1)] Bytes),
}

/// One change of a document.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum ChangeNews {
    /// Somebody else's, whole.
    #[n(0)]
    Whole(#[n(0)] Bytes),
    /// The device's own, admitted: it has the bytes in its journal.
    #[n(1)]
    Own(#[n(0)] Bytes),
}
