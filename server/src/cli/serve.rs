//! `roundsman serve`

use std::io::IsTerminal as _;
use std::net::IpAddr;
use std::path::PathBuf;

use tracing_subscriber::EnvFilter;

use crate::clock::Clock;
use crate::config::{Config, Secure, Voucher};
use crate::error::Result;
use crate::http;
use crate::serve::Server;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The data folder; made when it is not there.
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// The port to listen at.
    #[arg(long, value_name = "N", default_value_t = 8080)]
    port: u16,
    /// The address to listen at; 0.0.0.0 for all of this machine's.
    #[arg(long, value_name = "H", default_value = "127.0.0.1")]
    host: IpAddr,
    /// Serve phones in this network too: HTTPS under this server's own authority, and a page that
    /// explains how a phone comes to trust it.
    #[arg(long, conflicts_with_all = ["host", "certificate"])]
    lan: bool,
    /// Serve HTTPS at --host with this certificate (PEM, with its chain).
    #[arg(long, value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,
    /// The certificate's key (PEM).
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
    /// The port for HTTPS.
    #[arg(long, value_name = "N", default_value_t = 8443)]
    https_port: u16,
}

impl Args {
    fn secure(&self) -> Option<Secure> {
        let by = match (&self.certificate, &self.key) {
            (Some(certificate), Some(key)) => {
                Voucher::Known { certificate: certificate.clone(), key: key.clone() }
            }
            _ if self.lan => Voucher::Local,
            _ => return None,
        };
        Some(Secure { port: self.https_port, by })
    }
}

pub async fn run(args: Args) -> Result<()> {
    log_to_terminal();
    let secure = args.secure();
    let config = Config { host: args.host, port: args.port, secure, ..Config::local(args.data) };
    let data = config.data.display().to_string();
    let server = Server::start(config, Clock::system()).await?;
    for app in http::missing_apps() {
        tracing::warn!(
            app,
            "an app is not built and cannot be served; `cargo xtask run` builds it"
        );
    }
    tracing::info!(url = server.url(), data, "the server listens");
    if let Some(lan) = server.app.lan.get() {
        tracing::info!(
            phones = lan.join_url,
            app = lan.app_url,
            "phones in this network begin here"
        );
    }
    interrupted().await;
    tracing::info!("the server stops");
    server.stop().await
}

fn log_to_terminal() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::stderr().is_terminal();
    let log = tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(colours);
    log.with_env_filter(filter).with_target(false).init();
}

/// Ctrl-C, or what a service manager sends.
async fn interrupted() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => _ = signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}
