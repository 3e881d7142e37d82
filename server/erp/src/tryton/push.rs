//! An order on its way to Tryton, where it becomes one sale.
//!
//! Nothing there keeps two sales of one order apart: `reference` may be given twice. So each order
//! has an opportunity, chosen once and kept on our side, and a sale is made by writing it into the
//! opportunity *as it was read*: of several such writes, late ones and repeated ones among them, one
//! can succeed. What comes after that, quotation and confirmation, is guarded by the sale's state.

use roundsman_core::documents::order::Order;
use roundsman_core::id::OrderId;
use roundsman_core::money::Money;
use roundsman_core::records::{DecidedLine, SalesOrder};
use roundsman_store::{Store, links};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::Tryton;
use super::fault::{Fault, Result};
use super::value::{self, Row};

pub(super) const OPPORTUNITY: &str = "sale.opportunity";
pub(super) const SALE: &str = "sale.sale";
/// What is read of a sale.
const FIELDS: &[&str] =
    &["number", "state", "description", "untaxed_amount", "tax_amount", "create_uid"];
/// Steps from nothing to a confirmed sale, with some that others make at the same time.
const STEPS_MAX: usize = 12;

/// A sale there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    /// Its id.
    pub id: i64,
    /// Its number, once it has one.
    pub number: String,
    /// `draft`, `quotation`, `confirmed`, `processing`, `done` or `cancelled`.
    pub state: String,
    /// Which version of the order it is of.
    pub version: String,
    /// Without tax.
    pub net: Decimal,
    /// The tax.
    pub tax: Decimal,
    /// Which user made it, an id.
    pub made_by: i64,
}

/// What pushing an order came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pushed {
    /// It is there, confirmed.
    Confirmed(Sale),
    /// It is not there, as it should be.
    Absent,
    /// A version of it is on its way to the customer: it can only be changed there.
    InProcess(Sale),
    /// It is there as a draft that nobody confirmed, since its amounts are not those that were
    /// decided.
    Differs(Sale),
}

impl Tryton {
    /// Sees to it that Tryton has this order as it was decided, and no other version of it. Safe to
    /// call again, whatever became of the call before.
    ///
    /// # Errors
    /// Every kind of [`Fault`]; what was done until then is found by the next call.
    pub(super) async fn push(&self, order: &Order, decided: &SalesOrder) -> Result<Pushed> {
        let opportunity = match self.opportunity(decided.order).await? {
            Some(chosen) => chosen,
            None if !decided.is_taken() => return Ok(Pushed::Absent),
            None => {
                choose(self.store(), decided.order, self.create_opportunity(decided).await?).await?
            }
        };
        let version = version_of(order);
        for _ in 0..STEPS_MAX {
            let (stamp, sale) = self.sale_of(opportunity).await?;
            match sale {
                None if !decided.is_taken() => return Ok(Pushed::Absent),
                None => self.create(opportunity, &stamp, order, decided).await?,
                Some(sale) if decided.is_taken() && sale.version == version => {
                    if !sale.is_in_process() && !amounts_agree(&sale, decided) {
                        return Ok(Pushed::Differs(sale));
                    }
                    match sale.state.as_str() {
                        "draft" => self.press("quote", sale.id).await?,
                        "quotation" => self.press("confirm", sale.id).await?,
                        _ => return Ok(Pushed::Confirmed(sale)),
                    }
                }
                // Whichever version that was: what is on its way is what was ordered.
                Some(sale) if sale.is_in_process() => {
                    let same = decided.is_taken() && self.is_of(&sale, order, decided).await?;
                    return Ok(if same {
                        Pushed::Confirmed(sale)
                    } else {
                        Pushed::InProcess(sale)
                    });
                }
                Some(sale) => self.press("cancel", sale.id).await?,
            }
        }
        Err(Fault::Busy("others change this sale at the same time".to_owned()))
    }

    /// The opportunity of an order, if there is one. Once chosen it is never another one: a sale that
    /// was written into it late would not be seen.
    async fn opportunity(&self, order: OrderId) -> Result<Option<i64>> {
        if let Some(chosen) = self.known(OPPORTUNITY, order.0).await? {
            return Ok(Some(chosen));
        }
        // An earlier call made it and did not hear so, or our side was set back since.
        let fits = json!([["reference", "=", order.to_string()]]);
        let found = self.client.read(OPPORTUNITY, fits, &["sales"]).await?;
        let with_sale =
            found.iter().find(|it| it["sales"].as_array().is_some_and(|it| !it.is_empty()));
        match with_sale.or(found.first()) {
            Some(row) => choose(self.store(), order, value::id(row, "id")?).await.map(Some),
            None => Ok(None),
        }
    }

    async fn create_opportunity(&self, decided: &SalesOrder) -> Result<i64> {
        let values = json!({
            "company": self.client.company().await?,
            "party": self.party(decided.customer).await?,
            "reference": decided.order.to_string(),
            "description": "Roundsman",
        });
        let made = self.client.call(OPPORTUNITY, "create", &[json!([values])]).await?;
        value::ids(&made)?.first().copied().ok_or_else(|| Fault::lacks("the new opportunity"))
    }

    /// How an opportunity stands, and its sale that is not cancelled.
    async fn sale_of(&self, opportunity: i64) -> Result<(Value, Option<Sale>)> {
        let fields = json!(["sales", "_timestamp"]);
        let read = self.client.call(OPPORTUNITY, "read", &[json!([opportunity]), fields]).await?;
        let row = value::one(read)?;
        let stamp = row.get("_timestamp").cloned().ok_or_else(|| Fault::lacks("_timestamp"))?;
        let sales = row.get("sales").cloned().unwrap_or_default();
        if value::ids(&sales)?.is_empty() {
            return Ok((stamp, None));
        }
        let fits = json!([["id", "in", sales], ["state", "!=", "cancelled"]]);
        let rows = self.client.read(SALE, fits, FIELDS).await.map_err(not_now)?;
        let mut sales = rows.iter().map(Sale::read).collect::<Result<Vec<_>>>()?;
        if sales.is_empty() {
            return Ok((stamp, None));
        }
        let kept = sales.iter().position(|it| it.state != "draft").unwrap_or(0);
        let kept = sales.swap_remove(kept);
        self.delete_surplus(&sales).await?;
        Ok((stamp, Some(kept)))
    }

    /// On PostgreSQL there is never a second draft. On SQLite Tryton looks at the stamp before it
    /// waits for its turn to write, so that calls in the same instant all get through. Drafts that
    /// people made there are theirs.
    async fn delete_surplus(&self, others: &[Sale]) -> Result<()> {
        let us = self.client.user().await?;
        let surplus = |it: &&Sale| it.state == "draft" && it.made_by == us;
        let drafts: Vec<_> = others.iter().filter(surplus).map(|it| it.id).collect();
        if drafts.is_empty() {
            return Ok(());
        }
        match self.client.call(SALE, "delete", &[json!(drafts)]).await {
            // Whoever else does the same was faster.
            Ok(_) | Err(Fault::Refused(_)) => Ok(()),
            Err(other) => Err(other),
        }
    }

    /// Writes a sale into the opportunity as it was read. That somebody else was faster is no error:
    /// the next look shows it.
    async fn create(
        &self,
        opportunity: i64,
        stamp: &Value,
        order: &Order,
        decided: &SalesOrder,
    ) -> Result<()> {
        let sale = self.values(order, decided).await?;
        let write = json!({ "sales": [["create", [sale]]] });
        let read_as = json!({ "_timestamp": { format!("{OPPORTUNITY},{opportunity}"): stamp } });
        let Value::Object(read_as) = read_as else { return Err(Fault::lacks("a context")) };
        let args = [json!([opportunity]), write];
        match self.client.call_for(OPPORTUNITY, "write", &args, &read_as).await {
            Ok(_) | Err(Fault::Stale) => Ok(()),
            Err(other) => Err(other),
        }
    }

    /// What a sale is made of: what Tryton itself fills in for a customer and a product, with our
    /// quantities and prices.
    async fn values(&self, order: &Order, decided: &SalesOrder) -> Result<Value> {
        let party = self.party(decided.customer).await?;
        let company = self.client.company().await?;
        let currency = self.currency(decided.total.currency.as_str()).await?;
        let head = json!({ "company": company, "party": party, "currency": currency });
        let mut sale = self.filled_in(SALE, head, &["party"]).await?;
        let mut lines = Vec::new();
        for line in &decided.lines {
            lines.push(self.line(order, line, &sale).await?);
        }
        let content = &order.content;
        let more = [
            ("reference", json!(content.device_number)),
            ("description", json!(version_of(order))),
            ("comment", json!(content.note)),
            ("sale_date", value::of_day(content.placed_at.day(content.offset_minutes))),
            ("shipping_date", decided.promised_on.map_or(Value::Null, value::of_day)),
            ("lines", json!([["create", lines]])),
        ];
        sale.extend(more.map(|(field, value)| (field.to_owned(), value)));
        Ok(Value::Object(sale))
    }

    async fn line(&self, order: &Order, line: &DecidedLine, sale: &Row) -> Result<Value> {
        let signed = order.content.lines.iter().find(|it| it.id == line.line);
        let signed = signed.ok_or_else(|| Fault::Broken("a line that nobody signed".to_owned()))?;
        let product = self.product(signed).await?;
        let quantity = value::of_quantity(signed.base_quantity);
        let mut ask = json!({ "type": "line", "product": product, "quantity": &quantity });
        for field in ["company", "party", "currency", "price_list"] {
            ask[format!("_parent_sale.{field}")] = sale.get(field).cloned().unwrap_or_default();
        }
        let mut filled = self.filled_in("sale.line", ask, &["product", "quantity"]).await?;
        filled.retain(|field, _| !field.starts_with("_parent") && field != "amount");
        let taxes = filled.remove("taxes").map_or_else(Vec::new, |it| added(&it));
        filled.insert("taxes".to_owned(), json!([["add", taxes]]));
        filled.insert("quantity".to_owned(), quantity);
        // It fills in the unit that it sells in, which may be a case; we count and price base units.
        filled.insert("unit".to_owned(), json!(self.base_unit(product).await?));
        let price = unit_price(line, signed.base_quantity.0);
        filled.insert("unit_price".to_owned(), value::of_decimal(price));
        Ok(Value::Object(filled))
    }

    /// Whether a sale has what was decided: the same of each product, for the same amount.
    async fn is_of(&self, sale: &Sale, order: &Order, decided: &SalesOrder) -> Result<bool> {
        let fits = json!([["sale", "=", sale.id], ["type", "=", "line"]]);
        let rows = self.client.read("sale.line", fits, &["product", "quantity"]).await?;
        let there = rows.iter().map(|row| {
            let quantity = row.get("quantity").and_then(Value::as_f64).unwrap_or_default();
            (row.get("product").and_then(Value::as_i64), Decimal::try_from(quantity).ok())
        });
        let mut ours = Vec::new();
        for line in &order.content.lines {
            let quantity = line.base_quantity.0.normalize();
            ours.push((Some(self.product(line).await?), Some(quantity)));
        }
        let mut there: Vec<_> = there.map(|(id, it)| (id, it.map(|it| it.normalize()))).collect();
        there.sort();
        ours.sort();
        Ok(there == ours && amounts_agree(sale, decided))
    }

    /// What Tryton fills in after these fields were.
    async fn filled_in(&self, model: &str, values: Value, fields: &[&str]) -> Result<Row> {
        let given = values.clone();
        let answer = self.client.call(model, "on_change", &[values, json!(fields)]).await?;
        let (Value::Object(mut whole), Value::Object(filled)) = (given, answer) else {
            return Err(Fault::lacks("what it fills in"));
        };
        whole.extend(filled);
        // `field.` only says what `field` is called.
        whole.retain(|field, _| !field.ends_with('.'));
        Ok(whole)
    }

    /// Presses a button. It is refused when the sale is past it, which the next look shows.
    async fn press(&self, button: &str, sale: i64) -> Result<()> {
        match self.client.call(SALE, button, &[json!([sale])]).await {
            Ok(_) => Ok(()),
            Err(Fault::Refused(why)) => {
                let fits = json!([["id", "=", sale]]);
                let now = self.client.read(SALE, fits, &["state"]).await.map_err(not_now)?;
                let passed =
                    now.first().is_none_or(|it| !waits_for(button, value::text(it, "state")));
                if passed { Ok(()) } else { Err(Fault::Refused(why)) }
            }
            Err(other) => Err(other),
        }
    }
}

impl Sale {
    /// As it was read.
    pub(super) fn read(row: &Row) -> Result<Self> {
        Ok(Self {
            id: value::id(row, "id")?,
            number: value::text(row, "number").to_owned(),
            state: value::text(row, "state").to_owned(),
            version: value::text(row, "description").to_owned(),
            net: value::decimal(row, "untaxed_amount")?,
            tax: value::decimal(row, "tax_amount")?,
            made_by: value::id(row, "create_uid")?,
        })
    }

    fn is_in_process(&self) -> bool {
        !matches!(self.state.as_str(), "draft" | "quotation")
    }
}

/// Keeps the choice of an opportunity; of several at the same time, the first holds.
async fn choose(store: &Store, order: OrderId, opportunity: i64) -> Result<i64> {
    let kept = store.write.run(move |db, _| {
        Box::pin(async move {
            links::add(&mut *db, OPPORTUNITY, order.0, opportunity).await?;
            links::theirs(&mut *db, OPPORTUNITY, order.0).await
        })
    });
    kept.await.map_err(ours)?.ok_or_else(|| Fault::lacks("the choice"))
}

/// Refusing to read says nothing about the order: what was to be read may be gone by now.
fn not_now(fault: Fault) -> Fault {
    match fault {
        Fault::Refused(why) => Fault::Busy(why),
        other => other,
    }
}

/// Our own database failed before anything was sent.
pub(super) fn ours(error: roundsman_store::Error) -> Fault {
    Fault::Busy(error.to_string())
}

/// Names a version of an order there, for people too.
fn version_of(order: &Order) -> String {
    match order.version {
        Some(version) => format!("Roundsman, version {} ({version})", order.revision() + 1),
        None => "Roundsman".to_owned(),
    }
}

/// Whether a sale in this state still waits for a button.
fn waits_for(button: &str, state: &str) -> bool {
    match button {
        "quote" => state == "draft",
        "confirm" => state == "quotation",
        _ => matches!(state, "draft" | "quotation"),
    }
}

/// The ids that a filled-in field is to get.
fn added(filled: &Value) -> Vec<i64> {
    let all = filled.get("add").and_then(Value::as_array);
    let id = |it: &Value| it.get(1)?.get("id")?.as_i64();
    all.map_or_else(Vec::new, |all| all.iter().filter_map(id).collect())
}

/// The price of a unit with the discount taken off, since Tryton has no discount of its own. Tryton
/// rounds half a cent to the even side, and its prices are without tax: where that would give another
/// amount than the one that was signed, the price follows from the amount.
fn unit_price(line: &DecidedLine, quantity: Decimal) -> Decimal {
    const PLACES: u32 = 4;
    let (net, cents) = (amount(line.net), line.net.currency.places());
    let left = Decimal::ONE - line.discount.0 / Decimal::ONE_HUNDRED;
    let price = (amount(line.unit_price) * left).round_dp(PLACES);
    let gives_net = (price * quantity).round_dp(cents) == net;
    let from_net = net.checked_div(quantity).map(|it| it.round_dp(PLACES));
    from_net.filter(|_| !gives_net).unwrap_or(price)
}

fn amount(it: Money) -> Decimal {
    Decimal::new(it.minor, it.currency.places())
}

/// To a cent a line: a price of four places cannot give every amount of a great quantity, and Tryton
/// rounds tax to the even side.
pub(super) fn amounts_agree(sale: &Sale, decided: &SalesOrder) -> bool {
    let cents = Decimal::new(
        i64::try_from(decided.lines.len()).unwrap_or(i64::MAX),
        decided.tax.currency.places(),
    );
    let near = |theirs: Decimal, ours: Money| (theirs - amount(ours)).abs() <= cents;
    near(sale.net, decided.net) && near(sale.tax, decided.tax)
}

#[cfg(test)]
mod tests {
    use roundsman_core::id::{LineId, ProductId};
    use roundsman_core::money::Currency;
    use roundsman_core::quantity::{Percent, Quantity};
    use uuid::Uuid;

    use super::*;

    fn line(unit_price: i64, discount: Decimal, net: i64) -> DecidedLine {
        let money = |minor| Money::new(minor, Currency::CNY);
        DecidedLine {
            line: LineId(Uuid::nil()),
            product: ProductId(Uuid::nil()),
            pack: String::new(),
            quantity: Quantity::ZERO,
            unit_price: money(unit_price),
            discount: Percent(discount),
            net: money(net),
            tax: money(0),
            reserved: Quantity::ZERO,
            short: Quantity::ZERO,
        }
    }

    #[test]
    fn half_a_cent_is_rounded_as_it_was_signed() {
        // 0.5 × 10.25 is 5.125: signed as 5.13, and 5.12 by Tryton.
        let half = Decimal::new(5, 1);
        let price = unit_price(&line(1_025, Decimal::ZERO, 513), half);
        assert_eq!((price * half).round_dp(2), Decimal::new(513, 2));
        // Where both round alike, the price is the one that was signed.
        let price = unit_price(&line(1_025, Decimal::ZERO, 3_075), Decimal::from(3));
        assert_eq!(price, Decimal::new(1025, 2));
    }

    #[test]
    fn a_price_with_tax_in_it_becomes_one_without() {
        let price = unit_price(&line(11_300, Decimal::ZERO, 70_000), Decimal::from(7));
        assert_eq!(price, Decimal::from(100));
    }
}
