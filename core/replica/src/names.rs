//! Names of people, devices and territories, kept in memory: every list needs them.

use std::collections::BTreeMap;

use roundsman_core::id::{DeviceId, PersonId, TerritoryId};
use roundsman_core::records::{LocalName, Person, Territory};
use roundsman_core::views::Names;
use rusqlite::Connection;

use crate::{Result, main_file};

#[derive(Default)]
pub(crate) struct Directory {
    people: BTreeMap<PersonId, String>,
    devices: BTreeMap<DeviceId, String>,
    territories: BTreeMap<TerritoryId, LocalName>,
}

impl Directory {
    pub(crate) fn load(db: &Connection) -> Result<Self> {
        let mut directory = Self::default();
        for person in main_file::records::<Person>(db)? {
            directory.devices.extend(person.devices.into_iter().map(|it| (it.device, it.code)));
            directory.people.insert(person.id, person.name);
        }
        for territory in main_file::records::<Territory>(db)? {
            directory.territories.insert(territory.id, territory.name);
        }
        Ok(directory)
    }

    pub(crate) fn territory(&self, id: TerritoryId) -> Option<LocalName> {
        self.territories.get(&id).cloned()
    }
}

impl Names for Directory {
    fn person(&self, id: PersonId) -> String {
        self.people.get(&id).cloned().unwrap_or_default()
    }

    fn device(&self, id: DeviceId) -> String {
        self.devices.get(&id).cloned().unwrap_or_default()
    }
}
