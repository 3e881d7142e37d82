//! What a row writes. Each thing knows what was there before, so it can be put back where nobody
//! changed it since.

use std::collections::BTreeMap;

use roundsman_core::documents::Operation;
use roundsman_core::documents::customer::{self, Contact};
use roundsman_core::id::{
    ContactId, CustomerId, PersonId, PriceListId, ProductId, TerritoryId, WarehouseId,
};
use roundsman_core::money::Money;
use roundsman_core::place::Place;
use roundsman_core::quantity::Quantity;
use roundsman_core::records::{Assignment, CustomerAccount, Price, Product, Warehouse};
use roundsman_core::time::Timestamp;
use roundsman_erp::embedded::master;
use roundsman_store::{Commit, Result, SqliteConnection, imports, projection, records};
use serde::{Deserialize, Serialize};

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
}

/// The part of a customer's account and assignment that a file can say. What it owes is not: that
/// goes on changing by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    pub code: String,
    pub price_list: PriceListId,
    pub warehouse: WarehouseId,
    pub credit_limit: Option<Money>,
    pub territory: TerritoryId,
    pub account_manager: PersonId,
    pub visit_every_days: u32,
}

impl Terms {
    /// As they are here; none as long as the company decided nothing.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn of(
        db: &mut SqliteConnection,
        customer: CustomerId,
        now: Timestamp,
    ) -> Result<Option<Self>> {
        let account = master::account(&mut *db, customer, now).await?;
        let assignment = records::get::<Assignment>(db, customer).await?;
        Ok(account.zip(assignment).map(|(account, assignment)| Self {
            code: account.code,
            price_list: account.price_list,
            warehouse: account.warehouse,
            credit_limit: account.credit_limit,
            territory: assignment.territory,
            account_manager: assignment.account_manager,
            visit_every_days: assignment.visit_every_days,
        }))
    }

    /// As they are now, but for what is still as it was written: that becomes what it was before.
    fn back(&self, before: &Self, written: &Self) -> Self {
        fn back<T: Clone + PartialEq>(now: &T, before: &T, written: &T) -> T {
            if now == written { before.clone() } else { now.clone() }
        }
        Self {
            code: back(&self.code, &before.code, &written.code),
            price_list: back(&self.price_list, &before.price_list, &written.price_list),
            warehouse: back(&self.warehouse, &before.warehouse, &written.warehouse),
            credit_limit: back(&self.credit_limit, &before.credit_limit, &written.credit_limit),
            territory: back(&self.territory, &before.territory, &written.territory),
            account_manager: back(
                &self.account_manager,
                &before.account_manager,
                &written.account_manager,
            ),
            visit_every_days: back(
                &self.visit_every_days,
                &before.visit_every_days,
                &written.visit_every_days,
            ),
        }
    }

    async fn put(
        &self,
        hand: &Hand<'_>,
        db: &mut SqliteConnection,
        commit: &mut Commit,
        customer: CustomerId,
    ) -> Result<()> {
        let now = hand.now;
        let was = master::account(&mut *db, customer, now).await?;
        let currency =
            records::get::<roundsman_core::records::PriceList>(&mut *db, self.price_list)
                .await?
                .map_or(roundsman_core::money::Currency::CNY, |list| list.currency);
        let nothing = Money::zero(currency);
        let account = CustomerAccount {
            customer,
            code: self.code.clone(),
            price_list: self.price_list,
            warehouse: self.warehouse,
            credit_limit: self.credit_limit,
            balance: was.as_ref().map_or(nothing, |it| it.balance),
            overdue: was.as_ref().map_or(nothing, |it| it.overdue),
            uninvoiced: was.as_ref().map_or(nothing, |it| it.uninvoiced),
            blocked: was.as_ref().is_some_and(|it| it.blocked),
            as_of: now,
        };
        let assignment = Assignment {
            customer,
            territory: self.territory,
            account_manager: self.account_manager,
            visit_every_days: self.visit_every_days,
        };
        master::put_customer(db, commit, &account, &assignment, now).await?;
        projection::customer_again(db, customer).await
    }
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
                hand.record(db, commit, customer::Create { customer, fields, place }).await
            }
            Self::EditCustomer { customer, after, .. } => {
                edit(hand, db, commit, *customer, after.clone()).await
            }
            Self::WakeCustomer { customer } => set_active(hand, db, commit, *customer, true).await,
            Self::SaveContact { customer, contact, after, .. } => {
                save_contact(hand, db, commit, *customer, *contact, after).await
            }
            Self::SetTerms { customer, after, .. } => after.put(hand, db, commit, *customer).await,
            Self::PutProduct { after, .. } => {
                master::put_product(db, commit, after, hand.now).await
            }
            Self::PutPrice { after, .. } => master::put_price(db, commit, after, hand.now).await,
            Self::CountStock { warehouse, product, after, .. } => {
                count(db, *warehouse, *product, *after).await
            }
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
                set_active(hand, db, commit, *customer, false).await?;
                Ok(false)
            }
            Self::EditCustomer { customer, before, after } => {
                let Some(known) = imports::customer(&mut *db, *customer).await? else {
                    return Ok(true);
                };
                let unchanged = |field: &&String| known.customer.value(field) == after[*field];
                let back: BTreeMap<String, String> = after
                    .keys()
                    .filter(unchanged)
                    .filter_map(|field| Some((field.clone(), before.get(field)?.clone())))
                    .collect();
                let stays = back.len() < after.len();
                if !back.is_empty() {
                    edit(hand, db, commit, *customer, back).await?;
                }
                Ok(stays)
            }
            Self::SaveContact { customer, contact, before, after } => {
                let known = imports::customer(&mut *db, *customer).await?;
                let now = known.and_then(|known| known.customer.contacts.get(contact).cloned());
                if now.as_ref() != Some(after) {
                    return Ok(true);
                }
                let (customer, contact) = (*customer, *contact);
                match before {
                    Some(before) => {
                        save_contact(hand, db, commit, customer, contact, before).await?
                    }
                    None => {
                        let remove = customer::RemoveContact { customer, contact };
                        hand.record(db, commit, remove).await?;
                    }
                }
                Ok(false)
            }
            Self::SetTerms { customer, before, after } => {
                let now = Terms::of(db, *customer, hand.now).await?;
                let (Some(before), Some(now)) = (before, now) else { return Ok(false) };
                now.back(before, after).put(hand, db, commit, *customer).await?;
                Ok(now != *after)
            }
            Self::PutProduct { before, after } => {
                let now = master::product(&mut *db, after.id).await?;
                if now.as_ref() != Some(&**after) {
                    return Ok(true);
                }
                let inactive = || Box::new(Product { active: false, ..(**after).clone() });
                let back = before.clone().unwrap_or_else(inactive);
                master::put_product(db, commit, &back, hand.now).await?;
                Ok(false)
            }
            Self::PutPrice { before, after } => {
                let id = Price::id_of(after.list, after.product);
                if records::get::<Price>(&mut *db, id).await?.as_ref() != Some(after) {
                    return Ok(true);
                }
                match before {
                    Some(before) => master::put_price(db, commit, before, hand.now).await?,
                    None => master::remove_price(db, commit, after).await?,
                }
                Ok(false)
            }
            Self::CountStock { warehouse, product, before, after } => {
                let now = master::on_hand(&mut *db, *warehouse, *product, hand.now).await?;
                if now != Some(*after) {
                    return Ok(true);
                }
                count(db, *warehouse, *product, before.unwrap_or(Quantity::ZERO)).await?;
                Ok(false)
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
            Self::CreateCustomer { .. } => true,
            Self::SaveContact { before, .. } => before.is_none(),
            Self::PutProduct { before, .. } => before.is_none(),
            Self::PutPrice { before, .. } => before.is_none(),
            Self::CountStock { before, .. } => before.is_none(),
            Self::EditCustomer { .. } | Self::WakeCustomer { .. } | Self::SetTerms { .. } => false,
        }
    }
}

async fn edit(
    hand: &Hand<'_>,
    db: &mut SqliteConnection,
    commit: &mut Commit,
    customer: CustomerId,
    fields: BTreeMap<String, String>,
) -> Result<()> {
    hand.record(db, commit, customer::EditFields { customer, fields }).await
}

async fn set_active(
    hand: &Hand<'_>,
    db: &mut SqliteConnection,
    commit: &mut Commit,
    customer: CustomerId,
    active: bool,
) -> Result<()> {
    hand.record(db, commit, customer::SetActive { customer, active }).await
}

async fn save_contact(
    hand: &Hand<'_>,
    db: &mut SqliteConnection,
    commit: &mut Commit,
    customer: CustomerId,
    contact: ContactId,
    as_is: &Contact,
) -> Result<()> {
    let Contact { name, role, phone, email } = as_is.clone();
    let save = customer::SaveContact { customer, contact, name, role, phone, email };
    hand.record(db, commit, save).await
}

async fn count(
    db: &mut SqliteConnection,
    warehouse: WarehouseId,
    product: ProductId,
    on_hand: Quantity,
) -> Result<()> {
    let place = records::get::<Warehouse>(&mut *db, warehouse).await?;
    let what = master::product(&mut *db, product).await?;
    match place.zip(what) {
        Some((place, what)) => master::count_stock(db, &place, &what, on_hand).await,
        None => Ok(()),
    }
}
