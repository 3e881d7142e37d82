//! The figures: what syncing costs, measured on the shipped server, beside its peers.
//! `cargo xtask bench` builds and starts it.

mod company;
mod data;
mod history;
mod machine;
mod peers;
mod phone;
mod proxy;
mod rows;
mod server;
mod table;

use std::path::PathBuf;

use anyhow::Result;
use company::{Company, Plan};
use data::Sizes;
use history::{History, Past};
use pico_args::Arguments;
use rows::ingest::What;
use rows::{
    Figure, durability, fan_out, figure, first_sync, idle, in_chromium, ingest, on_the_phone,
};
use server::Binary;

/// Times that short rows are measured; the median counts.
const REPEATS: usize = 3;
/// Reps who come back at the same time.
const DEVICES: usize = 20;
/// Orders of each when their carts are delivered too.
const CART_ORDERS: usize = 50;

struct Options {
    binary: Binary,
    scale: f64,
    only: Option<String>,
    repeats: usize,
    download_bytes: Option<f64>,
    /// Node, when Chromium is here.
    browser: Option<PathBuf>,
    /// Node, when the peers are to run.
    peers: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut args = Arguments::from_env();
    let options = Options {
        binary: Binary(args.value_from_str("--server")?),
        scale: args.opt_value_from_str("--scale")?.unwrap_or(1.0),
        only: args.opt_value_from_str("--only")?,
        repeats: args.opt_value_from_str("--repeats")?.unwrap_or(REPEATS),
        download_bytes: args.opt_value_from_str("--download-bytes")?,
        browser: args.opt_value_from_str("--browser")?,
        peers: args.opt_value_from_str("--peers")?,
    };
    let figures = options.ours().await?;
    let peers = match &options.peers {
        Some(node) => peers::run(node, options.scale, options.only.as_deref())?,
        None => Vec::new(),
    };
    println!("\n{}", machine::describe());
    println!("median of {}, data × {}", options.repeats, options.scale);
    table::print(&figures, &peers, options.scale);
    Ok(())
}

impl Options {
    fn wants(&self, rows: &str) -> bool {
        let only = self.only.as_deref();
        let wanted = only.is_none_or(|only| rows.starts_with(only) || only.starts_with(rows));
        if wanted {
            eprintln!("── {rows} (load {})", machine::load());
        }
        wanted
    }

    async fn ours(&self) -> Result<Vec<Figure>> {
        let mut figures = Vec::new();
        figures.extend(self.download_bytes.map(|bytes| figure("download", bytes)));
        self.with_history(&mut figures).await?;
        self.in_the_field(&mut figures).await?;
        self.many_lines(&mut figures).await?;
        Ok(figures)
    }

    async fn with_history(&self, figures: &mut Vec<Figure>) -> Result<()> {
        let sizes = Sizes::scaled(self.scale);
        if ["first-sync", "reconnect", "idle", "rest"].iter().any(|rows| self.wants(rows)) {
            let history = History::make(&self.binary, sizes, Past::Year).await?;
            figures.push(figure("rest.order", history.bytes_per_order));
            for _ in 0..self.repeats {
                figures.extend(first_sync::measure(&self.binary, &history).await?);
            }
        }
        if self.wants("first-sync-open") {
            let history = History::make(&self.binary, sizes, Past::Today).await?;
            for _ in 0..self.repeats {
                figures.extend(first_sync::measure_open(&self.binary, &history).await?);
            }
        }
        Ok(())
    }

    /// Ten thousand customers, so that a search has something to look through.
    async fn in_the_field(&self, figures: &mut Vec<Figure>) -> Result<()> {
        if !["ingest", "carts", "phone", "durability"].iter().any(|rows| self.wants(rows)) {
            return Ok(());
        }
        let sizes = Sizes::scaled(self.scale);
        let many = Sizes { customers: sizes.customers * 5, orders: 0, ..sizes };
        let plan = Plan { territories: DEVICES, live_phones: 0 };
        let company = Company::make(data::generate(many), plan).await?;
        if self.wants("ingest") {
            for _ in 0..self.repeats {
                let orders = sizes.orders;
                figures
                    .extend(ingest::measure(&self.binary, &company, What::Orders, orders).await?);
            }
        }
        if self.wants("carts") {
            let orders = CART_ORDERS * DEVICES;
            figures.extend(ingest::measure(&self.binary, &company, What::Carts, orders).await?);
        }
        if self.wants("phone") {
            figures.extend(on_the_phone::measure(&self.binary, &company).await?);
            if let Some(node) = &self.browser {
                match in_chromium::measure(&self.binary, &company, node).await {
                    Ok(waited) => figures.extend(waited),
                    Err(error) => eprintln!("   not measured in Chromium: {error:#}"),
                }
            }
        }
        if self.wants("durability") {
            match durability::measure(&self.binary, &company).await {
                Ok(counted) => figures.extend(counted),
                Err(error) => eprintln!("   not counted: {error:#}"),
            }
        }
        Ok(())
    }

    async fn many_lines(&self, figures: &mut Vec<Figure>) -> Result<()> {
        let few = Sizes { customers: DEVICES, products: 20, orders: 0 };
        for (rows, readers, named) in [
            ("fan-out-100", 100, ["fan-out-100.p50", "fan-out-100.p99"]),
            ("fan-out-1000", 1_000, ["fan-out-1000.p50", "fan-out-1000.p99"]),
        ] {
            if self.wants(rows) {
                let plan = Plan { territories: 1, live_phones: readers + 1 };
                let company = Company::make(data::generate(few), plan).await?;
                figures.extend(fan_out::measure(&self.binary, &company, readers, named).await?);
            }
        }
        if self.wants("idle-lines") {
            let plan = Plan { territories: 1, live_phones: 10_000 };
            let company = Company::make(data::generate(few), plan).await?;
            figures.extend(idle::measure(&self.binary, &company).await?);
        }
        Ok(())
    }
}
