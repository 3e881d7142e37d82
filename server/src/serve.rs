//! A running server.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use rustls::ServerConfig;
use tokio::task::JoinSet;

use crate::app::App;
use crate::clock::Clock;
use crate::config::{Config, Secure, Voucher};
use crate::error::{Error, Result};
use crate::lan::{self, Lan};
use crate::{background, http};

/// How long answers that are under way may take when the server goes down.
const STOP_TIME_MAX: Duration = Duration::from_secs(10);
/// How long somebody may take to ask for something once they are connected.
const ASK_TIME_MAX: Duration = Duration::from_secs(15);

type Handle = axum_server::Handle<SocketAddr>;

/// A server that listens, until it is stopped.
pub struct Server {
    /// What it serves from.
    pub app: Arc<App>,
    /// Where it listens.
    pub address: SocketAddr,
    /// Where it listens with HTTPS.
    pub secure: Option<SocketAddr>,
    serving: JoinSet<std::io::Result<()>>,
    handle: Handle,
    background: JoinSet<()>,
}

impl Server {
    /// Opens the company and listens.
    ///
    /// # Errors
    /// When the data folder cannot be used, a port is taken, or a certificate cannot be used.
    pub async fn start(config: Config, clock: Clock) -> Result<Self> {
        let (wanted, secure) = (SocketAddr::new(config.host, config.port), config.secure.clone());
        let app = App::open(config, clock).await?;
        let listener = listen(wanted)?;
        let address = listener.local_addr().map_err(Error::internal)?;
        let background = background::start(&app).await?;
        let mut server = Self {
            app: app.clone(),
            address,
            secure: None,
            serving: JoinSet::new(),
            handle: Handle::new(),
            background,
        };
        let router = http::router(app);
        server.serve(listener, None, router.clone())?;
        if let Some(secure) = secure {
            server.serve_secure(&secure, router)?;
        }
        Ok(server)
    }

    /// Its address for a browser on this machine.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn serve_secure(&mut self, secure: &Secure, router: Router) -> Result<()> {
        let host = match &secure.by {
            Voucher::Local => IpAddr::from(Ipv4Addr::UNSPECIFIED),
            Voucher::Known { .. } => self.address.ip(),
        };
        let listener = listen(SocketAddr::new(host, secure.port))?;
        let address = listener.local_addr().map_err(Error::internal)?;
        let tls = match &secure.by {
            Voucher::Known { certificate, key } => lan::known(certificate, key)?,
            Voucher::Local => self.join_network(address.port())?,
        };
        self.secure = Some(address);
        self.serve(listener, Some(tls), router)
    }

    /// Tells phones in this network over plain HTTP how they come to trust the server.
    fn join_network(&mut self, secure: u16) -> Result<Arc<ServerConfig>> {
        let (plain, data) = (self.address.port(), &self.app.config.data);
        let (lan, tls, addresses) = Lan::open(data, plain, secure)?;
        let lan = Arc::new(lan);
        for address in addresses {
            self.serve(listen(SocketAddr::new(address, plain))?, None, lan.clone().router())?;
        }
        _ = self.app.lan.set(lan);
        Ok(tls)
    }

    fn serve(
        &mut self,
        listener: TcpListener,
        tls: Option<Arc<ServerConfig>>,
        router: Router,
    ) -> Result<()> {
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let server = axum_server::from_tcp(listener)
            .map_err(Error::internal)?
            // An answer of a few bytes must not wait for more to send.
            .acceptor(NoDelayAcceptor::new())
            .first_request_timeout(ASK_TIME_MAX)
            .handle(self.handle.clone());
        match tls {
            None => _ = self.serving.spawn(server.serve(service)),
            Some(tls) => {
                let tls = RustlsConfig::from_config(tls);
                let server = server.map(|plain| RustlsAcceptor::new(tls).acceptor(plain));
                self.serving.spawn(server.serve(service));
            }
        }
        Ok(())
    }

    /// Stops taking requests, ends what waits, and returns when all answers are out.
    ///
    /// # Errors
    /// When the server had failed before.
    pub async fn stop(mut self) -> Result<()> {
        self.app.stop.cancel();
        self.background.join_all().await;
        // Whoever is still connected then has had their time; nothing they were told is lost.
        self.handle.graceful_shutdown(Some(STOP_TIME_MAX));
        let serving = self.app.hub.serving.clone();
        serving.close();
        _ = tokio::time::timeout(STOP_TIME_MAX, serving.wait()).await;
        while let Some(ended) = self.serving.join_next().await {
            ended.map_err(Error::internal)?.map_err(Error::internal)?;
        }
        Ok(())
    }
}

fn listen(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).map_err(|error| cannot_listen(address, &error))
}

fn cannot_listen(address: SocketAddr, error: &std::io::Error) -> Error {
    let why = match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            "another program listens there; choose another port with --port or --https-port"
                .to_owned()
        }
        std::io::ErrorKind::PermissionDenied => {
            "not allowed; ports below 1024 need more rights".to_owned()
        }
        _ => error.to_string(),
    };
    Error::internal(format!("cannot listen at {address}: {why}"))
}
