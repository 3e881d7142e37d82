//! The shipped server, as a process of its own.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use crate::machine;

/// How long it may take to start or stop.
const DEADLINE: Duration = Duration::from_secs(60);

/// A running server on a copy of a company.
pub struct Server {
    /// Its port.
    pub port: u16,
    /// Its data folder, thrown away at the end.
    pub folder: TempDir,
    child: Child,
    traced: bool,
}

/// Which server to start.
#[derive(Debug, Clone)]
pub struct Binary(pub PathBuf);

impl Server {
    /// Copies the company and serves it.
    ///
    /// # Errors
    /// When the server does not start.
    pub async fn start(binary: &Binary, company: &Path) -> Result<Self> {
        Self::start_with(binary, company, None).await
    }

    /// The same under strace, which writes the calls that flush a disk into `trace`.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_traced(binary: &Binary, company: &Path, trace: &Path) -> Result<Self> {
        Self::start_with(binary, company, Some(trace)).await
    }

    async fn start_with(binary: &Binary, company: &Path, trace: Option<&Path>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        for entry in std::fs::read_dir(company)? {
            let entry = entry?;
            std::fs::copy(entry.path(), folder.path().join(entry.file_name()))?;
        }
        let port = free_port()?;
        let log = File::create(folder.path().join("server.log"))?;
        let mut command = match trace {
            None => Command::new(&binary.0),
            Some(trace) => {
                let mut strace = Command::new("strace");
                strace.args(["-f", "-qq", "-e", "trace=fsync,fdatasync", "-o"]).arg(trace);
                strace.arg(&binary.0);
                strace
            }
        };
        command.arg("serve").arg("--data").arg(folder.path()).args(["--port", &port.to_string()]);
        let child = command.env("RUST_LOG", "warn").stderr(log).spawn();
        let child = child.with_context(|| format!("cannot start {}", binary.0.display()))?;
        let mut server = Self { port, folder, child, traced: trace.is_some() };
        server.until_it_listens().await?;
        Ok(server)
    }

    async fn until_it_listens(&mut self) -> Result<()> {
        let start = Instant::now();
        while tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            if let Some(status) = self.child.try_wait()? {
                let log = std::fs::read_to_string(self.folder.path().join("server.log"))?;
                bail!("the server ended at once ({status}): {log}");
            }
            if start.elapsed() > DEADLINE {
                bail!("the server does not listen");
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    /// The greatest memory it ever had, and what it has now, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> (f64, f64) {
        machine::memory_bytes(self.child.id())
    }

    /// The processor time it used so far, in milliseconds.
    #[must_use]
    pub fn cpu_ms(&self) -> f64 {
        machine::cpu_ms(self.child.id())
    }

    /// The database it writes to.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.folder.path().join("roundsman.sqlite")
    }

    /// Asks it to stop, and waits until it has.
    ///
    /// # Errors
    /// When it does not.
    pub async fn stop(mut self) -> Result<TempDir> {
        let pid = if self.traced { child_of(self.child.id())? } else { self.child.id() };
        let asked = Command::new("kill").args(["-TERM", &pid.to_string()]).status()?;
        anyhow::ensure!(asked.success(), "cannot reach the server");
        let start = Instant::now();
        while self.child.try_wait()?.is_none() {
            anyhow::ensure!(start.elapsed() < DEADLINE, "the server does not stop");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(std::mem::replace(&mut self.folder, tempfile::tempdir()?))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            if self.traced
                && let Ok(pid) = child_of(self.child.id())
            {
                let _gone = Command::new("kill").args(["-KILL", &pid.to_string()]).status();
            }
            let _gone = self.child.kill();
            let _status = self.child.wait();
        }
    }
}

fn child_of(pid: u32) -> Result<u32> {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
    children.split_whitespace().next().and_then(|it| it.parse().ok()).context("strace has no child")
}

fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
