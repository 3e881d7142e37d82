//! A file of which every column is known, and its rows with what is wrong in them.

use std::collections::{BTreeMap, BTreeSet};

use roundsman_core::error::Refusal;
use roundsman_core::quantity::Percent;
use roundsman_core::text::search_key;
use roundsman_core::time::Day;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::columns::{Kind, Mapping};
use super::read::{Line, Table};
use super::values::{self, DayOrder, Mark};

/// Bytes of a cell at most.
const CELL_BYTES_MAX: usize = 2_000;
/// Characters of a cell that a fault repeats.
const SHOWN_CHARS: usize = 80;

/// What is wrong with a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Fault {
    /// The field it should fill.
    pub field: String,
    /// What the file calls its column; empty when it has none.
    pub column: String,
    /// What is wrong.
    pub code: FaultCode,
    /// What the cell says.
    pub value: String,
}

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum FaultCode {
    /// There must be something.
    Missing,
    /// More than anybody types.
    TooLong,
    /// Not a number.
    NotANumber,
    /// Less than nothing.
    Negative,
    /// Not a day.
    NotADay,
    /// Day and month may be either way round in the whole column.
    DayOrMonth,
    /// Neither yes nor no.
    NotYesOrNo,
    /// Nothing that can be dialled.
    NotAPhone,
    /// Not on the map.
    NotAPlace,
    /// Nothing here is called so.
    Unknown,
    /// An earlier row is about the same.
    Repeated,
    /// The row has more cells than there are columns.
    Beyond,
    /// The first price of a list must hold from 0.
    NoFirstPrice,
    /// An earlier row is about a later day.
    BeforeEarlierRow,
    /// It could not be recorded.
    Refused,
    /// Must be more than nothing.
    NotPositive,
    /// No discount from 0 to 100 %.
    NotADiscount,
    /// A day that has not come yet.
    InTheFuture,
    /// An earlier row about the same thing says something else.
    Differs,
    /// Another row about the same thing cannot be imported.
    Together,
    /// Nobody can sign in with this.
    NotALogin,
    /// Somebody else has it.
    Taken,
    /// Whoever has this is no rep.
    NotARep,
    /// Not what it is here, and not to be changed by a file.
    Fixed,
}

/// A table of which every column is known.
pub struct Sheet {
    /// What it holds.
    pub kind: Kind,
    /// The cells.
    pub table: Table,
    mapping: Mapping,
    marks: BTreeMap<String, Mark>,
    day_orders: BTreeMap<String, Option<DayOrder>>,
    fractions: BTreeSet<String>,
    repeated: BTreeSet<u32>,
}

impl Sheet {
    /// Looks how each column writes, and which rows repeat an earlier one.
    #[must_use]
    pub fn new(kind: Kind, table: Table, mapping: Mapping) -> Self {
        let otherwise = if table.semicolons { Mark::Comma } else { Mark::Point };
        let (mut marks, mut day_orders) = (BTreeMap::new(), BTreeMap::new());
        let mut fractions = BTreeSet::new();
        for (field, column) in &mapping {
            let cells =
                || table.rows.iter().filter_map(|row| row.cells.get(*column)).map(|it| it.trim());
            let mark = values::mark(cells(), otherwise);
            if values::are_fractions(cells(), mark) {
                fractions.insert(field.clone());
            }
            marks.insert(field.clone(), mark);
            day_orders.insert(field.clone(), values::day_order(cells()));
        }
        let repeated = BTreeSet::new();
        let mut sheet = Self { kind, table, mapping, marks, day_orders, fractions, repeated };
        if !kind.rows_go_together() {
            sheet.repeated = sheet.find_repeated();
        }
        sheet
    }

    /// The needed fields for which there is no column.
    pub fn missing(&self) -> impl Iterator<Item = &'static str> {
        let needed = self.kind.fields().iter().filter(|field| field.needed);
        needed.map(|field| field.name).filter(|name| !self.mapping.contains_key(*name))
    }

    /// A row to be read.
    #[must_use]
    pub fn row<'a>(&'a self, line: &'a Line) -> Row<'a> {
        let mut row = Row { sheet: self, line, faults: Vec::new() };
        if self.repeated.contains(&line.n) {
            row.fault(self.kind.key()[0], FaultCode::Repeated);
        }
        if line.beyond {
            row.fault(self.kind.key()[0], FaultCode::Beyond);
        }
        row
    }

    /// These rows, with those that are about one thing together. A row alone is about one thing, but
    /// of a kind whose rows go together.
    #[must_use]
    pub fn groups<'a>(&self, lines: impl Iterator<Item = &'a Line>) -> Vec<Vec<Line>> {
        let mut groups: Vec<Vec<Line>> = Vec::new();
        let mut known = BTreeMap::new();
        for line in lines {
            let key = self.cell(line, self.kind.key()[0]).map(search_key);
            let key = key.filter(|_| self.kind.rows_go_together());
            let new = groups.len();
            let at = key.map_or(new, |key| *known.entry(key).or_insert(new));
            if at == new {
                groups.push(Vec::new());
            }
            groups[at].push(line.clone());
        }
        groups
    }

    fn find_repeated(&self) -> BTreeSet<u32> {
        let mut seen = BTreeSet::new();
        let mut repeated = BTreeSet::new();
        for line in &self.table.rows {
            let key = self.kind.key().iter();
            let key: Vec<_> = key.map(|it| search_key(self.cell(line, it).unwrap_or(""))).collect();
            if !key[0].is_empty() && !seen.insert(key) {
                repeated.insert(line.n);
            }
        }
        repeated
    }

    fn cell<'a>(&self, line: &'a Line, field: &str) -> Option<&'a str> {
        let column = self.mapping.get(field)?;
        line.cells.get(*column).map(|cell| cell.trim()).filter(|cell| !cell.is_empty())
    }
}

/// A row while it is read: what is wrong with its cells is collected.
pub struct Row<'a> {
    sheet: &'a Sheet,
    line: &'a Line,
    /// What is wrong.
    pub faults: Vec<Fault>,
}

impl Row<'_> {
    /// Its number in the file.
    #[must_use]
    pub fn n(&self) -> u32 {
        self.line.n
    }

    /// Notes that something is wrong with a cell.
    pub fn fault(&mut self, field: &str, code: FaultCode) {
        let column = self.sheet.mapping.get(field).and_then(|at| self.sheet.table.header.get(*at));
        let value = self.sheet.cell(self.line, field).unwrap_or_default();
        self.faults.push(Fault {
            field: field.to_owned(),
            column: column.cloned().unwrap_or_default(),
            code,
            value: value.chars().take(SHOWN_CHARS).collect(),
        });
    }

    /// Notes that what the row asks for was refused.
    pub fn refuse(&mut self, field: &str, refusal: &Refusal) {
        self.fault(field, FaultCode::Refused);
        self.faults.iter_mut().rev().take(1).for_each(|it| it.value.clone_from(&refusal.code));
    }

    /// What a cell says; none when it says nothing.
    pub fn text(&mut self, field: &str) -> Option<String> {
        let cell = self.sheet.cell(self.line, field)?;
        if cell.len() > CELL_BYTES_MAX {
            self.fault(field, FaultCode::TooLong);
            return None;
        }
        Some(cell.to_owned())
    }

    /// What a cell says that must say something.
    pub fn needed(&mut self, field: &str) -> String {
        if self.sheet.cell(self.line, field).is_none() {
            self.fault(field, FaultCode::Missing);
        }
        self.text(field).unwrap_or_default()
    }

    /// A number.
    pub fn decimal(&mut self, field: &str) -> Option<Decimal> {
        let mark = self.sheet.marks.get(field).copied().unwrap_or(Mark::Point);
        self.read(field, FaultCode::NotANumber, |cell| values::decimal(cell, mark))
    }

    /// A number that is not below nothing.
    pub fn amount(&mut self, field: &str) -> Option<Decimal> {
        let amount = self.decimal(field)?;
        if amount.is_sign_negative() && !amount.is_zero() {
            self.fault(field, FaultCode::Negative);
            return None;
        }
        Some(amount)
    }

    /// A discount, written as `15`, `15 %` or, in the whole column, `0.15`.
    pub fn discount(&mut self, field: &str) -> Option<Percent> {
        let amount = self.decimal(field)?;
        let is_fraction = self.sheet.fractions.contains(field);
        let percent = if is_fraction { amount * Decimal::ONE_HUNDRED } else { amount };
        if !(Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&percent) {
            self.fault(field, FaultCode::NotADiscount);
            return None;
        }
        Some(Percent(percent.normalize()))
    }

    /// A day.
    pub fn day(&mut self, field: &str) -> Option<Day> {
        let order = self.sheet.day_orders.get(field).copied().flatten();
        let Some(order) = order else {
            return self.read(field, FaultCode::DayOrMonth, |_| None);
        };
        self.read(field, FaultCode::NotADay, |cell| values::day(cell, order))
    }

    /// Yes or no.
    pub fn yes(&mut self, field: &str) -> Option<bool> {
        self.read(field, FaultCode::NotYesOrNo, values::yes)
    }

    /// A number to dial, as it stands there.
    pub fn phone(&mut self, field: &str) -> Option<String> {
        self.read(field, FaultCode::NotAPhone, |cell| {
            values::is_phone(cell).then(|| cell.to_owned())
        })
    }

    /// What a cell names; a name that nothing has is a fault.
    pub fn read<T>(
        &mut self,
        field: &str,
        otherwise: FaultCode,
        meaning: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let cell = self.sheet.cell(self.line, field)?;
        let found = meaning(cell);
        if found.is_none() {
            self.fault(field, otherwise);
        }
        found
    }
}
