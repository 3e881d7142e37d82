//! What a document's history needs beside the document.

use std::collections::BTreeMap;

use roundsman_core::id::{DeviceId, ItemId, PersonId};
use roundsman_core::time::Timestamp;
use roundsman_core::views::Names;
use sqlx::{Row, SqliteConnection, SqliteExecutor};
use uuid::Uuid;

use crate::devices::bytes_32;
use crate::{Result, people};

/// The names of everybody who took part in a document.
#[derive(Debug, Default)]
pub struct Participants {
    people: BTreeMap<PersonId, String>,
    devices: BTreeMap<DeviceId, String>,
}

impl Names for Participants {
    fn person(&self, id: PersonId) -> String {
        self.people.get(&id).cloned().unwrap_or_default()
    }

    fn device(&self, id: DeviceId) -> String {
        self.devices.get(&id).cloned().unwrap_or_default()
    }
}

/// Who took part in a document. A server process has no code that would mean anything to people.
///
/// # Errors
/// When the database refuses.
pub async fn participants(db: &mut SqliteConnection, item: ItemId) -> Result<Participants> {
    let rows = sqlx::query(
        "select distinct j.person, coalesce(p.name, '') as name, d.id as device, \
                iif(d.person is null, '', d.code) as code \
         from document_entry e join journal j on j.device = e.device and j.n = e.n \
         join device d on d.id = e.device left join person p on p.id = j.person where e.item = $1",
    )
    .bind(&item.to_bytes()[..])
    .fetch_all(db)
    .await?;
    let mut participants = Participants::default();
    for row in rows {
        let (person, device): (Uuid, Uuid) = (row.try_get("person")?, row.try_get("device")?);
        participants.people.insert(person.into(), row.try_get("name")?);
        participants.devices.insert(device.into(), row.try_get("code")?);
    }
    Ok(participants)
}

/// The names of all people, for records that name some.
///
/// # Errors
/// When the database refuses.
pub async fn everybody(db: impl SqliteExecutor<'_>) -> Result<Participants> {
    let people = people::all(db).await?.into_iter().map(|it| (it.id, it.name)).collect();
    Ok(Participants { people, devices: BTreeMap::new() })
}

/// When each change of a document arrived, by its hash.
///
/// # Errors
/// When the database refuses.
pub async fn arrivals(
    db: impl SqliteExecutor<'_>,
    item: ItemId,
) -> Result<BTreeMap<[u8; 32], Timestamp>> {
    let rows = sqlx::query(
        "select c.hash, j.received_at from change c join journal j on j.device = c.device and j.n = c.n \
         where c.item = $1",
    )
    .bind(&item.to_bytes()[..])
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| Ok((bytes_32(row, "hash")?, Timestamp(row.try_get("received_at")?))))
        .collect()
}
