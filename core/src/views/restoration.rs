//! What came back after the server was restored from a backup, and what did not.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::id::{DeviceId, ItemKind, OrderId};
use crate::money::Money;
use crate::time::Timestamp;

/// The account of one restoration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RestorationView {
    /// When devices began to be asked.
    pub begun_at: Timestamp,
    /// The time the database went back to.
    pub since: Timestamp,
    /// The device that showed it; none when it was announced.
    pub noticed_by: Option<DeviceId>,
    /// Devices that were known then; those that are not back yet first.
    pub devices: Vec<DeviceReturn>,
    /// Decisions that are as they were before.
    pub outcomes_reinstated: u64,
    /// Decisions that are not.
    pub outcomes_missing: Vec<OutcomeMissing>,
    /// Documents of which devices hold more than the server.
    pub changes_missing: Vec<ChangeMissing>,
}

/// What one device gave back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeviceReturn {
    /// Which one.
    pub device: DeviceId,
    /// Its short code.
    pub device_code: String,
    /// Who uses it.
    pub person_name: String,
    /// When it was last heard of, as far as is known.
    pub last_contact_at: Option<Timestamp>,
    /// When it came back.
    pub came_at: Option<Timestamp>,
    /// When it had given back everything it keeps.
    pub offered_at: Option<Timestamp>,
    /// Entries that it sent again.
    pub returned: u64,
    /// Entries that the server had signed for and that are not here.
    pub missing: u64,
}

/// Why a decision is not as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum OutcomeMissingWhy {
    /// Its order is here and is about to be decided.
    Waits,
    /// Its order is on a device that is not back yet.
    OrderNotBack,
    /// Every device is back, and none had the order.
    OrderLost,
    /// The order was decided again before the decision came back.
    DecidedAnew,
}

/// A decision that a device gave back and that does not hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct OutcomeMissing {
    /// The order.
    pub order: OrderId,
    /// Who ordered; empty when the customer is not here.
    pub customer_name: String,
    /// The number it had.
    pub number: String,
    /// What it was worth, with tax.
    pub total: Money,
    /// The number it has now.
    pub number_now: Option<String>,
    /// Why.
    pub why: OutcomeMissingWhy,
}

/// A document of which devices hold changes that nobody gave back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangeMissing {
    /// What it is.
    pub kind: ItemKind,
    /// Which one.
    pub id: Uuid,
    /// What people call it; empty when nothing of it is here.
    pub subject: String,
    /// How many changes.
    pub changes: u64,
    /// When the last of them was made.
    pub last_at: Timestamp,
    /// Who made the first; empty when they are not known here.
    pub person_name: String,
    /// Where it was made; empty when that is not known here.
    pub device_code: String,
}
