//! How far a device's journal got.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::record;
use crate::id::DeviceId;
use crate::time::Timestamp;

/// The server's account of one device's journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct JournalStatus {
    /// The device.
    #[n(0)]
    pub device: DeviceId,
    /// Every entry up to this is on the server's disk.
    #[n(1)]
    pub stored_upto: u64,
    /// Every entry up to this is judged; exceptions are listed.
    #[n(2)]
    pub admitted_upto: u64,
    /// Entries that were not admitted.
    #[n(3)]
    pub exceptions: Vec<EntryException>,
    /// When.
    #[n(4)]
    pub as_of: Timestamp,
}

/// An entry that waits in quarantine, or left it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct EntryException {
    /// The entry's number.
    #[n(0)]
    pub n: u64,
    /// Why, one of [`crate::error::codes`].
    #[n(1)]
    pub code: String,
    /// What became of it.
    #[n(2)]
    pub state: ExceptionState,
    /// What the office wrote to the rep when it decided; empty when nothing.
    #[n(3)]
    #[cbor(default)]
    pub note: String,
}

/// What became of a quarantined entry.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Encode, Decode,
)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(index_only)]
pub enum ExceptionState {
    /// Waits for the office.
    #[n(0)]
    Quarantined,
    /// The office let it in.
    #[n(1)]
    Released,
    /// The office refused it; the device keeps a copy.
    #[n(2)]
    Declined,
    /// The device sent another in its place.
    #[n(3)]
    Replaced,
}

record!(JournalStatus, JournalStatus, |it| it.device);
