//! Who works in the demo company.

use std::collections::BTreeMap;

use roundsman_core::id::PersonId;
use roundsman_core::records::{Person, Role};
use roundsman_store::{Store, people};

use super::PASSWORD;
use crate::clock::Clock;
use crate::error::Result;
use crate::identity::hash_password;

const STAFF: [(&str, &str, Role); 4] = [
    ("lin", "Lin Mei", Role::Rep),
    ("wang", "Wang Tao", Role::Rep),
    ("chen", "Chen Jun", Role::Rep),
    (OFFICE, "Office", Role::Office),
];
/// Who enters the customers.
pub const OFFICE: &str = "office";

/// Adds everybody; their ids by login.
pub async fn add(
    store: &Store,
    clock: &Clock,
    chance: &Clock,
) -> Result<BTreeMap<&'static str, PersonId>> {
    let mut staff = BTreeMap::new();
    for (login, name, role) in STAFF {
        let hash = hash_password(PASSWORD.as_bytes().to_vec(), clock.random()).await?;
        let id: PersonId = chance.new_id().into();
        let person = Person { id, name: name.to_owned(), role, devices: Vec::new() };
        let now = clock.now();
        store
            .write
            .run(move |db, commit| {
                Box::pin(async move { people::add(db, commit, &person, login, &hash, now).await })
            })
            .await?;
        staff.insert(login, id);
    }
    Ok(staff)
}
