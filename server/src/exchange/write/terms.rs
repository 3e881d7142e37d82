//! What the company decided about a customer.

use roundsman_core::id::{CustomerId, PersonId, PriceListId, TerritoryId, WarehouseId};
use roundsman_core::money::{Currency, Money};
use roundsman_core::records::{Assignment, CustomerAccount, PriceList};
use roundsman_core::time::Timestamp;
use roundsman_erp::embedded::master;
use roundsman_store::{Commit, Result, SqliteConnection, projection, records};
use serde::{Deserialize, Serialize};

use super::Hand;

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

    /// Makes them hold.
    ///
    /// # Errors
    /// When the database refuses.
    pub(super) async fn put(
        &self,
        hand: &Hand<'_>,
        db: &mut SqliteConnection,
        commit: &mut Commit,
        customer: CustomerId,
    ) -> Result<()> {
        let now = hand.now;
        let was = master::account(&mut *db, customer, now).await?;
        let currency = records::get::<PriceList>(&mut *db, self.price_list)
            .await?
            .map_or(Currency::CNY, |list| list.currency);
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

/// Puts back what is still as it was written; whether something stays.
pub(super) async fn put_back(
    hand: &Hand<'_>,
    db: &mut SqliteConnection,
    commit: &mut Commit,
    customer: CustomerId,
    (before, after): (Option<&Terms>, &Terms),
) -> Result<bool> {
    let now = Terms::of(db, customer, hand.now).await?;
    let (Some(before), Some(now)) = (before, now) else { return Ok(false) };
    now.back(before, after).put(hand, db, commit, customer).await?;
    Ok(now != *after)
}
