//! Questions beside every channel's order: what differs, and items as they are now.

use super::super::{
    Bye, Channel, Denied, Fetch, FetchRes, FromDevice, FromHub, RangeReq, RangeRes,
};
use super::{Effect, Session, deny, send};
use crate::error::{Refusal, codes};
use crate::time::Timestamp;

/// Items of one Fetch at most.
pub const FETCH_ITEMS_MAX: usize = 256;
/// What a line may ask in a minute, by cost.
const ALLOWANCE: u32 = 2_048;
const ALLOWANCE_MS: i64 = 60_000;
/// Comparing a channel reads all of it.
const RANGE_COST: u32 = 32;

/// What a device holds differs from what the hub sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Divergence {
    /// Where.
    pub channel: Channel,
    /// Items that were put right so far.
    pub items: u64,
    /// How it goes on.
    pub state: Mending,
}

/// How far a repair got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mending {
    /// It has begun.
    Begun,
    /// Both sides agree again.
    Repaired,
    /// The device gave up and takes the whole channel again.
    StartedOver,
}

impl Mending {
    /// The word in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Repaired => "repaired",
            Self::StartedOver => "startedOver",
        }
    }
}

/// What a line may still ask.
#[derive(Debug, Default)]
pub(super) struct Allowance {
    since: Timestamp,
    used: u32,
}

impl Allowance {
    fn take(&mut self, cost: u32, now: Timestamp) -> bool {
        if now.millis() - self.since.millis() > ALLOWANCE_MS {
            *self = Self { since: now, used: 0 };
        }
        self.used = self.used.saturating_add(cost);
        self.used <= ALLOWANCE
    }
}

impl Session {
    pub(super) fn range_asked(
        &mut self,
        asked: RangeReq,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        if !self.channels.contains_key(&asked.channel) {
            let refusal = Refusal::new(codes::ACCESS_ENDED).with("channel", asked.channel);
            let answers = FromDevice::RANGE_REQ;
            let denied = Denied { refusal: refusal.into(), answers, retry_after_ms: None };
            return effects.push(send(&FromHub::Error(denied)));
        }
        if self.allowance.take(RANGE_COST, now) {
            effects.push(Effect::Compare(asked));
        } else {
            too_often(effects);
        }
    }

    pub(super) fn compared(
        &mut self,
        asked: &RangeReq,
        found: RangeRes,
        effects: &mut Vec<Effect>,
    ) {
        let items = asked.repaired.unwrap_or(0);
        let channel = asked.channel;
        let begun = self.repairing.contains(&channel);
        if found.buckets.is_empty() && begun {
            self.repairing.remove(&channel);
            let state = Mending::Repaired;
            effects.push(Effect::Report(Divergence { channel, items, state }));
        } else if !found.buckets.is_empty() && !begun {
            self.repairing.insert(channel);
            let state = Mending::Begun;
            effects.push(Effect::Report(Divergence { channel, items, state }));
        }
        effects.push(Effect::SendLarge(FromHub::RangeRes(found)));
    }

    pub(super) fn items_asked(&mut self, asked: Fetch, now: Timestamp, effects: &mut Vec<Effect>) {
        if asked.items.len() > FETCH_ITEMS_MAX {
            let refusal = Refusal::new(codes::TOO_LARGE).with("items", asked.items.len());
            return deny(refusal, effects);
        }
        if self.allowance.take(1, now) {
            effects.push(Effect::ReadItems(asked));
        } else {
            too_often(effects);
        }
    }

    pub(super) fn items_read(&mut self, found: FetchRes, effects: &mut Vec<Effect>) {
        effects.push(Effect::SendLarge(FromHub::FetchRes(found)));
    }

    /// The device says why it goes.
    pub(super) fn goes(&mut self, bye: &Bye, effects: &mut Vec<Effect>) {
        if bye.reason == codes::DIVERGED {
            for channel in std::mem::take(&mut self.repairing) {
                let state = Mending::StartedOver;
                effects.push(Effect::Report(Divergence { channel, items: 0, state }));
            }
        }
        effects.push(Effect::Close);
    }
}

fn too_often(effects: &mut Vec<Effect>) {
    let refusal = Refusal::new(codes::THROTTLED);
    let retry_after_ms = u32::try_from(ALLOWANCE_MS).ok();
    let denied = Denied { refusal: refusal.into(), answers: 0, retry_after_ms };
    effects.extend([send(&FromHub::Denied(denied)), Effect::Close]);
}
