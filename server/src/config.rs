//! What a server is started with.

use std::net::IpAddr;
use std::path::PathBuf;

/// Where the company lives and where the server listens.
#[derive(Debug, Clone)]
pub struct Config {
    /// The data folder.
    pub data: PathBuf,
    /// The address to listen at.
    pub host: IpAddr,
    /// The port; 0: any that is free.
    pub port: u16,
    /// Whether it listens with HTTPS as well, and with which certificate.
    pub secure: Option<Secure>,
    /// Stock is published at most this often per warehouse.
    pub stock_interval_ms: i64,
    /// A page of a channel is about so large.
    pub page_bytes: usize,
    /// Stored entries that may wait to be judged; with more, devices are asked to wait.
    pub unjudged_max: u64,
    /// Jobs that may wait for a commit; the same.
    pub writer_queue_max: usize,
}

/// HTTPS, without which a browser keeps nothing offline unless the server is on the same machine.
#[derive(Debug, Clone)]
pub struct Secure {
    /// The port; 0: any that is free.
    pub port: u16,
    /// Who vouches for this server.
    pub by: Voucher,
}

/// Who vouches for this server.
#[derive(Debug, Clone)]
pub enum Voucher {
    /// An authority of its own, which phones in the same network are asked to trust.
    Local,
    /// An authority that browsers know.
    Known {
        /// PEM: the certificate first, then what leads to the authority.
        certificate: PathBuf,
        /// PEM.
        key: PathBuf,
    },
}

impl Config {
    /// A server for this machine alone, on any free port.
    #[must_use]
    pub fn local(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            host: IpAddr::from([127, 0, 0, 1]),
            port: 0,
            secure: None,
            stock_interval_ms: 10_000,
            page_bytes: roundsman_core::sync::BATCH_BYTES,
            unjudged_max: 50_000,
            writer_queue_max: 3_000,
        }
    }
}
