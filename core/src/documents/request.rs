//! What an app asks for. The device fills in what only it knows (ids, prices, numbers, the clock)
//! and turns a request into an [`super::Operation`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::order::WantedLine;
use super::visit::VisitOutcome;
use crate::id::{ContactId, CustomerId, OrderId, ProductId, VisitId};
use crate::place::Place;
use crate::quantity::{Percent, Quantity};

/// One request, tagged by the operation's name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "operation", rename_all_fields = "camelCase")]
pub enum Request {
    /// A shop nobody had entered yet.
    #[serde(rename = "customer.create")]
    CustomerCreate {
        /// Values by field; `name` is required.
        fields: BTreeMap<String, String>,
        /// Where it is.
        place: Option<Place>,
    },
    /// New values for some fields.
    #[serde(rename = "customer.edit")]
    CustomerEdit {
        /// The customer.
        customer: CustomerId,
        /// New values by field.
        fields: BTreeMap<String, String>,
    },
    /// One of several competing values is the right one.
    #[serde(rename = "customer.choose")]
    CustomerChoose {
        /// The customer.
        customer: CustomerId,
        /// The field.
        field: String,
        /// The right value.
        value: String,
    },
    /// A person to talk to.
    #[serde(rename = "customer.save_contact")]
    CustomerSaveContact {
        /// The customer.
        customer: CustomerId,
        /// The contact; none adds one.
        contact: Option<ContactId>,
        /// Their name.
        name: String,
        /// What they do there.
        role: String,
        /// Their number.
        phone: String,
        /// Their mail address.
        email: String,
    },
    /// A person who is no longer there.
    #[serde(rename = "customer.remove_contact")]
    CustomerRemoveContact {
        /// The customer.
        customer: CustomerId,
        /// The contact.
        contact: ContactId,
    },
    /// A shop closes, or comes back.
    #[serde(rename = "customer.set_active")]
    CustomerSetActive {
        /// The customer.
        customer: CustomerId,
        /// Whether it is a customer.
        active: bool,
    },
    /// From now on a customer is another one.
    #[serde(rename = "customer.merge")]
    CustomerMerge {
        /// The one that was entered twice.
        customer: CustomerId,
        /// The one that stays.
        into: CustomerId,
    },
    /// They are two after all.
    #[serde(rename = "customer.unmerge")]
    CustomerUnmerge {
        /// The one that was merged.
        customer: CustomerId,
    },
    /// The rep is in the shop.
    #[serde(rename = "visit.check_in")]
    VisitCheckIn {
        /// Where.
        customer: CustomerId,
        /// Where the device is, when it knows.
        place: Option<Place>,
    },
    /// What is noted while the visit goes on.
    #[serde(rename = "visit.note")]
    VisitNote {
        /// The visit.
        visit: VisitId,
        /// The whole note.
        note: Option<String>,
        /// The outcome as it looks now.
        outcome: Option<VisitOutcome>,
    },
    /// The visit is over.
    #[serde(rename = "visit.check_out")]
    VisitCheckOut {
        /// The visit.
        visit: VisitId,
        /// What came of it.
        outcome: VisitOutcome,
        /// The whole note; none keeps what was noted.
        note: Option<String>,
    },
    /// So much of a product in the customer's cart.
    #[serde(rename = "cart.set_line")]
    CartSetLine {
        /// For whom.
        customer: CustomerId,
        /// What.
        product: ProductId,
        /// In which pack.
        pack: String,
        /// Packs; 0 takes it out.
        quantity: Quantity,
        /// Taken off; none keeps what was.
        discount: Option<Percent>,
    },
    /// The head of the customer's cart.
    #[serde(rename = "cart.details")]
    CartDetails {
        /// For whom.
        customer: CustomerId,
        /// When it is wanted; an empty text takes the wish back, none keeps it.
        requested_on: Option<String>,
        /// The whole note; none keeps it.
        note: Option<String>,
    },
    /// The customer's cart is thrown away.
    #[serde(rename = "cart.discard")]
    CartDiscard {
        /// For whom.
        customer: CustomerId,
    },
    /// The customer's cart becomes an order.
    #[serde(rename = "order.submit")]
    OrderSubmit {
        /// For whom.
        customer: CustomerId,
    },
    /// An order that was submitted is to be another one. The same lines keep it as it stands, when
    /// somebody else changed it at the same time.
    #[serde(rename = "order.amend")]
    OrderAmend {
        /// The order.
        order: OrderId,
        /// All its lines from now on.
        lines: Vec<WantedLine>,
        /// When it is wanted; an empty text takes the wish back, none keeps it.
        requested_on: Option<String>,
        /// The whole note; none keeps it.
        note: Option<String>,
        /// Whether the customer signed again.
        signed_again: bool,
    },
    /// An order that was submitted is wanted no more.
    #[serde(rename = "order.cancel")]
    OrderCancel {
        /// The order.
        order: OrderId,
        /// Why.
        reason: String,
    },
}

impl Request {
    /// The customer that new work is for, or whose data it changes.
    pub fn customer_mut(&mut self) -> Option<&mut CustomerId> {
        match self {
            Self::CustomerEdit { customer, .. }
            | Self::CustomerChoose { customer, .. }
            | Self::CustomerSaveContact { customer, .. }
            | Self::CustomerRemoveContact { customer, .. }
            | Self::CustomerSetActive { customer, .. }
            | Self::VisitCheckIn { customer, .. }
            | Self::CartSetLine { customer, .. }
            | Self::CartDetails { customer, .. }
            | Self::CartDiscard { customer }
            | Self::OrderSubmit { customer } => Some(customer),
            // These two are about the one that was merged itself, and the rest about a document.
            Self::CustomerMerge { .. }
            | Self::CustomerUnmerge { .. }
            | Self::CustomerCreate { .. }
            | Self::VisitNote { .. }
            | Self::VisitCheckOut { .. }
            | Self::OrderAmend { .. }
            | Self::OrderCancel { .. } => None,
        }
    }
}
