//! The ledger: every operation of which a person was told that it is saved, and every receipt.

use std::collections::{BTreeMap, BTreeSet};

use roundsman_core::id::DeviceId;
use roundsman_core::sync::Head;

/// An operation that was saved on a device.
#[derive(Debug, Clone)]
pub struct Saved {
    /// Hash of its entry.
    pub hash: [u8; 32],
    /// When that was, truly.
    pub when: i64,
    /// Set when it may be gone because the device's storage was taken away, or lied.
    pub lost: bool,
}

/// What was promised to whom.
#[derive(Debug, Default)]
pub struct Ledger {
    /// By device and number.
    pub saved: BTreeMap<(DeviceId, u64), Saved>,
    /// The highest receipt of each device that left the server.
    pub receipts: BTreeMap<DeviceId, Head>,
    copied: BTreeMap<DeviceId, u64>,
    former: BTreeSet<DeviceId>,
    /// Whether any storage went back in time.
    pub went_back: bool,
    /// Whether the server did.
    pub server_went_back: bool,
    /// Entries that must never be admitted.
    pub forged: BTreeSet<(DeviceId, u64)>,
}

impl Ledger {
    /// Somebody was told that this is saved.
    pub fn saved(&mut self, device: DeviceId, head: Head, when: i64) {
        // Of a copied storage, one device goes on under another name with what it recorded.
        let lost = self.copied.get(&device).is_some_and(|after| head.n > *after);
        self.saved.insert((device, head.n), Saved { hash: head.hash, when, lost });
    }

    /// Entries of a device after this one may be gone: its storage was taken away.
    pub fn may_be_lost(&mut self, device: DeviceId, after: u64) {
        for (_, saved) in self.saved.range_mut((device, after + 1)..=(device, u64::MAX)) {
            saved.lost = true;
        }
    }

    /// From this entry on, two devices go under one name.
    pub fn copied(&mut self, device: DeviceId, after: u64) {
        let known = self.copied.entry(device).or_insert(after);
        *known = after.min(*known);
        let after = *known;
        self.may_be_lost(device, after);
    }

    /// Whether any storage was copied or rolled back, so that a number may have been given twice.
    #[must_use]
    pub fn was_copied(&self) -> bool {
        self.went_back || !self.copied.is_empty()
    }

    /// Another device goes on for this one.
    pub fn goes_on(&mut self, device: DeviceId) {
        self.former.insert(device);
    }

    /// Whether another device goes on for this one.
    #[must_use]
    pub fn went_on(&self, device: DeviceId) -> bool {
        self.former.contains(&device)
    }

    /// A receipt left the server.
    pub fn receipt(&mut self, device: DeviceId, head: Head) {
        let known = self.receipts.entry(device).or_insert(head);
        if head.n > known.n {
            *known = head;
        }
    }
}
