//! How long each step may take. A line on which something waits and nothing comes is closed, and
//! the next one asks again: a live event is never the only thing that moves sync on.

use std::collections::BTreeMap;

use super::super::{Channel, ChannelHead, Cursor};
use crate::time::Timestamp;

const WELCOME_MS: i64 = 10_000;
const RECEIPT_MS: i64 = 30_000;
const PAGE_MS: i64 = 30_000;
const ANSWER_MS: i64 = 30_000;

/// Since when each step waits; none when it does not.
#[derive(Debug, Default)]
pub(super) struct Deadlines {
    welcome: Option<Timestamp>,
    receipt: Option<Timestamp>,
    page: Option<Timestamp>,
    answer: Option<Timestamp>,
    /// The commit up to which each channel came.
    here: BTreeMap<Channel, u64>,
    /// Channels of which the hub has more.
    behind: BTreeMap<Channel, u64>,
}

impl Deadlines {
    pub(super) fn open(&mut self, cursors: &[Cursor], now: Timestamp) {
        self.welcome = Some(now);
        self.here = cursors.iter().map(|cursor| (cursor.channel, cursor.seq)).collect();
    }

    pub(super) fn welcomed(&mut self) {
        self.welcome = None;
    }

    /// The hub said how far each channel goes.
    pub(super) fn granted(&mut self, heads: &[ChannelHead], now: Timestamp) {
        let here = |channel| self.here.get(&channel).copied().unwrap_or(0);
        let behind = heads.iter().filter(|head| head.seq > here(head.channel));
        self.behind = behind.map(|head| (head.channel, head.seq)).collect();
        self.page = (!self.behind.is_empty()).then_some(now);
    }

    /// A page came.
    pub(super) fn came(&mut self, channel: Channel, to: u64, now: Timestamp) {
        self.here.insert(channel, to);
        if self.behind.get(&channel).is_some_and(|head| to >= *head) {
            self.behind.remove(&channel);
        }
        self.page = (!self.behind.is_empty()).then_some(now);
    }

    /// A push went up, or a receipt came.
    pub(super) fn receipt(&mut self, waits: bool, now: Timestamp) {
        self.receipt = waits.then_some(now);
    }

    /// Something was asked, or answered.
    pub(super) fn answer(&mut self, waits: bool, now: Timestamp) {
        self.answer = waits.then_some(now);
    }

    /// The step that took too long. While the hub asked for patience, no receipt is due.
    pub(super) fn overdue(&self, now: Timestamp, quiet: bool) -> Option<&'static str> {
        let late = |since: Option<Timestamp>, limit_ms: i64| {
            since.is_some_and(|since| now.millis() - since.millis() > limit_ms)
        };
        if late(self.welcome, WELCOME_MS) {
            Some("welcome")
        } else if !quiet && late(self.receipt, RECEIPT_MS) {
            Some("receipt")
        } else if late(self.page, PAGE_MS) {
            Some("page")
        } else if late(self.answer, ANSWER_MS) {
            Some("answer")
        } else {
            None
        }
    }
}
