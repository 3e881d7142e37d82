//! What a rep waits for: a line into the cart, a search through every customer.

use std::time::Instant;

use anyhow::{Context as _, Result};
use roundsman_core::documents::Request;
use roundsman_core::quantity::Quantity;
use roundsman_core::views::{CatalogueRow, CustomerRow};
use roundsman_device::Device;
use roundsman_replica::{Page, Query, Rows};

use super::{Figure, figure, ms_since, percentile};
use crate::company::{Company, PASSWORD, READER};
use crate::server::{Binary, Server};

/// Lines recorded.
const LINES: usize = 200;
/// What is typed, letter by letter in real life.
const SEARCHES: &[&str] = &[
    "amber",
    "zeph",
    "harbor iron",
    "pump",
    "w",
    "quartz",
    "river stone",
    "valve",
    "no such shop",
];

/// Once through.
///
/// # Errors
/// When the replica refuses.
pub async fn measure(binary: &Binary, company: &Company) -> Result<Vec<Figure>> {
    let server = Server::start(binary, company.folder.path()).await?;
    let folder = tempfile::tempdir()?;
    let url = format!("http://127.0.0.1:{}", server.port);
    let mut device = Device::enrol(&url, READER, PASSWORD, folder.path()).await?;
    device.connect().await?;
    device.until("everything is here", |device| Ok(device.replica.is_up_to_date()?)).await?;
    device.disconnect();
    server.stop().await?;

    let customer = *company.customers.first().context("no customers")?;
    let page = Page { limit: Some(50), offset: None };
    let query = Query::Catalogue { customer, search: None, category: None, page };
    let shelf: Rows<CatalogueRow> = device.ask(&query)?;
    let mut recorded = Vec::new();
    for (n, row) in (1..).zip(shelf.rows.iter().cycle().take(LINES)) {
        let (product, pack) = (row.id, row.unit.clone());
        let (quantity, discount) = (Quantity::from(n), None);
        let start = Instant::now();
        device.run(Request::CartSetLine { customer, product, pack, quantity, discount })?;
        recorded.push(ms_since(start));
    }
    let mut searched = Vec::new();
    for search in SEARCHES.iter().cycle().take(10 * SEARCHES.len()) {
        let start = Instant::now();
        let query = Query::Customers { search: Some((*search).to_owned()), sort: None, page };
        let _rows: Rows<CustomerRow> = device.ask(&query)?;
        searched.push(ms_since(start));
    }
    Ok(vec![
        figure("phone.line", percentile(&recorded, 95.0)),
        figure("phone.search", percentile(&searched, 95.0)),
    ])
}
