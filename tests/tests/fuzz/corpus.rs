//! Inputs worth keeping: one for every way in which reading ended.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use roundsman_core::sync::hash;

/// Ways to end that are told apart; beyond that, inputs stop being kept.
const WAYS_MAX: usize = 64;
/// Only small inputs go into the repository.
const FILE_BYTES_MAX: usize = 2 << 10;

/// The inputs of one decoder.
pub struct Corpus {
    folder: PathBuf,
    keep: bool,
    seen: BTreeSet<String>,
    inputs: Vec<Vec<u8>>,
}

impl Corpus {
    pub fn open(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
        let keep = std::env::var_os("ROUNDSMAN_FUZZ_KEEP").is_some();
        Self { folder, keep, seen: BTreeSet::new(), inputs: Vec::new() }
    }

    /// What is in the repository, in the order of its names.
    pub fn stored(&self) -> Vec<Vec<u8>> {
        let Ok(files) = std::fs::read_dir(&self.folder) else { return Vec::new() };
        let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        files.sort();
        files.iter().map(|file| std::fs::read(file).unwrap()).collect()
    }

    pub fn inputs(&self) -> &[Vec<u8>] {
        &self.inputs
    }

    /// Takes in an input if none before ended like it. Figures, and what is quoted of the input,
    /// make no difference.
    pub fn add(&mut self, input: Vec<u8>, ended: String) {
        let spoken = ended.split(['`', '"']).step_by(2);
        let way = spoken.flat_map(str::chars).filter(|it| !it.is_ascii_digit()).take(120).collect();
        if self.seen.len() >= WAYS_MAX || !self.seen.insert(way) {
            return;
        }
        if self.keep && input.len() <= FILE_BYTES_MAX {
            std::fs::create_dir_all(&self.folder).unwrap();
            std::fs::write(self.folder.join(name_of(&input)), &input).unwrap();
        }
        self.inputs.push(input);
    }
}

/// Keeps the input that showed a fault: from now on every run replays it.
pub fn keep_fault(name: &str, input: &[u8]) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join(format!("fault-{}", name_of(input)));
    std::fs::write(&file, input).unwrap();
    file
}

fn name_of(input: &[u8]) -> String {
    hash(input)[..6].iter().map(|byte| format!("{byte:02x}")).collect()
}
