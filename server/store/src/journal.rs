//! Journals of devices as they came up: stored first, judged afterwards.

use futures_util::TryStreamExt as _;
use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::DeviceId;
use roundsman_core::records::{EntryException, JournalStatus};
use roundsman_core::sync::{Entry, Head};
use roundsman_core::time::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, SqliteExecutor};
use uuid::Uuid;

use crate::{Commit, Packed, Result, bulk, column, pack};

/// Exceptions that a device is told about; a journal with more of them needs a person anyway.
const EXCEPTIONS_MAX: u32 = 1_000;

/// Where a device's journal stands here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// The last entry on disk.
    pub head: Head,
    /// When that was stored.
    pub stored_at: Timestamp,
    /// Every entry up to this is admitted or quarantined.
    pub judged: u64,
}

/// A stored entry.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Its number.
    pub n: u64,
    /// The bytes the device signed for.
    pub bytes: Vec<u8>,
    /// When it arrived.
    pub received_at: Timestamp,
    /// By how much the device's clock was ahead when it was made, as far as is known.
    pub clock_off_ms: i64,
}

/// Where this device's journal stands.
///
/// # Errors
/// [`codes::NOT_FOUND`] without such a device; when the database refuses.
pub async fn position(db: impl SqliteExecutor<'_>, device: DeviceId) -> Result<Position> {
    let row = sqlx::query(
        "select d.journal_n, d.journal_head, d.judged_n, coalesce(j.received_at, 0) as stored_at \
         from device d left join journal j on j.device = d.id and j.n = d.journal_n where d.id = $1",
    )
    .bind(device.0)
    .fetch_optional(db)
    .await?
    .ok_or_else(|| Refusal::new(codes::NOT_FOUND).with("device", device))?;
    let n: i64 = row.try_get("journal_n")?;
    let hash = if n == 0 { [0; 32] } else { crate::devices::bytes_32(&row, "journal_head")? };
    Ok(Position {
        head: Head { n: n.unsigned_abs(), hash },
        stored_at: Timestamp(row.try_get("stored_at")?),
        judged: row.try_get::<i64, _>("judged_n")?.unsigned_abs(),
    })
}

/// When anything was last stored up to this time; the beginning of time when nothing was.
///
/// # Errors
/// When the database refuses.
pub async fn last_stored(db: impl SqliteExecutor<'_>, upto: Timestamp) -> Result<Timestamp> {
    let last = sqlx::query_scalar::<_, Option<i64>>(
        "select max(received_at) from journal where received_at <= $1",
    );
    Ok(Timestamp(last.bind(upto.millis()).fetch_one(db).await?.unwrap_or(0)))
}

/// Stores entries that follow `after`. Those that are here already are left out, so that storing
/// again is harmless.
///
/// # Errors
/// [`codes::JOURNAL_FORKED`] when they do not continue what is here; when the database refuses.
pub async fn append(
    db: &mut SqliteConnection,
    device: DeviceId,
    after: Head,
    entries: &[(Head, Entry, Vec<u8>)],
    signature: &[u8],
    now: Timestamp,
) -> Result<Head> {
    let held = position(&mut *db, device).await?.head;
    let same = |(head, _, _): &&(Head, Entry, Vec<u8>)| head.n == held.n;
    let met =
        if held.n == after.n { Some(after) } else { entries.iter().find(same).map(|it| it.0) };
    if met != Some(held) && !roundsman_core::planted!("a fork appended") {
        let forked = Refusal::new(codes::JOURNAL_FORKED).with("n", after.n).with("held", held.n);
        return Err(forked.into());
    }
    let new = entries.partition_point(|(next, _, _)| next.n <= held.n);
    let new = entries.get(new..).unwrap_or_default();
    insert(db, device, new, now).await?;
    let head = new.last().map_or(held, |(head, _, _)| *head);
    // Also of a device that was locked out: what it recorded is stored first and judged second.
    sqlx::query(
        "update device set journal_n = $2, journal_head = $3, last_contact_at = $4, \
                           journal_signature = iif(journal_n < $2, $5, journal_signature) where id = $1",
    )
    .bind(device.0)
    .bind(signed(head.n))
    .bind(&head.hash[..])
    .bind(now.millis())
    .bind(signature)
    .execute(db)
    .await?;
    Ok(head)
}

async fn insert(
    db: &mut SqliteConnection,
    device: DeviceId,
    entries: &[(Head, Entry, Vec<u8>)],
    now: Timestamp,
) -> Result<()> {
    let into =
        "insert into journal (device, n, hash, person, operation, at, received_at, bytes, state) ";
    bulk::insert(db, into, entries, "", |row, (head, entry, bytes)| {
        row.push_bind(device.0)
            .push_bind(signed(head.n))
            .push_bind(head.hash.to_vec())
            .push_bind(entry.person.0)
            .push_bind(entry.operation.as_str())
            .push_bind(entry.at.timestamp().millis())
            .push_bind(now.millis())
            .push_bind(pack(bytes))
            .push_bind("stored");
    })
    .await
}

/// Entries of a device that nobody has judged, in order: at least one if there is any, and then as
/// many as fit.
///
/// # Errors
/// When the database refuses.
pub async fn unjudged(
    db: &mut SqliteConnection,
    device: DeviceId,
    entries_max: u32,
    bytes_max: usize,
) -> Result<Vec<Stored>> {
    let mut rows = sqlx::query(
        "select n, bytes, received_at, coalesce(clock_off_ms, 0) as off_ms from journal \
         where device = $1 and n > (select judged_n from device where id = $1) order by n limit $2",
    )
    .bind(device.0)
    .bind(entries_max)
    .fetch(db);
    let (mut entries, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.try_next().await? {
        let entry = Stored {
            n: row.try_get::<i64, _>("n")?.unsigned_abs(),
            bytes: row.try_get::<Packed, _>("bytes")?.0,
            received_at: Timestamp(row.try_get("received_at")?),
            clock_off_ms: row.try_get("off_ms")?,
        };
        bytes += entry.bytes.len();
        if bytes > bytes_max && !entries.is_empty() {
            break;
        }
        entries.push(entry);
    }
    Ok(entries)
}

/// Devices with entries that nobody has judged.
///
/// # Errors
/// When the database refuses.
pub async fn devices_behind(db: impl SqliteExecutor<'_>) -> Result<Vec<DeviceId>> {
    let ids: Vec<Uuid> =
        sqlx::query_scalar("select id from device where judged_n < journal_n order by id")
            .fetch_all(db)
            .await?;
    Ok(ids.into_iter().map(DeviceId).collect())
}

/// Entries that nobody has judged, of all devices.
///
/// # Errors
/// When the database refuses.
pub async fn unjudged_count(db: impl SqliteExecutor<'_>) -> Result<u64> {
    let count: i64 =
        sqlx::query_scalar("select coalesce(sum(journal_n - judged_n), 0) from device")
            .fetch_one(db)
            .await?;
    Ok(count.unsigned_abs())
}

/// Notes that every entry up to this one is judged; those that were not quarantined are admitted.
///
/// # Errors
/// When the database refuses.
pub async fn judged(db: &mut SqliteConnection, device: DeviceId, upto: u64) -> Result<()> {
    sqlx::query(
        "update journal set state = 'admitted' where device = $1 and n <= $2 and state = 'stored' \
           and n > (select judged_n from device where id = $1)",
    )
    .bind(device.0)
    .bind(signed(upto))
    .execute(&mut *db)
    .await?;
    sqlx::query("update device set judged_n = max(judged_n, $2) where id = $1")
        .bind(device.0)
        .bind(signed(upto))
        .execute(db)
        .await?;
    Ok(())
}

/// Entries that were not admitted, the last of them in order.
///
/// # Errors
/// When the database refuses.
pub async fn exceptions(
    db: impl SqliteExecutor<'_>,
    device: DeviceId,
) -> Result<Vec<EntryException>> {
    let rows = sqlx::query(
        "select n, code, state, note from journal where device = $1 and state not in ('stored', 'admitted') \
         order by n desc limit $2",
    )
    .bind(device.0)
    .bind(EXCEPTIONS_MAX)
    .fetch_all(db)
    .await?;
    let exception = |row: &SqliteRow| {
        Ok(EntryException {
            n: row.try_get::<i64, _>("n")?.unsigned_abs(),
            code: row.try_get::<Option<String>, _>("code")?.unwrap_or_default(),
            state: column::from_code(row.try_get("state")?)?,
            note: row.try_get::<Option<String>, _>("note")?.unwrap_or_default(),
        })
    };
    rows.iter().rev().map(exception).collect()
}

/// Publishes to a device how far its journal got.
///
/// # Errors
/// When the database refuses.
pub async fn publish_status(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    device: DeviceId,
    now: Timestamp,
) -> Result<()> {
    let position = position(&mut *db, device).await?;
    let status = JournalStatus {
        device,
        stored_upto: position.head.n,
        admitted_upto: position.judged,
        exceptions: exceptions(&mut *db, device).await?,
        as_of: now,
    };
    let channel = roundsman_core::sync::Channel::Device(device);
    commit.publish(db, &status, &[channel], now).await
}

/// SQLite's integers are signed; no journal comes near the difference.
pub(crate) fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
