//! Small changes of known inputs, made to get past the first check.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, RngCore as _, SeedableRng as _};
use roundsman_core::sync::{COMPRESSED, compressed, hash};

/// What the bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Nothing that needs care.
    Plain,
    /// A chunk of Automerge's storage with its checksum.
    Automerge,
    /// A frame whose body may be compressed.
    Frame,
}

/// Lengths and counts that break readers: CBOR heads of huge arrays, strings and maps, LEB128 of
/// huge numbers, and the ends of the integers.
const NASTY: &[&[u8]] = &[
    &[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    &[0xbb, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    &[0x5b, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff],
    &[0x5a, 0xff, 0xff, 0xff, 0xff],
    &[0x7a, 0x7f, 0xff, 0xff, 0xff],
    &[0x9a, 0x00, 0x10, 0x00, 0x00],
    &[0x9f],
    &[0xbf],
    &[0x5f],
    &[0xff],
    &[0xf6],
    &[0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    &[0x3b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    &[0xff, 0xff, 0xff, 0xff, 0x0f],
    &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f],
    &[0xff, 0xff, 0xff, 0xff],
    &[0x00, 0x00, 0x00, 0x00],
    &[0x7f, 0xff, 0xff, 0xff],
    &[0x80, 0x00, 0x00, 0x00],
    &[0xc2, 0xa0],
    &[0xed, 0xa0, 0x80],
];

/// Makes one input of others.
pub struct Mutator {
    random: StdRng,
    format: Format,
    bytes_max: usize,
}

impl Mutator {
    pub fn new(seed: u64, format: Format, bytes_max: usize) -> Self {
        Self { random: StdRng::seed_from_u64(seed), format, bytes_max }
    }

    pub fn mutate(&mut self, inputs: &[Vec<u8>]) -> Vec<u8> {
        let mut input = inputs.choose(&mut self.random).cloned().unwrap_or_default();
        let unpacked = self.format == Format::Frame && self.random.random_bool(0.5);
        if unpacked {
            input = unpack(&input);
        }
        for _ in 0..self.random.random_range(1..=6) {
            self.change(&mut input, inputs);
        }
        input.truncate(self.bytes_max);
        // Now and then what is wrong is the wrapping itself.
        if self.random.random_bool(0.9) {
            match self.format {
                Format::Automerge => checksum(&mut input),
                Format::Frame if unpacked => input = self.pack(&input),
                _ => {}
            }
        }
        input
    }

    fn change(&mut self, input: &mut Vec<u8>, inputs: &[Vec<u8>]) {
        let at = self.random.random_range(0..=input.len());
        let rest = input.len() - at;
        let span = if rest == 0 { 0 } else { self.random.random_range(0..=rest.min(64)) };
        match self.random.random_range(0..8) {
            0 if rest > 0 => input[at] ^= 1 << self.random.random_range(0..8),
            1 if rest > 0 => input[at] = self.random.random(),
            2 => drop(input.drain(at..at + span)),
            3 => input.truncate(at),
            4 => {
                let copy = input[at..at + span].to_vec();
                for _ in 0..self.random.random_range(1..=32) {
                    input.splice(at..at, copy.iter().copied());
                }
            }
            5 => {
                let other = inputs.choose(&mut self.random).cloned().unwrap_or_default();
                let from = self.random.random_range(0..=other.len());
                let to = self.random.random_range(from..=other.len());
                input.splice(at..at + span, other[from..to].iter().copied());
            }
            6 => {
                let nasty = NASTY.choose(&mut self.random).copied().unwrap_or_default();
                let over = if self.random.random_bool(0.5) { rest.min(nasty.len()) } else { 0 };
                input.splice(at..at + over, nasty.iter().copied());
            }
            _ => {
                // The same thing over and over: depth, or a list of nothing.
                let byte = *[0x81, 0x9f, 0xa1, 0x40, 0x00, 0x80, 0xc6, 0xff]
                    .choose(&mut self.random)
                    .unwrap_or(&0);
                let count = 1usize << self.random.random_range(0..14);
                input.splice(at..at, std::iter::repeat_n(byte, count));
            }
        }
    }

    /// A compressed frame around a body; what it announces is not always true.
    fn pack(&mut self, frame: &[u8]) -> Vec<u8> {
        let [_, number, _, body @ ..] = frame else { return frame.to_vec() };
        let Ok(zstd) = zstd::bulk::compress(body, 3) else { return frame.to_vec() };
        let announced = if self.random.random_bool(0.9) {
            u32::try_from(body.len()).unwrap_or(u32::MAX)
        } else {
            self.random.next_u32() >> self.random.random_range(0..32)
        };
        compressed(*number, announced, &zstd)
    }
}

/// A frame with its body as it is.
fn unpack(frame: &[u8]) -> Vec<u8> {
    match frame {
        [version, number, COMPRESSED, _, _, _, _, zstd @ ..] => {
            let body = zstd::bulk::decompress(zstd, 1 << 20).unwrap_or_default();
            [&[*version, *number, 0], body.as_slice()].concat()
        }
        _ => frame.to_vec(),
    }
}

/// Makes the checksum of an Automerge chunk right again.
fn checksum(chunk: &mut [u8]) {
    if chunk.len() > 9 {
        chunk[..4].copy_from_slice(&[0x85, 0x6f, 0x4a, 0x83]);
        let sum = hash(&chunk[8..]);
        chunk[4..8].copy_from_slice(&sum[..4]);
    }
}
