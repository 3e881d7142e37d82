//! Summaries: what their documents and decisions say, and shown in their place.

use futures_util::TryStreamExt as _;
use roundsman_core::documents::{load, order, visit};
use roundsman_core::id::{ItemId, ItemKind, VisitId};
use roundsman_core::records::{OrderSummary, Record, SalesOrder, VisitSummary};
use sqlx::{Row, SqlitePool};

use super::{Part, unpacked};
use crate::{Result, documents, past_orders, records};

pub(super) async fn check(db: &SqlitePool) -> Result<Part> {
    let mut part = Part::new("summaries");
    let (visits, orders) = (ItemKind::VisitSummary as u8, ItemKind::OrderSummary as u8);
    let mut rows = sqlx::query(
        "select item, bytes from record where (item >= $1 and item < $2) or (item >= $3 and item < $4)",
    )
    .bind(vec![visits])
    .bind(vec![visits + 1])
    .bind(vec![orders])
    .bind(vec![orders + 1])
    .fetch(db);
    while let Some(row) = rows.try_next().await? {
        part.checked += 1;
        // What cannot be read as an id is told with the other records.
        let Some(item) = ItemId::from_bytes(row.try_get("item")?) else { continue };
        let Some(closed) = item.stands_for() else { continue };
        part.expect(says_the_same(db, closed, &unpacked(&row, "bytes")).await?, || {
            format!("{item} says something else than what it stands for")
        });
        for hidden in [closed, ItemId::new(ItemKind::SalesOrder, item.id)] {
            part.expect(documents::channels(db, hidden).await?.is_empty(), || {
                format!("{hidden} is shown, and {item} as well")
            });
        }
    }
    Ok(part)
}

/// Whether a summary is what would be written of its document now, or of what a file brought in.
async fn says_the_same(db: &SqlitePool, closed: ItemId, bytes: &[u8]) -> Result<bool> {
    let Some(snapshot) = documents::snapshot(db, closed).await? else {
        let mut db = db.acquire().await?;
        let past = past_orders::find(&mut db, closed.id.into()).await?;
        let summary = past.map(|(signed, decision)| OrderSummary::new(&signed, &decision));
        return Ok(summary.is_some_and(|summary| says(&summary, bytes)));
    };
    let Ok(document) = load(&snapshot) else { return Ok(false) };
    Ok(match closed.kind {
        ItemKind::Visit => {
            let read = visit::read(&document).ok();
            let summary = read.and_then(|it| VisitSummary::new(VisitId(closed.id), &it));
            summary.is_some() && summary == VisitSummary::from_bytes(bytes).ok()
        }
        _ => {
            let decision = records::get::<SalesOrder>(db, closed.id).await?;
            let signed = order::read(&document).ok().map(|it| it.content);
            let summary =
                signed.zip(decision).map(|(it, decided)| OrderSummary::new(&it, &decided));
            summary.is_some_and(|summary| says(&summary, bytes))
        }
    })
}

/// Whether these bytes are read as the same order and decision. Earlier versions wrote down what
/// follows from the rest.
fn says(summary: &OrderSummary, bytes: &[u8]) -> bool {
    OrderSummary::from_bytes(bytes).is_ok_and(|kept| {
        kept == *summary
            || (kept.signed() == summary.signed() && kept.decision() == summary.decision())
    })
}
