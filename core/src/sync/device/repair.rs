//! A channel that differs is narrowed to the exact items, and these are put right.
//!
//! One channel at a time: sums by bucket go up, the hub's items of the buckets that differ come
//! down, what is missing or differs is fetched; then the sums go up again, until the hub finds no
//! difference. What comes through the channel meanwhile only brings items to the same state.

use std::collections::VecDeque;

use super::super::hub::FETCH_ITEMS_MAX;
use super::super::{Bye, Channel, Fetch, FetchRes, FromDevice, RangeReq, RangeRes};
use super::{Device, Effect, send};
use crate::error::{Refusal, codes};
use crate::id::ItemId;

/// Rounds after which the channel starts over instead.
const ROUNDS_MAX: u32 = 64;

/// Where a channel stands here, and its elements by bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sums {
    /// The epoch of the cursor.
    pub epoch: [u8; 16],
    /// The cursor.
    pub seq: u64,
    /// As in [`RangeReq`].
    pub buckets: Vec<u8>,
}

/// What came of comparing buckets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference {
    /// Items that are missing here or differ.
    pub wanted: Vec<ItemId>,
    /// Items that were only here, and are not any more.
    pub removed: u64,
}

/// A repair under way.
#[derive(Debug)]
pub(super) struct Repair {
    channel: Channel,
    rounds: u32,
    repaired: u64,
    wanted: VecDeque<ItemId>,
}

impl Device {
    /// What is here of this channel is not what the hub has.
    pub(super) fn doubt(&mut self, channel: Channel, effects: &mut Vec<Effect>) {
        if self.repair.as_ref().is_some_and(|repair| repair.channel == channel) {
            return;
        }
        self.doubted.insert(channel);
        self.repair_next(effects);
    }

    pub(super) fn repair_next(&mut self, effects: &mut Vec<Effect>) {
        if !self.welcome || self.repair.is_some() {
            return;
        }
        let Some(channel) = self.doubted.pop_first() else { return };
        self.repair = Some(Repair { channel, rounds: 0, repaired: 0, wanted: VecDeque::new() });
        effects.push(Effect::SumUp(channel));
    }

    pub(super) fn summed(&mut self, sums: Option<Sums>, effects: &mut Vec<Effect>) {
        let Some(repair) = &self.repair else { return };
        let Some(Sums { epoch, seq, buckets }) = sums else {
            self.repair = None;
            return self.repair_next(effects);
        };
        let repaired = Some(repair.repaired);
        let asked = RangeReq { channel: repair.channel, epoch, seq, buckets, repaired };
        effects.push(send(&FromDevice::RangeReq(asked)));
        self.deadlines.answer(true, self.now);
    }

    pub(super) fn ranges_came(&mut self, found: RangeRes, effects: &mut Vec<Effect>) {
        let Some(repair) = self.repair.as_mut().filter(|it| it.channel == found.channel) else {
            return;
        };
        self.deadlines.answer(false, self.now);
        if found.buckets.is_empty() {
            effects.push(Effect::Agreed(repair.channel, repair.repaired));
            return self.repaired(effects);
        }
        repair.rounds += 1;
        if repair.rounds > ROUNDS_MAX {
            return self.give_up(effects);
        }
        if repair.rounds == 1 {
            let notice = Refusal::new(codes::DIVERGED).with("channel", repair.channel);
            effects.push(Effect::Notice(notice));
        }
        effects.push(Effect::Compare(found));
    }

    pub(super) fn compared(&mut self, difference: Option<Difference>, effects: &mut Vec<Effect>) {
        let Some(repair) = &mut self.repair else { return };
        let Some(Difference { wanted, removed }) = difference else {
            return self.give_up(effects);
        };
        repair.repaired += removed;
        repair.wanted = wanted.into();
        self.fetch(effects);
    }

    pub(super) fn items_came(&mut self, found: FetchRes, effects: &mut Vec<Effect>) {
        let Some(channel) = found.repair else {
            self.deadlines.answer(self.repair.is_some(), self.now);
            self.wanted.pop_front();
            effects.push(Effect::KeepFetched(found));
            return self.fetch_wanted(effects);
        };
        let Some(repair) = self.repair.as_mut().filter(|it| it.channel == channel) else { return };
        self.deadlines.answer(false, self.now);
        let before = repair.wanted.len();
        let answered = |item: &ItemId| {
            found.missing.contains(item) || found.items.iter().any(|it| it.item == *item)
        };
        repair.wanted.retain(|item| !answered(item));
        if repair.wanted.len() == before {
            return self.give_up(effects);
        }
        repair.repaired += found.items.len() as u64;
        effects.push(Effect::Mend(found));
    }

    pub(super) fn mended(&mut self, effects: &mut Vec<Effect>) {
        if self.repair.is_some() {
            self.fetch(effects);
        }
    }

    /// Asks for more of what differs, or whether anything still does.
    fn fetch(&mut self, effects: &mut Vec<Effect>) {
        let Some(repair) = &self.repair else { return };
        if repair.wanted.is_empty() {
            return effects.push(Effect::SumUp(repair.channel));
        }
        let items = repair.wanted.iter().take(FETCH_ITEMS_MAX).copied().collect();
        effects.push(send(&FromDevice::Fetch(Fetch { items, repair: Some(repair.channel) })));
        self.deadlines.answer(true, self.now);
    }

    fn repaired(&mut self, effects: &mut Vec<Effect>) {
        self.repair = None;
        self.repair_next(effects);
        if self.repair.is_none() && self.applying.is_empty() {
            effects.push(Effect::UpToDate);
        }
    }

    /// Takes the whole channel again, with the next line.
    pub(super) fn give_up(&mut self, effects: &mut Vec<Effect>) {
        let Some(repair) = self.repair.take() else { return };
        let bye = Bye { reason: codes::DIVERGED.to_owned() };
        effects.extend([
            Effect::StartOver(repair.channel),
            send(&FromDevice::Bye(bye)),
            Effect::Close,
        ]);
    }

    /// Somebody wants to see items that are not here.
    pub(super) fn want(&mut self, items: Vec<ItemId>, effects: &mut Vec<Effect>) {
        let idle = self.wanted.is_empty();
        self.wanted.extend(items.chunks(FETCH_ITEMS_MAX).map(<[ItemId]>::to_vec));
        if self.welcome && idle {
            self.fetch_wanted(effects);
        }
    }

    pub(super) fn fetch_wanted(&mut self, effects: &mut Vec<Effect>) {
        let Some(items) = self.wanted.front() else { return };
        effects.push(send(&FromDevice::Fetch(Fetch { items: items.clone(), repair: None })));
        self.deadlines.answer(true, self.now);
    }
}
