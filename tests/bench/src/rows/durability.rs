//! A receipt means "on disk": each push that is answered alone was flushed before.

use std::path::Path;

use anyhow::Result;

use super::{Figure, figure};
use crate::company::{Company, new_customer};
use crate::phone::{Heard, Phone};
use crate::server::{Binary, Server};

/// Pushes, each sent when the one before has its receipt.
const PUSHES: usize = 50;

/// Counts the server's calls of fsync and fdatasync for each receipt. Nothing is timed here.
///
/// # Errors
/// When strace is missing.
pub async fn measure(binary: &Binary, company: &Company) -> Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    let trace = folder.path().join("trace");
    let server = Server::start_traced(binary, company.folder.path(), &trace).await?;
    let mut phone = Phone::new(company.phones[0].clone());
    // Without a token nothing is sent back, and what is counted is the journal's flushes and
    // those of judging it.
    phone.known.token.clear();
    phone.open(server.port).await?;
    let before = flushes(&trace)?;
    let mut unflushed = 0;
    for n in 0..PUSHES {
        let counted = flushes(&trace)?;
        phone.record(&new_customer(n))?;
        let last = phone.head().n;
        phone.tell().await?;
        phone.until(|heard| matches!(heard, Heard::Receipt(at) if *at >= last)).await?;
        unflushed += usize::from(flushes(&trace)? == counted);
    }
    let after = flushes(&trace)?;
    server.stop().await?;
    eprintln!("   {} flushes for {PUSHES} receipts", after - before);
    Ok(vec![figure("durability.unflushed", unflushed as f64)])
}

fn flushes(trace: &Path) -> Result<usize> {
    let text = std::fs::read_to_string(trace)?;
    Ok(text.lines().filter(|line| line.contains("sync(") || line.contains("sync resumed")).count())
}
