//! Enrolled devices: a phone, or a server process acting as one.

use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::{DeviceId, Entropy, PersonId};
use roundsman_core::planted;
use roundsman_core::time::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection, SqliteExecutor};
use uuid::Uuid;

use crate::journal::signed;
use crate::{Commit, Error, Result};

/// What a device was given when it enrolled.
#[derive(Debug, Clone)]
pub struct Device {
    /// Which one.
    pub id: DeviceId,
    /// Whose; none: a server process.
    pub person: Option<PersonId>,
    /// Begins the numbers it gives: `K3` in `K3-0042`.
    pub code: String,
    /// Ed25519.
    pub public_key: [u8; 32],
    /// Whether it was locked out.
    pub revoked: bool,
    /// The server's half of what opens the device's files.
    pub lease_share: [u8; 32],
    /// Until when the device may use it without contact.
    pub lease_until: Timestamp,
}

/// The device with this id.
///
/// # Errors
/// When the database refuses.
pub async fn find(db: impl SqliteExecutor<'_>, id: DeviceId) -> Result<Option<Device>> {
    let row = sqlx::query(
        "select id, person, code, public_key, revoked_at, lease_share, lease_until from device where id = $1",
    )
    .bind(id.0)
    .fetch_optional(db)
    .await?;
    row.as_ref().map(device).transpose()
}

/// Enrols a device.
///
/// # Errors
/// When the database refuses.
pub async fn add(db: &mut SqliteConnection, device: &Device, now: Timestamp) -> Result<()> {
    sqlx::query(
        "insert into device (id, person, code, public_key, enrolled_at, last_contact_at, lease_share, lease_until) \
         values ($1, $2, $3, $4, $5, $5, $6, $7)",
    )
    .bind(device.id.0)
    .bind(device.person.map(|person| person.0))
    .bind(&device.code)
    .bind(&device.public_key[..])
    .bind(now.millis())
    .bind(&device.lease_share[..])
    .bind(device.lease_until.millis())
    .execute(db)
    .await?;
    Ok(())
}

/// Enrols a device again that was enrolled here before the database was set back, and gives it as it
/// is now: with another code when somebody else was given that one meanwhile.
///
/// # Errors
/// When the database refuses.
pub async fn restore(
    db: &mut SqliteConnection,
    device: Device,
    follows: Option<DeviceId>,
    entropy: &mut (dyn Entropy + Send),
    now: Timestamp,
) -> Result<Device> {
    // Whoever presses twice is enrolled once.
    if let Some(here) = find(&mut *db, device.id).await? {
        return Ok(here);
    }
    let taken = sqlx::query_scalar("select exists (select 1 from device where code = $1)");
    let code = match taken.bind(&device.code).fetch_one(&mut *db).await? {
        true => free_code(db, entropy).await?,
        false => device.code,
    };
    let device = Device { code, ..device };
    add(db, &device, now).await?;
    sqlx::query("update device set follows = (select id from device where id = $2) where id = $1")
        .bind(device.id.0)
        .bind(follows.map(|it| it.0))
        .execute(db)
        .await?;
    Ok(device)
}

/// The device that this one goes on for.
///
/// # Errors
/// When the database refuses.
pub async fn follows(db: impl SqliteExecutor<'_>, id: DeviceId) -> Result<Option<DeviceId>> {
    let follows = sqlx::query_scalar::<_, Option<Uuid>>("select follows from device where id = $1");
    Ok(follows.bind(id.0).fetch_optional(db).await?.flatten().map(DeviceId))
}

/// Notes that the device was in contact and may stay away until `lease_until`.
///
/// # Errors
/// When the database refuses.
pub async fn renew(
    db: &mut SqliteConnection,
    id: DeviceId,
    now: Timestamp,
    lease_until: Timestamp,
) -> Result<()> {
    sqlx::query("update device set last_contact_at = $2, lease_until = $3 where id = $1")
        .bind(id.0)
        .bind(now.millis())
        .bind(lease_until.millis())
        .execute(db)
        .await?;
    Ok(())
}

/// A device and those whose journals it goes on with: storage that is set back makes it one of them
/// again.
fn with_earlier_names() -> &'static str {
    if planted!("a revoked device's earlier names still good") {
        return "id = $1";
    }
    "id in (with recursive line (id) as ( \
        select $1 union select device.follows from device join line on device.id = line.id \
        where device.follows is not null) select id from line)"
}

/// Locks a device out, with those that it went on for, and ends their sessions. It may still deliver
/// its journal, which then waits for the office.
///
/// # Errors
/// [`codes::NOT_FOUND`] without such a phone; when the database refuses.
pub async fn revoke(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    id: DeviceId,
    now: Timestamp,
) -> Result<()> {
    set(db, commit, id, "update device set revoked_at = coalesce(revoked_at, $2)", now).await?;
    let mut sessions = QueryBuilder::<Sqlite>::new("delete from session where device in (");
    sessions.push("select id from device where ").push(with_earlier_names()).push(")");
    sessions.build().bind(id.0).execute(db).await?;
    Ok(())
}

/// Orders a device to delete everything as soon as it has delivered its journal.
///
/// # Errors
/// As [`revoke`].
pub async fn order_wipe(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    id: DeviceId,
    now: Timestamp,
) -> Result<()> {
    let order = "update device set wipe_ordered_at = coalesce(wipe_ordered_at, $2)";
    set(db, commit, id, order, now).await
}

/// Notes that a device deleted everything: nobody speaks for it any more.
///
/// # Errors
/// As [`revoke`].
pub async fn wiped(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    id: DeviceId,
    now: Timestamp,
) -> Result<()> {
    set(db, commit, id, "update device set wiped_at = coalesce(wiped_at, $2)", now).await?;
    revoke(db, commit, id, now).await
}

async fn set(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    id: DeviceId,
    what: &'static str,
    now: Timestamp,
) -> Result<()> {
    let mut query = QueryBuilder::<Sqlite>::new(what);
    query.push(" where ").push(with_earlier_names());
    query.push(" and person is not null returning person");
    let owners: Vec<Uuid> =
        query.build_query_scalar().bind(id.0).bind(now.millis()).fetch_all(db).await?;
    let owner =
        owners.first().copied().ok_or_else(|| Refusal::new(codes::NOT_FOUND).with("device", id))?;
    commit.rights.insert(owner.into());
    Ok(())
}

/// What was decided about a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// Since when it is locked out.
    pub revoked_at: Option<Timestamp>,
    /// Since when it is to delete everything.
    pub wipe_ordered_at: Option<Timestamp>,
}

/// How a device stands.
///
/// # Errors
/// When the database refuses.
pub async fn standing(db: impl SqliteExecutor<'_>, id: DeviceId) -> Result<Standing> {
    let row = sqlx::query("select revoked_at, wipe_ordered_at from device where id = $1")
        .bind(id.0)
        .fetch_optional(db)
        .await?;
    let Some(row) = row else { return Ok(Standing::default()) };
    Ok(Standing {
        revoked_at: row.try_get::<Option<i64>, _>("revoked_at")?.map(Timestamp),
        wipe_ordered_at: row.try_get::<Option<i64>, _>("wipe_ordered_at")?.map(Timestamp),
    })
}

/// Notes how much a device said it had recorded: what is lost with it can be counted from that.
///
/// # Errors
/// When the database refuses.
pub async fn reported(
    db: &mut SqliteConnection,
    id: DeviceId,
    n: u64,
    now: Timestamp,
) -> Result<()> {
    sqlx::query(
        "update device set reported_n = max(reported_n, $2), reported_at = $3, last_contact_at = $3 \
         where id = $1",
    )
    .bind(id.0)
    .bind(signed(n))
    .bind(now.millis())
    .execute(db)
    .await?;
    Ok(())
}

/// A code that no device has: as short as can be, and random, so that it tells nothing.
///
/// # Errors
/// When the database refuses.
pub async fn free_code(
    db: &mut SqliteConnection,
    entropy: &mut (dyn Entropy + Send),
) -> Result<String> {
    /// Tries before a digit is added; few codes of that length are free by then.
    const TRIES: usize = 24;
    for digits in 1..=8 {
        for _ in 0..TRIES {
            let code = random_code(digits, entropy);
            let taken: bool =
                sqlx::query_scalar("select exists (select 1 from device where code = $1)")
                    .bind(&code)
                    .fetch_one(&mut *db)
                    .await?;
            if !taken {
                return Ok(code);
            }
        }
    }
    Err(Error::Corrupt("no device code is free".to_owned()))
}

/// A code for a server process.
///
/// # Errors
/// When the database refuses.
pub async fn office_code(db: &mut SqliteConnection) -> Result<String> {
    let started: i64 = sqlx::query_scalar("select count(*) from device where person is null")
        .fetch_one(db)
        .await?;
    Ok(format!("OFFICE-{}", started + 1))
}

/// A letter and digits, without those that look alike in handwriting.
fn random_code(digits: usize, entropy: &mut dyn Entropy) -> String {
    const LETTERS: &[u8; 24] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
    const DIGITS: &[u8; 8] = b"23456789";
    let mut random = vec![0u8; digits + 1];
    entropy.fill(&mut random);
    let (letter, numbers) = (random[0], &random[1..]);
    std::iter::once(LETTERS[usize::from(letter) % LETTERS.len()])
        .chain(numbers.iter().map(|byte| DIGITS[usize::from(*byte) % DIGITS.len()]))
        .map(char::from)
        .collect()
}

fn device(row: &SqliteRow) -> Result<Device> {
    Ok(Device {
        id: row.try_get::<Uuid, _>("id")?.into(),
        person: row.try_get::<Option<Uuid>, _>("person")?.map(Into::into),
        code: row.try_get("code")?,
        public_key: bytes_32(row, "public_key")?,
        revoked: row.try_get::<Option<i64>, _>("revoked_at")?.is_some(),
        lease_share: bytes_32(row, "lease_share")?,
        lease_until: Timestamp(row.try_get("lease_until")?),
    })
}

pub(crate) fn bytes_32(row: &SqliteRow, column: &str) -> Result<[u8; 32]> {
    let bytes: &[u8] = row.try_get(column)?;
    bytes.try_into().map_err(|_| Error::Corrupt(format!("{column} is not 32 bytes")))
}
