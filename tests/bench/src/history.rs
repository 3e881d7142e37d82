//! A company with a past: its orders came through the server, were admitted and decided.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use roundsman_core::id::CustomerId;
use roundsman_server::app::App;
use roundsman_server::clock::Clock;
use roundsman_server::config::Config;
use roundsman_server::crm::closing::{Ages, Closer};
use roundsman_store::{Store, journal, outbox};
use tempfile::TempDir;

use crate::company::{Carts, Company, Plan, closed, new_customer, tell_stock};
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

/// How old its orders are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Past {
    /// As the data says: of about a year. What is older than the rules keep open is closed.
    Year,
    /// Every order was just taken, and none is closed.
    Today,
}

impl History {
    /// Makes it with the server that is measured.
    ///
    /// # Errors
    /// When anything of it is refused.
    pub async fn make(binary: &Binary, sizes: Sizes, past: Past) -> Result<Self> {
        let few = Sizes { customers: sizes.customers.saturating_sub(CHANGES).max(20), ..sizes };
        let plan = Plan { territories: 1, live_phones: 0 };
        let company = Company::make(data::generate(few), plan).await?;
        let mut editor = Phone::new(company.phones[0].clone());
        let token = std::mem::take(&mut editor.known.token);
        let orders = company.data.orders.as_slice();
        let (old, recent): (Vec<_>, Vec<_>) =
            orders.iter().cloned().partition(|order| past == Past::Year && order.is_old(orders));
        let before = size(company.folder.path())?;
        let mut closed = None;
        if !old.is_empty() {
            company.record(&mut editor, &old, Carts::Begun)?;
            let folder = deliver(binary, company.folder.path(), &mut editor).await?;
            close_all(folder.path()).await?;
            closed = Some(folder);
        }
        company.record(&mut editor, &recent, Carts::Begun)?;
        let mut editable = Vec::new();
        for n in 0..CHANGES {
            let create = new_customer(n);
            editable.push(create.customer);
            editor.record(&create)?;
        }
        let before_recent = closed.as_ref().map_or(company.folder.path(), TempDir::path);
        let folder = deliver(binary, before_recent, &mut editor).await?;
        editor.known.token = token;
        tell_stock(folder.path()).await?;
        let bytes_per_order = (size(folder.path())? - before) / orders.len() as f64;
        Ok(Self { folder, orders: orders.len(), bytes_per_order, editor, editable })
    }
}

/// Delivers what the phone recorded to a server on a copy of this company, and waits until all of
/// it is decided.
async fn deliver(binary: &Binary, company: &Path, phone: &mut Phone) -> Result<TempDir> {
    let server = Server::start(binary, company).await?;
    let last = phone.head().n;
    phone.open(server.port).await?;
    phone.until(|heard| matches!(heard, Heard::Receipt(n) if *n >= last)).await?;
    phone.close();
    settled(&server).await?;
    server.stop().await
}

/// Closes everything that is finished, as the server does once it is old enough.
async fn close_all(folder: &Path) -> Result<()> {
    let app = App::open(Config::local(folder), Clock::system()).await?;
    let ages = Ages { visit_ms: 0, declined_ms: 0, accepted_ms: 0 };
    let closer = Closer::new(app.store.clone(), app.clock.clone(), ages);
    while closer.close_due().await? > 0 {}
    app.store.read.close().await;
    drop((closer, app));
    closed(folder).await
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

fn size(folder: &Path) -> Result<f64> {
    Ok(std::fs::metadata(folder.join("roundsman.sqlite"))?.len() as f64)
}
