//! A demo company on a server of its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::Result;
use roundsman_core::id::Entropy as _;
use roundsman_core::time::Timestamp;
use roundsman_device::{Device, DeviceHost};
use roundsman_server::backup::DATABASE;
use roundsman_server::clock::{Clock, Source};
use roundsman_server::config::Config;
use roundsman_server::demo;
use roundsman_server::serve::Server;
use tempfile::TempDir;

use crate::Office;

/// The password of everybody in the demo company.
pub(crate) const PASSWORD: &str = "roundsman";
/// The same company in every run.
pub(crate) const SEED: u64 = 1;

/// A company with its server, thrown away at the end.
pub struct World {
    /// The server; none while it is down.
    pub server: Option<Server>,
    folder: TempDir,
    devices: u32,
    port: u16,
    clock: Moved,
}

/// The system's clock, moved by so much; a copy moves with it.
#[derive(Clone)]
struct Moved {
    system: Clock,
    by_ms: Arc<AtomicI64>,
}

impl Default for Moved {
    fn default() -> Self {
        Self { system: Clock::system(), by_ms: Arc::default() }
    }
}

impl Source for Moved {
    fn now(&self) -> Timestamp {
        self.system.now().plus_millis(self.by_ms.load(Ordering::Relaxed))
    }

    fn offset_minutes(&self, at: Timestamp) -> i16 {
        self.system.offset_minutes_at(at)
    }

    fn fill(&self, bytes: &mut [u8]) {
        self.system.clone().fill(bytes);
    }
}

impl World {
    /// Fills a company and starts its server.
    ///
    /// # Errors
    /// When the server does not start.
    pub async fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        demo::fill(
            Config::local(folder.path().join("data")),
            Clock::system(),
            SEED,
            demo::Size(0),
            &|_| {},
        )
        .await?;
        let mut world = Self::empty(folder);
        world.start_server().await?;
        Ok(world)
    }

    /// Starts a server on a database that there is already.
    ///
    /// # Errors
    /// When the server does not start.
    pub async fn start_on(database: &[u8]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut world = Self::empty(folder);
        std::fs::create_dir_all(world.data())?;
        std::fs::write(world.data().join(DATABASE), database)?;
        world.start_server().await?;
        Ok(world)
    }

    fn empty(folder: TempDir) -> Self {
        Self { server: None, folder, devices: 0, port: 0, clock: Moved::default() }
    }

    /// From now on the server's clock is this many milliseconds ahead.
    pub fn move_clock(&self, ahead_ms: i64) {
        self.clock.by_ms.store(ahead_ms, Ordering::Relaxed);
    }

    /// Starts the server again on the same data and port.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start_server(&mut self) -> Result<()> {
        let config = Config {
            port: self.port,
            stock_interval_ms: 0,
            ..Config::local(self.folder.path().join("data"))
        };
        let server = Server::start(config, Clock::new(self.clock.clone())).await?;
        self.port = server.address.port();
        self.server = Some(server);
        Ok(())
    }

    /// Stops the server.
    ///
    /// # Errors
    /// When it had failed before.
    pub async fn stop_server(&mut self) -> Result<()> {
        if let Some(server) = self.server.take() {
            server.stop().await?;
        }
        Ok(())
    }

    /// The server's data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Where the server listens.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A fresh device of a rep, with everything synchronised.
    ///
    /// # Errors
    /// When the rep cannot sign in.
    pub async fn device(&mut self, login: &str) -> Result<Device> {
        self.device_with(login, DeviceHost::default()).await
    }

    /// The same with a clock of its own.
    ///
    /// # Errors
    /// As [`Self::device`].
    pub async fn device_with(&mut self, login: &str, host: DeviceHost) -> Result<Device> {
        self.devices += 1;
        let folder: PathBuf = self.folder.path().join(format!("device-{}", self.devices));
        let mut device = Device::enrol_with(&self.url(), login, PASSWORD, &folder, host).await?;
        device.sync().await?;
        Ok(device)
    }

    /// A fresh device that keeps its files in this folder and has not synchronised yet.
    ///
    /// # Errors
    /// When the rep cannot sign in.
    pub async fn device_in(&self, login: &str, folder: &Path) -> Result<Device> {
        Device::enrol(&self.url(), login, PASSWORD, folder).await
    }

    /// A rep signs in again on their device.
    ///
    /// # Errors
    /// When that is refused.
    pub async fn sign_in_again(&self, device: &mut Device, login: &str) -> Result<()> {
        device.sign_in_again(login, PASSWORD).await
    }

    /// The console, signed in.
    ///
    /// # Errors
    /// When that is refused.
    pub async fn office(&self) -> Result<Office> {
        Office::sign_in(&self.url(), "office", PASSWORD).await
    }
}
