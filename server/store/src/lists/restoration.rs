//! What came back after a restoration, and what did not.

use std::collections::BTreeMap;

use roundsman_core::id::ItemId;
use roundsman_core::records::{Record, SalesOrder};
use roundsman_core::time::Timestamp;
use roundsman_core::views::{
    ChangeMissing, DeviceReturn, OutcomeMissing, OutcomeMissingWhy, RestorationView,
};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqlitePool};
use uuid::Uuid;

use crate::epochs::Restoration;
use crate::{Error, Packed, Result, projection};

/// Lines of each list at most.
const LINES_MAX: u32 = 500;

/// The whole account of the last restoration.
///
/// # Errors
/// When the database refuses.
pub async fn account(db: &SqlitePool, restoration: &Restoration) -> Result<RestorationView> {
    let devices = devices(db, restoration).await?;
    let all_back = devices.iter().all(|device| device.offered_at.is_some());
    let (reinstated, missing) = outcomes(db, all_back).await?;
    Ok(RestorationView {
        begun_at: restoration.begun_at,
        since: restoration.since,
        noticed_by: restoration.noticed_by,
        devices,
        outcomes_reinstated: reinstated,
        outcomes_missing: missing,
        changes_missing: changes(db).await?,
    })
}

async fn devices(db: &SqlitePool, restoration: &Restoration) -> Result<Vec<DeviceReturn>> {
    let rows = sqlx::query(
        "select d.id, d.code, p.name, d.last_contact_at, d.journal_n, r.came_at, r.offered_at, \
                coalesce(r.signed_n, d.journal_n) as signed_n, coalesce(r.held_n, d.journal_n) as held_n \
         from device d join person p on p.id = d.person \
         left join returned r on r.device = d.id and r.epoch = (select max(id) from epoch) \
         where d.revoked_at is null and d.enrolled_at <= $1 \
         order by r.offered_at is not null, p.name, d.code limit $2",
    )
    .bind(restoration.begun_at.millis())
    .bind(LINES_MAX)
    .fetch_all(db)
    .await?;
    rows.iter().map(device).collect()
}

fn device(row: &SqliteRow) -> Result<DeviceReturn> {
    let number = |column| Ok::<_, Error>(row.try_get::<i64, _>(column)?.unsigned_abs());
    let (signed, held, here) = (number("signed_n")?, number("held_n")?, number("journal_n")?);
    let instant = |column| Ok::<_, Error>(row.try_get::<Option<i64>, _>(column)?.map(Timestamp));
    Ok(DeviceReturn {
        device: row.try_get::<Uuid, _>("id")?.into(),
        device_code: row.try_get("code")?,
        person_name: row.try_get("name")?,
        last_contact_at: instant("last_contact_at")?,
        came_at: instant("came_at")?,
        offered_at: instant("offered_at")?,
        returned: here.min(signed).saturating_sub(held),
        missing: signed.saturating_sub(here),
    })
}

/// How many outcomes are as they were, and those that are not.
async fn outcomes(db: &SqlitePool, all_back: bool) -> Result<(u64, Vec<OutcomeMissing>)> {
    let rows = sqlx::query(
        "select o.bytes, r.bytes as decided, \
                exists (select 1 from outbox x where substr(x.item, 2) = substr(o.item, 2)) as admitted \
         from offered o left join record r on r.item = o.item order by o.offered_at",
    )
    .fetch_all(db)
    .await?;
    let (mut reinstated, mut missing) = (0, Vec::new());
    for row in &rows {
        let bytes: Vec<u8> = row.try_get("bytes")?;
        let decided: Option<Packed> = row.try_get("decided")?;
        let decided = decided.map(|it| it.0);
        let before = SalesOrder::from_bytes(&bytes)?;
        let why = match &decided {
            Some(decided) if *decided == bytes => {
                reinstated += 1;
                continue;
            }
            Some(_) => OutcomeMissingWhy::DecidedAnew,
            None if row.try_get("admitted")? => OutcomeMissingWhy::Waits,
            None if all_back => OutcomeMissingWhy::OrderLost,
            None => OutcomeMissingWhy::OrderNotBack,
        };
        let now = decided.map(|bytes| SalesOrder::from_bytes(&bytes)).transpose()?;
        if missing.len() < LINES_MAX as usize {
            missing.push(OutcomeMissing {
                order: before.order,
                customer_name: projection::customer_name(db, before.customer).await?,
                number: before.number,
                total: before.total,
                number_now: now.map(|now| now.number),
                why,
            });
        }
    }
    Ok((reinstated, missing))
}

/// Changes that devices have and nobody gave back, by document.
async fn changes(db: &SqlitePool) -> Result<Vec<ChangeMissing>> {
    let rows = sqlx::query(
        "select b.item, b.at, d.code, p.name from beyond b \
         left join device d on d.id = b.device left join person p on p.id = b.person \
         where not exists (select 1 from change c where c.item = b.item and c.hash = b.hash) \
         order by b.at limit $1",
    )
    .bind(LINES_MAX)
    .fetch_all(db)
    .await?;
    let mut found: BTreeMap<ItemId, ChangeMissing> = BTreeMap::new();
    for row in &rows {
        let Some(item) = ItemId::from_bytes(row.try_get("item")?) else { continue };
        let last_at = Timestamp(row.try_get("at")?);
        if let Some(known) = found.get_mut(&item) {
            known.changes += 1;
            known.last_at = last_at;
            continue;
        }
        found.insert(
            item,
            ChangeMissing {
                kind: item.kind,
                id: item.id,
                subject: subject(db, item).await?,
                changes: 1,
                last_at,
                person_name: row.try_get::<Option<_>, _>("name")?.unwrap_or_default(),
                device_code: row.try_get::<Option<_>, _>("code")?.unwrap_or_default(),
            },
        );
    }
    Ok(found.into_values().collect())
}

/// What people call the document; empty when nothing of it is here.
async fn subject(db: &SqlitePool, item: ItemId) -> Result<String> {
    let select = "select coalesce((select name from customer_row where id = $1), \
                  (select device_number from order_row where id = $1), '')";
    Ok(sqlx::query_scalar(select).bind(item.id).fetch_one(db).await?)
}
