//! A company with a past: its orders came through the server, were admitted and decided.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use roundsman_core::id::CustomerId;
use roundsman_store::{Store, journal, outbox};
use tempfile::TempDir;

use crate::company::{Company, Plan, new_customer, tell_stock};
use crate::data::{self, Sizes};
use crate::phone::{Heard, Phone, now};
use crate::server::{Binary, Server};

/// Customers that are changed while a device is away.
pub const CHANGES: usize = 100;
/// How long deciding everything may take.
const DEADLINE: Duration = Duration::from_secs(600);

/// The company, ready to be copied.
pub struct History {
    pub folder: TempDir,
    pub orders: usize,
    /// Bytes on disk that each order took.
    pub bytes_per_order: f64,
    /// A rep's phone, with the customers it entered.
    pub editor: Phone,
    pub editable: Vec<CustomerId>,
}

impl History {
    /// Makes it with the server that is measured.
    ///
    /// # Errors
    /// When anything of it is refused.
    pub async fn make(binary: &Binary, sizes: Sizes) -> Result<Self> {
        let few = Sizes { customers: sizes.customers.saturating_sub(CHANGES).max(20), ..sizes };
        let plan = Plan { territories: 1, live_phones: 0 };
        let company = Company::make(data::generate(few), plan).await?;
        let server = Server::start(binary, company.folder.path()).await?;
        let before = size(&server)?;

        let mut editor = Phone::new(company.phones[0].clone());
        let token = std::mem::take(&mut editor.known.token);
        company.record(&mut editor, &company.data.orders, false)?;
        let mut editable = Vec::new();
        for n in 0..CHANGES {
            let create = new_customer(n);
            editable.push(create.customer);
            editor.record(&create)?;
        }
        deliver(&mut editor, server.port).await?;
        editor.close();
        editor.known.token = token;
        settled(&server).await?;
        let folder = server.stop().await?;
        tell_stock(folder.path()).await?;
        let after = std::fs::metadata(folder.path().join("roundsman.sqlite"))?.len() as f64;
        let orders = company.data.orders.len();
        Ok(Self {
            folder,
            orders,
            bytes_per_order: (after - before) / orders as f64,
            editor,
            editable,
        })
    }
}

async fn deliver(phone: &mut Phone, port: u16) -> Result<()> {
    let last = phone.head().n;
    phone.open(port).await?;
    phone.until(|heard| matches!(heard, Heard::Receipt(n) if *n >= last)).await
}

/// Waits until everything is admitted and decided, looking from outside.
///
/// # Errors
/// When it takes too long.
pub async fn settled(server: &Server) -> Result<()> {
    let store = Store::open(&server.database()).await?;
    let start = Instant::now();
    while !is_settled(&store).await? {
        ensure!(start.elapsed() < DEADLINE, "orders are still not decided");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    store.read.close().await;
    Ok(())
}

async fn is_settled(store: &Store) -> Result<bool> {
    Ok(journal::devices_behind(&store.read).await?.is_empty()
        && outbox::due(&store.read, now(), 1).await?.is_empty())
}

fn size(server: &Server) -> Result<f64> {
    Ok(std::fs::metadata(server.database())?.len() as f64)
}
