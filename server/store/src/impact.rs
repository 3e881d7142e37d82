//! What depends on who sees a customer, asked before that changes.

use roundsman_core::id::{ItemKind, PersonId};
use roundsman_core::sync::Channel;
use roundsman_core::time::Timestamp;
use sqlx::{SqliteConnection, SqliteExecutor};
use uuid::Uuid;

use crate::{Packed, Result};

/// People who work there now.
///
/// # Errors
/// When the database refuses.
pub async fn granted_to(
    db: impl SqliteExecutor<'_>,
    channel: Channel,
    now: Timestamp,
) -> Result<Vec<PersonId>> {
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "select distinct g.person from channel_grant g join person p on p.id = g.person \
         where g.channel = $1 and g.since <= $2 and (g.until is null or g.until > $2) \
           and p.disabled_at is null order by g.person",
    )
    .bind(channel.to_string())
    .bind(now.millis())
    .fetch_all(db)
    .await?;
    Ok(ids.into_iter().map(PersonId).collect())
}

/// The carts of a person, as they are stored.
///
/// # Errors
/// When the database refuses.
pub async fn carts_of(db: &mut SqliteConnection, person: PersonId) -> Result<Vec<Vec<u8>>> {
    let kind = ItemKind::Cart as u8;
    let carts: Vec<Packed> = sqlx::query_scalar(
        "select d.snapshot from channel c join membership m on m.channel = c.id \
         join document d on d.item = m.item where c.name = $1 and m.item >= $2 and m.item < $3",
    )
    .bind(Channel::User(person).to_string())
    .bind(vec![kind])
    .bind(vec![kind + 1])
    .fetch_all(db)
    .await?;
    Ok(carts.into_iter().map(|it| it.0).collect())
}

/// The bytes of entries that wait for the office, the latest of them.
///
/// # Errors
/// When the database refuses.
pub async fn quarantined(db: impl SqliteExecutor<'_>, limit: u32) -> Result<Vec<Vec<u8>>> {
    let entries: Vec<Packed> = sqlx::query_scalar(
        "select bytes from journal where state = 'quarantined' and state not in ('stored', 'admitted') \
         order by received_at desc limit $1",
    )
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(entries.into_iter().map(|it| it.0).collect())
}
