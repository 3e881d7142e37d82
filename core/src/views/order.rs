//! Orders and what became of them.

use serde::{Deserialize, Serialize};

use super::{Names, OrderVersionView, PriceTrace, SyncState, TaxLine, VerdictView, versions};
use crate::documents::Event;
use crate::documents::order::{Order, SignedLine, SignedOrder, VersionId};
use crate::id::{CustomerId, LineId, OrderId, PersonId, ProductId};
use crate::money::Money;
use crate::quantity::{Percent, Quantity};
use crate::records::{DecidedLine, LocalName, Outcome, Picture, Progress, Reason, SalesOrder};
use crate::text::search_keys;
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
    /// Called off by whoever took it.
    Cancelled,
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
    /// Who took it, or who looks after the customer for whom the office took it.
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
    /// How many versions there are, the signed one included.
    pub versions: u32,
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
    /// What it looks like; nothing that was signed.
    pub picture: Option<Picture>,
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
    /// The person who decided; none: the rules did.
    pub verdict: Option<VerdictView>,
    /// How far a connected ERP got with it.
    pub progress: Option<Progress>,
}

/// One order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct OrderView {
    /// What lists show.
    pub row: OrderRow,
    /// Its lines as they stand, with the decision beside each.
    pub lines: Vec<OrderLineView>,
    /// Sum without tax.
    pub net: Money,
    /// Tax by rate.
    pub taxes: Vec<TaxLine>,
    /// What was noted.
    pub note: String,
    /// Who took it in place of the rep, in the office; none: the rep did.
    pub taken_by_name: Option<String>,
    /// None while it waits.
    pub outcome: Option<OutcomeView>,
    /// Its versions, newest first; empty while there is only the signed one.
    pub versions: Vec<OrderVersionView>,
    /// By how many milliseconds the device's clock was probably ahead (negative: behind) when it
    /// was recorded; none when it was about right. Known in the office only.
    pub clock_off_ms: Option<i64>,
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

impl OrderState {
    /// The state that follows from the company's decision about the order as it stands. Where two
    /// people changed it and both cannot hold, the rep has to look.
    #[must_use]
    pub fn of(order: &Order, decision: Option<&SalesOrder>) -> Self {
        Self::standing(order.version, order.is_countered(), decision)
    }

    /// The same of an order of which only this is known: the version that stands, and whether two
    /// people changed it and both cannot hold.
    #[must_use]
    pub fn standing(
        version: Option<VersionId>,
        countered: bool,
        decision: Option<&SalesOrder>,
    ) -> Self {
        match decision.filter(|decision| decision.version == version) {
            None => Self::Waiting,
            Some(_) if countered => Self::Countered,
            Some(decision) if decision.cancelled => Self::Cancelled,
            Some(decision) => match decision.outcome {
                Outcome::Accepted => Self::Accepted,
                Outcome::AcceptedWithChange => Self::AcceptedWithChange,
                Outcome::Held => Self::Held,
                Outcome::Countered => Self::Countered,
                Outcome::Declined => Self::Declined,
            },
        }
    }

    /// The plain word for it, once the office has answered.
    #[must_use]
    pub fn answered(self) -> Option<SyncState> {
        match self {
            Self::Waiting => None,
            Self::Accepted | Self::AcceptedWithChange | Self::Cancelled => {
                Some(SyncState::Confirmed)
            }
            Self::Held => Some(SyncState::NeedsOffice),
            Self::Countered | Self::Declined => Some(SyncState::NeedsYou),
        }
    }

    /// The word by which orders are filtered: the same as in JSON.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Accepted => "accepted",
            Self::AcceptedWithChange => "acceptedWithChange",
            Self::Held => "held",
            Self::Countered => "countered",
            Self::Declined => "declined",
            Self::Cancelled => "cancelled",
        }
    }
}

/// The decision, if it is about the order as it stands.
fn judged<'a>(order: &Order, decision: Option<&'a SalesOrder>) -> Option<&'a SalesOrder> {
    decision.filter(|decision| decision.version == order.version)
}

impl OrderRow {
    /// The row of this order. `sync` is how far it got as long as there is no answer.
    #[must_use]
    pub fn new(
        order: &Order,
        decision: Option<&SalesOrder>,
        rep_name: &str,
        sync: SyncState,
    ) -> Self {
        let (signed, state) = (&order.content, OrderState::of(order, decision));
        let number = decision.map(|decision| decision.number.clone());
        let decision = judged(order, decision);
        let decided = decision.map(|decision| decision.lines.as_slice()).unwrap_or_default();
        let short = decided.iter().filter(|line| line.short.is_positive()).count();
        Self {
            id: signed.order,
            device_number: signed.device_number.clone(),
            number,
            customer: signed.customer,
            customer_name: signed.customer_name.clone(),
            rep: signed.rep,
            rep_name: rep_name.to_owned(),
            placed_at: signed.placed_at,
            arrived_at: None,
            requested_on: signed.requested_on,
            total: signed.total,
            line_count: u32::try_from(signed.lines.len()).unwrap_or(u32::MAX),
            short_lines: u32::try_from(short).unwrap_or(u32::MAX),
            state,
            versions: order.revision().saturating_add(1),
            reasons: decision
                .map(|order| order.reasons.iter().map(|it| it.code.clone()).collect())
                .unwrap_or_default(),
            sync: state.answered().unwrap_or(sync),
        }
    }
}

impl OrderView {
    /// The order with the decision beside each line.
    #[must_use]
    pub fn new(
        row: OrderRow,
        order: &Order,
        decision: Option<&SalesOrder>,
        names: &dyn Names,
    ) -> Self {
        let (signed, decision) = (&order.content, judged(order, decision));
        let decided = |line: &SignedLine| {
            decision.and_then(|order| order.lines.iter().find(|it| it.line == line.id))
        };
        Self {
            row,
            lines: signed
                .lines
                .iter()
                .map(|line| OrderLineView::new(line, decided(line)))
                .collect(),
            net: signed.net,
            taxes: signed.taxes.clone(),
            note: signed.note.clone(),
            taken_by_name: order.taken_by().map(|it| names.person(it)),
            outcome: decision.map(|order| OutcomeView {
                outcome: order.outcome,
                reasons: order.reasons.clone(),
                decided_at: order.decided_at,
                promised_on: order.promised_on,
                verdict: order.verdict.as_ref().map(|it| VerdictView::new(it, names)),
                progress: order.progress.clone(),
            }),
            versions: versions(order, names),
            clock_off_ms: None,
        }
    }
}

impl OrderLineView {
    fn new(line: &SignedLine, decided: Option<&DecidedLine>) -> Self {
        Self {
            id: line.id,
            product: line.product,
            code: line.code.clone(),
            name: line.name.clone(),
            picture: None,
            pack: line.pack.clone(),
            quantity: line.quantity,
            unit_price: line.unit_price,
            discount: line.discount,
            net: line.net,
            tax: line.tax,
            reserved: decided.map(|it| it.reserved),
            short: decided.map(|it| it.short),
            price: line.price.clone(),
        }
    }
}

impl HistoryRow {
    /// One change as people read it.
    #[must_use]
    pub fn new(event: Event, received_at: Option<Timestamp>, names: &dyn Names) -> Self {
        Self {
            at: event.stamp.at.timestamp(),
            received_at,
            person: event.stamp.by,
            person_name: names.person(event.stamp.by),
            device: names.device(event.stamp.device),
            operation: event.operation,
            changes: event.changes,
        }
    }
}

/// What an order is found by.
#[must_use]
pub fn order_search(signed: &SignedOrder, number: Option<&str>) -> String {
    search_keys(&[
        &signed.customer_name,
        &signed.device_number,
        number.unwrap_or_default(),
        &signed.note,
    ])
}
