//! What is measured: one file for each thing a phone or a server does.

pub mod durability;
pub mod fan_out;
pub mod first_sync;
pub mod idle;
pub mod in_chromium;
pub mod ingest;
pub mod on_the_phone;

/// One measured number.
#[derive(Debug, Clone, Copy)]
pub struct Figure {
    /// The row of the table.
    pub row: &'static str,
    /// In the row's unit.
    pub value: f64,
}

/// A figure of a row.
#[must_use]
pub fn figure(row: &'static str, value: f64) -> Figure {
    Figure { row, value }
}

/// The value below which so many percent lie; 0 without values.
#[must_use]
pub fn percentile(values: &[f64], percent: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = (percent / 100.0 * sorted.len() as f64) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or(0.0)
}

/// Milliseconds since.
#[must_use]
pub fn ms_since(start: std::time::Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1_000.0
}
