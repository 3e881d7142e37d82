//! What stands for a visit or an order once it is closed: nothing but a new document can follow it,
//! so devices keep what lists and details show and leave the document to the office.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::{LocalName, Outcome, Reason, Verdict, Who, record};
use crate::documents::visit::VisitOutcome;
use crate::id::{CartId, CustomerId, LineId, OrderId, PersonId, PriceListId, ProductId, VisitId};
use crate::money::Money;
use crate::place::Place;
use crate::quantity::{Percent, Quantity};
use crate::time::{Day, Timestamp};
use crate::views::TaxLine;

/// A closed visit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct VisitSummary {
    /// The visit.
    #[n(0)]
    pub visit: VisitId,
    /// Where.
    #[n(1)]
    pub customer: CustomerId,
    /// Who went.
    #[n(2)]
    pub rep: PersonId,
    /// When it began, by the device's clock.
    #[n(3)]
    pub begun_at: Timestamp,
    /// Minutes east of UTC on the device.
    #[n(4)]
    pub offset_minutes: i16,
    /// Where the device was at check-in, when it knew.
    #[n(5)]
    pub place: Option<Place>,
    /// When it ended, by the device's clock.
    #[n(6)]
    pub finished_at: Timestamp,
    /// What came of it.
    #[n(7)]
    pub outcome: VisitOutcome,
    /// What was noted.
    #[n(8)]
    pub note: String,
}

/// A closed order with what was decided. One that was changed after the signature is not closed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct OrderSummary {
    /// The order.
    #[n(0)]
    pub order: OrderId,
    /// The number given on the device, such as `K3-0042`.
    #[n(1)]
    pub device_number: String,
    /// The ERP's own number.
    #[n(2)]
    pub number: String,
    /// Who ordered.
    #[n(3)]
    pub customer: CustomerId,
    /// Its name when it signed.
    #[n(4)]
    pub customer_name: String,
    /// The rep who took it, or who looks after the customer for whom the office took it.
    #[n(5)]
    pub rep: PersonId,
    /// The cart it came from.
    #[n(6)]
    pub cart: Option<CartId>,
    /// When it was signed, by the device's clock.
    #[n(7)]
    pub placed_at: Timestamp,
    /// Minutes east of UTC on the device.
    #[n(8)]
    pub offset_minutes: i16,
    /// When the customer wanted it.
    #[n(9)]
    pub requested_on: Option<Day>,
    /// What was noted.
    #[n(10)]
    pub note: String,
    /// The price list used.
    #[n(11)]
    pub price_list: PriceListId,
    /// Its lines.
    #[n(12)]
    pub lines: Vec<SummaryLine>,
    /// Sum without tax.
    #[n(13)]
    pub net: Money,
    /// Tax by rate.
    #[n(14)]
    pub taxes: Vec<TaxLine>,
    /// Sum with tax.
    #[n(15)]
    pub total: Money,
    /// The judgement.
    #[n(16)]
    pub outcome: Outcome,
    /// Why.
    #[n(17)]
    pub reasons: Vec<SummaryReason>,
    /// When it was decided.
    #[n(18)]
    pub decided_at: Timestamp,
    /// When it was to be delivered.
    #[n(19)]
    pub promised_on: Option<Day>,
    /// The person who decided; none: the rules did.
    #[n(20)]
    pub verdict: Option<Verdict>,
    /// Who took it in place of the rep.
    #[n(21)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_by: Option<PersonId>,
}

/// One line of a closed order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct SummaryLine {
    /// Which one; none when it follows from cart and product, as it does for what a rep took.
    #[n(0)]
    pub id: Option<LineId>,
    /// What.
    #[n(1)]
    pub product: ProductId,
    /// Article number then.
    #[n(2)]
    pub code: String,
    /// Name then.
    #[n(3)]
    pub name: LocalName,
    /// In which pack.
    #[n(4)]
    pub pack: String,
    /// Packs.
    #[n(5)]
    pub quantity: Quantity,
    /// Base units; none: as many as packs.
    #[n(6)]
    pub base_quantity: Option<Quantity>,
    /// For one base unit, before discount.
    #[n(7)]
    pub unit_price: Money,
    /// Taken off.
    #[n(8)]
    pub discount: Percent,
    /// Without tax; none where it follows, as `sums` says.
    #[n(9)]
    pub net: Option<Money>,
    /// The tax on it; the same.
    #[n(10)]
    pub tax: Option<Money>,
    /// Base units that were reserved; none when nothing was decided line by line, or when it was
    /// `served`.
    #[n(11)]
    pub reserved: Option<Quantity>,
    /// Base units that were missing; the same.
    #[n(12)]
    pub short: Option<Quantity>,
    /// The base unit then; none when nobody wrote down how the price came about.
    #[n(13)]
    pub unit: Option<String>,
    /// From what net and tax follow.
    #[n(14)]
    #[cbor(default, skip_if = "Sums::are_written")]
    #[serde(default, skip_serializing_if = "Sums::are_written")]
    pub sums: Sums,
    /// All of it was reserved, and nothing was missing.
    #[n(15)]
    #[cbor(default, skip_if = "std::ops::Not::not")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub served: bool,
}

/// From what a line's net and tax follow: from price, base units, discount and the one rate of the
/// order, by the arithmetic of `pricing@1` and `tax@1`. Other arithmetic needs other codes, so that
/// what was closed stays as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "camelCase")]
#[cbor(index_only)]
pub enum Sums {
    /// From nothing: they are written down.
    #[default]
    #[n(0)]
    Written,
    /// The price is without tax.
    #[n(1)]
    WithoutTax,
    /// The price contains it.
    #[n(2)]
    WithTax,
}

impl Sums {
    fn are_written(&self) -> bool {
        *self == Self::Written
    }
}

/// A reason without the figures its rule saw and without what would have helped: nothing can be
/// done about it any more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct SummaryReason {
    /// One of [`crate::error::codes`].
    #[n(0)]
    pub code: String,
    /// What its sentence needs.
    #[n(1)]
    pub params: BTreeMap<String, String>,
    /// The rule and its version.
    #[n(2)]
    pub rule: String,
}

impl From<&Reason> for SummaryReason {
    fn from(reason: &Reason) -> Self {
        Self { code: reason.code.clone(), params: reason.params.clone(), rule: reason.rule.clone() }
    }
}

impl From<&SummaryReason> for Reason {
    fn from(reason: &SummaryReason) -> Self {
        Self {
            code: reason.code.clone(),
            params: reason.params.clone(),
            rule: reason.rule.clone(),
            inputs: Vec::new(),
            fixes: Vec::new(),
            who: Who::Nobody,
        }
    }
}

record!(VisitSummary, VisitSummary, |it| it.visit);
record!(OrderSummary, OrderSummary, |it| it.order);
