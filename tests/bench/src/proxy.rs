//! A TCP proxy that counts, in a thread of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use anyhow::Result;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What went through, the upgrade's headers included.
#[derive(Debug, Default)]
pub struct Counts {
    up: AtomicU64,
    down: AtomicU64,
    /// How often the client spoke after the server did.
    turns: AtomicU64,
    server_spoke: AtomicBool,
}

impl Counts {
    /// Begins anew.
    pub fn reset(&self) {
        for count in [&self.up, &self.down, &self.turns] {
            count.store(0, Ordering::SeqCst);
        }
        self.server_spoke.store(true, Ordering::SeqCst);
    }

    /// Bytes in both directions.
    #[must_use]
    pub fn bytes(&self) -> f64 {
        (self.up.load(Ordering::SeqCst) + self.down.load(Ordering::SeqCst)) as f64
    }

    /// How often the client had to say something: an upper bound of round trips.
    #[must_use]
    pub fn turns(&self) -> f64 {
        self.turns.load(Ordering::SeqCst) as f64
    }

    fn client(&self, bytes: usize) {
        self.up.fetch_add(bytes as u64, Ordering::SeqCst);
        if self.server_spoke.swap(false, Ordering::SeqCst) {
            self.turns.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn server(&self, bytes: usize) {
        self.down.fetch_add(bytes as u64, Ordering::SeqCst);
        self.server_spoke.store(true, Ordering::SeqCst);
    }
}

/// Starts a proxy in front of a port; its own port and what it counts.
///
/// # Errors
/// When no port is free.
pub fn start(target: u16) -> Result<(u16, Arc<Counts>)> {
    let counts = Arc::new(Counts::default());
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    listener.set_nonblocking(true)?;
    let port = listener.local_addr()?.port();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let counted = counts.clone();
    std::thread::spawn(move || runtime.block_on(accept(listener, target, counted)));
    Ok((port, counts))
}

async fn accept(listener: std::net::TcpListener, target: u16, counts: Arc<Counts>) -> Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (client, _) = listener.accept().await?;
        let server = TcpStream::connect(("127.0.0.1", target)).await?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let (mut from_client, mut to_client) = client.into_split();
        let (mut from_server, mut to_server) = server.into_split();
        let (up, down) = (counts.clone(), counts.clone());
        tokio::spawn(async move {
            let mut buffer = vec![0; 64 << 10];
            while let Ok(length @ 1..) = from_client.read(&mut buffer).await {
                up.client(length);
                if to_server.write_all(&buffer[..length]).await.is_err() {
                    break;
                }
            }
        });
        tokio::spawn(async move {
            let mut buffer = vec![0; 64 << 10];
            while let Ok(length @ 1..) = from_server.read(&mut buffer).await {
                down.server(length);
                if to_client.write_all(&buffer[..length]).await.is_err() {
                    break;
                }
            }
        });
    }
}
