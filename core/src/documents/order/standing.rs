//! What counts of an order: the same on every replica, whatever order its versions came in.
//!
//! Versions are taken in the order of their hybrid clocks, each after those it was made on. One
//! that knew everything before it counts as it is. One that did not is merged line by line; where
//! that cannot be done, what was there stays, and its author is asked. A cancellation stands
//! whatever else was changed beside it, since nobody may get what somebody called off.

use std::collections::BTreeMap;

use super::merge::merge;
use super::{Revision, SignedOrder, VersionId};
use crate::documents::Stamp;

/// Revisions of an order at most: a set of them is one number.
pub const REVISIONS_MAX: usize = 100;

/// Some revisions of an order: one bit for each.
type Set = u128;

/// A revision as it is found in the document.
pub(super) struct Found {
    pub(super) id: VersionId,
    pub(super) stamp: Stamp,
    pub(super) revision: Revision,
}

/// All revisions, each after those it was made on.
pub(super) struct Line<'a> {
    first: (VersionId, &'a SignedOrder),
    found: Vec<Found>,
    /// For each, those that its author knew, itself left out.
    known: Vec<Set>,
    /// What counted for somebody who knew some of them.
    states: BTreeMap<Set, State>,
}

/// What counts of some revisions.
#[derive(Clone)]
pub(super) struct State {
    pub(super) content: SignedOrder,
    pub(super) cancelled: Option<usize>,
    /// Revisions that are part of `content`.
    applied: Set,
    countered: Set,
}

impl<'a> Line<'a> {
    /// Puts revisions in their order; those made on what is not here do not count.
    pub(super) fn new(first: (VersionId, &'a SignedOrder), mut found: Vec<Found>) -> Self {
        found.sort_by_key(|it| (it.stamp, it.id));
        let mut line =
            Self { first, found: Vec::new(), known: Vec::new(), states: BTreeMap::new() };
        while let Some(next) = found.iter().position(|it| line.known_to(it).is_some()) {
            let next = found.remove(next);
            line.known.extend(line.known_to(&next));
            line.found.push(next);
        }
        line
    }

    /// What the author of this revision knew; none when part of it is not here.
    fn known_to(&self, it: &Found) -> Option<Set> {
        let mut known = 0;
        for base in it.revision.bases.iter().filter(|base| **base != self.first.0) {
            let at = self.found.iter().position(|it| it.id == *base)?;
            known |= (1 << at) | self.known.get(at)?;
        }
        (!it.revision.bases.is_empty()).then_some(known)
    }

    pub(super) fn found(&self) -> &[Found] {
        &self.found
    }

    fn all(&self) -> Set {
        self.known.iter().enumerate().fold(0, |all, (at, _)| all | (1 << at))
    }

    /// Revisions that somebody built on.
    fn built_on(&self) -> Set {
        self.known.iter().fold(0, |all, known| all | known)
    }

    /// The versions that nobody built on.
    pub(super) fn heads(&self) -> Vec<VersionId> {
        let heads = self.all() & !self.built_on();
        let mut ids: Vec<_> = self.of(heads).map(|it| it.id).collect();
        if ids.is_empty() {
            ids.push(self.first.0);
        }
        ids.sort_unstable();
        ids
    }

    /// What counts now.
    pub(super) fn state(&mut self) -> State {
        self.state_of(self.all())
    }

    /// Revisions whose authors have to be asked.
    pub(super) fn countered(&self, state: &State) -> Vec<VersionId> {
        self.of(state.countered & !self.built_on()).map(|it| it.id).collect()
    }

    fn of(&self, set: Set) -> impl Iterator<Item = &Found> {
        self.found.iter().enumerate().filter(move |(at, _)| set >> at & 1 == 1).map(|(_, it)| it)
    }

    /// What counted for somebody who knew these. Each needs only what its author knew, which is
    /// less, so that this ends.
    fn state_of(&mut self, set: Set) -> State {
        if let Some(state) = self.states.get(&set) {
            return state.clone();
        }
        let first = self.first.1.clone();
        let mut state = State { content: first, cancelled: None, applied: 0, countered: 0 };
        for at in (0..self.found.len()).filter(|at| set >> at & 1 == 1) {
            let known = self.known.get(at).copied().unwrap_or_default();
            let base = self.state_of(known);
            let Some(it) = self.found.get(at) else { continue };
            state.take(at, &it.revision, known, &base);
        }
        if let Some(at) = state.cancelled {
            let known = self.known.get(at).copied().unwrap_or_default();
            state.content = self.state_of(known).content;
            state.countered |= self.unknown_to_whoever_cancelled(set);
        }
        self.states.insert(set, state.clone());
        state
    }

    fn unknown_to_whoever_cancelled(&self, set: Set) -> Set {
        let mut unknown = 0;
        let mut known = 0;
        for (at, it) in self.found.iter().enumerate().filter(|(at, _)| set >> at & 1 == 1) {
            match it.revision.content {
                Some(_) => unknown |= 1 << at,
                None => known |= self.known.get(at).copied().unwrap_or_default(),
            }
        }
        unknown & !known
    }
}

impl State {
    fn take(&mut self, at: usize, revision: &Revision, known: Set, base: &State) {
        let Some(content) = &revision.content else {
            self.cancelled.get_or_insert(at);
            return;
        };
        let merged = if self.applied & !known == 0 {
            Some(content.clone())
        } else {
            merge(&base.content, content, &self.content)
        };
        match merged {
            Some(merged) => {
                self.content = merged;
                self.applied |= 1 << at;
            }
            None => self.countered |= 1 << at,
        }
    }
}
