//! Devices, as the office lists them.

use roundsman_core::id::{DeviceId, PersonId};
use roundsman_core::time::Timestamp;
use roundsman_core::views::{DeviceRow, DeviceState};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqlitePool};
use uuid::Uuid;

use super::{LIMIT_MAX, List, Page, Rows};
use crate::{Result, column};

/// What narrows the list.
#[derive(Debug, Clone, Copy, Default)]
pub struct DeviceFilter {
    /// This device alone.
    pub id: Option<DeviceId>,
    /// Whose.
    pub person: Option<PersonId>,
    /// What was decided about it.
    pub state: Option<DeviceState>,
}

macro_rules! state {
    () => {
        "case when d.wiped_at is not null then 'wiped' when d.wipe_ordered_at is not null then 'wipeOrdered' \
              when d.revoked_at is not null then 'revoked' else 'active' end"
    };
}

const DEVICES: List = List {
    select: concat!(
        "d.id, d.code, d.person, p.name as person_name, d.enrolled_at, d.last_contact_at, d.journal_n, \
         max(d.reported_n - d.journal_n, 0) as waiting, d.reported_at, d.revoked_at, d.wipe_ordered_at, d.wiped_at, ",
        state!(),
        " as state, \
         (select count(*) from journal j where j.device = d.id and j.state = 'quarantined' \
            and j.state not in ('stored', 'admitted')) as quarantined, \
         (select count(*) from journal_regress r where r.device = d.id) as regresses, \
         (select coalesce(sum(r.lost), 0) from journal_regress r where r.device = d.id) as lost, \
         (select s.code from device s where s.follows = d.id limit 1) as successor"
    ),
    from: "device d join person p on p.id = d.person",
    search: &["lower(d.code)", "lower(p.name)", "lower(p.login)"],
    sorts: &[
        ("lastContactAt", "d.last_contact_at"),
        ("code", "d.code"),
        ("personName", "p.name"),
        ("enrolledAt", "d.enrolled_at"),
        ("stored", "d.journal_n"),
        ("waiting", "max(d.reported_n - d.journal_n, 0)"),
    ],
    newest_first: true,
    tie: "d.id",
};

/// A page of devices, with how many there are in each state.
///
/// # Errors
/// When the database refuses.
pub async fn list(db: &SqlitePool, filter: &DeviceFilter, page: &Page) -> Result<Rows<DeviceRow>> {
    let state = filter.state.map(|state| column::code(&state)).transpose()?;
    let narrow = |query: &mut QueryBuilder<Sqlite>| {
        if let Some(id) = filter.id {
            query.push(" and d.id = ").push_bind(id.0);
        }
        if let Some(person) = filter.person {
            query.push(" and d.person = ").push_bind(person.0);
        }
        if let Some(state) = &state {
            query.push(" and ").push(state!()).push(" = ").push_bind(state.clone());
        }
    };
    let found = DEVICES.fetch(db, page, &narrow).await?;
    let rows = found.rows.iter().map(row).collect::<Result<_>>()?;
    Ok(Rows { total: found.total, rows })
}

/// Everything that somebody uses.
///
/// # Errors
/// When the database refuses.
pub async fn of(db: &SqlitePool, person: PersonId) -> Result<Vec<DeviceRow>> {
    let filter = DeviceFilter { person: Some(person), ..DeviceFilter::default() };
    Ok(list(db, &filter, &Page::first(LIMIT_MAX)).await?.rows)
}

fn row(row: &SqliteRow) -> Result<DeviceRow> {
    let time =
        |column: &str| -> Result<_> { Ok(row.try_get::<Option<i64>, _>(column)?.map(Timestamp)) };
    let count = |column: &str| -> Result<_> { Ok(row.try_get::<i64, _>(column)?.unsigned_abs()) };
    Ok(DeviceRow {
        id: row.try_get::<Uuid, _>("id")?.into(),
        code: row.try_get("code")?,
        person: row.try_get::<Uuid, _>("person")?.into(),
        person_name: row.try_get("person_name")?,
        enrolled_at: Timestamp(row.try_get("enrolled_at")?),
        last_contact_at: time("last_contact_at")?,
        stored: count("journal_n")?,
        waiting: count("waiting")?,
        reported_at: time("reported_at")?,
        quarantined: count("quarantined")?,
        state: column::from_code(row.try_get("state")?)?,
        revoked_at: time("revoked_at")?,
        wipe_ordered_at: time("wipe_ordered_at")?,
        wiped_at: time("wiped_at")?,
        regresses: row.try_get("regresses")?,
        lost: count("lost")?,
        successor: row.try_get("successor")?,
    })
}
