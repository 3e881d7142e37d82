//! Customers in lists and on their own screen.

use serde::{Deserialize, Serialize};

use super::{Names, OrderRow, SyncState, VisitRow};
use crate::documents::customer::{Customer, FIELDS};
use crate::id::{CartId, ContactId, CustomerId, PersonId, TerritoryId, VisitId};
use crate::money::Money;
pub use crate::place::Place;
use crate::records::{Assignment, CustomerAccount, LocalName};
use crate::text::search_keys;
use crate::time::{Day, Hlc, Timestamp};

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
    /// Days from one planned visit to the next; none when not planned.
    pub visit_every_days: Option<u32>,
    /// Days until the next planned visit; negative when late.
    pub due_in_days: Option<i32>,
    /// Fields with several values to choose from.
    pub conflicts: u32,
    /// Whether it was deactivated.
    pub inactive: bool,
    /// The customer that stays, when this one was entered twice.
    pub merged_into: Option<CustomerId>,
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
    /// Customers that were merged into this one, by name.
    pub merged: Vec<MergedCustomer>,
    /// Lines in it.
    pub cart_lines: u32,
}

/// A customer that was entered twice and is another one now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct MergedCustomer {
    /// Which one.
    pub id: CustomerId,
    /// What it was called.
    pub name: String,
    /// The company's number of it; empty when it had none.
    pub code: String,
}

/// What stands beside a customer's document when its row is put together.
#[derive(Debug, Clone, Default)]
pub struct CustomerFacts {
    /// The company's side.
    pub account: Option<CustomerAccount>,
    /// Who looks after it.
    pub assignment: Option<Assignment>,
    /// The customer that stays, when it was merged.
    pub merged_into: Option<CustomerId>,
    /// Its territory's name.
    pub territory: Option<LocalName>,
    /// Its account manager's name.
    pub manager: String,
    /// When it last ordered, and for how much.
    pub last_order: Option<(Timestamp, Money)>,
    /// When somebody was last there.
    pub last_visit: Option<Timestamp>,
}

impl CustomerRow {
    /// The row of this customer on this day, at this many minutes east of UTC.
    #[must_use]
    pub fn new(
        id: CustomerId,
        customer: &Customer,
        facts: &CustomerFacts,
        (today, offset_minutes): (Day, i16),
        sync: SyncState,
    ) -> Self {
        let account = facts.account.as_ref();
        let assignment = facts.assignment.as_ref();
        Self {
            id,
            code: account.map(|account| account.code.clone()).unwrap_or_default(),
            name: customer.value("name").to_owned(),
            address: customer.value("address").to_owned(),
            phone: customer.value("phone").to_owned(),
            territory: assignment.map(|it| it.territory),
            territory_name: facts.territory.clone(),
            account_manager: assignment.map(|it| it.account_manager),
            account_manager_name: facts.manager.clone(),
            place: customer.place,
            balance: account.map(|account| account.balance),
            overdue: account.map(|account| account.overdue),
            last_order_at: facts.last_order.map(|(at, _)| at),
            last_order_total: facts.last_order.map(|(_, total)| total),
            last_visit_at: facts.last_visit,
            visit_every_days: assignment.map(|it| it.visit_every_days).filter(|days| *days > 0),
            due_in_days: due_in_days(
                assignment,
                facts.last_visit.map(|at| at.day(offset_minutes)),
                today,
            ),
            conflicts: u32::try_from(customer.conflicts()).unwrap_or(u32::MAX),
            inactive: !customer.active,
            merged_into: facts.merged_into,
            sync,
        }
    }
}

/// Days until the next planned visit, counted from the last one. A customer that nobody has
/// visited yet is due now.
#[must_use]
pub fn due_in_days(
    assignment: Option<&Assignment>,
    last_visit: Option<Day>,
    today: Day,
) -> Option<i32> {
    let every = assignment.map(|it| it.visit_every_days).filter(|days| *days > 0)?;
    let every = i32::try_from(every).unwrap_or(i32::MAX);
    Some(last_visit.map_or(0, |day| day.plus(every).0 - today.0))
}

/// Every editable field with its competing values, in the order of the form.
#[must_use]
pub fn field_views(customer: &Customer, names: &dyn Names) -> Vec<FieldView> {
    FIELDS
        .iter()
        .filter_map(|(name, _)| {
            let field = customer.fields.get(*name)?;
            let alternatives = field
                .versions
                .iter()
                .map(|version| Alternative {
                    value: version.value.clone(),
                    at: Hlc(version.at).timestamp(),
                    by: version.by,
                    by_name: names.person(version.by),
                    device: names.device(version.device),
                })
                .collect();
            Some(FieldView { field: (*name).to_owned(), value: field.value.clone(), alternatives })
        })
        .collect()
}

/// The people to talk to, by name.
#[must_use]
pub fn contact_views(customer: &Customer) -> Vec<ContactView> {
    let mut contacts: Vec<_> = customer
        .contacts
        .iter()
        .map(|(id, contact)| ContactView {
            id: *id,
            name: contact.name.clone(),
            role: contact.role.clone(),
            phone: contact.phone.clone(),
            email: contact.email.clone(),
        })
        .collect();
    contacts.sort_by(|left, right| left.name.cmp(&right.name));
    contacts
}

impl AccountView {
    /// Money matters with the name of the price list.
    #[must_use]
    pub fn new(account: &CustomerAccount, price_list: LocalName) -> Self {
        Self {
            price_list,
            credit_limit: account.credit_limit,
            balance: account.balance,
            overdue: account.overdue,
            blocked: account.blocked,
            as_of: account.as_of,
        }
    }
}

/// What a customer is found by.
#[must_use]
pub fn customer_search(customer: &Customer, code: &str) -> String {
    let mut parts =
        vec![customer.value("name"), customer.value("address"), customer.value("phone"), code];
    for version in
        customer.fields.get("phone").map(|field| field.versions.as_slice()).unwrap_or_default()
    {
        parts.push(&version.value);
    }
    for contact in customer.contacts.values() {
        parts.extend([contact.name.as_str(), contact.phone.as_str()]);
    }
    search_keys(&parts)
}
