//! What screens ask. Every answer comes from this device alone.

mod cart;
mod customers;
mod facts;
mod orders;
mod sync;
mod today;
mod usual;
mod visits;

pub(crate) use orders::wanted;
use roundsman_core::documents::cart::CartLine;
use roundsman_core::documents::order::WantedLine;
use roundsman_core::id::{CustomerId, OrderId, VisitId};
use roundsman_core::time::Day;
use roundsman_core::views::OrderState;
use serde::{Deserialize, Serialize};

use crate::{Replica, Result, Topic, merged};

/// Rows of a list at most.
const LIMIT_MAX: u32 = 500;
/// Rows of a list when nobody said.
const LIMIT: u32 = 100;

/// A part of a list, and how long the whole is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rows<T> {
    /// Rows that fit the question.
    pub total: u32,
    /// The asked-for part of them.
    pub rows: Vec<T>,
}

/// How customers are sorted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CustomerSort {
    /// By name.
    #[default]
    Name,
    /// Those who should have been visited longest ago first.
    Due,
    /// Those who were not visited for longest first.
    LastVisit,
    /// Those who owe most first.
    Balance,
    /// Those who ordered last first.
    LastOrder,
}

/// Which part of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Rows at most.
    pub limit: Option<u32>,
    /// Rows left out before.
    pub offset: Option<u32>,
}

impl Page {
    pub(crate) fn limit(self) -> u32 {
        self.limit.unwrap_or(LIMIT).min(LIMIT_MAX)
    }

    pub(crate) fn offset(self) -> u32 {
        self.offset.unwrap_or(0)
    }
}

/// A question, tagged by its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", content = "args", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Query {
    /// A rep's day.
    Today {
        /// Which day.
        day: Day,
    },
    /// Customers in a list.
    Customers {
        /// Words that must all be found.
        search: Option<String>,
        /// The order of rows.
        sort: Option<CustomerSort>,
        /// Which part.
        #[serde(flatten)]
        page: Page,
    },
    /// One customer.
    Customer {
        /// Which one.
        id: CustomerId,
    },
    /// Who changed what in a customer.
    CustomerHistory {
        /// Which one.
        id: CustomerId,
    },
    /// Visits, newest first.
    Visits {
        /// Only of this customer.
        customer: Option<CustomerId>,
        /// Which part.
        #[serde(flatten)]
        page: Page,
    },
    /// One visit.
    Visit {
        /// Which one.
        id: VisitId,
    },
    /// What a customer can order.
    Catalogue {
        /// For whom.
        customer: CustomerId,
        /// Words that must all be found.
        search: Option<String>,
        /// Only this shelf, by its Chinese name.
        category: Option<String>,
        /// Which part.
        #[serde(flatten)]
        page: Page,
    },
    /// A customer's cart.
    Cart {
        /// Whose.
        customer: CustomerId,
    },
    /// What a customer usually orders, and its last order again.
    Usual {
        /// Whose.
        customer: CustomerId,
    },
    /// What a cart with these lines would cost; nothing is recorded.
    Quote {
        /// For whom.
        customer: CustomerId,
        /// What would be in it.
        lines: Vec<CartLine>,
    },
    /// Orders, newest first.
    Orders {
        /// Words that must all be found.
        search: Option<String>,
        /// Only in this state.
        state: Option<OrderState>,
        /// Only of this customer.
        customer: Option<CustomerId>,
        /// Which part.
        #[serde(flatten)]
        page: Page,
    },
    /// One order.
    Order {
        /// Which one.
        id: OrderId,
    },
    /// Who did what to an order; none as long as it is closed and was not fetched, empty when the
    /// office said that it has nothing more of it.
    OrderHistory {
        /// Which one.
        id: OrderId,
    },
    /// The same of a visit.
    VisitHistory {
        /// Which one.
        id: VisitId,
    },
    /// What an order would be with other lines; nothing is recorded.
    Amendment {
        /// The order.
        order: OrderId,
        /// All its lines.
        lines: Vec<WantedLine>,
        /// When it is wanted; an empty text takes the wish back, none keeps it.
        requested_on: Option<String>,
        /// The whole note; none keeps it.
        note: Option<String>,
    },
    /// How far everything got.
    Status {},
    /// One's own copy of an operation.
    Entry {
        /// Its number in the journal.
        n: u64,
    },
}

impl Query {
    /// What has to change for the answer to be another.
    #[must_use]
    pub fn topics(&self) -> &'static [Topic] {
        use Topic::{Carts, Catalogue, Customers, Orders, Sync, Visits};
        match self {
            Self::Today { .. } | Self::Customers { .. } | Self::Customer { .. } => {
                &[Customers, Visits, Orders, Carts]
            }
            Self::CustomerHistory { .. } => &[Customers],
            Self::OrderHistory { .. } => &[Orders, Customers],
            Self::Visits { .. } | Self::Visit { .. } | Self::VisitHistory { .. } => {
                &[Visits, Customers]
            }
            Self::Catalogue { .. }
            | Self::Cart { .. }
            | Self::Usual { .. }
            | Self::Quote { .. }
            | Self::Amendment { .. } => &[Catalogue, Carts, Customers, Orders],
            Self::Orders { .. } | Self::Order { .. } => &[Orders],
            Self::Status {} => &[Sync, Orders, Customers],
            Self::Entry { .. } => &[Sync],
        }
    }
}

impl Replica {
    /// Answers a question as JSON, in the form of the matching type of `core::views`.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn query(&self, query: &Query) -> Result<String> {
        // Of a customer that was merged, the answer is the one's that stays.
        let stays = |customer: &CustomerId| merged::survivor(&self.db, *customer);
        Ok(match query {
            Query::Today { day } => json(&self.today(*day)?)?,
            Query::Customers { search, sort, page } => {
                json(&self.customers(search.as_deref(), sort.unwrap_or_default(), *page)?)?
            }
            Query::Customer { id } => json(&self.customer(stays(id)?)?)?,
            Query::CustomerHistory { id } => json(&self.history(stays(id)?)?.unwrap_or_default())?,
            Query::OrderHistory { id } => json(&self.history(*id)?)?,
            Query::VisitHistory { id } => json(&self.history(*id)?)?,
            Query::Visits { customer, page } => {
                json(&self.visits(customer.as_ref().map(stays).transpose()?, *page)?)?
            }
            Query::Visit { id } => json(&self.visit(*id)?)?,
            Query::Catalogue { customer, search, category, page } => json(&self.catalogue(
                stays(customer)?,
                search.as_deref(),
                category.as_deref(),
                *page,
            )?)?,
            Query::Cart { customer } => json(&self.cart(stays(customer)?)?)?,
            Query::Usual { customer } => json(&self.usual(stays(customer)?)?)?,
            Query::Quote { customer, lines } => json(&self.quote(stays(customer)?, lines)?)?,
            Query::Orders { search, state, customer, page } => {
                let customer = customer.as_ref().map(stays).transpose()?;
                json(&self.orders(search.as_deref(), *state, customer, *page)?)?
            }
            Query::Order { id } => json(&self.order(*id)?)?,
            Query::Amendment { order, lines, requested_on, note } => {
                json(&self.amendment(*order, lines, requested_on.as_deref(), note.as_deref())?)?
            }
            Query::Status {} => json(&self.status()?)?,
            Query::Entry { n } => json(&self.entry_copy(*n)?)?,
        })
    }
}

fn json(value: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_string(value)?)
}

/// A condition that every word of a search must meet in a `search` column, and its parameters.
pub(crate) fn search_condition(column: &str, search: Option<&str>) -> (String, Vec<String>) {
    let terms = roundsman_core::text::query_terms(search.unwrap_or_default());
    let condition = terms.iter().map(|_| format!(" and instr({column}, ?) > 0")).collect();
    (condition, terms)
}
