//! What happened, as one number: the same seed must give the same.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// The number of everything noted so far, and, when asked for, the last of it in words.
#[derive(Debug, Clone)]
pub struct Trace {
    hash: DefaultHasher,
    /// Prints every note.
    pub verbose: bool,
}

impl Trace {
    /// Nothing has happened.
    #[must_use]
    pub fn new(verbose: bool) -> Self {
        Self { hash: DefaultHasher::new(), verbose }
    }

    /// Something happened.
    pub fn note(&mut self, now: i64, what: &str, who: u64, bytes: &[u8]) {
        (now, what, who, bytes).hash(&mut self.hash);
        if self.verbose {
            let at = now - crate::clock::BEGIN;
            println!("{:>10}.{:03} {what} {who} {} bytes", at / 1000, at % 1000, bytes.len());
        }
    }

    /// What a frame says, for people: the beginning of it.
    pub fn say(&self, frame: impl FnOnce() -> String) {
        const CHARS: usize = 200;
        if self.verbose {
            let text: String = frame().chars().take(CHARS).collect();
            println!("   {text}");
        }
    }

    /// The number.
    #[must_use]
    pub fn hash(&self) -> u64 {
        self.hash.finish()
    }
}
