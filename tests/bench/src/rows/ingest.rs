//! Twenty phones come back with what they recorded offline.

use std::time::Instant;

use anyhow::{Result, ensure};
use futures_util::future::try_join_all;

use super::{Figure, figure, ms_since};
use crate::company::{Carts, Company};
use crate::data;
use crate::history::settled;
use crate::phone::{Heard, Phone, judged_in};
use crate::server::{Binary, Server};

/// What is pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Each order as one entry: what a peer's document is.
    Orders,
    /// Each order with the ten lines of its cart, as reps make them.
    Carts,
}

impl What {
    fn carts(self) -> Carts {
        match self {
            Self::Orders => Carts::Without,
            Self::Carts => Carts::Full,
        }
    }
}

/// Once through.
///
/// # Errors
/// When anything is refused.
pub async fn measure(
    binary: &Binary,
    company: &Company,
    what: What,
    orders: usize,
) -> Result<Vec<Figure>> {
    let mut phones = Vec::new();
    for (n, known) in company.phones.iter().enumerate() {
        let mut phone = company.up_to_date(known, company.territories.get(n).copied());
        let recorded = own_customers(company, n, orders / company.phones.len());
        company.record(&mut phone, &recorded, what.carts())?;
        phones.push(phone);
    }
    let entries: u64 = phones.iter().map(|phone| phone.head().n).sum();
    let server = Server::start(binary, company.folder.path()).await?;
    let (start, cpu) = (Instant::now(), server.cpu_ms());
    let told = try_join_all(phones.into_iter().map(|phone| {
        let port = server.port;
        async move { tokio::spawn(deliver(phone, port, start)).await? }
    }))
    .await?;
    let stored = told.iter().map(|(stored, _)| *stored).fold(0.0, f64::max);
    let admitted = told.iter().map(|(_, admitted)| *admitted).fold(0.0, f64::max);
    let cpu = server.cpu_ms() - cpu;
    let per_second = |count: f64, ms: f64| count / ms * 1_000.0;
    if what == What::Carts {
        return Ok(vec![figure("carts.admitted", per_second(entries as f64, admitted))]);
    }
    settled(&server).await?;
    let decided = ms_since(start);
    let orders = entries as f64;
    let figures = vec![
        figure("ingest.stored", per_second(orders, stored)),
        figure("ingest.admitted", per_second(orders, admitted)),
        figure("ingest.decided", per_second(orders, decided)),
        figure("ingest.cpu", cpu * 1_000.0 / orders),
        figure("ingest.memory", server.memory_bytes().0),
    ];
    server.stop().await?;
    Ok(figures)
}

/// Orders of customers in the phone's own territory.
fn own_customers(company: &Company, phone: usize, count: usize) -> Vec<data::Order> {
    let (customers, phones) = (company.customers.len(), company.phones.len());
    let (from, to) = (phone * customers / phones, (phone + 1) * customers / phones);
    let mut orders = data::offline(phone, count, to - from, &company.data.products);
    for order in &mut orders {
        order.of += from;
    }
    orders
}

/// Delivers a journal; when it was on disk and when it was admitted, in milliseconds.
async fn deliver(mut phone: Phone, port: u16, start: Instant) -> Result<(f64, f64)> {
    let last = phone.head().n;
    let (mut stored, mut admitted) = (None, None);
    phone.open(port).await?;
    while stored.is_none() || admitted.is_none() {
        for heard in phone.next().await? {
            match heard {
                Heard::Receipt(n) if n >= last => stored = Some(ms_since(start)),
                Heard::Batch(batch) => {
                    if let Some(status) = judged_in(&batch) {
                        let refused = status.exceptions.first();
                        ensure!(refused.is_none(), "not admitted: {refused:?}");
                        if status.admitted_upto >= last {
                            admitted = Some(ms_since(start));
                        }
                    }
                }
                _ => {}
            }
        }
    }
    Ok((stored.unwrap_or_default(), admitted.unwrap_or_default()))
}
