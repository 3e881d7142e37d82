//! What becomes of orders in Tryton.

use std::collections::BTreeMap;

use roundsman_core::id::OrderId;
use roundsman_core::records::{Progress, SalesOrder, Stage};
use roundsman_core::time::Timestamp;
use roundsman_store::links;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::Tryton;
use super::fault::{Fault, Result};
use super::push::{OPPORTUNITY, SALE, Sale, amounts_agree, ours};
use super::value::{self, Row};

/// Orders that are asked about at a time.
const AT_ONCE: usize = 200;
const FIELDS: &[&str] =
    &["number", "state", "origin", "shipment_state", "invoices.state", "invoices.amount_to_pay"];
const AMOUNTS: &[&str] = &[
    "number",
    "state",
    "origin",
    "description",
    "untaxed_amount",
    "tax_amount",
    "create_uid",
    "shipment_state",
    "invoices.state",
    "invoices.amount_to_pay",
    "invoices.total_amount",
];

/// An order that does not stand there as it was decided here.
#[derive(Debug, Clone)]
pub struct Difference {
    /// What was decided.
    pub decided: SalesOrder,
    /// How it stands there.
    pub theirs: Otherwise,
}

/// How an order stands there otherwise than here, totals with tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Otherwise {
    /// There is no sale of it.
    Missing,
    /// Its sale has another total.
    Total(Decimal),
    /// Its invoices have, all together.
    Invoiced(Decimal),
}

impl Tryton {
    /// Looks how far every order got whose sale is not over, and tells devices what is new. Gives
    /// how many are.
    ///
    /// # Errors
    /// Every kind of [`Fault`].
    pub async fn follow(&self, now: Timestamp) -> Result<usize> {
        let mut news = 0;
        for (order, sales) in self.open_sales(FIELDS).await? {
            let Some(sale) = that_counts(&sales) else { continue };
            let progress = Progress {
                number: value::text(sale, "number").to_owned(),
                stage: stage(sale)?,
                seen_at: now,
            };
            news += usize::from(self.books.note_progress(order, progress).await.map_err(ours)?);
        }
        Ok(news)
    }

    /// The orders on their way there that do not stand there as they were decided here: somebody
    /// changed their sale, or took it away.
    ///
    /// # Errors
    /// Every kind of [`Fault`].
    pub async fn differences(&self) -> Result<Vec<Difference>> {
        let mut different = Vec::new();
        for (order, sales) in self.open_sales(AMOUNTS).await? {
            let decided = self.books.decided(order).await.map_err(ours)?;
            let Some(decided) = decided.filter(|it| it.progress.is_some()) else { continue };
            if let Some(theirs) = otherwise(that_counts(&sales), &decided)? {
                different.push(Difference { decided, theirs });
            }
        }
        Ok(different)
    }

    /// The sales of every order that is not over, in the order in which they were made; none of some.
    async fn open_sales(&self, fields: &[&str]) -> Result<BTreeMap<OrderId, Vec<Row>>> {
        let open = links::open_orders(&self.store().read, OPPORTUNITY).await.map_err(ours)?;
        let mut of: BTreeMap<OrderId, Vec<Row>> =
            open.iter().map(|(order, _)| (*order, Vec::new())).collect();
        for some in open.chunks(AT_ONCE) {
            let origins: Vec<_> =
                some.iter().map(|(_, theirs)| format!("{OPPORTUNITY},{theirs}")).collect();
            let fits = json!([["origin", "in", origins]]);
            for row in self.client.read(SALE, fits, fields).await? {
                let Some(order) = order_of(some, &row) else { continue };
                of.entry(order).or_default().push(row);
            }
        }
        Ok(of)
    }
}

/// What differs between a decision and its sale.
fn otherwise(sale: Option<&Row>, decided: &SalesOrder) -> Result<Option<Otherwise>> {
    let Some(row) = sale else { return Ok(Some(Otherwise::Missing)) };
    let sale = Sale::read(row)?;
    if !amounts_agree(&sale, decided) {
        return Ok(Some(Otherwise::Total(sale.net + sale.tax)));
    }
    if !matches!(stage(row)?, Stage::Invoiced | Stage::Paid) {
        return Ok(None);
    }
    let invoiced: Decimal =
        invoices(row).map(|it| value::decimal(it, "total_amount")).sum::<Result<Decimal>>()?;
    let sold = sale.net + sale.tax;
    Ok((invoiced != sold).then_some(Otherwise::Invoiced(invoiced)))
}

/// The invoices of a sale that hold.
fn invoices(sale: &Row) -> impl Iterator<Item = &Row> {
    let all = sale.get("invoices.").and_then(Value::as_array).into_iter().flatten();
    all.filter_map(Value::as_object).filter(|it| value::text(it, "state") != "cancelled")
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
    let invoices: Vec<_> = invoices(row).collect();
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
