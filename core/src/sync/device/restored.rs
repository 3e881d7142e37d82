//! A server that went back in time: the device gives back what it holds of what was lost.

use super::super::{Head, Offer, Restored};
use super::{Device, Effect, send};

impl Device {
    /// Compares what the hub says it holds with what it signed for. A hub that holds less was
    /// restored from a backup; that is not the device's fault, and nothing is lost yet.
    pub(super) fn compare(
        &mut self,
        held: Head,
        restored: Option<Restored>,
        effects: &mut Vec<Effect>,
    ) {
        if self.signed_upto > held.n {
            effects.push(Effect::Rewound(held));
        }
        // Before the journal goes up, so that no order is decided anew that was decided before.
        if let Some(restored) = restored {
            effects.push(Effect::ReadOutcomes(restored));
        }
    }

    pub(super) fn offer(offers: Vec<Offer>, effects: &mut Vec<Effect>) {
        effects.extend(offers.into_iter().map(|offer| send(&super::FromDevice::Offer(offer))));
    }
}
