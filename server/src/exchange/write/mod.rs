//! What a row writes. Each thing knows what was there before, so it can be put back where nobody
//! changed it since.

mod catalogue;
mod customers;
mod orders;
mod people;
mod terms;

use std::collections::BTreeMap;

use roundsman_core::documents::Operation;
use roundsman_core::documents::customer::{Contact, Create};
use roundsman_core::id::{ContactId, CustomerId, PersonId, ProductId, TerritoryId, WarehouseId};
use roundsman_core::place::Place;
use roundsman_core::quantity::Quantity;
use roundsman_core::records::{Price, Product, Territory};
use roundsman_core::sync::Channel;
use roundsman_core::time::Timestamp;
use roundsman_erp::embedded::master;
use roundsman_store::{Commit, Result, SqliteConnection, people as stored_people};
use serde::{Deserialize, Serialize};

pub use self::orders::PastOrder;
pub use self::people::RepNames;
pub use self::terms::Terms;
use crate::desk::Desk;

/// One thing that a row writes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "write", rename_all = "camelCase")]
pub enum Write {
    /// A customer that was not there.
    CreateCustomer { customer: CustomerId, fields: BTreeMap<String, String>, place: Option<Place> },
    /// Other values in some of its fields.
    EditCustomer {
        customer: CustomerId,
        before: BTreeMap<String, String>,
        after: BTreeMap<String, String>,
    },
    /// A customer that an import made and its undoing put aside.
    WakeCustomer { customer: CustomerId },
    /// Somebody to talk to.
    SaveContact {
        customer: CustomerId,
        contact: ContactId,
        before: Option<Contact>,
        after: Contact,
    },
    /// What the company decided about a customer.
    SetTerms { customer: CustomerId, before: Option<Terms>, after: Terms },
    /// A product.
    PutProduct { before: Option<Box<Product>>, after: Box<Product> },
    /// A price.
    PutPrice { before: Option<Price>, after: Price },
    /// What was counted.
    CountStock {
        warehouse: WarehouseId,
        product: ProductId,
        before: Option<Quantity>,
        after: Quantity,
    },
    /// Somebody who sells, and cannot sign in yet.
    AddRep { person: PersonId, code: String, login: String, name: String },
    /// What the company calls somebody.
    NameRep { person: PersonId, before: RepNames, after: RepNames },
    /// A territory that was not there.
    MakeTerritory { territory: Territory },
    /// Somebody works in a territory.
    Grant { person: PersonId, territory: TerritoryId },
    /// An order from before.
    EnterOrder { before: Option<Box<PastOrder>>, after: Box<PastOrder> },
}

/// Who writes.
pub struct Hand<'a> {
    /// The process's own device, which records what becomes of documents.
    pub desk: &'a Desk,
    /// For whom.
    pub by: PersonId,
    /// When.
    pub now: Timestamp,
}

impl Hand<'_> {
    async fn record(
        &self,
        db: &mut SqliteConnection,
        commit: &mut Commit,
        operation: impl Operation + 'static,
    ) -> Result<()> {
        let done = vec![(self.now, Box::new(operation) as Box<dyn Operation>)];
        self.desk.record_in(db, commit, self.by, done).await
    }
}

impl Write {
    /// Does it.
    ///
    /// # Errors
    /// When it is refused, or the database refuses.
    pub async fn apply(
        &self,
        hand: &Hand<'_>,
        db: &mut SqliteConnection,
        commit: &mut Commit,
    ) -> Result<()> {
        match self {
            Self::CreateCustomer { customer, fields, place } => {
                let (customer, fields, place) = (*customer, fields.clone(), *place);
                hand.record(db, commit, Create { customer, fields, place }).await
            }
            Self::EditCustomer { customer, after, .. } => {
                customers::edit(hand, db, commit, *customer, after.clone()).await
            }
            Self::WakeCustomer { customer } => {
                customers::set_active(hand, db, commit, *customer, true).await
            }
            Self::SaveContact { customer, contact, after, .. } => {
                customers::save_contact(hand, db, commit, (*customer, *contact), after).await
            }
            Self::SetTerms { customer, after, .. } => after.put(hand, db, commit, *customer).await,
            Self::PutProduct { after, .. } => {
                master::put_product(db, commit, after, hand.now).await
            }
            Self::PutPrice { after, .. } => master::put_price(db, commit, after, hand.now).await,
            Self::CountStock { warehouse, product, after, .. } => {
                catalogue::count(db, *warehouse, *product, *after).await
            }
            Self::AddRep { person, code, login, name } => {
                people::add(hand, db, commit, *person, (code, login, name)).await
            }
            Self::NameRep { person, after, .. } => after.put(hand, db, commit, *person).await,
            Self::MakeTerritory { territory } => {
                master::put_territory(db, commit, territory, hand.now).await
            }
            Self::Grant { person, territory } => {
                let channel = Channel::Territory(*territory);
                stored_people::grant(db, commit, *person, channel, hand.now).await
            }
            Self::EnterOrder { after, .. } => after.put(hand, db, commit).await,
        }
    }

    /// Puts back what was before. Returns whether something stays, since somebody changed it.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn revert(
        &self,
        hand: &Hand<'_>,
        db: &mut SqliteConnection,
        commit: &mut Commit,
    ) -> Result<bool> {
        match self {
            Self::CreateCustomer { customer, .. } | Self::WakeCustomer { customer } => {
                customers::set_active(hand, db, commit, *customer, false).await?;
                Ok(false)
            }
            Self::EditCustomer { customer, before, after } => {
                customers::edit_back(hand, db, commit, *customer, (before, after)).await
            }
            Self::SaveContact { customer, contact, before, after } => {
                let change = (before.as_ref(), after);
                customers::contact_back(hand, db, commit, (*customer, *contact), change).await
            }
            Self::SetTerms { customer, before, after } => {
                let change = (before.as_ref(), after);
                terms::put_back(hand, db, commit, *customer, change).await
            }
            Self::PutProduct { before, after } => {
                catalogue::product_back(hand, db, commit, (before.as_deref(), after)).await
            }
            Self::PutPrice { before, after } => {
                catalogue::price_back(hand, db, commit, (before.as_ref(), after)).await
            }
            Self::CountStock { warehouse, product, before, after } => {
                let place = (*warehouse, *product);
                catalogue::count_back(hand, db, place, (*before, *after)).await
            }
            Self::AddRep { person, .. } => people::add_back(db, commit, *person).await,
            Self::NameRep { person, before, after } => {
                people::name_back(hand, db, commit, *person, (before, after)).await
            }
            Self::MakeTerritory { territory } => {
                people::territory_back(db, commit, territory.id).await
            }
            Self::Grant { person, territory } => {
                let channel = Channel::Territory(*territory);
                stored_people::revoke(db, commit, *person, channel, hand.now).await?;
                Ok(false)
            }
            Self::EnterOrder { before, after } => {
                orders::order_back(hand, db, commit, (before.as_deref(), after)).await
            }
        }
    }

    /// Whether it leaves what holds now and is about a day to come.
    #[must_use]
    pub fn comes_later(&self) -> bool {
        match self {
            Self::PutPrice { before: Some(before), after } => {
                let before = before.at(after.begins);
                (before.since, &before.breaks) == (after.since, &after.breaks)
                    && before.discount_max == after.discount_max
            }
            Self::PutPrice { before: None, after } => after.breaks.is_empty(),
            _ => false,
        }
    }

    /// Whether it makes something that was not there.
    #[must_use]
    pub fn creates(&self) -> bool {
        match self {
            Self::CreateCustomer { .. } | Self::AddRep { .. } | Self::MakeTerritory { .. } => true,
            Self::SaveContact { before, .. } => before.is_none(),
            Self::PutProduct { before, .. } => before.is_none(),
            Self::PutPrice { before, .. } => before.is_none(),
            Self::CountStock { before, .. } => before.is_none(),
            Self::EnterOrder { before, .. } => before.is_none(),
            Self::EditCustomer { .. }
            | Self::WakeCustomer { .. }
            | Self::SetTerms { .. }
            | Self::NameRep { .. }
            | Self::Grant { .. } => false,
        }
    }
}
