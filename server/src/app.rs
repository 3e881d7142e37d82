//! What every request, and everything that runs by itself, may use.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use roundsman_store::Store;
use tokio_util::sync::CancellationToken;

use crate::backup;
use crate::clock::Clock;
use crate::config::Config;
use crate::connector::Slot;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::exchange::Imports;
use crate::hub::Hub;
use crate::identity::Identity;
use crate::lan::Lan;
use crate::metrics::Metrics;

/// A company's server, before it listens.
pub struct App {
    /// What it was started with.
    pub config: Config,
    /// Time and randomness.
    pub clock: Clock,
    /// The database.
    pub store: Store,
    /// Who may come in.
    pub identity: Identity,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Where devices sync.
    pub hub: Hub,
    /// The company's ERP.
    pub erp: Slot,
    /// Records what people do in the console.
    pub desk: Desk,
    /// How phones in this network reach it; none before it listens, or when they do not.
    pub lan: OnceLock<Arc<Lan>>,
    /// Brings in what is in files.
    pub imports: Imports,
    /// Cancelled when the server goes down: whatever waits for long must watch it.
    pub stop: CancellationToken,
    /// Held as long as the server lives: two processes on one folder would each decide orders.
    _lock: Option<File>,
}

impl App {
    /// Opens the data folder, creating what is missing.
    ///
    /// # Errors
    /// When the folder cannot be used, or another process uses it.
    pub async fn open(config: Config, clock: Clock) -> Result<Arc<Self>> {
        let lock = lock(&config.data)?;
        let store = Store::open(&config.data.join(backup::DATABASE)).await?;
        Self::assemble(config, clock, store, Some(lock)).await
    }

    /// The same on a store that somebody opened who sees to it that no other server uses it.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn on(config: Config, clock: Clock, store: Store) -> Result<Arc<Self>> {
        Self::assemble(config, clock, store, None).await
    }

    async fn assemble(
        config: Config,
        clock: Clock,
        store: Store,
        lock: Option<File>,
    ) -> Result<Arc<Self>> {
        let identity = Identity::open(store.clone(), clock.clone()).await?;
        let metrics = Arc::new(Metrics::default());
        let hub = Hub::open(store.clone(), clock.clone(), &config, metrics.clone()).await?;
        let desk = Desk::new(store.clone(), clock.clone());
        let imports = Imports::new(store.clone(), desk.clone(), clock.clone());
        let erp = Slot::open(store.clone(), imports.clone(), clock.clone()).await?;
        Ok(Arc::new(Self {
            config,
            clock,
            store,
            identity,
            metrics,
            hub,
            erp,
            desk,
            lan: OnceLock::new(),
            imports,
            stop: CancellationToken::new(),
            _lock: lock,
        }))
    }
}

/// Takes the data folder for this process.
///
/// # Errors
/// When another process has it.
pub(crate) fn lock(data: &Path) -> Result<File> {
    let failed =
        |error| Error::internal(format!("cannot use the data folder {}: {error}", data.display()));
    std::fs::create_dir_all(data).map_err(failed)?;
    let file = File::create(data.join("lock")).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(Error::internal(format!("another process uses the data folder {}", data.display())))
        }
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}
