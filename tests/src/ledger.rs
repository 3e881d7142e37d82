//! What devices were promised, to be compared with what became of it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use roundsman_core::documents::Request;
use roundsman_core::id::{CustomerId, OrderId};
use roundsman_core::views::{HistoryRow, OrderRow, OrderView, SyncState};
use roundsman_device::Device;
use roundsman_replica::{Query, Recorded, Rows};
use serde::Deserialize;
use uuid::Uuid;

use crate::Office;

/// Everything one device was told was saved, and every receipt it was given.
#[derive(Debug, Default)]
pub struct Ledger {
    /// The device's code.
    pub device: String,
    /// Operations by document, in order.
    documents: BTreeMap<(Kind, Uuid), Vec<String>>,
    entries: u64,
    receipt: u64,
}

/// Documents whose history the office shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Customer,
    Visit,
    Cart,
    Order,
}

/// A part of one of the office's lists.
#[derive(Deserialize)]
struct Page {
    total: usize,
    rows: Vec<OrderRow>,
}

impl Ledger {
    /// A ledger for this device.
    ///
    /// # Errors
    /// When nobody signed in on it.
    pub fn of(device: &Device) -> Result<Self> {
        let identity = device.replica.identity().context("nobody signed in")?;
        let entries = device.status()?.journal.entries;
        Ok(Self { device: identity.device_code.clone(), entries, ..Self::default() })
    }

    /// Does something on the device and notes that it was saved.
    ///
    /// # Errors
    /// When the device refuses.
    pub fn run(&mut self, device: &mut Device, request: Request) -> Result<Recorded> {
        let kind = match &request {
            Request::OrderSubmit { .. } => Kind::Order,
            Request::CartSetLine { .. } | Request::CartDetails { .. } => Kind::Cart,
            Request::CartDiscard { .. } => Kind::Cart,
            Request::VisitCheckIn { .. } | Request::VisitNote { .. } => Kind::Visit,
            Request::VisitCheckOut { .. } => Kind::Visit,
            _ => Kind::Customer,
        };
        let name = serde_json::to_value(&request)?;
        let name = name["operation"].as_str().context("an operation has a name")?.to_owned();
        let recorded = device.run(request)?;
        if recorded.n > 0 {
            ensure!(recorded.n == self.entries + 1, "entry {} after {}", recorded.n, self.entries);
            self.entries = recorded.n;
            self.documents.entry((kind, recorded.id)).or_default().push(name);
        }
        Ok(recorded)
    }

    /// Notes up to where the device holds a receipt.
    ///
    /// # Errors
    /// When an earlier receipt was for more.
    pub fn look(&mut self, device: &Device) -> Result<()> {
        let journal = device.status()?.journal;
        ensure!(journal.safe_upto >= self.receipt, "a receipt was taken back");
        ensure!(journal.entries == self.entries, "{} of {}", journal.entries, self.entries);
        self.receipt = journal.safe_upto;
        Ok(())
    }

    /// Operations that were saved.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// Orders that were saved.
    pub fn orders(&self) -> impl Iterator<Item = OrderId> {
        self.documents.keys().filter(|(kind, _)| *kind == Kind::Order).map(|(_, id)| OrderId(*id))
    }

    /// Requires that everything that was saved is at the server exactly once, and nothing else of
    /// this device.
    ///
    /// # Errors
    /// What is missing, or there twice.
    pub async fn settle(&mut self, device: &Device, office: &Office) -> Result<()> {
        self.look(device)?;
        ensure!(self.receipt == self.entries, "{} of {} are safe", self.receipt, self.entries);
        let odd: Vec<_> = device.status()?.recent;
        let odd: Vec<_> = odd.iter().filter(|row| row.refusal.is_some()).collect();
        ensure!(odd.is_empty(), "not admitted: {odd:?}");
        for ((kind, id), saved) in &self.documents {
            let path = match kind {
                Kind::Customer => format!("/api/customers/{id}/history"),
                Kind::Visit => format!("/api/visits/{id}/history"),
                Kind::Order => format!("/api/orders/{id}/history"),
                // Only its author sees a cart.
                Kind::Cart => continue,
            };
            let mut rows: Vec<HistoryRow> = office.get(&path).await.context(path)?;
            rows.retain(|row| row.device == self.device);
            rows.sort_by_key(|row| row.at);
            let mut held: Vec<_> = rows.into_iter().map(|row| row.operation).collect();
            let mut saved = saved.clone();
            held.sort();
            saved.sort();
            ensure!(held == saved, "{kind:?} {id}: saved {saved:?}, the office has {held:?}");
        }
        self.settle_orders(device)
    }

    /// Requires that each order is decided, and that the device shows the decision.
    fn settle_orders(&self, device: &Device) -> Result<()> {
        for id in self.orders() {
            let view: Option<OrderView> = device.ask(&Query::Order { id })?;
            let view = view.with_context(|| format!("{id} is gone from the device"))?;
            ensure!(view.outcome.is_some(), "{} is not decided", view.row.device_number);
            ensure!(view.row.sync != SyncState::SavedHere, "{}", view.row.device_number);
        }
        Ok(())
    }
}

/// Requires that the office has exactly these orders, each decided once under a number of its own,
/// and that its books say the same as each device.
///
/// # Errors
/// What is missing, or there twice.
pub async fn settle_numbers(office: &Office, sides: &[(&Ledger, &Device)]) -> Result<()> {
    let mut wanted: BTreeSet<OrderId> = BTreeSet::new();
    for (ledger, _) in sides {
        wanted.extend(ledger.orders());
    }
    let mut held = BTreeMap::new();
    let mut numbers = BTreeSet::new();
    let mut device_numbers = BTreeSet::new();
    loop {
        let path = format!("/api/orders?limit=200&sort=deviceNumber&offset={}", held.len());
        let page: Page = office.get(&path).await?;
        if page.rows.is_empty() {
            ensure!(held.len() == page.total, "the list skips {}", page.total - held.len());
            break;
        }
        for row in page.rows {
            let number = row.number.clone().context("an order without a number")?;
            ensure!(numbers.insert(number.clone()), "{number} was given twice");
            ensure!(device_numbers.insert(row.device_number.clone()), "{}", row.device_number);
            ensure!(held.insert(row.id, number).is_none(), "an order is listed twice");
        }
    }
    let have: BTreeSet<OrderId> = held.keys().copied().collect();
    ensure!(have == wanted, "{} orders were saved, the office has {}", wanted.len(), have.len());
    for (ledger, device) in sides {
        for id in ledger.orders() {
            let view: Option<OrderView> = device.ask(&Query::Order { id })?;
            let number = view.and_then(|view| view.row.number);
            ensure!(number.as_ref() == held.get(&id), "{id}: {number:?} on the device");
        }
    }
    Ok(())
}

/// The customers a device has.
///
/// # Errors
/// When the storage fails.
pub fn customers(device: &Device) -> Result<Vec<CustomerId>> {
    let query = Query::Customers { search: None, sort: None, page: Default::default() };
    let found: Rows<roundsman_core::views::CustomerRow> = device.ask(&query)?;
    Ok(found.rows.into_iter().map(|row| row.id).collect())
}
