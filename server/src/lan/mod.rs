//! Phones on the same network: HTTPS with a local authority, and the page that explains how a phone
//! comes to trust it. A browser keeps an app and its data only for a site that it trusts.

mod authority;
mod join;

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use rustls::ServerConfig;

pub use authority::{Authority, known};

use crate::error::{Error, Result};

/// How phones reach this server.
#[derive(Debug, Clone)]
pub struct Lan {
    /// The page that explains it, as a phone on this network opens it; over plain HTTP, since the
    /// phone does not trust anything yet.
    pub join_url: String,
    /// Where the app then is.
    pub app_url: String,
    /// SHA-256 of the authority's certificate, to be compared on both screens.
    pub fingerprint: String,
    /// The authority's certificate, in DER.
    pub certificate: Vec<u8>,
}

/// The addresses of this machine that phones can reach, the likeliest first.
///
/// # Errors
/// When the system does not tell.
pub fn addresses() -> Result<Vec<IpAddr>> {
    let found = if_addrs::get_if_addrs().map_err(Error::internal)?;
    let mut addresses: Vec<IpAddr> = found
        .into_iter()
        .filter(|it| !it.is_loopback() && !it.is_link_local())
        .map(|it| it.ip())
        // Global addresses of IPv6 are made up anew every day.
        .filter(|it| match it {
            IpAddr::V4(_) => true,
            IpAddr::V6(it) => it.is_unique_local(),
        })
        .collect();
    // Home and office networks first; what containers and bridges use last.
    addresses.sort_by_key(|it| match it {
        IpAddr::V4(it) => (it.octets()[0] != 192, it.octets()[0] == 172),
        IpAddr::V6(_) => (true, true),
    });
    addresses.dedup();
    Ok(addresses)
}

impl Lan {
    /// What phones are told, and how this server proves that it is the one.
    ///
    /// # Errors
    /// When this machine is in no local network, or the authority can neither be read nor made.
    pub fn open(
        data: &Path,
        plain: u16,
        secure: u16,
    ) -> Result<(Self, Arc<ServerConfig>, Vec<IpAddr>)> {
        let addresses = addresses()?;
        let Some(first) = addresses.first() else {
            return Err(Error::internal(
                "this machine is in no local network that phones could share; connect it, or leave --lan out",
            ));
        };
        let authority = Authority::open(&data.join("tls"), &addresses)?;
        let config = authority.certify(&addresses)?;
        let lan = Self {
            join_url: format!("http://{}/join", SocketAddr::new(*first, plain)),
            app_url: format!("https://{}/", SocketAddr::new(*first, secure)),
            fingerprint: authority.fingerprint(),
            certificate: authority.certificate().to_vec(),
        };
        Ok((lan, config, addresses))
    }

    /// All that is served over plain HTTP to the network: nobody signs in there.
    pub fn router(self: Arc<Self>) -> Router {
        join::router(self)
    }

    /// A picture of an address, to be read by a camera.
    #[must_use]
    pub fn qr(text: &str) -> String {
        qrcode::QrCode::new(text)
            .map(|code| {
                code.render::<qrcode::render::svg::Color<'_>>()
                    .min_dimensions(240, 240)
                    .dark_color(qrcode::render::svg::Color("#111"))
                    .light_color(qrcode::render::svg::Color("#fff"))
                    .build()
            })
            .unwrap_or_default()
    }
}
