//! The order: what was signed, frozen, and what was meant after that, as further versions. What the
//! company decided about it is the record [`crate::records::SalesOrder`].

mod amend;
mod cancel;
mod merge;
mod revise;
mod sign;
mod standing;
mod submit;
mod summary;
mod version;

use std::collections::BTreeMap;

pub use amend::Amend;
use automerge::Automerge;
pub use cancel::Cancel;
use minicbor::{Decode, Encode};
pub(crate) use revise::revise_line;
pub use revise::{Revising, Wanted, WantedLine, revise};
use serde::{Deserialize, Serialize};
pub use sign::{Signing, sign};
pub use standing::REVISIONS_MAX;
use standing::{Found, Line};
pub use submit::{LINES_MAX, Submit};
pub use version::{Revision, VersionId};

use super::Fields;
use crate::error::{Refusal, Result, codes};
use crate::id::{CartId, CustomerId, LineId, OrderId, PersonId, PriceListId, ProductId};
use crate::money::Money;
use crate::quantity::{Percent, Quantity};
use crate::records::LocalName;
use crate::time::{Day, Timestamp};
use crate::views::{PriceTrace, TaxLine};

/// What was signed: written once, never edited. An amendment is a further version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct SignedOrder {
    /// The order.
    #[n(0)]
    pub order: OrderId,
    /// The number given on the device, such as `K3-0042`.
    #[n(1)]
    pub device_number: String,
    /// Who ordered.
    #[n(2)]
    pub customer: CustomerId,
    /// Its name when it signed.
    #[n(3)]
    pub customer_name: String,
    /// The rep who took it, or who looks after the customer for whom the office took it.
    #[n(4)]
    pub rep: PersonId,
    /// The cart it comes from.
    #[n(5)]
    pub cart: Option<CartId>,
    /// When it was signed, by the device's clock.
    #[n(6)]
    pub placed_at: Timestamp,
    /// Minutes east of UTC on the device.
    #[n(7)]
    pub offset_minutes: i16,
    /// When the customer wants it.
    #[n(8)]
    pub requested_on: Option<Day>,
    /// What was noted.
    #[n(9)]
    pub note: String,
    /// The price list used.
    #[n(10)]
    pub price_list: PriceListId,
    /// Its lines.
    #[n(11)]
    pub lines: Vec<SignedLine>,
    /// Sum without tax.
    #[n(12)]
    pub net: Money,
    /// Tax by rate.
    #[n(13)]
    pub taxes: Vec<TaxLine>,
    /// Sum with tax.
    #[n(14)]
    pub total: Money,
    /// Who took it in place of the rep: somebody in the office, with the customer on the telephone.
    #[n(15)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_by: Option<PersonId>,
}

impl SignedOrder {
    /// Who took it.
    #[must_use]
    pub fn author(&self) -> PersonId {
        self.taken_by.unwrap_or(self.rep)
    }
}

/// One line as signed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct SignedLine {
    /// Which one.
    #[n(0)]
    pub id: LineId,
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
    /// Base units.
    #[n(6)]
    pub base_quantity: Quantity,
    /// For one base unit, before discount.
    #[n(7)]
    pub unit_price: Money,
    /// Taken off.
    #[n(8)]
    pub discount: Percent,
    /// Without tax.
    #[n(9)]
    pub net: Money,
    /// The tax on it.
    #[n(10)]
    pub tax: Money,
    /// How the price came about.
    #[n(11)]
    pub price: PriceTrace,
}

impl SignedLine {
    /// Whether another line asks for the same, whatever it costs.
    #[must_use]
    pub fn asks_for_the_same(&self, other: &Self) -> bool {
        self.product == other.product
            && self.pack == other.pack
            && self.quantity == other.quantity
            && self.discount == other.discount
    }

    /// The rate of its tax, as its price came about.
    #[must_use]
    pub fn tax_rate(&self) -> Percent {
        let step = self.price.steps.iter().find(|step| step.code == "tax");
        step.and_then(|step| step.detail.parse().ok()).unwrap_or_default()
    }
}

/// An order's document, read. Of one that was never changed it is what was signed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// What counts now; of a cancelled one, what was cancelled.
    #[serde(flatten)]
    pub content: SignedOrder,
    /// Names what counts; none: as it was first signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<VersionId>,
    /// As it was first signed, when that is not all there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<Box<SignedOrder>>,
    /// What came after it, in the order in which it counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revisions: Vec<Revision>,
    /// The cancellation that counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled: Option<VersionId>,
    /// Revisions that could not be joined with what counts; their authors are asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub countered: Vec<VersionId>,
}

impl Order {
    /// The cancellation that counts.
    #[must_use]
    pub fn cancellation(&self) -> Option<&Revision> {
        let id = self.cancelled?;
        self.revisions.iter().find(|it| it.id() == id)
    }

    /// When a line of it was first asked for as it stands now and at its price, by the clock of
    /// whoever did: the day that prices it.
    #[must_use]
    pub fn asked_at(&self, line: &SignedLine) -> Timestamp {
        let first = self.first.as_deref().unwrap_or(&self.content);
        let revisions = self.revisions.iter().filter_map(|it| Some((it.content.as_ref()?, it.at)));
        let mut told = std::iter::once((first, first.placed_at)).chain(revisions);
        let found = told.find(|(content, _)| content.lines.contains(line));
        found.map_or(first.placed_at, |(_, at)| at)
    }

    /// Who took it in place of the rep; what came after the signature does not change that.
    #[must_use]
    pub fn taken_by(&self) -> Option<PersonId> {
        self.first.as_deref().unwrap_or(&self.content).taken_by
    }

    /// Whether two people changed it and both cannot hold.
    #[must_use]
    pub fn is_countered(&self) -> bool {
        !self.countered.is_empty()
    }

    /// How many revisions it takes in. A document only grows, so that more is newer.
    #[must_use]
    pub fn revision(&self) -> u32 {
        u32::try_from(self.revisions.len()).unwrap_or(u32::MAX)
    }
}

impl From<SignedOrder> for Order {
    fn from(content: SignedOrder) -> Self {
        Self {
            content,
            version: None,
            first: None,
            revisions: Vec::new(),
            cancelled: None,
            countered: Vec::new(),
        }
    }
}

/// Reads the document.
///
/// # Errors
/// [`codes::MALFORMED`] when nothing was signed, [`codes::TOO_LARGE`] beyond [`REVISIONS_MAX`].
pub fn read(document: &Automerge) -> Result<Order> {
    let (id, signed) = signed(document)?;
    let found = found(document, &signed)?;
    if found.is_empty() {
        return Ok(signed.into());
    }
    let mut line = Line::new((id, &signed), found);
    let state = line.state();
    let heads = line.heads();
    Ok(Order {
        content: state.content.clone(),
        version: Some(match heads.as_slice() {
            [one] => *one,
            several => VersionId::of_all(several),
        }),
        revisions: line.found().iter().map(|it| it.revision.clone()).collect(),
        cancelled: state.cancelled.and_then(|at| Some(line.found().get(at)?.id)),
        countered: line.countered(&state),
        first: Some(Box::new(signed)),
    })
}

/// The versions that the next one is to be made on.
///
/// # Errors
/// As [`read`].
pub fn heads(document: &Automerge) -> Result<Vec<VersionId>> {
    let (id, signed) = signed(document)?;
    Ok(Line::new((id, &signed), found(document, &signed)?).heads())
}

fn signed(document: &Automerge) -> Result<(VersionId, SignedOrder)> {
    let bytes = Fields::root(document).frozen("signed");
    bytes
        .and_then(|bytes| Some((VersionId::of(&bytes), minicbor::decode(&bytes).ok()?)))
        .ok_or_else(|| Refusal::new(codes::MALFORMED).with("detail", "an order that nobody signed"))
}

/// The revisions that stand under their own hash and are of this order.
fn found(document: &Automerge, signed: &SignedOrder) -> Result<Vec<Found>> {
    let root = Fields::root(document);
    let mut found = Vec::new();
    for (name, cancels) in [("versions", false), ("cancelled", true)] {
        let Some(map) = root.map(name) else { continue };
        for key in map.keys() {
            let Some((stamp, bytes)) = map.frozen_stamped(&key) else { continue };
            let id = VersionId::of(&bytes);
            let Ok(revision) = minicbor::decode::<Revision>(&bytes) else { continue };
            let fits = id.to_string() == key && revision.content.is_none() == cancels;
            if fits && revision.is_of(signed) {
                found.push(Found { id, stamp, revision });
            }
        }
    }
    if found.len() > REVISIONS_MAX {
        return Err(Refusal::new(codes::TOO_LARGE).with("field", "versions"));
    }
    Ok(found)
}

/// The order with the sums of its lines.
pub(crate) fn sum_up(order: SignedOrder) -> SignedOrder {
    let zero = Money::zero(order.total.currency);
    let mut by_rate = BTreeMap::<Percent, TaxLine>::new();
    for line in &order.lines {
        let rate = line.tax_rate();
        let sum = by_rate.entry(rate).or_insert(TaxLine { rate, net: zero, tax: zero });
        sum.net = sum.net.plus(line.net);
        sum.tax = sum.tax.plus(line.tax);
    }
    let taxes: Vec<TaxLine> = by_rate.into_values().collect();
    let net = taxes.iter().fold(zero, |sum, it| sum.plus(it.net));
    let tax = taxes.iter().fold(zero, |sum, it| sum.plus(it.tax));
    SignedOrder { net, total: net.plus(tax), taxes, ..order }
}
