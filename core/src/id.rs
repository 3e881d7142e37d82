//! Typed ids. Every id is a UUID; documents made on a device get version 7 from given time and bytes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::time::Timestamp;

/// Randomness, handed in by the host: the system's source on phone and server, a seed in simulation.
pub trait Entropy {
    /// Fills the slice.
    fn fill(&mut self, bytes: &mut [u8]);
}

/// A version 7 UUID from the given instant and randomness.
pub fn uuid_v7(now: Timestamp, entropy: &mut dyn Entropy) -> Uuid {
    let mut random = [0u8; 10];
    entropy.fill(&mut random);
    uuid::Builder::from_unix_timestamp_millis(now.millis().unsigned_abs(), &random).into_uuid()
}

/// A UUID that follows from its parts, for records named by two things (a price: list and product).
pub fn uuid_of(parts: &[&[u8]]) -> Uuid {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    let mut bytes = [0u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "ts", derive(tsify::Tsify))]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "openapi", schema(value_type = String))]
        #[serde(transparent)]
        pub struct $name(
            #[cfg_attr(feature = "ts", tsify(type = "string"))]
            pub Uuid,
        );

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }
        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> { Uuid::parse_str(text).map(Self) }
        }
        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self { Self(id) }
        }
        impl<C> minicbor::Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(&self, e: &mut minicbor::Encoder<W>, _: &mut C) -> Result<(), minicbor::encode::Error<W::Error>> {
                e.bytes(self.0.as_bytes())?;
                Ok(())
            }
        }
        impl<'b, C> minicbor::Decode<'b, C> for $name {
            fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
                Uuid::from_slice(d.bytes()?).map(Self).map_err(|_| minicbor::decode::Error::message("not a UUID"))
            }
        }
    )*};
}

ids! {
    /// A customer document.
    CustomerId;
    /// A contact inside a customer.
    ContactId;
    /// A visit document.
    VisitId;
    /// A cart document.
    CartId;
    /// A line of a cart or an order.
    LineId;
    /// An order document.
    OrderId;
    /// A product.
    ProductId;
    /// A price list.
    PriceListId;
    /// A warehouse.
    WarehouseId;
    /// A territory.
    TerritoryId;
    /// A person who signs in.
    PersonId;
    /// A device, or a server process acting as one.
    DeviceId;
}

/// What an item is. The number is part of the protocol and never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[repr(u8)]
pub enum ItemKind {
    /// Document: a customer.
    Customer = 1,
    /// Document: a visit.
    Visit = 2,
    /// Document: a cart.
    Cart = 3,
    /// Document: an order.
    Order = 4,
    /// Record: a product.
    Product = 64,
    /// Record: a price list's header.
    PriceList = 65,
    /// Record: one product's price in one list.
    Price = 66,
    /// Record: one product's stock in one warehouse.
    Stock = 67,
    /// Record: what the company decided about a customer.
    CustomerAccount = 68,
    /// Record: who looks after a customer, in which territory.
    Assignment = 69,
    /// Record: what the company decided about an order.
    SalesOrder = 70,
    /// Record: how far a device's journal got.
    JournalStatus = 71,
    /// Record: a person's name and role.
    Person = 72,
    /// Record: a warehouse.
    Warehouse = 73,
    /// Record: a territory.
    Territory = 74,
    /// Record: a visit that was closed.
    VisitSummary = 75,
    /// Record: an order that was closed.
    OrderSummary = 76,
}

impl ItemKind {
    /// Every kind.
    pub const ALL: [Self; 17] = [
        Self::Customer,
        Self::Visit,
        Self::Cart,
        Self::Order,
        Self::Product,
        Self::PriceList,
        Self::Price,
        Self::Stock,
        Self::CustomerAccount,
        Self::Assignment,
        Self::SalesOrder,
        Self::JournalStatus,
        Self::Person,
        Self::Warehouse,
        Self::Territory,
        Self::VisitSummary,
        Self::OrderSummary,
    ];

    /// The kind with this number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == number)
    }

    /// Documents merge; everything else is a record.
    #[must_use]
    pub fn is_document(self) -> bool {
        (self as u8) < 64
    }

    /// The record that stands for a document of this kind once it is closed.
    #[must_use]
    pub fn summary(self) -> Option<Self> {
        match self {
            Self::Visit => Some(Self::VisitSummary),
            Self::Order => Some(Self::OrderSummary),
            _ => None,
        }
    }

    /// The kind of document that a record of this kind stands for.
    #[must_use]
    pub fn stands_for(self) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.summary() == Some(self))
    }
}

impl<C> minicbor::Encode<C> for ItemKind {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.u8(*self as u8)?;
        Ok(())
    }
}

impl<'b, C> minicbor::Decode<'b, C> for ItemKind {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        Self::from_number(d.u8()?)
            .ok_or_else(|| minicbor::decode::Error::message("unknown item kind"))
    }
}

/// A document or record: its kind and its UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId {
    /// What it is.
    pub kind: ItemKind,
    /// Which one.
    pub id: Uuid,
}

impl ItemId {
    /// Length of the stored and transmitted form in bytes.
    pub const LEN: usize = 17;

    /// An item of this kind.
    pub fn new(kind: ItemKind, id: impl Into<Uuid>) -> Self {
        Self { kind, id: id.into() }
    }

    /// The record that stands for this document once it is closed.
    #[must_use]
    pub fn summary(self) -> Option<Self> {
        self.kind.summary().map(|kind| Self { kind, id: self.id })
    }

    /// The document that this record stands for.
    #[must_use]
    pub fn stands_for(self) -> Option<Self> {
        self.kind.stands_for().map(|kind| Self { kind, id: self.id })
    }

    /// The kind's number, then the UUID.
    #[must_use]
    pub fn to_bytes(self) -> [u8; Self::LEN] {
        let mut bytes = [0u8; Self::LEN];
        bytes[0] = self.kind as u8;
        bytes[1..].copy_from_slice(self.id.as_bytes());
        bytes
    }

    /// Reads what [`Self::to_bytes`] wrote.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (kind, id) = bytes.split_first()?;
        Some(Self { kind: ItemKind::from_number(*kind)?, id: Uuid::from_slice(id).ok()? })
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.kind, self.id)
    }
}

impl<C> minicbor::Encode<C> for ItemId {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(&self.to_bytes())?;
        Ok(())
    }
}

impl<'b, C> minicbor::Decode<'b, C> for ItemId {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        Self::from_bytes(d.bytes()?)
            .ok_or_else(|| minicbor::decode::Error::message("not an item id"))
    }
}

macro_rules! items {
    ($($id:ident => $kind:ident),*) => {$(
        impl From<$id> for Uuid { fn from(id: $id) -> Uuid { id.0 } }
        impl From<$id> for ItemId { fn from(id: $id) -> ItemId { ItemId { kind: ItemKind::$kind, id: id.0 } } }
    )*};
}
items!(CustomerId => Customer, VisitId => Visit, CartId => Cart, OrderId => Order, ProductId => Product,
    PriceListId => PriceList, PersonId => Person, WarehouseId => Warehouse, TerritoryId => Territory, DeviceId => JournalStatus);
