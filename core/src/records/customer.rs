//! What the company decided about a customer.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::{PriceList, record};
use crate::id::{CustomerId, PersonId, PriceListId, TerritoryId, WarehouseId};
use crate::money::Money;
use crate::time::Timestamp;

/// The commercial side of a customer: never a field of its document, which reps may edit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct CustomerAccount {
    /// The customer.
    #[n(0)]
    pub customer: CustomerId,
    /// The company's own customer number.
    #[n(1)]
    pub code: String,
    /// Which prices it gets.
    #[n(2)]
    pub price_list: PriceListId,
    /// Where its orders are served from.
    #[n(3)]
    pub warehouse: WarehouseId,
    /// None: no limit.
    #[n(4)]
    pub credit_limit: Option<Money>,
    /// Open invoices.
    #[n(5)]
    pub balance: Money,
    /// The part of them that is late.
    #[n(6)]
    pub overdue: Money,
    /// Confirmed orders that are not invoiced yet.
    #[n(7)]
    pub uninvoiced: Money,
    /// Whether finance stopped deliveries.
    #[n(8)]
    pub blocked: bool,
    /// When the server computed this.
    #[n(9)]
    pub as_of: Timestamp,
}

impl CustomerAccount {
    /// What a customer that a person just entered gets before the office decides about it: no
    /// credit, and the prices of the company's first list. A phone counts on the same until it hears
    /// of it, so a new shop can order before there is a network.
    #[must_use]
    pub fn of_new(
        customer: CustomerId,
        list: &PriceList,
        warehouse: WarehouseId,
        as_of: Timestamp,
    ) -> Self {
        let nothing = Money::new(0, list.currency);
        Self {
            customer,
            // Unique and short enough until the company gives its own number.
            code: format!("N-{}", &customer.0.simple().to_string()[20..]),
            price_list: list.id,
            warehouse,
            credit_limit: Some(nothing),
            balance: nothing,
            overdue: nothing,
            uninvoiced: nothing,
            blocked: false,
            as_of,
        }
    }

    /// The account of a customer that others were merged into: what they owe is owed by it, and
    /// whoever stopped deliveries to one of them meant this shop. What is in another currency stays
    /// apart, since nobody said at which rate.
    #[must_use]
    pub fn with_merged<'a>(mut self, merged: impl IntoIterator<Item = &'a Self>) -> Self {
        for other in merged {
            self.blocked |= other.blocked;
            if other.balance.currency == self.balance.currency {
                self.balance = self.balance.plus(other.balance);
                self.overdue = self.overdue.plus(other.overdue);
                self.uninvoiced = self.uninvoiced.plus(other.uninvoiced);
            }
        }
        self
    }
}

/// Who looks after a customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct Assignment {
    /// The customer.
    #[n(0)]
    pub customer: CustomerId,
    /// Decides who can see it.
    #[n(1)]
    pub territory: TerritoryId,
    /// The rep in charge.
    #[n(2)]
    pub account_manager: PersonId,
    /// How often it should be visited; 0 when not planned.
    #[n(3)]
    pub visit_every_days: u32,
}

record!(CustomerAccount, CustomerAccount, |it| it.customer);
record!(Assignment, Assignment, |it| it.customer);
