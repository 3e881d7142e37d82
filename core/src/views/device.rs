//! Devices and the people who use them, as the office sees them.

use serde::{Deserialize, Serialize};

use crate::id::{DeviceId, PersonId};
use crate::records::{Person, Territory};
use crate::time::Timestamp;

/// What the office decided about a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum DeviceState {
    /// In use.
    Active,
    /// Locked out: it may still deliver.
    Revoked,
    /// To delete everything when it comes.
    WipeOrdered,
    /// It deleted everything.
    Wiped,
}

/// A device in the console's list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeviceRow {
    /// Which one.
    pub id: DeviceId,
    /// Its short code.
    pub code: String,
    /// Whose.
    pub person: PersonId,
    /// Their name.
    pub person_name: String,
    /// Since when.
    pub enrolled_at: Timestamp,
    /// When it was last heard.
    pub last_contact_at: Option<Timestamp>,
    /// Entries of its journal that are here.
    pub stored: u64,
    /// Entries that it said it had, beyond those that are here.
    pub waiting: u64,
    /// When it last said so.
    pub reported_at: Option<Timestamp>,
    /// Its entries that wait for the office.
    pub quarantined: u64,
    /// What was decided about it.
    pub state: DeviceState,
    /// Since when it is locked out.
    pub revoked_at: Option<Timestamp>,
    /// Since when it is to delete everything.
    pub wipe_ordered_at: Option<Timestamp>,
    /// When it did.
    pub wiped_at: Option<Timestamp>,
    /// How often its journal went backwards.
    pub regresses: u32,
    /// Entries that are known to be lost with that.
    pub lost: u64,
    /// The device that goes on for it.
    pub successor: Option<String>,
}

/// A person in the console's list of people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct StaffRow {
    /// Who.
    pub person: Person,
    /// What they sign in with.
    pub login: String,
    /// Whether they were given a password; without one nobody signs in as them.
    pub has_password: bool,
    /// Where they work.
    pub territories: Vec<Territory>,
    /// Customers they look after.
    pub customers: u64,
    /// Since when their access has ended.
    pub disabled_at: Option<Timestamp>,
    /// Since when nothing more is expected of them.
    pub closed_at: Option<Timestamp>,
    /// Why that was settled while a device was still missing.
    pub closed_note: String,
    /// Their devices.
    pub devices: Vec<DeviceRow>,
}

impl StaffRow {
    /// Whether everything that somebody who left recorded is here: each device was in contact after
    /// their access ended and held nothing back, or deleted everything.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let Some(end) = self.disabled_at else { return false };
        let done = |device: &DeviceRow| {
            device.wiped_at.is_some()
                || (device.waiting == 0 && device.last_contact_at.is_some_and(|at| at >= end))
        };
        self.devices.iter().all(done)
    }
}
