//! What becomes of orders in Tryton.

use std::collections::BTreeMap;

use roundsman_core::id::OrderId;
use roundsman_core::records::{Progress, Stage};
use roundsman_core::time::Timestamp;
use roundsman_store::links;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::Tryton;
use super::fault::{Fault, Result};
use super::push::{OPPORTUNITY, SALE, ours};
use super::value::{self, Row};

/// Orders that are asked about at a time.
const AT_ONCE: usize = 200;
const FIELDS: &[&str] =
    &["number", "state", "origin", "shipment_state", "invoices.state", "invoices.amount_to_pay"];

impl Tryton {
    /// Looks how far every order got whose sale is not over, and tells devices what is new. Gives
    /// how many are.
    ///
    /// # Errors
    /// Every kind of [`Fault`].
    pub async fn follow(&self, now: Timestamp) -> Result<usize> {
        let open = links::open_orders(&self.store().read, OPPORTUNITY).await.map_err(ours)?;
        let mut news = 0;
        for some in open.chunks(AT_ONCE) {
            let origins: Vec<_> =
                some.iter().map(|(_, theirs)| format!("{OPPORTUNITY},{theirs}")).collect();
            let fits = json!([["origin", "in", origins]]);
            let mut of: BTreeMap<OrderId, Vec<Row>> = BTreeMap::new();
            for row in self.client.read(SALE, fits, FIELDS).await? {
                let Some(order) = order_of(some, &row) else { continue };
                of.entry(order).or_default().push(row);
            }
            for (order, sales) in of {
                let Some(sale) = that_counts(&sales) else { continue };
                let progress = Progress {
                    number: value::text(sale, "number").to_owned(),
                    stage: stage(sale)?,
                    seen_at: now,
                };
                news += usize::from(self.books.note_progress(order, progress).await.map_err(ours)?);
            }
        }
        Ok(news)
    }
}

/// Of the sales of an order, the one that was confirmed. Cancelled is an order only when no sale of it
/// is left: one for each version that was changed in time is cancelled, and what is a draft says
/// nothing yet.
fn that_counts(sales: &[Row]) -> Option<&Row> {
    let state = |row: &&Row| value::text(row, "state").to_owned();
    let open = |row: &&Row| matches!(state(row).as_str(), "draft" | "quotation");
    let cancelled = |row: &&Row| state(row) == "cancelled";
    let confirmed = sales.iter().find(|row| !open(row) && !cancelled(row));
    confirmed.or_else(|| sales.last().filter(|_| sales.iter().all(|row| cancelled(&row))))
}

fn order_of(open: &[(OrderId, i64)], row: &Row) -> Option<OrderId> {
    let origin = value::text(row, "origin").rsplit_once(',')?.1.parse::<i64>().ok()?;
    open.iter().find(|(_, theirs)| *theirs == origin).map(|(order, _)| *order)
}

/// The last thing that happened. Paid is what leaves nothing to pay: the state of an invoice does
/// not always say so.
fn stage(row: &Row) -> Result<Stage> {
    if value::text(row, "state") == "cancelled" {
        return Ok(Stage::Cancelled);
    }
    let shipped = match value::text(row, "shipment_state") {
        "sent" => Stage::Shipped,
        "partially shipped" => Stage::PartlyShipped,
        _ => return Ok(Stage::Confirmed),
    };
    let invoices = row.get("invoices.").and_then(Value::as_array).cloned().unwrap_or_default();
    let invoices: Vec<&Row> = invoices.iter().filter_map(Value::as_object).collect();
    let invoices: Vec<_> =
        invoices.into_iter().filter(|it| value::text(it, "state") != "cancelled").collect();
    let posted = |it: &&Row| matches!(value::text(it, "state"), "posted" | "paid");
    if shipped != Stage::Shipped || invoices.is_empty() || !invoices.iter().all(posted) {
        return Ok(shipped);
    }
    for invoice in invoices {
        let left =
            value::decimal(invoice, "amount_to_pay").map_err(|_| Fault::lacks("an amount"))?;
        if left != Decimal::ZERO {
            return Ok(Stage::Invoiced);
        }
    }
    Ok(Stage::Paid)
}
