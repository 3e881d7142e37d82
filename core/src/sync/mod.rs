//! Sync: a journal goes up, channels come down, digests prove that both sides agree.
//!
//! [`device`] and [`hub`] are state machines: events in, effects out. They know no socket, no clock
//! and no database; whoever hosts them carries out their effects and tells them what came of it.

pub mod backoff;
pub mod device;
pub mod hub;

mod bounded;
mod buckets;
mod channel;
mod clock;
mod digest;
mod frame;
mod journal;
mod limits;
mod message;
mod part;
mod sign;
mod version;

pub use buckets::{BUCKETS, Buckets, bucket_of};
pub use channel::Channel;
pub use clock::{LineClock, correction_ms};
pub use digest::{Digest, document_element, hash, record_element};
pub use frame::{
    COMPRESSED, CONTINUED, History, compressed, continued, decode_device, decode_hub,
    decode_hub_after, encode_device, encode_hub,
};
pub use journal::{Entry, EntryChange, Head};
pub use limits::{
    BATCH_BYTES, BODY_BYTES_MAX, ENTRY_BYTES_MAX, FRAME_BYTES_MAX, HELLO_BYTES_MAX, PUSH_BYTES,
    PUSH_ENTRIES_MAX, PUSH_WINDOW, RESTS_ON_MAX,
};
pub use message::{
    Batch, BatchItem, Beyond, Bye, Bytes, ChangeNews, ChannelHead, Code, Cursor, Denied, Fetch,
    FetchRes, FromDevice, FromHub, Grants, Hello, News, Notice, Offer, Offered, PROTOCOL, Ping,
    Push, RESERVED, RangeBucket, RangeItem, RangeReq, RangeRes, Reauth, Restored, SignedRecord,
    Throttle, WIPED, Welcome, Wipe,
};
pub use part::{Part, Place};
pub use sign::{
    Receipt, sign_head, sign_outcome, sign_wipe, verify_head, verify_outcome, verify_wipe,
};
pub use version::{PROTOCOLS, common_version};
