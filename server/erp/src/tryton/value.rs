//! Values as Tryton writes them in JSON: what JSON has no form for is an object with a `__class__`.

use roundsman_core::quantity::Quantity;
use roundsman_core::time::Day;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde_json::{Map, Value, json};

use super::fault::{Fault, Result};

/// A row of an answer: fields by name. Those of what a field refers to are in `"field."`.
pub type Row = Map<String, Value>;

/// An amount or a price.
pub fn of_decimal(it: Decimal) -> Value {
    json!({ "__class__": "Decimal", "decimal": it.to_string() })
}

/// A quantity: Tryton keeps them as binary fractions.
pub fn of_quantity(it: Quantity) -> Value {
    it.0.to_f64().map_or(Value::Null, Value::from)
}

/// A day.
pub fn of_day(day: Day) -> Value {
    let (year, month, day) = day.civil();
    json!({ "__class__": "date", "year": year, "month": month, "day": day })
}

/// The rows of an answer.
pub fn rows(answer: Value) -> Result<Vec<Row>> {
    serde_json::from_value(answer).map_err(|_| Fault::lacks("rows"))
}

/// The one row that there must be.
pub fn one(answer: Value) -> Result<Row> {
    rows(answer)?.into_iter().next().ok_or_else(|| Fault::lacks("the record"))
}

/// The ids in an answer.
pub fn ids(answer: &Value) -> Result<Vec<i64>> {
    let ids = answer.as_array().ok_or_else(|| Fault::lacks("ids"))?;
    ids.iter().map(|id| id.as_i64().ok_or_else(|| Fault::lacks("ids"))).collect()
}

/// A field that is an id.
pub fn id(row: &Row, field: &str) -> Result<i64> {
    row.get(field).and_then(Value::as_i64).ok_or_else(|| Fault::lacks(field))
}

/// A field that is text; none there is nothing.
pub fn text<'a>(row: &'a Row, field: &str) -> &'a str {
    row.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// A field that is an amount or a price.
pub fn decimal(row: &Row, field: &str) -> Result<Decimal> {
    let written = row.get(field).and_then(|it| it.get("decimal")).and_then(Value::as_str);
    written.and_then(|it| it.parse().ok()).ok_or_else(|| Fault::lacks(field))
}

/// A field that is a quantity or a factor: a binary fraction there. Numbers beyond ours are none.
pub fn float(row: &Row, field: &str) -> Option<Decimal> {
    Decimal::try_from(row.get(field)?.as_f64()?).ok()
}

/// The fields of what a field refers to.
pub fn inner<'a>(row: &'a Row, field: &str) -> Result<&'a Row> {
    row.get(field).and_then(Value::as_object).ok_or_else(|| Fault::lacks(field))
}
