//! People with where they work and what they work on.

use roundsman_core::records::Territory;
use roundsman_core::sync::Channel;
use roundsman_core::time::Timestamp;
use roundsman_core::views::StaffRow;
use sqlx::SqlitePool;

use crate::{Result, lists, people, records};

/// Everybody, by name.
///
/// # Errors
/// When the database refuses.
pub async fn all(db: &SqlitePool, now: Timestamp) -> Result<Vec<StaffRow>> {
    let territories = records::all::<Territory>(db).await?;
    let mut staff = Vec::new();
    for standing in people::standings(db).await? {
        let id = standing.person.id;
        let granted = people::grants(db, id, now).await?;
        let customers: i64 =
            sqlx::query_scalar("select count(*) from erp_customer where account_manager = $1")
                .bind(id.0)
                .fetch_one(db)
                .await?;
        let territory = |channel| match channel {
            Channel::Territory(id) => territories.get(&id.0).cloned(),
            _ => None,
        };
        staff.push(StaffRow {
            territories: granted.into_iter().filter_map(territory).collect(),
            customers: customers.unsigned_abs(),
            devices: lists::devices::of(db, id).await?,
            person: standing.person,
            login: standing.login,
            has_password: standing.has_password,
            disabled_at: standing.disabled_at,
            closed_at: standing.closed_at,
            closed_note: standing.closed_note,
        });
    }
    Ok(staff)
}
