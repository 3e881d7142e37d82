//! What a row would write. Looking and importing plan in the same way, so that what was promised is
//! what happens.

use std::collections::{BTreeMap, BTreeSet};

use roundsman_core::id::CustomerId;
use roundsman_core::records::{Price, Territory};
use roundsman_core::time::Day;
use roundsman_store::{Result, SqliteConnection};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::columns::Kind;
use super::company::Company;
use super::sheet::{Fault, FaultCode, Row};
use super::twins::{Twin, Twins};
use super::write::Write;
use super::{contacts, customers, orders, prices, products, reps, stock};
use crate::clock::Clock;

/// What a person said about a row that is probably the same as a customer that is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum Choice {
    /// They are the same: the row is about that customer.
    Same {
        /// The customer.
        #[schema(value_type = String)]
        customer: CustomerId,
    },
    /// They are two.
    Different,
}

/// What rows are planned with.
pub struct Context<'a> {
    /// What they refer to.
    pub company: &'a Company,
    /// Customers by their signs.
    pub twins: &'a mut Twins,
    /// Prices as earlier rows of the same file leave them.
    pub prices: &'a mut BTreeMap<Uuid, Left>,
    /// Territories that earlier rows of the same file make, by [`search_key`]'s name.
    ///
    /// [`search_key`]: roundsman_core::text::search_key
    pub territories: &'a mut BTreeMap<String, Territory>,
    /// What people sign in with whom earlier rows of the same file add.
    pub logins: &'a mut BTreeSet<String>,
    /// What was said about rows.
    pub choices: &'a BTreeMap<u32, Choice>,
    /// For new ids.
    pub clock: &'a Clock,
}

/// A price as earlier rows of the same file leave it.
#[derive(Debug, Clone)]
pub struct Left {
    /// The price.
    pub price: Price,
    /// The latest day that has begun and that a row is about.
    pub since: Option<Day>,
}

/// What a row would do.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// What it is about.
    pub item: Option<Uuid>,
    /// What it writes, in this order.
    pub writes: Vec<Write>,
    /// What it is probably the same as; then it writes nothing.
    pub twin: Option<Twin>,
    /// What is wrong with it; then it writes nothing.
    pub faults: Vec<Fault>,
    /// Territories that it names for the first time, and so makes.
    pub makes: Vec<String>,
    /// What becomes of the row it goes with; none when it stands for itself.
    pub with: Option<Outcome>,
}

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// It makes something.
    Created,
    /// It changes something.
    Changed,
    /// It changes a price from a day to come on.
    Coming,
    /// It is as here already.
    Same,
    /// Something is wrong with it.
    Refused,
    /// It is probably the same as a customer that is here, and a person has to say.
    Twin,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Created, Self::Changed, Self::Coming, Self::Same, Self::Refused, Self::Twin];

    /// Its name, as stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Coming => "coming",
            Self::Same => "same",
            Self::Refused => "refused",
            Self::Twin => "twin",
        }
    }
}

impl Plan {
    /// Nothing, for what was found wrong.
    #[must_use]
    pub fn refused(row: Row<'_>) -> Self {
        Self { faults: row.faults, ..Self::default() }
    }

    /// These, unless something is wrong.
    #[must_use]
    pub fn of(row: Row<'_>, item: impl Into<Uuid>, writes: Vec<Write>) -> Self {
        if row.faults.is_empty() {
            Self { item: Some(item.into()), writes, ..Self::default() }
        } else {
            Self::refused(row)
        }
    }

    /// So many rows that are about one thing: the first writes, and the others go with it.
    #[must_use]
    pub fn together(
        item: impl Into<Uuid>,
        writes: impl IntoIterator<Item = Write>,
        rows: usize,
    ) -> Vec<Self> {
        let item = Some(item.into());
        let first = Self { item, writes: writes.into_iter().collect(), ..Self::default() };
        let with = Some(first.outcome());
        let others = (1..rows).map(|_| Self { item, with, ..Self::default() }).collect::<Vec<_>>();
        [vec![first], others].concat()
    }

    /// None of some rows, since they come in as a whole or not at all; those with which nothing is
    /// wrong say so in this field.
    #[must_use]
    pub fn refused_together(mut rows: Vec<Row<'_>>, field: &str) -> Vec<Self> {
        for row in &mut rows {
            if row.faults.is_empty() {
                row.fault(field, FaultCode::Together);
            }
        }
        rows.into_iter().map(Self::refused).collect()
    }

    /// What becomes of the row.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        if !self.faults.is_empty() {
            Outcome::Refused
        } else if let Some(outcome) = self.with {
            outcome
        } else if self.twin.is_some() {
            Outcome::Twin
        } else if self.writes.first().is_some_and(Write::comes_later) {
            Outcome::Coming
        } else if self.writes.first().is_some_and(Write::creates) {
            Outcome::Created
        } else if self.writes.is_empty() {
            Outcome::Same
        } else {
            Outcome::Changed
        }
    }
}

/// Plans a row, with those that are about the same thing where a kind's rows go together.
///
/// # Errors
/// When the database refuses; what is wrong with the rows is in their plans.
pub async fn plan(
    kind: Kind,
    context: &mut Context<'_>,
    db: &mut SqliteConnection,
    (row, more): (Row<'_>, Vec<Row<'_>>),
) -> Result<Vec<Plan>> {
    let together = |row, more| std::iter::once(row).chain(more).collect();
    let alone = match kind {
        Kind::Orders => return orders::plan(context, db, together(row, more)).await,
        Kind::Reps => return reps::plan(context, db, together(row, more)).await,
        Kind::Customers => customers::plan(context, db, row).await,
        Kind::Contacts => contacts::plan(context, db, row).await,
        Kind::Products => products::plan(context, db, row).await,
        Kind::Prices => prices::plan(context, db, row).await,
        Kind::Stock => stock::plan(context, db, row).await,
    };
    Ok(vec![alone?])
}
