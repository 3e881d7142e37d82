//! What the company decided about an order.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::record;
use crate::documents::order::VersionId;
use crate::id::{CustomerId, LineId, OrderId, PersonId, ProductId};
use crate::money::Money;
use crate::quantity::{Percent, Quantity};
use crate::time::{Day, Timestamp};

/// The business judgement of a submitted order.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Encode, Decode,
)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(index_only)]
pub enum Outcome {
    /// As signed.
    #[n(0)]
    Accepted,
    /// Taken, but part of it cannot be served yet; the lines say which.
    #[n(1)]
    AcceptedWithChange,
    /// Waits for a person in the office.
    #[n(2)]
    Held,
    /// The company offers something else; the rep answers.
    #[n(3)]
    Countered,
    /// Not taken.
    #[n(4)]
    Declined,
}

/// Who has to act on a reason.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Encode, Decode,
)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(index_only)]
pub enum Who {
    /// For information.
    #[n(0)]
    Nobody,
    /// The rep.
    #[n(1)]
    Rep,
    /// The back office.
    #[n(2)]
    Office,
}

/// One reason for an outcome: what was found, by which rule, on which inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct Reason {
    /// One of [`crate::error::codes`].
    #[n(0)]
    pub code: String,
    /// What its sentence needs.
    #[n(1)]
    pub params: BTreeMap<String, String>,
    /// The rule and its version, such as `credit@1`.
    #[n(2)]
    pub rule: String,
    /// What the rule saw.
    #[n(3)]
    pub inputs: Vec<Input>,
    /// Codes of what would help, best first.
    #[n(4)]
    pub fixes: Vec<String>,
    /// Who has to act.
    #[n(5)]
    pub who: Who,
}

/// One figure a rule saw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct Input {
    /// A code, such as `balance`.
    #[n(0)]
    pub name: String,
    /// As text, with its currency or unit.
    #[n(1)]
    pub value: String,
    /// How old it was; none when it was part of the order.
    #[n(2)]
    pub as_of: Option<Timestamp>,
}

/// The company's side of an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct SalesOrder {
    /// The order document.
    #[n(0)]
    pub order: OrderId,
    /// The ERP's own number, such as `SO-10231`.
    #[n(1)]
    pub number: String,
    /// Who ordered.
    #[n(2)]
    pub customer: CustomerId,
    /// The judgement.
    #[n(3)]
    pub outcome: Outcome,
    /// Why.
    #[n(4)]
    pub reasons: Vec<Reason>,
    /// What was decided, line by line.
    #[n(5)]
    pub lines: Vec<DecidedLine>,
    /// Sum without tax.
    #[n(6)]
    pub net: Money,
    /// Sum of tax.
    #[n(7)]
    pub tax: Money,
    /// Sum with tax.
    #[n(8)]
    pub total: Money,
    /// When it is to be delivered.
    #[n(9)]
    pub promised_on: Option<Day>,
    /// When.
    #[n(10)]
    pub decided_at: Timestamp,
    /// The version that was judged; none: the order as it was first signed.
    #[n(11)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<VersionId>,
    /// How many revisions that takes in; more is newer.
    #[n(12)]
    #[cbor(default)]
    #[serde(default, skip_serializing_if = "is_zero")]
    pub revision: u32,
    /// Whether it is closed because it was cancelled. Its outcome is then [`Outcome::Declined`],
    /// which older apps know.
    #[n(13)]
    #[cbor(default)]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cancelled: bool,
    /// The person who decided; none: the rules did.
    #[n(14)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// How far a connected ERP got with it; none when there is none, or it was not asked yet.
    #[n(15)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
}

/// How far a connected ERP got with an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct Progress {
    /// Its number there.
    #[n(0)]
    pub number: String,
    /// How far it got.
    #[n(1)]
    pub stage: Stage,
    /// When that was seen.
    #[n(2)]
    pub seen_at: Timestamp,
}

/// The last thing that happened to an order in a connected ERP.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Encode, Decode,
)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(index_only)]
pub enum Stage {
    /// It is confirmed.
    #[n(0)]
    Confirmed,
    /// Part of it was shipped.
    #[n(1)]
    PartlyShipped,
    /// All of it was shipped.
    #[n(2)]
    Shipped,
    /// An invoice was posted; all of it was shipped.
    #[n(3)]
    Invoiced,
    /// All of it was paid.
    #[n(4)]
    Paid,
    /// It was cancelled there.
    #[n(5)]
    Cancelled,
}

impl SalesOrder {
    /// Whether the company takes it as it was judged.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        matches!(self.outcome, Outcome::Accepted | Outcome::AcceptedWithChange)
    }

    /// Whether its lines take stock. What is on its way in a connected ERP does so until it left the
    /// warehouse, also while a later version is judged; the lines are then those on their way.
    #[must_use]
    pub fn takes_stock(&self) -> bool {
        let here = |it: &Progress| matches!(it.stage, Stage::Confirmed | Stage::PartlyShipped);
        self.progress.as_ref().map_or(self.is_taken(), here)
    }

    /// Whether its total takes credit; what is on its way in a connected ERP does so until it is
    /// owed there.
    #[must_use]
    pub fn takes_credit(&self) -> bool {
        let over = |stage| matches!(stage, Stage::Invoiced | Stage::Paid | Stage::Cancelled);
        self.progress.as_ref().map_or(self.is_taken(), |it| !over(it.stage))
    }

    /// Whether a person in the office may still decide about it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.outcome, Outcome::Held | Outcome::Countered)
    }
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// What a person decided about an order that the rules left open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct Verdict {
    /// What.
    #[n(0)]
    pub ruling: Ruling,
    /// Who.
    #[n(1)]
    pub by: PersonId,
    /// Why, in their words.
    #[n(2)]
    pub note: String,
    /// When.
    #[n(3)]
    pub at: Timestamp,
}

/// What a person can decide about an order.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Encode, Decode,
)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(index_only)]
pub enum Ruling {
    /// Take it as signed, in spite of what the rules say.
    #[n(0)]
    Release,
    /// Do not take it.
    #[n(1)]
    Decline,
    /// Give it back: the rep changes or cancels it.
    #[n(2)]
    Counter,
}

/// One line as decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct DecidedLine {
    /// The line of the order.
    #[n(0)]
    pub line: LineId,
    /// What.
    #[n(1)]
    pub product: ProductId,
    /// In which pack, a code.
    #[n(2)]
    pub pack: String,
    /// Packs ordered.
    #[n(3)]
    pub quantity: Quantity,
    /// For one base unit, before discount.
    #[n(4)]
    pub unit_price: Money,
    /// Taken off.
    #[n(5)]
    pub discount: Percent,
    /// Without tax.
    #[n(6)]
    pub net: Money,
    /// The tax on it.
    #[n(7)]
    pub tax: Money,
    /// Base units reserved for it.
    #[n(8)]
    pub reserved: Quantity,
    /// Base units that are missing.
    #[n(9)]
    pub short: Quantity,
}

record!(SalesOrder, SalesOrder, |it| it.order);
