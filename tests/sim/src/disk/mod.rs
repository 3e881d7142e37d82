//! Disks in memory that behave as badly as real ones: what was not synced may be gone after a power
//! cut, in part and torn; operations fail; a disk
//! fills up, or goes back in time.
//!
//! SQLite reaches them through [`vfs`], by paths such as `/<disk>/<file>`.

mod locks;
mod pages;
mod vfs;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand::RngCore;

use self::locks::Locks;
use self::pages::Pages;

/// The name of the file system in SQLite.
pub const VFS: &str = "roundsman-sim";

static DISKS: Mutex<BTreeMap<String, Arc<Disk>>> = Mutex::new(BTreeMap::new());
static NEXT: AtomicU64 = AtomicU64::new(1);

/// One disk. It is plugged in as long as somebody holds a [`Plug`].
#[derive(Debug, Default)]
pub struct Disk(Mutex<State>);

/// A disk under its name; pulled out when dropped.
pub struct Plug {
    name: String,
    disk: Arc<Disk>,
}

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<String, File>,
    /// Handles of an earlier one belong to a process that is gone.
    generation: u64,
    dead: bool,
    /// Writes and syncs until the process that does them is killed.
    trip: Option<u32>,
    /// Writes and syncs until one of them fails, once.
    fail: Option<u32>,
    full: bool,
    did: Did,
}

/// What a disk did, for the summary.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Did {
    /// Syncs.
    pub syncs: u64,
    /// Operations that failed because one was to fail.
    pub failed: u64,
    /// Operations that failed because the disk was full.
    pub full: u64,
    /// Processes that were killed at a write or a sync.
    pub tripped: u64,
    /// Blocks that a power cut took back.
    pub lost: u64,
    /// Blocks that a power cut left half-written.
    pub torn: u64,
}

#[derive(Debug, Default, Clone)]
struct File {
    pages: Pages,
    locks: Arc<Mutex<Locks>>,
}

/// A copy of everything on a disk.
#[derive(Debug, Clone)]
pub struct Image(BTreeMap<String, Pages>);

/// Why an operation did not happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Failed,
    Full,
}

impl Plug {
    /// An empty disk.
    #[must_use]
    pub fn new() -> Self {
        vfs::register();
        let name = format!("d{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let disk = Arc::new(Disk::default());
        lock(&DISKS).insert(name.clone(), disk.clone());
        Self { name, disk }
    }

    /// A disk with this on it.
    #[must_use]
    pub fn with(image: &Image) -> Self {
        let plug = Self::new();
        plug.disk.restore(image);
        plug
    }

    /// The path of a file on it.
    #[must_use]
    pub fn path(&self, file: &str) -> String {
        format!("/{}/{file}", self.name)
    }
}

impl Default for Plug {
    fn default() -> Self {
        Self::new()
    }
}

impl std::ops::Deref for Plug {
    type Target = Disk;

    fn deref(&self) -> &Disk {
        &self.disk
    }
}

impl Drop for Plug {
    fn drop(&mut self) {
        lock(&DISKS).remove(&self.name);
    }
}

impl Disk {
    /// Whether the process on it was killed in the middle of an operation.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.state().dead
    }

    /// What it did so far.
    #[must_use]
    pub fn did(&self) -> Did {
        self.state().did
    }

    /// Kills the process on it at one of the next writes and syncs.
    pub fn trip_after(&self, operations: u32) {
        self.state().trip = Some(operations);
    }

    /// Lets one of the next writes and syncs fail.
    pub fn fail_after(&self, operations: u32) {
        self.state().fail = Some(operations);
    }

    /// Nothing more is to go wrong.
    pub fn calm(&self) {
        let mut state = self.state();
        state.trip = None;
        state.fail = None;
    }

    /// Whether there is no room for anything more.
    pub fn set_full(&self, full: bool) {
        self.state().full = full;
    }

    /// The process on it is gone, and its locks with it; what it wrote is there.
    pub fn kill(&self) {
        let mut state = self.state();
        state.generation += 1;
        state.dead = false;
        state.trip = None;
        state.fail = None;
        for file in state.files.values_mut() {
            file.locks = Arc::default();
        }
    }

    /// The power is cut: as [`Self::kill`], and what was not synced survives by chance.
    pub fn cut_power(&self, chance: &mut dyn RngCore) {
        self.kill();
        let mut state = self.state();
        let State { files, did, .. } = &mut *state;
        for file in files.values_mut() {
            let (lost, torn) = file.pages.cut_power(chance);
            did.lost += lost;
            did.torn += torn;
        }
    }

    /// A copy of what is on it now, as a process would find it that starts now.
    #[must_use]
    pub fn image(&self) -> Image {
        let state = self.state();
        Image(state.files.iter().map(|(name, file)| (name.clone(), file.pages.clone())).collect())
    }

    /// A copy of what would be on it after a power cut that takes everything it may.
    #[must_use]
    pub fn durable(&self) -> Image {
        let state = self.state();
        Image(state.files.iter().map(|(name, file)| (name.clone(), file.pages.durable())).collect())
    }

    /// Puts this on it instead of what was there; the process on it is gone.
    pub fn restore(&self, image: &Image) {
        self.kill();
        let files = image.0.iter();
        self.state().files = files
            .map(|(name, pages)| {
                (name.clone(), File { pages: pages.clone(), locks: Arc::default() })
            })
            .collect();
    }

    /// Everything is gone, and so is the process on it.
    pub fn wipe(&self) {
        self.kill();
        self.state().files.clear();
    }

    /// One file is gone.
    pub fn remove(&self, name: &str) {
        self.state().files.remove(name);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.0)
    }
}

impl Image {
    /// How many bytes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.values().map(Pages::len).sum()
    }

    /// Whether there are no files.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl State {
    /// Whether a process of this generation still does anything.
    fn alive(&self, generation: u64) -> bool {
        !self.dead && self.generation == generation
    }

    /// A write or a sync is about to happen.
    fn before_change(&mut self, generation: u64) -> Result<(), Trouble> {
        if !self.alive(generation) {
            return Err(Trouble::Failed);
        }
        if count_down(&mut self.trip) {
            self.dead = true;
            self.did.tripped += 1;
            return Err(Trouble::Failed);
        }
        if count_down(&mut self.fail) {
            self.did.failed += 1;
            return Err(Trouble::Failed);
        }
        Ok(())
    }

    fn write(
        &mut self,
        generation: u64,
        name: &str,
        at: usize,
        bytes: &[u8],
    ) -> Result<(), Trouble> {
        self.before_change(generation)?;
        let Some(file) = self.files.get_mut(name) else { return Err(Trouble::Failed) };
        if self.full && at + bytes.len() > file.pages.len() {
            self.did.full += 1;
            return Err(Trouble::Full);
        }
        file.pages.write(at, bytes);
        Ok(())
    }

    fn truncate(&mut self, generation: u64, name: &str, len: usize) -> Result<(), Trouble> {
        self.before_change(generation)?;
        let Some(file) = self.files.get_mut(name) else { return Err(Trouble::Failed) };
        file.pages.truncate(len);
        Ok(())
    }

    fn sync(&mut self, generation: u64, name: &str) -> Result<(), Trouble> {
        self.before_change(generation)?;
        self.did.syncs += 1;
        let Some(file) = self.files.get_mut(name) else { return Err(Trouble::Failed) };
        file.pages.sync();
        Ok(())
    }
}

fn count_down(counter: &mut Option<u32>) -> bool {
    match counter {
        Some(0) => {
            *counter = None;
            true
        }
        Some(left) => {
            *left -= 1;
            false
        }
        None => false,
    }
}

fn disk(name: &str) -> Option<Arc<Disk>> {
    lock(&DISKS).get(name).cloned()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
