//! What the company decided about orders, whichever ERP did.

use roundsman_core::id::{PersonId, TerritoryId};
use roundsman_core::records::SalesOrder;
use roundsman_core::sync::Channel;
use roundsman_core::text::search_keys;
use roundsman_core::time::Timestamp;
use sqlx::SqliteConnection;

use crate::{Commit, Result, column};

/// Who sees a decision: everybody in the customer's territory, and whoever took the order.
#[must_use]
pub fn audience(territory: Option<TerritoryId>, rep: PersonId) -> Vec<Channel> {
    territory.map(Channel::Territory).into_iter().chain([Channel::User(rep)]).collect()
}

/// Publishes a decision to its audience and shows it in the office's lists.
///
/// # Errors
/// When the database refuses.
pub async fn publish(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    decided: &SalesOrder,
    channels: &[Channel],
    now: Timestamp,
) -> Result<()> {
    sqlx::query(
        "insert into outcome_row (id, number, outcome, decided_at, search, version, cancelled) \
         values ($1, $2, $3, $4, $5, $6, $7) \
         on conflict (id) do update set number = $2, outcome = $3, decided_at = $4, search = $5, \
             version = $6, cancelled = $7, closed = 0",
    )
    .bind(decided.order.0)
    .bind(&decided.number)
    .bind(column::code(&decided.outcome)?)
    .bind(decided.decided_at.millis())
    .bind(search_keys(&[&decided.number]))
    .bind(decided.version.map(|version| version.0.to_vec()))
    .bind(decided.cancelled)
    .execute(&mut *db)
    .await?;
    commit.publish(db, decided, channels, now).await
}
