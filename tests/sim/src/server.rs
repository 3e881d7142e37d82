//! The server: what ships, on a disk that can be pulled, awaited one call at a time.

use std::future::Future;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use roundsman_core::time::Timestamp;
use roundsman_erp::Decider;
use roundsman_erp::embedded::StockPublisher;
use roundsman_server::app::App;
use roundsman_server::clock::Clock;
use roundsman_server::config::Config;
use roundsman_server::crm::closing::{Ages, Closer};
use roundsman_store::epochs::{self, Restoration};
use roundsman_store::{Commit, Store};
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::broadcast::Receiver;

use crate::chance::Chance;
use crate::clock::{ServerClock, Time};
use crate::disk::{Image, Plug, VFS};
use crate::erp::{Mood, Moody};

/// Stock is published at most this often per warehouse.
const STOCK_INTERVAL_MS: i64 = 10_000;
/// Small, so that most first syncs take several pages.
const PAGE_BYTES: usize = 4 << 10;
/// Short, so that documents are closed, and opened again, within a day.
const AGES: Ages =
    Ages { visit_ms: 40 * 60_000, declined_ms: 60 * 60_000, accepted_ms: 2 * 60 * 60_000 };
const FILE: &str = "roundsman.sqlite";

/// Where the server's database is.
pub enum Home {
    /// In memory, and as bad as a disk can be.
    Memory(Plug),
    /// A real file on a real disk.
    Folder(TempDir),
}

/// The server, running or not.
pub struct Server {
    /// Its disk.
    pub home: Home,
    clock: Clock,
    mood: Arc<Mutex<Mood>>,
    running: Option<Running>,
}

struct Running {
    app: Arc<App>,
    decider: Decider<Moody>,
    stock: StockPublisher,
    closer: Closer,
    commits: Receiver<Commit>,
    /// For looking, beside what the server itself does.
    lens: Connection,
    /// Last, so that everything above is gone when its tasks are ended.
    runtime: Runtime,
}

impl Server {
    /// A server that is not running, on an empty disk.
    #[must_use]
    pub fn new(home: Home, time: Time, chance: Chance) -> Self {
        let clock = Clock::new(ServerClock::new(time, chance));
        Self { home, clock, mood: Arc::default(), running: None }
    }

    /// Its clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Whether it runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Whether it was killed in the middle of an operation.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        matches!(&self.home, Home::Memory(disk) if disk.is_dead())
    }

    /// How the ERP is from now on.
    pub fn set_mood(&self, mood: Mood) {
        *self.mood.lock().unwrap_or_else(PoisonError::into_inner) = mood;
    }

    /// The disk in memory, if it is one.
    #[must_use]
    pub fn disk(&self) -> Option<&Plug> {
        match &self.home {
            Home::Memory(disk) => Some(disk),
            Home::Folder(_) => None,
        }
    }

    /// Starts it.
    ///
    /// # Errors
    /// When the database cannot be opened.
    pub fn start(&mut self) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let (path, vfs) = self.file();
        let config = Config {
            stock_interval_ms: STOCK_INTERVAL_MS,
            page_bytes: PAGE_BYTES,
            ..Config::local(PathBuf::from("/nowhere"))
        };
        let (clock, mood) = (self.clock.clone(), self.mood.clone());
        let now = clock.clone();
        let now: roundsman_erp::Now = Arc::new(move || now.now());
        let (app, decider, stock) = runtime.block_on(async {
            let store = Store::open_on(&path, vfs).await?;
            let app = App::on(config, clock, store).await.map_err(anyhow::Error::msg)?;
            let erp = Moody::new(app.erp.central.clone(), mood);
            let decider = Decider::claim(app.store.clone(), erp, now.clone()).await?;
            let stock = StockPublisher::new(app.store.clone(), now, STOCK_INTERVAL_MS);
            anyhow::Ok((app, decider, stock))
        })?;
        let commits = app.store.write.committed();
        let name = path.to_str().context("a path in UTF-8")?;
        let lens = lens(name, vfs)?;
        let closer = Closer::new(app.store.clone(), app.clock.clone(), AGES);
        self.running = Some(Running { app, decider, stock, closer, commits, lens, runtime });
        self.settle();
        Ok(())
    }

    /// Where its database is, and in which of SQLite's file systems.
    fn file(&self) -> (PathBuf, Option<&'static str>) {
        match &self.home {
            Home::Memory(disk) => (PathBuf::from(disk.path(FILE)), Some(VFS)),
            Home::Folder(folder) => (folder.path().join(FILE), None),
        }
    }

    /// It is gone: everything in memory is lost. Whoever holds a host must drop it first.
    pub fn stop(&mut self) {
        if let Home::Memory(disk) = &self.home {
            disk.kill();
        }
        self.drop_running();
    }

    /// As [`Self::stop`], and what was not synced survives by chance.
    pub fn cut_power(&mut self, chance: &mut Chance) {
        if let Home::Memory(disk) = &self.home {
            disk.cut_power(chance.rng());
        }
        self.drop_running();
    }

    fn drop_running(&mut self) {
        if let Some(running) = self.running.take() {
            let Running { app, decider, stock, closer, commits, lens, runtime } = running;
            drop((app, decider, stock, closer, commits, lens));
            runtime.shutdown_background();
        }
    }

    /// The app, while it runs.
    ///
    /// # Panics
    /// When it does not.
    #[must_use]
    pub fn app(&self) -> Arc<App> {
        self.now_running().app.clone()
    }

    /// For looking into the database.
    ///
    /// # Panics
    /// When the server does not run.
    #[must_use]
    pub fn lens(&self) -> &Connection {
        &self.now_running().lens
    }

    /// Puts this in the place of its database. It must not run.
    pub fn set_back(&self, image: &Image) {
        if let Home::Memory(disk) = &self.home {
            disk.restore(image);
            disk.set_full(false);
        }
    }

    /// Begins the epoch of a restoration, as `roundsman restore` does. It must not run.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn begin_epoch(&self, since: Timestamp) -> Result<()> {
        let (path, vfs) = self.file();
        let (first, epoch, now) = (self.clock.random(), self.clock.random(), self.clock.now());
        let restoration = Restoration { epoch, begun_at: now, since, noticed_by: None };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        runtime.block_on(async {
            let store = Store::open_on(&path, vfs).await?;
            let begun = store.write.run(move |db, _| {
                Box::pin(async move {
                    epochs::open(db, first, now).await?;
                    epochs::begin(db, &restoration).await
                })
            });
            anyhow::Ok(begun.await?)
        })
    }

    /// Waits for one call, and for what it left behind.
    pub fn wait<T>(&self, call: impl Future<Output = T>) -> T {
        let answer = self.now_running().runtime.block_on(call);
        self.settle();
        answer
    }

    /// Judges some entries; whether there may be more.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn judge(&self) -> Result<bool> {
        let hub = self.now_running().app.hub.clone();
        Ok(self.wait(async move { hub.judge_next().await })?)
    }

    /// Decides what is due.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn decide(&self) -> Result<roundsman_erp::Round> {
        Ok(self.wait(self.now_running().decider.round())?)
    }

    /// Publishes stock that changed.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn publish_stock(&self) -> Result<()> {
        Ok(self.wait(self.now_running().stock.publish_due())?)
    }

    /// Closes some of what is due; how many.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn close(&self) -> Result<usize> {
        Ok(self.wait(self.now_running().closer.close_due())?)
    }

    /// What was committed since the last call.
    pub fn commits(&mut self) -> Vec<Commit> {
        let Some(running) = &mut self.running else { return Vec::new() };
        let mut commits = Vec::new();
        while let Ok(commit) = running.commits.try_recv() {
            commits.push(commit);
        }
        commits
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Connections go back to their pool beside the call that used them; the next call must not
    /// depend on how fast.
    fn settle(&self) {
        let running = self.now_running();
        let pool = &running.app.store.read;
        running.runtime.block_on(async {
            for _ in 0..10_000 {
                if pool.num_idle() >= pool.size() as usize {
                    break;
                }
                tokio::task::yield_now().await;
                // To the thread of the connection, which is on the same core.
                std::thread::yield_now();
            }
        });
    }

    #[expect(clippy::expect_used, reason = "the simulator asks a server only while it runs")]
    fn now_running(&self) -> &Running {
        self.running.as_ref().expect("the server runs")
    }
}

/// A look at the database; what is packed in it is read by `unpacked(…)`.
fn lens(path: &str, vfs: Option<&str>) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
    let lens = match vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(path, flags, vfs)?,
        None => Connection::open_with_flags(path, flags)?,
    };
    lens.pragma_update(None, "query_only", true)?;
    lens.create_scalar_function("unpacked", 1, FunctionFlags::SQLITE_DETERMINISTIC, |row| {
        roundsman_store::unpack(row.get_raw(0).as_blob()?)
            .map_err(|error| rusqlite::Error::UserFunctionError(error.into()))
    })?;
    lens.set_prepared_statement_cache_capacity(64);
    Ok(lens)
}
