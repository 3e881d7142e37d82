//! Tokens that were given out, by the hash of each: what is stored opens nothing.

use roundsman_core::id::{DeviceId, PersonId};
use roundsman_core::records::Person;
use roundsman_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{Row, SqliteConnection, SqliteExecutor};
use uuid::Uuid;

use crate::{Result, column, devices, people};

/// SHA-256 of a token.
pub type TokenHash = [u8; 32];

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// Speaking for a device, for minutes.
    Access,
    /// Getting the next access, once.
    Refresh,
    /// A refresh that was used.
    Spent,
    /// The console, as a cookie.
    Office,
}

/// A token to store.
#[derive(Debug, Clone, Copy)]
pub struct NewSession {
    /// Its hash.
    pub token: TokenHash,
    /// What it is good for.
    pub kind: Kind,
    /// Who.
    pub person: PersonId,
    /// On which device; none: the console.
    pub device: Option<DeviceId>,
    /// Until when.
    pub until: Timestamp,
}

/// Who holds a token.
#[derive(Debug, Clone)]
pub struct Holder {
    /// Who, as of now.
    pub person: Person,
    /// On which device.
    pub device: Option<DeviceId>,
    /// Whether that device was locked out.
    pub revoked: bool,
}

/// A device's refresh token.
#[derive(Debug, Clone)]
pub struct Refresh {
    /// Refresh or spent.
    pub kind: Kind,
    /// Who.
    pub person: PersonId,
    /// What was given for it, when it is spent.
    pub successor: Option<TokenHash>,
}

/// The holder of a token of this kind that still runs; nobody when they may not sign in any more.
///
/// # Errors
/// When the database refuses.
pub async fn holder(
    db: impl SqliteExecutor<'_>,
    token: &TokenHash,
    kind: Kind,
    now: Timestamp,
) -> Result<Option<Holder>> {
    let row = sqlx::query(concat!(
        "select ",
        people::person_columns!(),
        ", s.device, e.revoked_at is not null as revoked \
         from session s join person p on p.id = s.person left join device e on e.id = s.device \
         where s.token_hash = $1 and s.kind = $2 and s.expires_at > $3 and p.disabled_at is null"
    ))
    .bind(&token[..])
    .bind(column::code(&kind)?)
    .bind(now.millis())
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        Ok(Holder {
            person: people::person(&row)?,
            device: row.try_get::<Option<Uuid>, _>("device")?.map(Into::into),
            revoked: row.try_get("revoked")?,
        })
    })
    .transpose()
}

/// A device's refresh token, also when it is spent, while it has not expired.
///
/// # Errors
/// When the database refuses.
pub async fn refresh(
    db: impl SqliteExecutor<'_>,
    token: &TokenHash,
    device: DeviceId,
    now: Timestamp,
) -> Result<Option<Refresh>> {
    let row = sqlx::query(
        "select s.kind, s.person, s.successor from session s join person p on p.id = s.person \
         where s.token_hash = $1 and s.device = $2 and s.kind in ('refresh', 'spent') \
           and s.expires_at > $3 and p.disabled_at is null",
    )
    .bind(&token[..])
    .bind(device.0)
    .bind(now.millis())
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        let successor: Option<Vec<u8>> = row.try_get("successor")?;
        Ok(Refresh {
            kind: column::from_code(row.try_get("kind")?)?,
            person: row.try_get::<Uuid, _>("person")?.into(),
            successor: successor.map(|_| devices::bytes_32(&row, "successor")).transpose()?,
        })
    })
    .transpose()
}

/// Stores a token, and forgets all that have expired.
///
/// # Errors
/// When the database refuses.
pub async fn add(db: &mut SqliteConnection, session: &NewSession, now: Timestamp) -> Result<()> {
    sqlx::query("delete from session where expires_at <= $1")
        .bind(now.millis())
        .execute(&mut *db)
        .await?;
    sqlx::query(
        "insert into session (token_hash, kind, person, device, issued_at, expires_at) \
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&session.token[..])
    .bind(column::code(&session.kind)?)
    .bind(session.person.0)
    .bind(session.device.map(|device| device.0))
    .bind(now.millis())
    .bind(session.until.millis())
    .execute(db)
    .await?;
    Ok(())
}

/// Notes that a refresh token was used and what was given for it.
///
/// # Errors
/// When the database refuses.
pub async fn spend(
    db: &mut SqliteConnection,
    token: &TokenHash,
    successor: &TokenHash,
) -> Result<()> {
    sqlx::query("update session set kind = 'spent', successor = $2 where token_hash = $1")
        .bind(&token[..])
        .bind(&successor[..])
        .execute(db)
        .await?;
    Ok(())
}

/// Ends one session.
///
/// # Errors
/// When the database refuses.
pub async fn end(db: &mut SqliteConnection, token: &TokenHash) -> Result<()> {
    sqlx::query("delete from session where token_hash = $1").bind(&token[..]).execute(db).await?;
    Ok(())
}

/// Ends what a device may do until it signs in again.
///
/// # Errors
/// When the database refuses.
pub async fn end_device(db: &mut SqliteConnection, device: DeviceId) -> Result<()> {
    sqlx::query("delete from session where device = $1").bind(device.0).execute(db).await?;
    Ok(())
}

/// Ends a device's access, but not its refresh.
///
/// # Errors
/// When the database refuses.
pub async fn end_access(db: &mut SqliteConnection, device: DeviceId) -> Result<()> {
    sqlx::query("delete from session where device = $1 and kind = 'access'")
        .bind(device.0)
        .execute(db)
        .await?;
    Ok(())
}
