//! What a customer that a person just entered gets before the office decides about it.

use roundsman_core::id::{CustomerId, PersonId, TerritoryId};
use roundsman_core::records::{Assignment, CustomerAccount, PriceList, Warehouse};
use roundsman_core::sync::Channel;
use roundsman_core::time::Timestamp;
use roundsman_erp::embedded::master;
use roundsman_store::{Commit, Result, SqliteConnection, records, visibility};

/// Puts a new customer into its author's first territory, with the first price list and warehouse
/// and no credit. Without a territory it is seen in the office alone, until it is assigned there.
pub(super) async fn assign(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    customer: CustomerId,
    author: PersonId,
    now: Timestamp,
) -> Result<Option<TerritoryId>> {
    if let Some(territory) = visibility::territory(&mut *db, customer).await? {
        return Ok(Some(territory));
    }
    let granted = visibility::granted(&mut *db, author, now, now).await?;
    let territory = granted.into_iter().find_map(|channel| match channel {
        Channel::Territory(id) => Some(id),
        _ => None,
    });
    let Some(territory) = territory else { return Ok(None) };
    let assignment =
        Assignment { customer, territory, account_manager: author, visit_every_days: 0 };
    open_account(db, commit, &assignment, now).await?;
    Ok(Some(territory))
}

/// Gives a customer to whoever looks after it, with the first price list and warehouse and no credit.
pub(crate) async fn open_account(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    assignment: &Assignment,
    now: Timestamp,
) -> Result<()> {
    match account(db, assignment.customer, now).await? {
        Some(account) => master::put_customer(db, commit, &account, assignment, now).await,
        None => visibility::assign(db, commit, assignment, now).await,
    }
}

/// None as long as the company has no price list or no warehouse.
async fn account(
    db: &mut SqliteConnection,
    customer: CustomerId,
    now: Timestamp,
) -> Result<Option<CustomerAccount>> {
    let lists = records::all::<PriceList>(&mut *db).await?;
    let warehouses = records::all::<Warehouse>(&mut *db).await?;
    let (Some(list), Some(warehouse)) = (lists.values().next(), warehouses.values().next()) else {
        return Ok(None);
    };
    Ok(Some(CustomerAccount::of_new(customer, list, warehouse.id, now)))
}
