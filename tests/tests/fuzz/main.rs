//! Every decoder against bytes that nobody honest would send.
//!
//! Each test replays its corpus (`tests/corpus/<decoder>`), then mutates it for a moment. No input
//! may panic, take more memory than its limit says, or read back as something else than it was read
//! as. `cargo xtask fuzz` does the same for longer and adds to the corpus every input that ends in
//! a way none did before; `ROUNDSMAN_FUZZ_SEED` repeats a run.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a panic is how a test fails")]

mod changes;
mod corpus;
mod decoders;
mod honest;
mod memory;
mod mutate;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use corpus::Corpus;
use mutate::{Format, Mutator};

/// What is done to a decoder.
pub struct Target {
    /// Its folder in the corpus.
    pub name: &'static str,
    /// What its bytes are, so that a mutation gets past the checksum.
    pub format: Format,
    /// Bytes of memory that reading an input may take at any moment, for each byte of the input …
    pub per_byte: usize,
    /// … and beside that.
    pub fixed: usize,
    /// Reads an input, checks what must hold, and says in a few words how it ended.
    pub read: fn(&[u8]) -> String,
    /// Inputs that are honest.
    pub honest: fn() -> Vec<Vec<u8>>,
}

/// How long a decoder is mutated when nobody asked for more.
const MOMENT: Duration = Duration::from_millis(400);
/// Inputs grow up to here.
const INPUT_BYTES_MAX: usize = 64 << 10;

/// Replays the corpus of a decoder and mutates it.
pub fn run(target: &Target) {
    let seconds = std::env::var("ROUNDSMAN_FUZZ_SECONDS").ok().and_then(|it| it.parse().ok());
    let seed = std::env::var("ROUNDSMAN_FUZZ_SEED").ok().and_then(|it| it.parse().ok());
    let seed = seed.unwrap_or_else(rand::random::<u64>);
    println!("{}: ROUNDSMAN_FUZZ_SEED={seed}", target.name);

    let mut corpus = Corpus::open(target.name);
    for input in (target.honest)() {
        let ended = try_one(target, &input, seed);
        corpus.add(input, ended);
    }
    for input in corpus.stored() {
        let ended = try_one(target, &input, seed);
        corpus.add(input, ended);
    }
    let mut mutator = Mutator::new(seed, target.format, INPUT_BYTES_MAX);
    let until = Instant::now() + seconds.map_or(MOMENT, Duration::from_secs);
    let mut tried = 0u64;
    while Instant::now() < until {
        let input = mutator.mutate(corpus.inputs());
        let ended = try_one(target, &input, seed);
        corpus.add(input, ended);
        tried += 1;
    }
    println!("{}: {tried} inputs tried, {} ways to end", target.name, corpus.inputs().len());
}

/// Reads one input; a panic or too much memory fails the test and leaves the input behind.
fn try_one(target: &Target, input: &[u8], seed: u64) -> String {
    let limit = target.fixed + target.per_byte * input.len();
    let read = || memory::peak_of(|| catch_unwind(AssertUnwindSafe(|| (target.read)(input))));
    let (ended, peak) = read();
    let fault = match ended {
        Ok(_) if peak > limit => format!("took {peak} bytes of memory, {limit} are allowed"),
        Ok(ended) => return ended,
        Err(_) => "panicked".to_owned(),
    };
    let file = corpus::keep_fault(target.name, input);
    panic!("{} {fault} (seed {seed}); the input is {}", target.name, file.display());
}
