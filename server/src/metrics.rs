//! Figures about the running server, in the text format of Prometheus.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// What is counted since the server started.
#[derive(Default)]
pub struct Metrics {
    /// Entries of journals that were stored.
    pub stored: Counter,
    /// Entries that were admitted.
    pub admitted: Counter,
    /// Entries that were put aside.
    pub quarantined: Counter,
    /// Receipts that were signed.
    pub receipts: Counter,
    /// Pages of channels that were sent.
    pub batches: Counter,
    /// Bytes of frames that were sent.
    pub bytes_out: Counter,
    /// Bytes of frames that came.
    pub bytes_in: Counter,
    /// Channels that differed on a device.
    pub divergences: Counter,
    /// Items that were put right on devices.
    pub repaired: Counter,
    /// Pushes that were not taken because there was too much to do.
    pub throttled: Counter,
}

/// What is looked up when somebody asks.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// Lines that are open.
    pub lines: u64,
    /// Entries that wait to be judged.
    pub unjudged: u64,
    /// Transitions that wait for the ERP.
    pub outbox: u64,
    /// Jobs that wait for a commit.
    pub writer_queue: u64,
    /// Commits since the start, and the jobs in them: how many share a commit.
    pub commits: (u64, u64),
}

impl Metrics {
    /// Everything as text.
    #[must_use]
    pub fn text(&self, now: Now) -> String {
        let mut registry = Registry::with_prefix("roundsman");
        for (name, help, counter) in [
            ("entries_stored", "Journal entries stored", &self.stored),
            ("entries_admitted", "Journal entries admitted", &self.admitted),
            ("entries_quarantined", "Journal entries quarantined", &self.quarantined),
            ("receipts", "Receipts signed", &self.receipts),
            ("batches", "Channel pages sent", &self.batches),
            ("bytes_sent", "Bytes of frames sent to devices", &self.bytes_out),
            ("bytes_received", "Bytes of frames received from devices", &self.bytes_in),
            ("divergences", "Channels that differed on a device", &self.divergences),
            ("items_repaired", "Items put right on devices", &self.repaired),
            ("pushes_throttled", "Pushes not taken for lack of time", &self.throttled),
        ] {
            registry.register(name, help, counter.clone());
        }
        let (commits, jobs) = now.commits;
        for (name, help, value) in [
            ("commits", "Durable commits", commits),
            ("commit_jobs", "Jobs in them: divided by commits, the size of a group", jobs),
        ] {
            let counter: Counter = Counter::default();
            counter.inner().store(value, std::sync::atomic::Ordering::Relaxed);
            registry.register(name, help, counter);
        }
        for (name, help, value) in [
            ("lines_open", "Open lines of devices", now.lines),
            ("entries_unjudged", "Journal entries that wait to be judged", now.unjudged),
            ("outbox_waiting", "Transitions that wait for the ERP", now.outbox),
            ("writer_queue", "Jobs that wait for a commit", now.writer_queue),
        ] {
            let gauge = Gauge::<u64, AtomicU64>::default();
            gauge.set(value);
            registry.register(name, help, gauge);
        }
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &registry);
        text
    }
}
