//! The server as a process of its own, which can be killed, measured and started again.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use roundsman_device::{Device, DeviceHost};
use roundsman_server::clock::Clock;
use roundsman_server::config::Config;
use roundsman_server::demo;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;

use crate::Office;
use crate::world::{PASSWORD, SEED};

/// How long a server may take to listen before a test fails.
const START_TIME_MAX: Duration = Duration::from_secs(30);
/// Lines of the log that are kept for a failure.
const LOG_LINES_MAX: usize = 200;

/// A demo company on the real program.
pub struct ServerProcess {
    program: PathBuf,
    data: PathBuf,
    port: u16,
    child: Option<Child>,
    log: Arc<Mutex<Vec<String>>>,
    devices: u32,
    folder: TempDir,
}

impl ServerProcess {
    /// Fills a company and starts the program on it. `program` is
    /// `env!("CARGO_BIN_EXE_roundsman-under-test")`.
    ///
    /// # Errors
    /// When the server does not start.
    pub async fn start(program: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let data = folder.path().join("data");
        Self::start_at(program, folder, data).await
    }

    /// The same with the data in a folder of its own.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_at(program: &str, folder: TempDir, data: PathBuf) -> Result<Self> {
        demo::fill(Config::local(&data), Clock::system(), SEED, demo::Size(0), &|_| {}).await?;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        // A link of its own: the tests may be built anew while a long run goes on.
        let own = folder.path().join("roundsman");
        std::fs::hard_link(program, &own).or_else(|_| std::fs::copy(program, &own).map(drop))?;
        let (program, log) = (own, Arc::default());
        let mut server = Self { program, data, port, child: None, log, devices: 0, folder };
        server.restart().await?;
        Ok(server)
    }

    /// Starts the program again on the same data and port, and waits until it listens.
    ///
    /// # Errors
    /// When it ends instead, or takes too long.
    pub async fn restart(&mut self) -> Result<()> {
        let mut listens = self.spawn()?;
        let listening = listens.wait_for(|listens| *listens);
        match tokio::time::timeout(START_TIME_MAX, listening).await {
            Ok(Ok(_)) => Ok(()),
            _ => bail!("the server does not listen:\n{}", self.log()),
        }
    }

    /// Starts the program without waiting for it.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn spawn(&mut self) -> Result<watch::Receiver<bool>> {
        let mut child = Command::new(&self.program)
            .args(["serve", "--port", &self.port.to_string(), "--data"])
            .arg(&self.data)
            .env("NO_COLOR", "1")
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        let (told, listens) = watch::channel(false);
        let log = self.log.clone();
        let mut lines = BufReader::new(child.stderr.take().context("no log")?).lines();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                if line.contains("the server listens") {
                    let _nobody_waits = told.send(true);
                }
                let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
                if log.len() >= LOG_LINES_MAX {
                    log.remove(0);
                }
                log.push(line);
            }
        });
        self.child = Some(child);
        Ok(listens)
    }

    /// `kill -9`.
    ///
    /// # Errors
    /// When the process cannot be waited for.
    pub async fn kill(&mut self) -> Result<()> {
        match self.child.take() {
            Some(mut child) => Ok(child.kill().await?),
            None => Ok(()),
        }
    }

    /// Whether the process still runs.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub fn is_running(&mut self) -> Result<bool> {
        match &mut self.child {
            Some(child) => Ok(child.try_wait()?.is_none()),
            None => Ok(false),
        }
    }

    /// The last lines of the log.
    #[must_use]
    pub fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).join("\n")
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The data folder.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Begins to measure the memory at its height anew.
    ///
    /// # Errors
    /// When the process is gone, or this is not Linux.
    pub fn forget_peak(&self) -> Result<()> {
        /// "Reset the peak resident set size."
        const RESET_PEAK: &str = "5";
        Ok(std::fs::write(self.proc("clear_refs")?, RESET_PEAK)?)
    }

    /// The memory of the process at its height, in KiB.
    ///
    /// # Errors
    /// As [`Self::forget_peak`].
    pub fn peak_kib(&self) -> Result<u64> {
        let status = std::fs::read_to_string(self.proc("status")?)?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")).context("no VmHWM")?;
        Ok(kib.trim().parse()?)
    }

    fn proc(&self, file: &str) -> Result<PathBuf> {
        let id = self.child.as_ref().and_then(Child::id).context("the server is down")?;
        Ok(format!("/proc/{id}/{file}").into())
    }

    /// A fresh device of a rep, with everything synchronised.
    ///
    /// # Errors
    /// When the rep cannot sign in.
    pub async fn device(&mut self, login: &str) -> Result<Device> {
        self.devices += 1;
        let folder = self.folder.path().join(format!("device-{}", self.devices));
        let mut device = self.device_in(login, &folder).await?;
        device.sync().await?;
        Ok(device)
    }

    /// A fresh device that keeps its files here and has not synchronised yet.
    ///
    /// # Errors
    /// When the rep cannot sign in.
    pub async fn device_in(&self, login: &str, folder: &Path) -> Result<Device> {
        Device::enrol_with(&self.url(), login, PASSWORD, folder, DeviceHost::default()).await
    }

    /// The console, signed in.
    ///
    /// # Errors
    /// When that is refused.
    pub async fn office(&self) -> Result<Office> {
        Office::sign_in(&self.url(), "office", PASSWORD).await
    }
}
