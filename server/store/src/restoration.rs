//! What devices give back after the database went back in time.

use std::collections::BTreeMap;

use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::{DeviceId, ItemId, OrderId};
use roundsman_core::records::{Record, SalesOrder};
use roundsman_core::sync::{Beyond, SignedRecord, hash, verify_outcome};
use roundsman_core::time::Timestamp;
use sqlx::{SqliteConnection, SqliteExecutor};

use crate::journal::signed;
use crate::{Error, Result, bulk, epochs::Epoch, settings};

/// Notes that a device came back: what was signed for, and what was still held of it.
///
/// # Errors
/// When the database refuses.
pub async fn came_back(
    db: &mut SqliteConnection,
    device: DeviceId,
    (signed_n, held_n): (u64, u64),
    now: Timestamp,
) -> Result<()> {
    sqlx::query(
        "insert into returned (epoch, device, came_at, signed_n, held_n) \
         values ((select max(id) from epoch), $1, $2, $3, $4) on conflict (epoch, device) do nothing",
    )
    .bind(device.0)
    .bind(now.millis())
    .bind(signed(signed_n))
    .bind(signed(held_n))
    .execute(db)
    .await?;
    Ok(())
}

/// Whether the device has said since the last restoration what it holds.
///
/// # Errors
/// When the database refuses.
pub async fn is_back(db: impl SqliteExecutor<'_>, device: DeviceId) -> Result<bool> {
    let back = sqlx::query_scalar(
        "select exists (select 1 from returned where epoch = (select max(id) from epoch) and device = $1)",
    );
    Ok(back.bind(device.0).fetch_one(db).await?)
}

/// Keeps outcomes that the server signed before it went back in time.
///
/// # Errors
/// [`codes::FORGED`] when it did not sign one, [`codes::MALFORMED`] when one cannot be read; when
/// the database refuses.
pub async fn keep_outcomes(
    db: &mut SqliteConnection,
    device: DeviceId,
    outcomes: &[SignedRecord],
    now: Timestamp,
) -> Result<()> {
    let key = public_key(&mut *db).await?;
    for outcome in outcomes {
        let SignedRecord { item, bytes, signature } = outcome;
        verify_outcome(&key, *item, &bytes.0, &signature.0)?;
        if SalesOrder::from_bytes(&bytes.0)?.item() != *item {
            return Err(Refusal::new(codes::MALFORMED).with("item", item).into());
        }
        // What is decided here is never replaced by what was decided before.
        sqlx::query(
            "insert into offered (item, epoch, bytes, device, offered_at) \
             select $1, (select max(id) from epoch), $2, $3, $4 \
             where not exists (select 1 from record where item = $1 and hash = $5) \
             on conflict (item) do update set epoch = excluded.epoch, bytes = $2, device = $3, offered_at = $4 \
             where bytes <> $2",
        )
        .bind(&item.to_bytes()[..])
        .bind(&bytes.0)
        .bind(device.0)
        .bind(now.millis())
        .bind(hash(&bytes.0).to_vec())
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// Keeps which changes of others a device has; the office reads those that never come back.
///
/// # Errors
/// When the database refuses.
pub async fn keep_beyond(db: &mut SqliteConnection, changes: &[Beyond]) -> Result<()> {
    for change in changes {
        sqlx::query(
            "insert or ignore into beyond (epoch, item, hash, device, person, at) \
             select (select max(id) from epoch), $1, $2, $3, $4, $5 \
             where not exists (select 1 from change where item = $1 and hash = $2)",
        )
        .bind(&change.item.to_bytes()[..])
        .bind(&change.change[..])
        .bind(change.device.0)
        .bind(change.person.0)
        .bind(change.at.millis())
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// Notes that a device gave back everything for this epoch. False when it was another one's.
///
/// # Errors
/// When the database refuses.
pub async fn offered_all(
    db: &mut SqliteConnection,
    device: DeviceId,
    epoch: Epoch,
    now: Timestamp,
) -> Result<bool> {
    let done = sqlx::query(
        "update returned set offered_at = coalesce(offered_at, $3) \
         where device = $1 and epoch = (select id from epoch where bytes = $2)",
    )
    .bind(device.0)
    .bind(&epoch[..])
    .bind(now.millis())
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The outcomes that devices gave back for these orders.
///
/// # Errors
/// When the database refuses.
pub async fn outcomes(
    db: impl SqliteExecutor<'_>,
    orders: impl IntoIterator<Item = OrderId>,
) -> Result<BTreeMap<OrderId, SalesOrder>> {
    let items = orders.into_iter().map(|order| ItemId::new(SalesOrder::KIND, order));
    let offered: Vec<Vec<u8>> = sqlx::query_scalar(
        "select bytes from offered where item in (select unhex(value) from json_each($1))",
    )
    .bind(bulk::items(items))
    .fetch_all(db)
    .await?;
    let read = |bytes: Vec<u8>| {
        let outcome = SalesOrder::from_bytes(&bytes)?;
        Ok((outcome.order, outcome))
    };
    offered.into_iter().map(read).collect()
}

async fn public_key(db: impl SqliteExecutor<'_>) -> Result<[u8; 32]> {
    let key = settings::signing_key(db).await?;
    let key = key.ok_or_else(|| Error::Corrupt("the server has no key".to_owned()))?;
    Ok(key.verifying_key().to_bytes())
}
