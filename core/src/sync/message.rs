//! Every message of protocol version 1. `docs/protocol.md` describes them; golden bytes hold them.

use minicbor::{Decode, Encode};

use super::{Channel, Head, Receipt};
use crate::error::Refusal;
use crate::id::{DeviceId, ItemId};
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
        /// The answer to Ping.
        0x4C Pong(Ping),
        /// The last message was not accepted; the line stays open.
        0x4D Error(Denied),
    }
}

/// Messages of this version that other builds may send; they are answered with `UNIMPLEMENTED`.
pub const RESERVED: &[(u8, &str)] = &[
    (0x03, "Applied"),
    (0x04, "Fetch"),
    (0x05, "DigestReq"),
    (0x06, "RangeReq"),
    (0x07, "Offer"),
    (0x08, "Blob"),
    (0x09, "Credit"),
    (0x46, "Revoke"),
    (0x47, "Wipe"),
    (0x48, "DigestRes"),
    (0x49, "RangeRes"),
    (0x4A, "Throttle"),
    (0x4B, "Hint"),
    (0x4E, "FetchRes"),
    (0x4F, "Notice"),
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

/// Sent back as it came.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Ping {
    /// The sender's clock.
    #[n(0)]
    pub clock: Timestamp,
}

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

/// News of one channel: whole commits after `from`, up to `to`.
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
    /// It is applied only on exactly this cursor; 0 starts the channel over, whatever the cursor.
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
