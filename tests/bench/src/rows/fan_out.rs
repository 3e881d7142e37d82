//! One phone records; how long until the others have it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use roundsman_core::id::ItemId;
use roundsman_core::sync::Channel;
use tokio::sync::mpsc;

use super::{Figure, figure, percentile};
use crate::company::{Company, edit, new_customer};
use crate::phone::{Heard, Phone, judged_in};
use crate::server::{Binary, Server};

/// Changes that are not counted.
const WARM_UP: usize = 10;
/// Changes that are.
const WRITES: usize = 100;
/// Ten a second.
const PAUSE: Duration = Duration::from_millis(100);

/// Once through with so many readers.
///
/// # Errors
/// When a change does not arrive.
pub async fn measure(
    binary: &Binary,
    company: &Company,
    readers: usize,
    rows: [&'static str; 2],
) -> Result<Vec<Figure>> {
    let server = Server::start(binary, company.folder.path()).await?;
    let territory = Some(company.live_territory);
    let mut writer = company.up_to_date(&company.live[0], territory);
    let customers = enter_customers(&mut writer, server.port).await?;
    let numbers: BTreeMap<ItemId, usize> =
        customers.iter().enumerate().map(|(n, id)| (ItemId::from(*id), n)).collect();
    let numbers = Arc::new(numbers);

    let (arrived, mut arrivals) = mpsc::unbounded_channel();
    for known in &company.live[1..=readers] {
        let mut phone = company.up_to_date(known, territory);
        phone.online(server.port).await?;
        // What the writer entered is still on its way to this phone; it is no edit.
        let (numbers, arrived) = (numbers.clone(), arrived.clone());
        tokio::spawn(async move { listen(phone, &numbers, &arrived).await });
    }
    drop(arrived);
    tokio::time::sleep(Duration::from_secs(2)).await;
    while arrivals.try_recv().is_ok() {}

    let mut acknowledged = Vec::new();
    for (n, customer) in customers.iter().enumerate() {
        let next = tokio::time::Instant::now() + PAUSE;
        writer.record(&edit(*customer, n))?;
        let last = writer.head().n;
        writer.tell().await?;
        writer.until(|heard| matches!(heard, Heard::Receipt(at) if *at >= last)).await?;
        acknowledged.push(Instant::now());
        tokio::time::sleep_until(next).await;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut latencies = Vec::new();
    while let Ok((n, at)) = arrivals.try_recv() {
        let (n, at): (usize, Instant) = (n, at);
        if n >= WARM_UP {
            let since = at.saturating_duration_since(acknowledged[n]);
            latencies.push(since.as_secs_f64() * 1_000.0);
        }
    }
    ensure!(latencies.len() == WRITES * readers, "{} changes arrived", latencies.len());
    server.stop().await?;
    Ok(vec![
        figure(rows[0], percentile(&latencies, 50.0)),
        figure(rows[1], percentile(&latencies, 99.0)),
    ])
}

/// The customers that are edited afterwards.
async fn enter_customers(
    writer: &mut Phone,
    port: u16,
) -> Result<Vec<roundsman_core::id::CustomerId>> {
    let mut customers = Vec::new();
    for n in 0..WARM_UP + WRITES {
        let create = new_customer(n);
        customers.push(create.customer);
        writer.record(&create)?;
    }
    let last = writer.head().n;
    writer.open(port).await?;
    writer
        .until(|heard| match heard {
            Heard::Batch(batch) => judged_in(batch).is_some_and(|it| it.admitted_upto >= last),
            _ => false,
        })
        .await?;
    Ok(customers)
}

async fn listen(
    mut phone: Phone,
    numbers: &BTreeMap<ItemId, usize>,
    arrived: &mpsc::UnboundedSender<(usize, Instant)>,
) -> Result<()> {
    loop {
        for heard in phone.next().await? {
            let Heard::Batch(batch) = heard else { continue };
            if !matches!(batch.channel, Channel::Territory(_)) {
                continue;
            }
            let at = Instant::now();
            for item in batch.items {
                if let Some(n) = numbers.get(&item.item) {
                    arrived.send((*n, at))?;
                }
            }
        }
    }
}
