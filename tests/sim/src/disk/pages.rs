//! The bytes of one file, and what of them is only in the cache.

use std::collections::BTreeMap;

use rand::RngCore;

/// What a disk writes whole or not at all, if all goes well.
const BLOCK: usize = 4096;

/// A file's bytes as a process sees them, and what they were when they were last synced.
#[derive(Debug, Default, Clone)]
pub(super) struct Pages {
    bytes: Vec<u8>,
    /// Blocks that changed since the last sync, as they were then.
    before: BTreeMap<usize, Vec<u8>>,
    synced_len: usize,
}

impl Pages {
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Reads what is there; how many bytes that were.
    pub(super) fn read(&self, at: usize, into: &mut [u8]) -> usize {
        let there = self.bytes.get(at..).unwrap_or_default();
        let count = there.len().min(into.len());
        into[..count].copy_from_slice(&there[..count]);
        count
    }

    pub(super) fn write(&mut self, at: usize, bytes: &[u8]) {
        let end = at + bytes.len();
        self.remember(at, end);
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        self.bytes[at..end].copy_from_slice(bytes);
    }

    pub(super) fn truncate(&mut self, len: usize) {
        self.remember(len, self.bytes.len());
        self.bytes.resize(len, 0);
    }

    pub(super) fn sync(&mut self) {
        self.before.clear();
        self.synced_len = self.bytes.len();
    }

    /// Each block that was not synced stays, goes, or is torn. How many went and how many are torn.
    pub(super) fn cut_power(&mut self, chance: &mut dyn RngCore) -> (u64, u64) {
        let before = std::mem::take(&mut self.before);
        // Most often either everything or nothing had reached the disk.
        let mood = chance.next_u32() % 4;
        let (mut lost, mut torn) = (0, 0);
        let mut kept_end = self.synced_len;
        for (block, old) in before {
            let dice = chance.next_u32();
            let (stays, tears) = match mood {
                0 => (false, false),
                1 => (true, false),
                _ => (dice.is_multiple_of(2), dice % 8 == 1),
            };
            let start = block * BLOCK;
            if stays {
                kept_end = kept_end.max(self.bytes.len().min(start + BLOCK));
                continue;
            }
            let from = if tears { (dice >> 8) as usize % BLOCK } else { 0 };
            lost += u64::from(!tears);
            torn += u64::from(tears);
            if tears {
                kept_end = kept_end.max(self.bytes.len().min(start + from));
            }
            self.put_back(start + from, old.get(from..).unwrap_or_default(), start + BLOCK);
        }
        let len = if mood == 0 { self.synced_len } else { kept_end.max(self.synced_len) };
        self.bytes.resize(len, 0);
        self.sync();
        (lost, torn)
    }

    /// Only what was synced.
    pub(super) fn durable(&self) -> Self {
        let mut pages = self.clone();
        for (block, old) in std::mem::take(&mut pages.before) {
            pages.put_back(block * BLOCK, &old, (block + 1) * BLOCK);
        }
        pages.bytes.resize(self.synced_len, 0);
        pages.sync();
        pages
    }

    fn put_back(&mut self, start: usize, old: &[u8], end: usize) {
        if self.bytes.len() < start + old.len() {
            self.bytes.resize(start + old.len(), 0);
        }
        self.bytes[start..start + old.len()].copy_from_slice(old);
        let end = end.min(self.bytes.len());
        if start + old.len() < end {
            self.bytes[start + old.len()..end].fill(0);
        }
    }

    fn remember(&mut self, from: usize, to: usize) {
        if from >= to {
            return;
        }
        for block in from / BLOCK..=(to - 1) / BLOCK {
            let bytes = &self.bytes;
            self.before.entry(block).or_insert_with(|| {
                let end = bytes.len().min((block + 1) * BLOCK);
                bytes.get(block * BLOCK..end).unwrap_or_default().to_vec()
            });
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn what_was_synced_survives_every_power_cut() {
        for seed in 0..200 {
            let mut chance = ChaCha8Rng::seed_from_u64(seed);
            let mut pages = Pages::default();
            pages.write(0, &[1; 10_000]);
            pages.sync();
            pages.write(10_000, &[2; 10_000]);
            pages.cut_power(&mut chance);
            let mut read = vec![0; 10_000];
            assert_eq!(pages.read(0, &mut read), 10_000, "seed {seed}");
            assert_eq!(read, [1; 10_000], "seed {seed}");
        }
    }

    #[test]
    fn what_was_not_synced_can_be_gone_there_or_torn() {
        let (mut gone, mut there, mut torn) = (0, 0, 0);
        for seed in 0..200 {
            let mut chance = ChaCha8Rng::seed_from_u64(seed);
            let mut pages = Pages::default();
            pages.write(0, &[1; BLOCK]);
            pages.sync();
            pages.write(0, &[2; BLOCK]);
            pages.cut_power(&mut chance);
            let mut read = [0; BLOCK];
            pages.read(0, &mut read);
            match read.iter().filter(|byte| **byte == 2).count() {
                0 => gone += 1,
                BLOCK => there += 1,
                _ => torn += 1,
            }
        }
        assert!(gone > 0 && there > 0 && torn > 0, "{gone} {there} {torn}");
    }

    #[test]
    fn the_durable_copy_is_what_was_synced() {
        let mut pages = Pages::default();
        pages.write(0, &[1; 5_000]);
        pages.sync();
        pages.write(100, &[2; 9_000]);
        pages.truncate(50);
        let durable = pages.durable();
        let mut read = vec![0; 6_000];
        assert_eq!(durable.read(0, &mut read), 5_000);
        assert!(read[..5_000].iter().all(|byte| *byte == 1));
    }
}
