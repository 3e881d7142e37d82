//! A fresh phone gets everything; then it comes back after changes, and after none.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, ensure};
use roundsman_core::views::{CustomerRow, OrderRow};
use roundsman_device::Device;
use roundsman_replica::{Page, Query, Rows};

use super::{Figure, figure, ms_since};
use crate::company::{PASSWORD, READER, edit};
use crate::history::{CHANGES, History};
use crate::phone::{Heard, judged_in};
use crate::proxy::{self, Counts};
use crate::server::{Binary, Server};

/// Rows that fill a screen.
const SCREEN: usize = 10;

/// What a first sync took.
struct Taken {
    time: f64,
    bytes: f64,
    useful: f64,
    cpu: f64,
}

/// A fresh device takes in everything through this proxy.
async fn take_in(
    server: &Server,
    device: &mut Device,
    counts: &Arc<Counts>,
    history: &History,
) -> Result<Taken> {
    counts.reset();
    let (start, cpu) = (Instant::now(), server.cpu_ms());
    let mut useful = None;
    device.connect().await?;
    let seen = counts.clone();
    device
        .until("everything is here", |device| {
            if useful.is_none() && customers(device)? >= SCREEN {
                useful = Some(seen.bytes());
            }
            is_up_to_date(device)
        })
        .await?;
    let (time, bytes) = (ms_since(start), counts.bytes());
    require_everything(device, history)?;
    let useful = useful.unwrap_or(bytes) / bytes * 100.0;
    Ok(Taken { time, bytes, useful, cpu: server.cpu_ms() - cpu })
}

/// A first sync of orders of which none is closed.
///
/// # Errors
/// When what arrives is not what is there.
pub async fn measure_open(binary: &Binary, history: &History) -> Result<Vec<Figure>> {
    let server = Server::start(binary, history.folder.path()).await?;
    let (port, counts) = proxy::start(server.port)?;
    let folder = tempfile::tempdir()?;
    let url = format!("http://127.0.0.1:{port}");
    let mut device = Device::enrol(&url, READER, PASSWORD, folder.path()).await?;
    let taken = take_in(&server, &mut device, &counts, history).await?;
    device.disconnect();
    server.stop().await?;
    Ok(vec![
        figure("first-sync-open.time", taken.time),
        figure("first-sync-open.bytes", taken.bytes),
    ])
}

/// Once through.
///
/// # Errors
/// When what arrives is not what is there.
pub async fn measure(binary: &Binary, history: &History) -> Result<Vec<Figure>> {
    let server = Server::start(binary, history.folder.path()).await?;
    let (port, counts) = proxy::start(server.port)?;
    let url = format!("http://127.0.0.1:{port}");
    let folder = tempfile::tempdir()?;
    let mut device = Device::enrol(&url, READER, PASSWORD, folder.path()).await?;
    let taken = take_in(&server, &mut device, &counts, history).await?;
    let mut figures = vec![
        figure("first-sync.time", taken.time),
        figure("first-sync.bytes", taken.bytes),
        figure("first-sync.useful", taken.useful),
        figure("first-sync.cpu", taken.cpu),
        figure("first-sync.memory", server.memory_bytes().0),
    ];

    device.disconnect();
    change(&server, history).await?;
    for (round, rows) in [
        ["reconnect.time", "reconnect.bytes", "reconnect.turns"],
        ["idle.time", "idle.bytes", "idle.turns"],
    ]
    .into_iter()
    .enumerate()
    {
        counts.reset();
        let start = Instant::now();
        device.connect().await?;
        device.until("it has caught up", is_up_to_date).await?;
        let time = ms_since(start);
        figures.push(figure(rows[0], time));
        figures.push(figure(rows[1], counts.bytes()));
        figures.push(figure(rows[2], counts.turns()));
        ensure!(round == 1 || changed(&device)? == CHANGES, "not all changes arrived");
        device.disconnect();
    }
    server.stop().await?;
    Ok(figures)
}

fn is_up_to_date(device: &Device) -> Result<bool> {
    Ok(device.replica.is_up_to_date()?)
}

fn customers(device: &Device) -> Result<usize> {
    let page = Page { limit: Some(SCREEN as u32), offset: None };
    let rows: Rows<CustomerRow> =
        device.ask(&Query::Customers { search: None, sort: None, page })?;
    Ok(rows.rows.len())
}

fn require_everything(device: &Device, history: &History) -> Result<()> {
    let (page, none) = (Page { limit: Some(1), offset: None }, None);
    let query = Query::Orders { search: None, state: None, customer: none, page };
    let orders: Rows<OrderRow> = device.ask(&query)?;
    ensure!(orders.total as usize == history.orders, "{} orders arrived", orders.total);
    Ok(())
}

/// Customers whose phone number is the new one.
fn changed(device: &Device) -> Result<usize> {
    let page = Page { limit: Some(1), offset: None };
    let search = Some("+3320000".to_owned());
    let rows: Rows<CustomerRow> = device.ask(&Query::Customers { search, sort: None, page })?;
    Ok(rows.total as usize)
}

/// Another rep changes customers while the device is away.
async fn change(server: &Server, history: &History) -> Result<()> {
    let mut editor = history.editor.copy();
    for (n, customer) in history.editable.iter().enumerate() {
        editor.record(&edit(*customer, n))?;
    }
    let last = editor.head().n;
    editor.online(server.port).await?;
    editor
        .until(|heard| match heard {
            Heard::Batch(batch) => judged_in(batch).is_some_and(|it| it.admitted_upto >= last),
            _ => false,
        })
        .await
}
