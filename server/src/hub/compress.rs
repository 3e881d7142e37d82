//! Frames with a compressed body, alone or on what the line carried before.

use std::sync::Arc;

use axum::body::Bytes;
use roundsman_core::sync::{FromHub, History, compressed, continued, encode_hub};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use zstd::zstd_safe::{CCtx, CParameter, compress_bound};

/// Bodies from this size on are worth compressing.
const BYTES_MIN: usize = 512;
/// Bodies from this size on belong to a catch-up, which is worth a history.
const CATCH_UP_BYTES_MIN: usize = 2 << 10;
/// The level at which zstd takes less time than the network.
const LEVEL: i32 = 3;
/// Lines that have a history at a time: each takes a mebibyte, and a few while it compresses.
const HISTORIES_MAX: usize = 16;

/// Places for histories.
#[derive(Clone)]
pub(super) struct Histories(Arc<Semaphore>);

impl Default for Histories {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(HISTORIES_MAX)))
    }
}

/// What compresses the frames of one line.
pub(super) enum Compression {
    /// The device keeps a history, and nothing was sent that is worth one.
    Ready,
    /// A catch-up goes on.
    Continued { history: History, used: bool, _place: OwnedSemaphorePermit },
    /// Each frame by itself from now on: the device's history is not ours any more.
    Alone,
}

impl Compression {
    /// For a device that keeps a history, or does not.
    pub(super) fn new(history: bool) -> Self {
        if history { Self::Ready } else { Self::Alone }
    }

    /// A message as a frame, compressed where that pays.
    pub(super) fn frame(&mut self, message: &FromHub, places: &Histories) -> Bytes {
        let body = message.body();
        if matches!(self, Self::Ready)
            && body.len() >= CATCH_UP_BYTES_MIN
            && let Ok(place) = places.0.clone().try_acquire_owned()
        {
            *self = Self::Continued { history: History::default(), used: true, _place: place };
        }
        let frame = match self {
            Self::Continued { history, used, .. } if body.len() >= BYTES_MIN => {
                *used = true;
                after(history, message.number(), &body)
            }
            _ => alone(message.number(), &body),
        };
        frame.unwrap_or_else(|| encode_hub(message)).into()
    }

    /// Time passes: a history that nobody needed for a while makes place for another line's.
    pub(super) fn tick(&mut self) {
        if let Self::Continued { used, .. } = self
            && !std::mem::take(used)
        {
            *self = Self::Alone;
        }
    }
}

/// A message as a frame that can be read whatever was sent before, compressed where that pays.
pub(super) fn encode_large(message: &FromHub) -> Vec<u8> {
    let body = message.body();
    alone(message.number(), &body).unwrap_or_else(|| encode_hub(message))
}

fn alone(number: u8, body: &[u8]) -> Option<Vec<u8>> {
    if body.len() < BYTES_MIN {
        return None;
    }
    let small = zstd::bulk::compress(body, LEVEL).ok()?;
    let size = u32::try_from(body.len()).ok()?;
    (small.len() < body.len()).then(|| compressed(number, size, &small))
}

fn after(history: &mut History, number: u8, body: &[u8]) -> Option<Vec<u8>> {
    let mut small = Vec::with_capacity(compress_bound(body.len()));
    let mut zstd = CCtx::try_create()?;
    zstd.set_parameter(CParameter::CompressionLevel(LEVEL)).ok()?;
    zstd.ref_prefix(history.bytes()).ok()?;
    zstd.compress2(&mut small, body).ok()?;
    let size = u32::try_from(body.len()).ok()?;
    let frame = (small.len() < body.len()).then(|| continued(number, size, &small))?;
    drop(zstd);
    history.add(body);
    Some(frame)
}

#[cfg(test)]
mod tests {
    use roundsman_core::id::{ItemId, ItemKind, uuid_of};
    use roundsman_core::sync::{
        Batch, BatchItem, Bytes, Channel, News, decode_hub, decode_hub_after,
    };

    use super::{Compression, FromHub, HISTORIES_MAX, Histories, History};

    /// Pages of records whose content repeats from page to page, and hardly within one.
    fn pages() -> Vec<FromHub> {
        let record = |n: u64| {
            let id = uuid_of(&[&n.to_be_bytes()]);
            let text = format!("{id} {} {}", id.as_u128() / 7, id.as_u128() / 11);
            BatchItem {
                item: ItemId::new(ItemKind::Product, id),
                news: News::Record(Bytes(text.into_bytes())),
            }
        };
        let page = |from: u64| {
            FromHub::Batch(Batch {
                channel: Channel::Catalog,
                epoch: [1; 16],
                from,
                to: from + 1,
                digest: None,
                items: (0..100).map(record).collect(),
                from_part: None,
                to_part: None,
            })
        };
        (0..4).map(page).collect()
    }

    fn frames(compression: &mut Compression, places: &Histories) -> Vec<axum::body::Bytes> {
        pages().iter().map(|page| compression.frame(page, places)).collect()
    }

    #[test]
    fn what_came_before_costs_next_to_nothing() {
        let (places, mut history) = (Histories::default(), History::default());
        let frames = frames(&mut Compression::new(true), &places);
        for (frame, page) in frames.iter().zip(pages()) {
            assert_eq!(decode_hub_after(frame, &mut history), Ok(page));
        }
        assert!(
            frames[1].len() * 10 < frames[0].len(),
            "{} after {}",
            frames[1].len(),
            frames[0].len()
        );
        // Without what came before it is not what it was, and that is an error and no other message.
        assert!(decode_hub(&frames[1]).is_err());
    }

    #[test]
    fn a_device_without_a_history_reads_each_frame_alone() {
        for frame in frames(&mut Compression::new(false), &Histories::default()) {
            assert!(decode_hub(&frame).is_ok());
        }
    }

    #[test]
    fn a_history_that_was_given_up_makes_place_and_does_not_begin_again() {
        let (places, mut line) = (Histories::default(), Compression::new(true));
        frames(&mut line, &places);
        assert_eq!(places.0.available_permits(), HISTORIES_MAX - 1);
        line.tick();
        line.tick();
        assert_eq!(places.0.available_permits(), HISTORIES_MAX);
        assert!(decode_hub(&line.frame(&pages()[1], &places)).is_ok());
    }

    #[test]
    fn without_a_place_each_frame_stands_alone() {
        let places = Histories::default();
        let mut lines: Vec<_> = (0..=HISTORIES_MAX).map(|_| Compression::new(true)).collect();
        let last: Vec<_> =
            lines.iter_mut().map(|line| frames(line, &places)).last().unwrap_or_default();
        assert!(last.iter().all(|frame| decode_hub(frame).is_ok()));
    }
}
