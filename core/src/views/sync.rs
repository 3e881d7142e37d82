//! The day, and how far everything got.

use serde::{Deserialize, Serialize};

use super::{CustomerRow, VisitRow};
use crate::error::Refusal;
use crate::id::{CustomerId, DeviceId, PersonId};
use crate::money::Money;
use crate::records::ExceptionState;
use crate::time::{Day, Timestamp};

/// The five plain words of the apps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum SyncState {
    /// On this phone only.
    SavedHere,
    /// The office has it on disk.
    SafeAtOffice,
    /// The office has answered, or nothing of one's own is on the way.
    Confirmed,
    /// The rep must act.
    NeedsYou,
    /// The office must act.
    NeedsOffice,
}

/// The state of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum Connection {
    /// No network.
    Offline,
    /// Trying.
    Connecting,
    /// In contact.
    Online,
    /// The server does not want this device; see the code.
    Refused,
}

/// How far a first sync got.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CatchUp {
    /// Items that are here.
    pub done: u64,
    /// Items that will be.
    pub total: u64,
    /// The same by channel, in the order in which they come.
    pub channels: Vec<ChannelProgress>,
    /// Bytes that came since the app was opened.
    pub bytes: u64,
}

/// How far one channel got.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChannelProgress {
    /// `device`, `user`, `territory`, `catalog` or `warehouse`.
    pub kind: String,
    /// Items that are here.
    pub done: u64,
    /// Items that will be.
    pub total: u64,
    /// Whether everything is here, proved by its digest.
    pub complete: bool,
}

/// The journal in four figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct JournalView {
    /// Everything ever recorded here.
    pub entries: u64,
    /// What the office signed for.
    pub safe_upto: u64,
    /// When it did.
    pub safe_at: Option<Timestamp>,
    /// What it has not signed for.
    pub waiting: u64,
}

/// One recorded operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct JournalRow {
    /// Its number.
    pub n: u64,
    /// Its name.
    pub operation: String,
    /// When.
    pub at: Timestamp,
    /// What it is about: a customer's name, an order's number.
    pub subject: String,
    /// How far it got.
    pub state: SyncState,
    /// Why it waits, when it does.
    pub refusal: Option<Refusal>,
}

/// Something a person must look at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AttentionRow {
    /// `conflict`, `quarantined`, `declined`, `countered`, `held`.
    pub kind: String,
    /// What it is about.
    pub subject: String,
    /// Where to go.
    pub customer: Option<CustomerId>,
    /// Or here.
    pub order: Option<crate::id::OrderId>,
    /// The entry of one's own journal that was not taken, whose copy can be read.
    pub entry: Option<u64>,
    /// `needsYou` or `needsOffice`.
    pub who: SyncState,
    /// What is the matter.
    pub refusal: Refusal,
    /// Since when.
    pub at: Timestamp,
}

/// What a phone lost when its storage did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LostView {
    /// Entries that are known to have been recorded and are nowhere any more.
    pub entries: u64,
    /// Entries that could not be recorded again; they are kept on the phone.
    pub set_aside: u64,
    /// When the office had last heard of the phone: what was recorded later may be lost as well.
    pub since: Option<Timestamp>,
}

/// Everything about sync on one screen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SyncView {
    /// The line.
    pub connection: Connection,
    /// Why the server refuses, when it does.
    pub refusal: Option<Refusal>,
    /// When the server was last heard.
    pub last_contact: Option<Timestamp>,
    /// By how many milliseconds this device's clock is ahead of the server's (negative: behind);
    /// none when it is about right. Times are corrected by it.
    pub clock_off_ms: Option<i64>,
    /// What was recorded.
    pub journal: JournalView,
    /// None when everything is here.
    pub catch_up: Option<CatchUp>,
    /// The last thing that went wrong on the line and is being seen to.
    pub trouble: Option<Refusal>,
    /// How often the line was closed because nothing came of something that was asked for.
    pub stalls: u64,
    /// How often something here differed from the office, and was put right.
    pub repairs: u64,
    /// Whether the browser promised to keep the data; none: not asked yet.
    pub persisted: Option<bool>,
    /// What was lost with the phone's storage, until somebody has read it.
    pub lost: Option<LostView>,
    /// What needs somebody.
    pub attention: Vec<AttentionRow>,
    /// The last operations, newest first.
    pub recent: Vec<JournalRow>,
}

/// One customer of the day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TodayStop {
    /// Who.
    pub customer: CustomerRow,
    /// Why it is on the list: `due`, `late`, `overdue`, `visited`, `open`.
    pub reason: String,
    /// Today's visit, when there was one.
    pub visit: Option<VisitRow>,
}

/// The figures of the day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TodayFigures {
    /// Stops done.
    pub visited: u32,
    /// Stops altogether.
    pub planned: u32,
    /// Orders taken.
    pub orders: u32,
    /// What they are worth.
    pub order_total: Money,
}

/// A rep's day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TodayView {
    /// Which day.
    pub day: Day,
    /// How it goes.
    pub figures: TodayFigures,
    /// Where to go now.
    pub next: Option<CustomerRow>,
    /// Everything of the day, open ones first.
    pub stops: Vec<TodayStop>,
}

/// An entry that waits for a decision of the office.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct QuarantineRow {
    /// Whose journal.
    pub device: DeviceId,
    /// The device's short code.
    pub device_code: String,
    /// Which entry.
    pub n: u64,
    /// Who recorded it.
    pub person: PersonId,
    /// Their name.
    pub person_name: String,
    /// What.
    pub operation: String,
    /// What it is about.
    pub subject: String,
    /// When it was recorded.
    pub at: Timestamp,
    /// When it arrived.
    pub received_at: Timestamp,
    /// Why it waits.
    pub refusal: Refusal,
    /// What became of it.
    pub state: ExceptionState,
    /// Entries that wait for this one.
    pub dependants: u32,
    /// What it was to write.
    pub changes: Vec<super::HistoryChange>,
}
