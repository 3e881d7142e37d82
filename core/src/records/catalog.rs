//! What is sold, by which lists, and what is there.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::record;
use crate::id::{PriceListId, ProductId, WarehouseId, uuid_of};
use crate::money::Currency;
use crate::quantity::{Percent, Quantity};
use crate::time::Timestamp;

/// A name in both languages of the apps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct LocalName {
    /// Chinese.
    #[n(0)]
    pub zh: String,
    /// English.
    #[n(1)]
    pub en: String,
}

/// A product and how it is packed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct Product {
    /// Which one.
    #[n(0)]
    pub id: ProductId,
    /// The company's own article number.
    #[n(1)]
    pub code: String,
    /// What people call it.
    #[n(2)]
    pub name: LocalName,
    /// The shelf it stands on in the catalogue.
    #[n(3)]
    pub category: LocalName,
    /// Base unit, a code such as `pc` or `kg`.
    #[n(4)]
    pub unit: String,
    /// Larger packs, smallest first; the base unit is not listed.
    #[n(5)]
    pub packs: Vec<Pack>,
    /// Value added tax.
    #[n(6)]
    pub tax_rate: Percent,
    /// Of the base unit; empty when there is none.
    #[n(7)]
    pub barcode: String,
    /// Whether it is sold now.
    #[n(8)]
    pub active: bool,
    /// What it looks like; none: its apps draw a plain box.
    #[n(9)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<Picture>,
}

/// A product's picture, as the apps draw it: nothing is downloaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct Picture {
    /// A code such as `sack` or `loaf`; an app draws a plain box for one it does not know.
    #[n(0)]
    pub shape: String,
    /// A code such as `wheat` or `berry`; an app takes a neutral one for what it does not know.
    #[n(1)]
    pub colour: String,
}

/// A pack of several base units.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct Pack {
    /// A code such as `box`.
    #[n(0)]
    pub code: String,
    /// Base units in it.
    #[n(1)]
    pub factor: Quantity,
}

/// The header of a price list; its prices are records of their own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct PriceList {
    /// Which one.
    #[n(0)]
    pub id: PriceListId,
    /// What people call it.
    #[n(1)]
    pub name: LocalName,
    /// Of all its prices.
    #[n(2)]
    pub currency: Currency,
    /// Whether its prices contain the tax.
    #[n(3)]
    pub tax_included: bool,
}

/// One product's stock in one warehouse.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct Stock {
    /// Where.
    #[n(0)]
    pub warehouse: WarehouseId,
    /// What.
    #[n(1)]
    pub product: ProductId,
    /// Base units that are there.
    #[n(2)]
    pub on_hand: Quantity,
    /// Base units already promised.
    #[n(3)]
    pub reserved: Quantity,
    /// When the server counted.
    #[n(4)]
    pub as_of: Timestamp,
}

impl Stock {
    /// What can still be promised, in base units; negative when more is reserved than there is.
    #[must_use]
    pub fn available(&self) -> Quantity {
        Quantity(self.on_hand.0.saturating_sub(self.reserved.0))
    }
}

impl Stock {
    /// The id of the stock of this product in this warehouse.
    #[must_use]
    pub fn id_of(warehouse: WarehouseId, product: ProductId) -> uuid::Uuid {
        uuid_of(&[b"stock", warehouse.0.as_bytes(), product.0.as_bytes()])
    }
}

record!(Product, Product, |it| it.id);
record!(PriceList, PriceList, |it| it.id);
record!(Stock, Stock, |it| Stock::id_of(it.warehouse, it.product));
