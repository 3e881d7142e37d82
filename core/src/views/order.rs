//! Orders and what became of them.

use serde::{Deserialize, Serialize};

use super::{PriceTrace, SyncState, TaxLine};
use crate::id::{CustomerId, LineId, OrderId, PersonId, ProductId};
use crate::money::Money;
use crate::quantity::{Percent, Quantity};
use crate::records::{LocalName, Outcome, Reason};
use crate::time::{Day, Timestamp};

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum OrderState {
    /// Not decided yet.
    Waiting,
    /// Taken as signed.
    Accepted,
    /// Taken; part of it is short.
    AcceptedWithChange,
    /// Waits for the office.
    Held,
    /// Waits for the rep.
    Countered,
    /// Not taken.
    Declined,
}

/// An order in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct OrderRow {
    /// Which one.
    pub id: OrderId,
    /// The number given on the device, such as `K3-0042`.
    pub device_number: String,
    /// The ERP's number, once it has one.
    pub number: Option<String>,
    /// Who ordered.
    pub customer: CustomerId,
    /// Its name.
    pub customer_name: String,
    /// Who took it.
    pub rep: PersonId,
    /// Their name.
    pub rep_name: String,
    /// When it was signed.
    pub placed_at: Timestamp,
    /// When the office received it; known in the office only.
    pub arrived_at: Option<Timestamp>,
    /// When the customer wants it.
    pub requested_on: Option<Day>,
    /// With tax.
    pub total: Money,
    /// Lines.
    pub line_count: u32,
    /// Lines of which something is missing.
    pub short_lines: u32,
    /// Where it stands.
    pub state: OrderState,
    /// Codes of the reasons, most important first.
    pub reasons: Vec<String>,
    /// How far it got.
    pub sync: SyncState,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct OrderLineView {
    /// Which one.
    pub id: LineId,
    /// What.
    pub product: ProductId,
    /// Its article number.
    pub code: String,
    /// Its name.
    pub name: LocalName,
    /// The pack's code.
    pub pack: String,
    /// Packs.
    pub quantity: Quantity,
    /// For one base unit, before discount.
    pub unit_price: Money,
    /// Taken off.
    pub discount: Percent,
    /// Without tax.
    pub net: Money,
    /// The tax on it.
    pub tax: Money,
    /// Base units reserved; none before the decision.
    pub reserved: Option<Quantity>,
    /// Base units missing; none before the decision.
    pub short: Option<Quantity>,
    /// How the price came about.
    pub price: PriceTrace,
}

/// The company's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct OutcomeView {
    /// The judgement.
    pub outcome: Outcome,
    /// Why.
    pub reasons: Vec<Reason>,
    /// When.
    pub decided_at: Timestamp,
    /// When it is to be delivered.
    pub promised_on: Option<Day>,
}

/// One order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct OrderView {
    /// What lists show.
    pub row: OrderRow,
    /// Its lines as signed, with the decision beside each.
    pub lines: Vec<OrderLineView>,
    /// Sum without tax.
    pub net: Money,
    /// Tax by rate.
    pub taxes: Vec<TaxLine>,
    /// What was noted.
    pub note: String,
    /// None while it waits.
    pub outcome: Option<OutcomeView>,
}

/// One thing that happened to a document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct HistoryRow {
    /// When it was done, by the device's clock.
    pub at: Timestamp,
    /// When the server stored it; none for what is still here.
    pub received_at: Option<Timestamp>,
    /// Who.
    pub person: PersonId,
    /// Their name.
    pub person_name: String,
    /// The device's code; empty for the server.
    pub device: String,
    /// The operation's name, such as `customer.edit`.
    pub operation: String,
    /// What it changed.
    pub changes: Vec<HistoryChange>,
}

/// One field that changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct HistoryChange {
    /// The field's path, such as `phone` or `contacts/name`.
    pub field: String,
    /// Before; empty when it was new.
    pub from: String,
    /// After; empty when it was removed.
    pub to: String,
}

