//! A network that breaks at a chosen message.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// Which way a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the device.
    Up,
    /// From the hub.
    Down,
}

/// Where the line is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Messages of this way are counted.
    pub way: Way,
    /// The one at which the line is cut; the first is 1.
    pub at: u32,
    /// Whether that one still arrives.
    pub arrives: bool,
}

/// Carries lines to a server, and cuts one of them.
pub struct Breaker {
    address: String,
    plan: Arc<Mutex<Option<Cut>>>,
}

impl Breaker {
    /// A network in front of this server.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn before(server: &str) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = format!("http://{}", listener.local_addr()?);
        let plan: Arc<Mutex<Option<Cut>>> = Arc::default();
        let (shared, target) = (plan.clone(), server.replacen("http", "ws", 1) + "/sync");
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (plan, target) = (shared.clone(), target.clone());
                tokio::spawn(async move { carry(socket, &target, &plan).await });
            }
        });
        Ok(Self { address, plan })
    }

    /// Where devices connect.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.address
    }

    /// The next line that gets so far is cut, once.
    pub fn cut(&self, cut: Cut) {
        *self.plan.lock().unwrap_or_else(PoisonError::into_inner) = Some(cut);
    }

    /// Whether the line has been cut as planned; the plan is dropped.
    #[must_use]
    pub fn was_cut(&self) -> bool {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner).take().is_none()
    }
}

/// Whether this is the message at which to cut; and if so, whether it arrives.
fn meets(plan: &Mutex<Option<Cut>>, way: Way, count: u32) -> Option<bool> {
    let mut plan = plan.lock().unwrap_or_else(PoisonError::into_inner);
    let cut = plan.take_if(|cut| cut.way == way && cut.at == count)?;
    Some(cut.arrives)
}

/// Carries messages both ways until one side ends or the line is cut. Dropping the sockets is all
/// that a cut says to either side.
async fn carry(socket: TcpStream, target: &str, plan: &Mutex<Option<Cut>>) -> Option<()> {
    let mut device = tokio_tungstenite::accept_hdr_async(socket, accept).await.ok()?;
    let mut request = target.into_client_request().ok()?;
    request.headers_mut().insert("sec-websocket-protocol", "roundsman.1".parse().ok()?);
    let (mut hub, _): (WebSocketStream<MaybeTlsStream<TcpStream>>, _) =
        tokio_tungstenite::connect_async(request).await.ok()?;
    let (mut up, mut down) = (0, 0);
    loop {
        tokio::select! {
            message = device.next() => {
                let message = message?.ok()?;
                up += u32::from(matches!(message, Message::Binary(_)));
                let cut = meets(plan, Way::Up, up);
                if cut != Some(false) {
                    hub.send(message).await.ok()?;
                }
                cut.map_or(Some(()), |_| None)?;
            }
            message = hub.next() => {
                let message = message?.ok()?;
                down += u32::from(matches!(message, Message::Binary(_)));
                let cut = meets(plan, Way::Down, down);
                if cut != Some(false) {
                    device.send(message).await.ok()?;
                }
                cut.map_or(Some(()), |_| None)?;
            }
        }
    }
}

#[expect(clippy::result_large_err, reason = "the signature is the library's")]
fn accept(_: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    let protocol = "roundsman.1".parse().map_err(|_| ErrorResponse::new(None))?;
    response.headers_mut().insert("sec-websocket-protocol", protocol);
    Ok(response)
}
