//! How far each channel is sent: cursors, pages and what is read next.

use std::collections::BTreeMap;

use super::super::{Batch, Channel, ChannelHead, Cursor};
use super::{Effect, Session};

/// How far a channel is sent and how far it goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Progress {
    pub(super) epoch: [u8; 16],
    pub(super) sent: u64,
    /// The last commit at which the device had everything.
    pub(super) since: u64,
    pub(super) head: u64,
    /// Set until the first page, so that an empty or changed channel is told about once.
    pub(super) fresh: bool,
}

impl Session {
    /// Takes on these channels, each from the device's cursor if that is of the same epoch.
    pub(super) fn follow(&mut self, heads: Vec<ChannelHead>, cursors: &[Cursor]) {
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
                // The same commit with other content: that channel starts over.
                (_, Some(cursor))
                    if cursor.seq < head.seq
                        || (cursor.seq == head.seq && cursor.digest == head.digest) =>
                {
                    Progress {
                        epoch: head.epoch,
                        sent: cursor.seq,
                        since: if cursor.is_whole() { cursor.seq } else { 0 },
                        head: head.seq,
                        fresh: false,
                    }
                }
                _ => Progress { epoch: head.epoch, sent: 0, since: 0, head: head.seq, fresh: true },
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
                Some(batch) if batch.epoch == progress.epoch && batch.from == progress.sent => {
                    progress.sent = batch.to;
                    progress.head = progress.head.max(batch.to);
                    if batch.digest.is_some() {
                        progress.since = batch.to;
                    }
                    effects.push(Effect::SendBatch(batch));
                }
                // Nothing there after all, or read for a cursor that has moved since.
                Some(_) => {}
                None => progress.sent = progress.head,
            }
        }
        self.read_next(effects);
    }

    /// One page at a time: the first channel in order that has something.
    pub(super) fn read_next(&mut self, effects: &mut Vec<Effect>) {
        if self.reading || !self.ready {
            return;
        }
        let next =
            self.order.iter().find_map(|channel| {
                let progress = self.channels.get(channel)?;
                (progress.sent < progress.head || (progress.fresh && progress.head > 0))
                    .then_some((*channel, progress.sent, progress.since))
            });
        if let Some((channel, from, since)) = next {
            self.reading = true;
            effects.push(Effect::ReadFeed { channel, from, since });
        }
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
        })
        .collect()
}
