//! What can be ordered, and the cart.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::id::{CartId, CustomerId, LineId, PriceListId, ProductId};
use crate::money::Money;
use crate::quantity::{Percent, Quantity};
use crate::records::{LocalName, Pack, Picture, PriceBreak, Reason};
use crate::time::{Day, Timestamp};

/// A product in the catalogue of one customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CatalogueRow {
    /// Which one.
    pub id: ProductId,
    /// Article number.
    pub code: String,
    /// Its name.
    pub name: LocalName,
    /// Its shelf.
    pub category: LocalName,
    /// What it looks like.
    pub picture: Option<Picture>,
    /// Base unit.
    pub unit: String,
    /// Larger packs.
    pub packs: Vec<Pack>,
    /// For one base unit, smallest quantity; none: cannot be sold to this customer.
    pub unit_price: Option<Money>,
    /// Tax.
    pub tax_rate: Percent,
    /// Whether the price contains it.
    pub tax_included: bool,
    /// Whether more costs less.
    pub has_breaks: bool,
    /// The price that begins soon; none where it stays as it is.
    pub next_price: Option<NextPrice>,
    /// Base units that can be promised; none: unknown.
    pub available: Option<Quantity>,
    /// How old that figure is.
    pub stock_as_of: Option<Timestamp>,
    /// The line in the cart, when there is one.
    pub in_cart: Option<CartLineView>,
    /// Packs this customer took last time.
    pub last_quantity: Option<Quantity>,
    /// In which pack.
    pub last_pack: Option<String>,
}

/// A price that begins on a day to come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct NextPrice {
    /// Its first day, at the office.
    pub since: Day,
    /// For one base unit, smallest quantity.
    pub unit_price: Money,
}

/// How a price came about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct PriceTrace {
    /// The price list.
    #[n(0)]
    pub list: Option<PriceListId>,
    /// Its name.
    #[n(1)]
    pub list_name: Option<LocalName>,
    /// What was done, in order.
    #[n(2)]
    pub steps: Vec<TraceStep>,
}

/// One step of a computation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct TraceStep {
    /// A code such as `list_price`, `break`, `discount`, `net`, `tax`.
    #[n(0)]
    pub code: String,
    /// What it used: a quantity, a rate.
    #[n(1)]
    pub detail: String,
    /// The amount after this step.
    #[n(2)]
    pub amount: Money,
}

/// Tax of one rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct TaxLine {
    /// The rate.
    #[n(0)]
    pub rate: Percent,
    /// What it is on.
    #[n(1)]
    pub net: Money,
    /// How much it is.
    #[n(2)]
    pub tax: Money,
}

/// A line of a cart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CartLineView {
    /// Which one.
    pub id: LineId,
    /// What.
    pub product: ProductId,
    /// Article number.
    pub code: String,
    /// Its name.
    pub name: LocalName,
    /// What it looks like.
    pub picture: Option<Picture>,
    /// Base unit.
    pub unit: String,
    /// Larger packs.
    pub packs: Vec<Pack>,
    /// The chosen pack's code; the base unit's when it is that.
    pub pack: String,
    /// Packs.
    pub quantity: Quantity,
    /// Taken off.
    pub discount: Percent,
    /// The most that may be.
    pub discount_max: Percent,
    /// For one base unit, before discount; none when there is no price.
    pub unit_price: Option<Money>,
    /// What one base unit costs from which quantity on; none when there is no price.
    pub breaks: Vec<PriceBreak>,
    /// Without tax.
    pub net: Money,
    /// The tax on it.
    pub tax: Money,
    /// With tax.
    pub total: Money,
    /// Base units that can be promised.
    pub available: Option<Quantity>,
    /// How old that figure is.
    pub stock_as_of: Option<Timestamp>,
    /// Whether the estimate says that it will not be enough.
    pub short: bool,
    /// Why this price.
    pub price: PriceTrace,
    /// What keeps this line from being submitted.
    pub problems: Vec<Reason>,
}

/// What the credit rule says about this cart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreditView {
    /// None: no limit.
    pub limit: Option<Money>,
    /// Open invoices.
    pub balance: Money,
    /// Confirmed, not invoiced.
    pub uninvoiced: Money,
    /// This cart.
    pub this_order: Money,
    /// The three together.
    pub exposure: Money,
    /// By how much the limit is passed; none when it is not.
    pub over: Option<Money>,
    /// What is late.
    pub overdue: Money,
    /// How old the figures are.
    pub as_of: Timestamp,
}

/// A cart, priced.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CartView {
    /// Which one.
    pub id: CartId,
    /// For whom.
    pub customer: CustomerId,
    /// Its name.
    pub customer_name: String,
    /// What is in it, in the order it was put in.
    pub lines: Vec<CartLineView>,
    /// Sum without tax.
    pub net: Money,
    /// Tax by rate.
    pub taxes: Vec<TaxLine>,
    /// With tax.
    pub total: Money,
    /// What the credit rule says; none when the account is not here yet.
    pub credit: Option<CreditView>,
    /// When the customer wants it.
    pub requested_on: Option<Day>,
    /// What was noted.
    pub note: String,
    /// What the office will probably say; does not stop anything.
    pub warnings: Vec<Reason>,
    /// What keeps it from being submitted.
    pub problems: Vec<Reason>,
}

/// A product with its stock, as the office sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct OfficeProductRow {
    /// Which one.
    pub id: ProductId,
    /// Article number.
    pub code: String,
    /// Its name.
    pub name: LocalName,
    /// Its shelf.
    pub category: LocalName,
    /// What it looks like.
    pub picture: Option<Picture>,
    /// Base unit.
    pub unit: String,
    /// Larger packs.
    pub packs: Vec<Pack>,
    /// Tax.
    pub tax_rate: Percent,
    /// In the first price list.
    pub unit_price: Option<Money>,
    /// Base units that are there, all warehouses.
    pub on_hand: Quantity,
    /// Base units promised.
    pub reserved: Quantity,
    /// The difference.
    pub available: Quantity,
    /// Whether it is sold.
    pub active: bool,
}
