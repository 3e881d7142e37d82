//! A running server.

use std::future::IntoFuture as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::{background, http};

/// How long answers that are under way may take when the server goes down.
const STOP_TIME_MAX: Duration = Duration::from_secs(10);

/// A server that listens, until it is stopped.
pub struct Server {
    /// What it serves from.
    pub app: Arc<App>,
    /// Where it listens.
    pub address: SocketAddr,
    serving: JoinHandle<std::io::Result<()>>,
    background: JoinSet<()>,
}

impl Server {
    /// Opens the company and listens.
    ///
    /// # Errors
    /// When the data folder cannot be used or the port is taken.
    pub async fn start(config: Config, clock: Clock) -> Result<Self> {
        let wanted = SocketAddr::new(config.host, config.port);
        let app = App::open(config, clock).await?;
        let listener =
            TcpListener::bind(wanted).await.map_err(|error| cannot_listen(wanted, &error))?;
        let address = listener.local_addr().map_err(Error::internal)?;
        let background = background::start(&app).await?;
        let stop = app.stop.clone();
        let service = http::router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
        // An answer of a few bytes must not wait for more to send.
        let listener = listener.tap_io(|stream| {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "a connection sends late");
            }
        });
        let serving = axum::serve(listener, service)
            .with_graceful_shutdown(async move { stop.cancelled().await });
        Ok(Self { app, address, serving: tokio::spawn(serving.into_future()), background })
    }

    /// Its address for a browser.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops taking requests, ends what waits, and returns when all answers are out.
    ///
    /// # Errors
    /// When the server had failed before.
    pub async fn stop(self) -> Result<()> {
        self.app.stop.cancel();
        self.background.join_all().await;
        let serving = self.app.hub.serving.clone();
        serving.close();
        let ended = async { tokio::join!(self.serving, serving.wait()).0 };
        match tokio::time::timeout(STOP_TIME_MAX, ended).await {
            Ok(served) => served.map_err(Error::internal)?.map_err(Error::internal),
            // Whoever is still connected has had their time; nothing they were told is lost.
            Err(_) => Ok(()),
        }
    }
}

fn cannot_listen(address: SocketAddr, error: &std::io::Error) -> Error {
    let why = match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            "another program listens there; choose another port with --port".to_owned()
        }
        std::io::ErrorKind::PermissionDenied => {
            "not allowed; ports below 1024 need more rights".to_owned()
        }
        _ => error.to_string(),
    };
    Error::internal(format!("cannot listen at {address}: {why}"))
}
