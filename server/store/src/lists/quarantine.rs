//! Entries that were not admitted, as the office lists them.

use std::collections::BTreeMap;

use roundsman_core::error::Refusal;
use roundsman_core::records::ExceptionState;
use roundsman_core::sync::Entry;
use roundsman_core::time::Timestamp;
use roundsman_core::views::{QuarantineRow, meant};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqlitePool};
use uuid::Uuid;

use super::{List, Page, Rows};
use crate::{Packed, Result, column};

const ENTRIES: List = List {
    select: "j.device, j.n, j.person, j.operation, j.subject, j.at, j.received_at, j.code, j.params, j.state, j.bytes, \
             d.code as device_code, p.name as person_name, \
             (select count(*) from resting r join journal k on k.device = r.device and k.n = r.n \
              where r.device = j.device and r.base = j.n and k.state = 'quarantined') as dependants",
    from: "journal j join device d on d.id = j.device left join person p on p.id = j.person",
    search: &[
        "lower(j.subject)",
        "lower(j.operation)",
        "lower(coalesce(p.name, ''))",
        "lower(d.code)",
    ],
    sorts: &[("receivedAt", "j.received_at"), ("at", "j.at"), ("personName", "p.name")],
    newest_first: true,
    tie: "j.device, j.n",
};

/// A page of entries; in any state that is not admitted, or in this one.
///
/// # Errors
/// When the database refuses.
pub async fn list(
    db: &SqlitePool,
    state: Option<ExceptionState>,
    page: &Page,
) -> Result<Rows<QuarantineRow>> {
    let state = state.map(|state| column::code(&state)).transpose()?;
    let narrow = |query: &mut QueryBuilder<Sqlite>| match &state {
        Some(state) => {
            query.push(" and j.state = ").push_bind(state.clone());
        }
        None => {
            query.push(" and j.state not in ('stored', 'admitted')");
        }
    };
    let found = ENTRIES.fetch(db, page, &narrow).await?;
    let rows = found.rows.iter().map(entry).collect::<Result<_>>()?;
    Ok(Rows { total: found.total, rows })
}

/// How many entries wait for the office.
///
/// # Errors
/// When the database refuses.
pub async fn waiting(db: &SqlitePool) -> Result<u64> {
    // The second condition is the index's own, word for word, which SQLite wants to see.
    let count: i64 = sqlx::query_scalar(
        "select count(*) from journal where state = 'quarantined' and state not in ('stored', 'admitted')",
    )
    .fetch_one(db)
    .await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

fn entry(row: &SqliteRow) -> Result<QuarantineRow> {
    let params: Option<&str> = row.try_get("params")?;
    let params: Option<BTreeMap<String, String>> = params.map(column::from_json).transpose()?;
    let code: Option<String> = row.try_get("code")?;
    Ok(QuarantineRow {
        device: row.try_get::<Uuid, _>("device")?.into(),
        device_code: row.try_get("device_code")?,
        n: u64::try_from(row.try_get::<i64, _>("n")?).unwrap_or(0),
        person: row.try_get::<Uuid, _>("person")?.into(),
        person_name: row.try_get::<Option<_>, _>("person_name")?.unwrap_or_default(),
        operation: row.try_get("operation")?,
        subject: row.try_get("subject")?,
        at: Timestamp(row.try_get("at")?),
        received_at: Timestamp(row.try_get("received_at")?),
        refusal: Refusal { code: code.unwrap_or_default(), params: params.unwrap_or_default() },
        state: column::from_code(row.try_get("state")?)?,
        dependants: row.try_get("dependants")?,
        // What cannot be read was to write nothing.
        changes: Entry::from_bytes(&row.try_get::<Packed, _>("bytes")?.0)
            .map_or_else(|_| Vec::new(), |it| meant(&it)),
    })
}
