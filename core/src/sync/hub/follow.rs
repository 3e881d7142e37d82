//! How far each channel is sent: cursors, pages and what is read next.

use std::collections::BTreeMap;

use super::super::{Batch, Bytes, Channel, ChannelHead, Cursor, Part};
use super::{Effect, Session};

/// A part of a channel that a device lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The channel.
    pub channel: Channel,
    /// After this commit.
    pub from: u64,
    /// And after this part of the next one.
    pub part: Option<Part>,
    /// What came or changed after this commit may be missing on the device in part or whole: the
    /// pages of one catch-up go by when things last changed, so an item that changed again is not
    /// in the page of the commit in which it came.
    pub since: u64,
}

/// How far a channel is sent and how far it goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Progress {
    pub(super) epoch: [u8; 16],
    pub(super) sent: u64,
    pub(super) part: Option<Part>,
    /// The last commit at which the device had everything.
    pub(super) since: u64,
    pub(super) head: u64,
    /// Set until the first page, so that an empty or changed channel is told about once.
    pub(super) fresh: bool,
}

impl Progress {
    fn start(head: &ChannelHead) -> Self {
        Self { epoch: head.epoch, sent: 0, part: None, since: 0, head: head.seq, fresh: true }
    }

    /// Goes on where the device says it is, if that can be.
    fn resume(head: &ChannelHead, cursor: &Cursor) -> Option<Self> {
        let known = cursor.part.is_none_or(|part| part.place().is_some());
        (known && cursor.seq <= head.seq).then_some(Self {
            epoch: head.epoch,
            sent: cursor.seq,
            part: cursor.part,
            since: if cursor.is_whole() { cursor.seq } else { 0 },
            head: head.seq,
            fresh: false,
        })
    }

    fn has_more(&self) -> bool {
        self.sent < self.head || (self.fresh && self.head > 0)
    }

    /// Whether what a person needs first is still to be sent.
    fn is_early(&self) -> bool {
        self.fresh || self.part.is_some_and(|part| part.is_early())
    }
}

impl Session {
    /// Takes on these channels, each from the device's cursor if that is of the same epoch.
    pub(super) fn follow(
        &mut self,
        heads: Vec<ChannelHead>,
        cursors: &[Cursor],
        effects: &mut Vec<Effect>,
    ) {
        self.order = heads.iter().map(|head| head.channel).collect();
        let before = std::mem::take(&mut self.channels);
        for head in heads {
            let known = cursors
                .iter()
                .find(|cursor| cursor.channel == head.channel && cursor.epoch == head.epoch);
            let progress = match (before.get(&head.channel), known) {
                (Some(progress), _) if progress.epoch == head.epoch => {
                    Progress { head: head.seq, ..*progress }
                }
                (_, Some(cursor)) => {
                    if cursor.seq == head.seq && cursor.digest != head.digest {
                        effects.push(Effect::SendBatch(proof(&head)));
                    }
                    Progress::resume(&head, cursor).unwrap_or_else(|| Progress::start(&head))
                }
                _ => Progress::start(&head),
            };
            self.channels.insert(head.channel, progress);
        }
    }

    pub(super) fn page(
        &mut self,
        channel: Channel,
        batch: Option<Batch>,
        effects: &mut Vec<Effect>,
    ) {
        self.reading = false;
        if let Some(progress) = self.channels.get_mut(&channel) {
            progress.fresh = false;
            match batch {
                Some(batch)
                    if batch.epoch == progress.epoch
                        && (batch.from, batch.from_part) == (progress.sent, progress.part) =>
                {
                    (progress.sent, progress.part) = (batch.to, batch.to_part);
                    progress.head = progress.head.max(batch.to);
                    if batch.digest.is_some() {
                        progress.since = batch.to;
                    }
                    effects.push(Effect::SendBatch(batch));
                }
                // Nothing there after all, or read for a cursor that has moved since.
                Some(_) => {}
                None => (progress.sent, progress.part) = (progress.head, None),
            }
        }
        self.read_next(effects);
    }

    /// One page at a time: the device's own channel, then what a person needs first of a territory
    /// that is new to the device, then the channels in order.
    pub(super) fn read_next(&mut self, effects: &mut Vec<Effect>) {
        if self.reading || !self.ready {
            return;
        }
        let due = self.order.iter().filter_map(|channel| {
            let progress = self.channels.get(channel).filter(|it| it.has_more())?;
            Some((*channel, *progress))
        });
        let next = due.min_by_key(|(channel, progress)| match channel {
            Channel::Device(_) => 0,
            Channel::Territory(_) if progress.is_early() => 1,
            _ => 2,
        });
        if let Some((channel, progress)) = next {
            let Progress { sent: from, part, since, .. } = progress;
            self.reading = true;
            effects.push(Effect::ReadFeed(Span { channel, from, part, since }));
        }
    }
}

/// Nothing new, but the digest: the device says where it stands, and holds something else.
fn proof(head: &ChannelHead) -> Batch {
    Batch {
        channel: head.channel,
        epoch: head.epoch,
        from: head.seq,
        to: head.seq,
        digest: Some(Bytes(head.digest.to_vec())),
        items: Vec::new(),
        from_part: None,
        to_part: None,
    }
}

/// Where the channels stand, for a line whose token is renewed.
pub(super) fn cursors(channels: &BTreeMap<Channel, Progress>) -> Vec<Cursor> {
    channels
        .iter()
        .map(|(channel, progress)| Cursor {
            channel: *channel,
            epoch: progress.epoch,
            seq: progress.sent,
            digest: [0; 32],
            part: progress.part,
        })
        .collect()
}
