//! Who works in the demo company.

use std::collections::BTreeMap;

use roundsman_core::id::PersonId;
use roundsman_core::records::{Person, Role};
use roundsman_store::{Store, people};

use super::PASSWORD;
use super::Size;
use super::seeded::Scene;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::identity::hash_password;

/// Who is there from the beginning, one rep for each territory.
const FIRST: [(&str, &str, Role); 4] = [
    ("lin", "Lin Mei", Role::Rep),
    ("wang", "Wang Tao", Role::Rep),
    ("chen", "Chen Jun", Role::Rep),
    (OFFICE, "Office", Role::Office),
];
/// Who comes with the whole company.
const MORE: [(&str, &str, Role); 8] = [
    ("zhao", "Zhao Lei", Role::Rep),
    ("sun", "Sun Yan", Role::Rep),
    ("liu", "Liu Yang", Role::Rep),
    ("zhou", "Zhou Min", Role::Rep),
    ("gao", "Gao Feng", Role::Rep),
    ("xu", "Xu Hong", Role::SalesManager),
    ("song", "Song Qiang", Role::Warehouse),
    ("he", "He Jing", Role::Finance),
];
/// Who enters the customers.
pub const OFFICE: &str = "office";

/// Everybody, by login.
pub struct Staff(BTreeMap<String, PersonId>);

impl Staff {
    /// Adds everybody whom a company of this size has. A company several times as large has so many
    /// colleagues of each rep: `lin`, `lin2`, …
    pub async fn hire(store: &Store, clock: &Clock, scene: &Scene, size: Size) -> Result<Self> {
        let more: &[_] = if size.is_whole() { &MORE } else { &[] };
        let mut staff = BTreeMap::new();
        for (login, name, role) in FIRST.iter().chain(more) {
            let colleagues = if *role == Role::Rep { size.times() } else { 1 };
            for number in 1..=colleagues {
                let login = login_of(login, number);
                let name =
                    if number == 1 { (*name).to_owned() } else { format!("{name} {number}") };
                let id: PersonId = scene.clock.new_id().into();
                let person = Person { id, name, role: *role, devices: Vec::new() };
                add(store, clock, person, login.clone()).await?;
                staff.insert(login, id);
            }
        }
        Ok(Self(staff))
    }

    /// The person with this login.
    pub fn get(&self, login: &str) -> Result<PersonId> {
        let nobody = || Error::internal(format!("nobody is called {login}"));
        self.0.get(login).copied().ok_or_else(nobody)
    }
}

/// The login of the rep with this number among those of one patch; the first has none.
pub fn login_of(login: &str, number: u32) -> String {
    if number == 1 { login.to_owned() } else { format!("{login}{number}") }
}

async fn add(store: &Store, clock: &Clock, person: Person, login: String) -> Result<()> {
    let hash = hash_password(PASSWORD.as_bytes().to_vec(), clock.random()).await?;
    let now = clock.now();
    let added = store.write.run(move |db, commit| {
        Box::pin(async move { people::add(db, commit, &person, &login, &hash, now).await })
    });
    Ok(added.await?)
}
