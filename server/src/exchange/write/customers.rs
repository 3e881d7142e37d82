//! What an import does to customers: operations of the process's own device.

use std::collections::BTreeMap;

use roundsman_core::documents::customer::{self, Contact};
use roundsman_core::id::{ContactId, CustomerId};
use roundsman_store::{Commit, Result, SqliteConnection, imports};

use super::Hand;

/// Values of fields.
type Fields = BTreeMap<String, String>;

pub async fn edit(
    hand: &Hand<'_>,
    db: &mut SqliteConnection,
    commit: &mut Commit,
    customer: CustomerId,
    fields: Fields,
) -> Result<()> {
    hand.record(db, commit, customer::EditFields { customer, fields }).await
}

/// Puts back the fields that are still as they were written; whether others stay.
pub async fn edit_back(
    hand: &Hand<'_>,
    db: &mut SqliteConnection,
    commit: &mut Commit,
    customer: CustomerId,
    (before, after): (&Fields, &Fields),
) -> Result<bool> {
    let Some(known) = imports::customer(&mut *db, customer).await? else { return Ok(true) };
    let unchanged = |field: &&String| known.customer.value(field) == after[*field];
    let back: Fields = after
        .keys()
        .filter(unchanged)
        .filter_map(|field| Some((field.clone(), before.get(field)?.clone())))
        .collect();
    let stays = back.len() < after.len();
    if !back.is_empty() {
        edit(hand, db, commit, customer, back).await?;
    }
    Ok(stays)
}

pub async fn set_active(
    hand: &Hand<'_>,
    db: &mut SqliteConnection,
    commit: &mut Commit,
    customer: CustomerId,
    active: bool,
) -> Result<()> {
    hand.record(db, commit, customer::SetActive { customer, active }).await
}

pub async fn save_contact(
    hand: &Hand<'_>,
    db: &mut SqliteConnection,
    commit: &mut Commit,
    (customer, contact): (CustomerId, ContactId),
    as_is: &Contact,
) -> Result<()> {
    let Contact { name, role, phone, email } = as_is.clone();
    let save = customer::SaveContact { customer, contact, name, role, phone, email };
    hand.record(db, commit, save).await
}

/// Puts somebody back as they were, or takes them away, if they are as they were written.
pub async fn contact_back(
    hand: &Hand<'_>,
    db: &mut SqliteConnection,
    commit: &mut Commit,
    (customer, contact): (CustomerId, ContactId),
    (before, after): (Option<&Contact>, &Contact),
) -> Result<bool> {
    let known = imports::customer(&mut *db, customer).await?;
    let now = known.and_then(|known| known.customer.contacts.get(&contact).cloned());
    if now.as_ref() != Some(after) {
        return Ok(true);
    }
    match before {
        Some(before) => save_contact(hand, db, commit, (customer, contact), before).await?,
        None => {
            let remove = customer::RemoveContact { customer, contact };
            hand.record(db, commit, remove).await?;
        }
    }
    Ok(false)
}
