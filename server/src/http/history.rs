//! Who did what to a document.

use automerge::Automerge;
use roundsman_core::documents::history;
use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::ItemId;
use roundsman_core::views::HistoryRow;
use roundsman_store::documents;
use roundsman_store::history::{self as stored, Participants};

use crate::app::App;
use crate::error::{Error, Result};

/// Every change of a document, newest first.
pub async fn of(app: &App, item: ItemId) -> Result<Vec<HistoryRow>> {
    let snapshot = documents::snapshot(&app.store.read, item).await?;
    let snapshot = snapshot.ok_or_else(|| Refusal::new(codes::NOT_FOUND))?;
    // Comparing every version is work for a thread of its own.
    let events = tokio::task::spawn_blocking(move || {
        Automerge::load(&snapshot).map(|document| history(&document)).map_err(Error::internal)
    });
    let events = events.await.map_err(Error::internal)??;
    let arrived = stored::arrivals(&app.store.read, item).await?;
    let names = participants(app, item).await?;
    let rows = events.into_iter().map(|event| {
        let received_at = arrived.get(&event.hash).copied();
        HistoryRow::new(event, received_at, &names)
    });
    Ok(rows.collect())
}

/// The names of everybody who took part in a document.
pub async fn participants(app: &App, item: ItemId) -> Result<Participants> {
    let mut db = app.store.read.acquire().await.map_err(Error::internal)?;
    Ok(stored::participants(&mut db, item).await?)
}
