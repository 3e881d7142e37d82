//! What changed, in the words of the queries.

use serde::{Deserialize, Serialize};

/// A part of the read model that a query looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Topic {
    /// Customers, their accounts and assignments.
    Customers,
    /// Visits.
    Visits,
    /// Carts.
    Carts,
    /// Orders and what became of them.
    Orders,
    /// Products, prices and stock.
    Catalogue,
    /// How far everything got.
    Sync,
}
