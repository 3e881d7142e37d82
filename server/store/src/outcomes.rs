//! What the company decided about orders, whichever ERP did.

use roundsman_core::id::{PersonId, TerritoryId};
use roundsman_core::records::SalesOrder;
use roundsman_core::sync::Channel;
use roundsman_core::text::search_keys;
use roundsman_core::time::Timestamp;
use sqlx::SqliteConnection;

use crate::{Commit, Result, bulk, column};

/// Who sees a decision: everybody in the customer's territory, and whoever took the order.
#[must_use]
pub fn audience(territory: Option<TerritoryId>, rep: PersonId) -> Vec<Channel> {
    territory.map(Channel::Territory).into_iter().chain([Channel::User(rep)]).collect()
}

/// Publishes decisions, each to its audience, and shows them in the office's lists.
///
/// # Errors
/// When the database refuses.
pub async fn publish(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    decided: &[(&SalesOrder, Vec<Channel>)],
    now: Timestamp,
) -> Result<()> {
    let rows = decided.iter().map(|(it, _)| Ok((*it, column::code(&it.outcome)?)));
    let rows = rows.collect::<Result<Vec<_>>>()?;
    bulk::insert(
        db,
        "insert into outcome_row (id, number, outcome, decided_at, search, version, cancelled) ",
        &rows,
        " on conflict (id) do update set number = excluded.number, outcome = excluded.outcome, \
              decided_at = excluded.decided_at, search = excluded.search, version = excluded.version, \
              cancelled = excluded.cancelled, closed = 0",
        |row, (decided, outcome)| {
            row.push_bind(decided.order.0)
                .push_bind(decided.number.as_str())
                .push_bind(outcome.as_str())
                .push_bind(decided.decided_at.millis())
                .push_bind(search_keys(&[&decided.number]))
                .push_bind(decided.version.map(|version| version.0.to_vec()))
                .push_bind(decided.cancelled);
        },
    )
    .await?;
    commit.publish_all(db, decided, now).await
}
