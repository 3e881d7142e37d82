//! Closing: a document that nothing but a new one can follow leaves its channels, and its summary
//! enters them in the same commit. The document stays here, for whoever asks for its history.

use std::collections::BTreeSet;

use futures_util::TryStreamExt as _;
use roundsman_core::documents::{load, order, visit};
use roundsman_core::id::{ItemId, ItemKind, OrderId, VisitId};
use roundsman_core::records::{OrderSummary, Outcome, Record, SalesOrder, VisitSummary};
use roundsman_core::sync::Entry;
use roundsman_core::time::Timestamp;
use sqlx::{SqliteConnection, SqliteExecutor};
use uuid::Uuid;

use crate::feed::item_of;
use crate::{Commit, Packed, Result, bulk, column, documents, records};

/// What has to have happened before these instants.
#[derive(Debug, Clone, Copy)]
pub struct Before {
    /// The last change of a finished visit.
    pub visit: Timestamp,
    /// The last change of an order that was declined, and that decision.
    pub declined: Timestamp,
    /// The same of an order that was accepted.
    pub accepted: Timestamp,
}

/// Finished visits and decided orders that can be closed, the oldest of each first; `held` are left
/// out.
///
/// # Errors
/// When the database refuses.
pub async fn due(
    db: &mut SqliteConnection,
    before: Before,
    held: &[ItemId],
    limit: u32,
) -> Result<Vec<ItemId>> {
    let held = bulk::keys(held.iter().map(|item| item.id));
    let visits: Vec<Uuid> = sqlx::query_scalar(
        "select id from visit_row where closed = 0 and checked_out_at is not null and admitted_at <= $1 \
           and id not in (select unhex(value) from json_each($2)) order by admitted_at, id limit $3",
    )
    .bind(before.visit.millis())
    .bind(&held)
    .bind(limit)
    .fetch_all(&mut *db)
    .await?;
    let mut due: Vec<_> = visits.into_iter().map(|id| ItemId::from(VisitId(id))).collect();
    for (outcome, before) in [
        (Outcome::Declined, before.declined),
        (Outcome::Accepted, before.accepted),
        (Outcome::AcceptedWithChange, before.accepted),
    ] {
        let orders: Vec<Uuid> = sqlx::query_scalar(
            "select d.id from outcome_row d join order_row o on o.id = d.id \
             where d.closed = 0 and o.version is null and d.outcome = $1 and d.decided_at <= $2 and o.admitted_at <= $2 \
               and d.id not in (select unhex(value) from json_each($3)) \
               and not exists (select 1 from outbox where item = cast(x'04' || d.id as blob) and state = 'waiting') \
             order by d.decided_at, d.id limit $4",
        )
        .bind(column::code(&outcome)?)
        .bind(before.millis())
        .bind(&held)
        .bind(limit)
        .fetch_all(&mut *db)
        .await?;
        due.extend(orders.into_iter().map(|id| ItemId::from(OrderId(id))));
    }
    due.truncate(limit as usize);
    Ok(due)
}

/// Documents on which an entry waits for the office; none when `limit` entries wait or more. Entries
/// of more than `changes_max` changes do not count: they cannot be let in. One entry is in memory at
/// a time, since there may be many large ones.
///
/// # Errors
/// When the database refuses.
pub async fn held(
    db: impl SqliteExecutor<'_>,
    limit: usize,
    changes_max: usize,
) -> Result<Option<Vec<ItemId>>> {
    let (mut waiting, mut items) = (0, BTreeSet::new());
    let mut rows = sqlx::query_scalar::<_, Packed>(
        "select bytes from journal where state = 'quarantined' limit $1",
    )
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch(db);
    while let Some(bytes) = rows.try_next().await? {
        waiting += 1;
        let entry = Entry::from_bytes(&bytes.0).ok().filter(|it| it.changes.len() <= changes_max);
        items.extend(entry.into_iter().flat_map(|entry| entry.changes).map(|it| it.item));
    }
    Ok((waiting < limit).then(|| items.into_iter().collect()))
}

/// Closes a document: its summary is where it was, for the same readers. False when there is
/// nothing to sum up.
///
/// # Errors
/// When the database refuses.
pub async fn close(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    item: ItemId,
    now: Timestamp,
) -> Result<bool> {
    let Some(snapshot) = documents::snapshot(&mut *db, item).await? else { return Ok(false) };
    let document = load(&snapshot)?;
    let channels = documents::channels(&mut *db, item).await?;
    match item.kind {
        ItemKind::Visit => {
            let summary = VisitSummary::new(VisitId(item.id), &visit::read(&document)?);
            let Some(summary) = summary else { return Ok(false) };
            commit.publish(db, &summary, &channels, now).await?;
        }
        ItemKind::Order => {
            let decision = records::get::<SalesOrder>(&mut *db, item.id).await?;
            let Some(decision) = decision else { return Ok(false) };
            let summary = OrderSummary::new(&order::read(&document)?.content, &decision);
            commit.show(db, decision.item(), &[]).await?;
            commit.publish(db, &summary, &channels, now).await?;
        }
        _ => return Ok(false),
    }
    commit.show(db, item, &[]).await?;
    mark(db, item, true).await?;
    Ok(true)
}

/// Takes the summaries of those of these documents that are closed out of their channels, where
/// whoever changed the documents shows them again.
///
/// # Errors
/// When the database refuses.
pub async fn reopen(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    items: impl IntoIterator<Item = ItemId>,
) -> Result<()> {
    let summaries: Vec<_> = items.into_iter().filter_map(ItemId::summary).collect();
    if summaries.is_empty() {
        return Ok(());
    }
    let closed = sqlx::query(
        "select item from record where item in (select unhex(value) from json_each($1))",
    )
    .bind(bulk::items(summaries))
    .fetch_all(&mut *db)
    .await?;
    for row in &closed {
        let summary = item_of(row)?;
        if summary.kind == ItemKind::OrderSummary {
            let channels = documents::channels(&mut *db, summary).await?;
            let decision = ItemId::new(ItemKind::SalesOrder, summary.id);
            commit.show(db, decision, &channels).await?;
            mark(db, OrderId(summary.id).into(), false).await?;
        }
        commit.show(db, summary, &[]).await?;
        sqlx::query("delete from record where item = $1")
            .bind(&summary.to_bytes()[..])
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// Notes whether a document is closed. A visit's row says so itself when it is projected.
async fn mark(db: &mut SqliteConnection, item: ItemId, closed: bool) -> Result<()> {
    let update = match item.kind {
        ItemKind::Visit => "update visit_row set closed = $2 where id = $1",
        _ => "update outcome_row set closed = $2 where id = $1",
    };
    sqlx::query(update).bind(item.id).bind(closed).execute(db).await?;
    Ok(())
}
