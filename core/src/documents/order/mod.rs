//! The order: what was signed, frozen. What the company decided about it is the record
//! [`crate::records::SalesOrder`].

mod sign;
mod submit;

use automerge::Automerge;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};
pub use sign::{Signing, sign};
pub use submit::Submit;

use super::Fields;
use crate::error::{Refusal, Result, codes};
use crate::id::{CartId, CustomerId, LineId, OrderId, PersonId, PriceListId, ProductId};
use crate::money::Money;
use crate::quantity::{Percent, Quantity};
use crate::records::LocalName;
use crate::time::{Day, Timestamp};
use crate::views::{PriceTrace, TaxLine};

/// What was signed: written once, never edited. An amendment will be a further version.
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
    /// The rep who took it.
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

/// Reads the document.
///
/// # Errors
/// [`codes::MALFORMED`] when nothing was signed.
pub fn read(document: &Automerge) -> Result<SignedOrder> {
    Fields::root(document)
        .frozen("signed")
        .and_then(|bytes| minicbor::decode(&bytes).ok())
        .ok_or_else(|| Refusal::new(codes::MALFORMED).with("detail", "an order that nobody signed"))
}
