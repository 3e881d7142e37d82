//! What an import does to reps and territories. Taking it back takes away what nobody used.

use roundsman_core::id::{PersonId, TerritoryId};
use roundsman_core::records::{Person, Role};
use roundsman_erp::embedded::master;
use roundsman_store::{Commit, Result, SqliteConnection, people};
use serde::{Deserialize, Serialize};

use super::Hand;

/// What the company calls a rep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RepNames {
    pub code: Option<String>,
    pub name: String,
}

impl RepNames {
    /// Makes it hold.
    ///
    /// # Errors
    /// When the database refuses.
    pub(super) async fn put(
        &self,
        hand: &Hand<'_>,
        db: &mut SqliteConnection,
        commit: &mut Commit,
        person: PersonId,
    ) -> Result<()> {
        let names = (self.code.as_deref(), self.name.as_str());
        people::set_names(db, commit, person, names, hand.now).await
    }
}

/// Adds somebody without a password: nobody signs in as them until somebody gives one.
pub async fn add(
    hand: &Hand<'_>,
    db: &mut SqliteConnection,
    commit: &mut Commit,
    person: PersonId,
    (code, login, name): (&str, &str, &str),
) -> Result<()> {
    let rep = Person { id: person, name: name.to_owned(), role: Role::Rep, devices: Vec::new() };
    people::add(db, commit, &rep, login, people::NO_PASSWORD, hand.now).await?;
    people::set_names(db, commit, person, (Some(code), name), hand.now).await
}

/// Takes somebody away, unless anything was done with them.
pub async fn add_back(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    person: PersonId,
) -> Result<bool> {
    if people::is_used(db, person).await? {
        return Ok(true);
    }
    people::remove(db, commit, person).await?;
    Ok(false)
}

/// Calls somebody as before, if they are still called as they were written.
pub async fn name_back(
    hand: &Hand<'_>,
    db: &mut SqliteConnection,
    commit: &mut Commit,
    person: PersonId,
    (before, after): (&RepNames, &RepNames),
) -> Result<bool> {
    let all = people::standings(&mut *db).await?;
    let now = all.into_iter().find(|it| it.person.id == person);
    let now = now.map(|it| RepNames { code: it.code, name: it.person.name });
    if now.as_ref() != Some(after) {
        return Ok(true);
    }
    before.put(hand, db, commit, person).await?;
    Ok(false)
}

/// Takes a territory away, unless a customer or somebody's work is in it.
pub async fn territory_back(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    territory: TerritoryId,
) -> Result<bool> {
    if master::is_territory_used(db, territory).await? {
        return Ok(true);
    }
    master::remove_territory(db, commit, territory).await?;
    Ok(false)
}
