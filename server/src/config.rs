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
    /// Stock is published at most this often per warehouse.
    pub stock_interval_ms: i64,
}

impl Config {
    /// A server for this machine alone, on any free port.
    #[must_use]
    pub fn local(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            host: IpAddr::from([127, 0, 0, 1]),
            port: 0,
            stock_interval_ms: 10_000,
        }
    }
}
