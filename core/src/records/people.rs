//! People and places of the company.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::{LocalName, record};
use crate::id::{DeviceId, PersonId, TerritoryId, WarehouseId};

/// What a person may do; see [`crate::access`].
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Encode, Decode,
)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(index_only)]
pub enum Role {
    /// Sells in the field.
    #[n(0)]
    Rep,
    /// Leads reps.
    #[n(1)]
    SalesManager,
    /// Works on orders and customers.
    #[n(2)]
    Office,
    /// Works on stock.
    #[n(3)]
    Warehouse,
    /// Works on invoices and credit.
    #[n(4)]
    Finance,
    /// Works on cases.
    #[n(5)]
    Service,
    /// Everything.
    #[n(6)]
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 7] = [
        Self::Rep,
        Self::SalesManager,
        Self::Office,
        Self::Warehouse,
        Self::Finance,
        Self::Service,
        Self::Admin,
    ];
}

/// A person who signs in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct Person {
    /// Which one.
    #[n(0)]
    pub id: PersonId,
    /// As colleagues write it.
    #[n(1)]
    pub name: String,
    /// What they may do.
    #[n(2)]
    pub role: Role,
    /// Their devices, so that a history can say on which one; published again at each enrolment.
    #[n(3)]
    #[cbor(default)]
    pub devices: Vec<DeviceCode>,
}

/// A device and its short code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct DeviceCode {
    /// The device.
    #[n(0)]
    pub device: DeviceId,
    /// Its short code, such as `K3`.
    #[n(1)]
    pub code: String,
}

/// A warehouse.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct Warehouse {
    /// Which one.
    #[n(0)]
    pub id: WarehouseId,
    /// What people call it.
    #[n(1)]
    pub name: LocalName,
}

/// A territory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct Territory {
    /// Which one.
    #[n(0)]
    pub id: TerritoryId,
    /// What people call it.
    #[n(1)]
    pub name: LocalName,
}

record!(Person, Person, |it| it.id);
record!(Warehouse, Warehouse, |it| it.id);
record!(Territory, Territory, |it| it.id);
