//! Customers in lists and on their own screen.

use serde::{Deserialize, Serialize};

use super::{OrderRow, SyncState, VisitRow};
pub use crate::place::Place;
use crate::id::{CartId, ContactId, CustomerId, PersonId, TerritoryId, VisitId};
use crate::money::Money;
use crate::records::LocalName;
use crate::time::Timestamp;

/// A customer in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CustomerRow {
    /// Which one.
    pub id: CustomerId,
    /// The company's number; empty before the office gave one.
    pub code: String,
    /// As people write it.
    pub name: String,
    /// One line.
    pub address: String,
    /// The newest value.
    pub phone: String,
    /// Where it belongs.
    pub territory: Option<TerritoryId>,
    /// What that is called.
    pub territory_name: Option<LocalName>,
    /// The rep in charge.
    pub account_manager: Option<PersonId>,
    /// Their name; empty when nobody is.
    pub account_manager_name: String,
    /// Where it is.
    pub place: Option<Place>,
    /// Open invoices.
    pub balance: Option<Money>,
    /// The late part of them.
    pub overdue: Option<Money>,
    /// When it last ordered.
    pub last_order_at: Option<Timestamp>,
    /// How much that was.
    pub last_order_total: Option<Money>,
    /// When somebody was last there.
    pub last_visit_at: Option<Timestamp>,
    /// Days until the next planned visit; negative when late.
    pub due_in_days: Option<i32>,
    /// Fields with several values to choose from.
    pub conflicts: u32,
    /// Whether it was deactivated.
    pub inactive: bool,
    /// How far the newest own edit got.
    pub sync: SyncState,
}

/// One field of a customer with everything that competes for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct FieldView {
    /// The field's code: `name`, `phone`, `address`, `tax_id`, `payment_terms`, `hours`, `note`.
    pub field: String,
    /// What to show: the newest.
    pub value: String,
    /// All competing values, newest first; empty when there is no conflict.
    pub alternatives: Vec<Alternative>,
}

/// One of several values of a field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Alternative {
    /// The value.
    pub value: String,
    /// When it was written.
    pub at: Timestamp,
    /// By whom.
    pub by: PersonId,
    /// Their name.
    pub by_name: String,
    /// The device's code, or empty when unknown.
    pub device: String,
}

/// A person to talk to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ContactView {
    /// Which one.
    pub id: ContactId,
    /// Their name.
    pub name: String,
    /// What they do there.
    pub role: String,
    /// Their number.
    pub phone: String,
    /// Their address.
    pub email: String,
}

/// Money matters of a customer, with their age.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AccountView {
    /// Which prices it gets.
    pub price_list: LocalName,
    /// None: no limit.
    pub credit_limit: Option<Money>,
    /// Open invoices.
    pub balance: Money,
    /// The late part of them.
    pub overdue: Money,
    /// Whether finance stopped deliveries.
    pub blocked: bool,
    /// When the server computed this.
    pub as_of: Timestamp,
}

/// Everything about one customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CustomerCard {
    /// What lists show.
    pub row: CustomerRow,
    /// Every editable field, in the order of the form.
    pub fields: Vec<FieldView>,
    /// People, by name.
    pub contacts: Vec<ContactView>,
    /// Money; none before the office decided.
    pub account: Option<AccountView>,
    /// The last five.
    pub orders: Vec<OrderRow>,
    /// The last five.
    pub visits: Vec<VisitRow>,
    /// A visit that is going on.
    pub open_visit: Option<VisitId>,
    /// A cart that was begun.
    pub cart: Option<CartId>,
    /// Lines in it.
    pub cart_lines: u32,
}

