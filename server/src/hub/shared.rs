//! News of a channel that many lines wait for: read, encoded and compressed once for all of them.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use roundsman_core::id::DeviceId;
use roundsman_core::sync::hub::Span;
use roundsman_core::sync::{Batch, FromHub};
use roundsman_store::{Result, Store, feed_read};
use tokio::sync::OnceCell;

use super::compress::encode_large;

/// Pages that are kept: everybody asks for them at once, when something was committed.
const PAGES_MAX: usize = 32;
/// Larger ones are not kept.
const PAGE_BYTES_MAX: usize = 64 << 10;

/// A page as it is sent.
#[derive(Clone)]
pub(super) struct Page {
    /// The batch without its items.
    pub head: Batch,
    /// The whole batch.
    pub frame: Bytes,
    /// What is in it shows all commits up to this one,
    pub seen_at_least: u64,
    /// and none after this one.
    pub seen_at_most: u64,
}

/// What of a page concerns whom.
struct Read {
    page: Page,
    /// They are told of their own changes by hash, so each gets a page of its own.
    authors: BTreeSet<DeviceId>,
}

type Cell = Arc<OnceCell<Option<Read>>>;

/// The pages that were asked for last. What a page says stays true: it names the commits it covers.
#[derive(Default)]
pub(super) struct Shared {
    kept: Mutex<VecDeque<(Span, Cell)>>,
}

impl Shared {
    /// The page of this span, when it is the same for this device as for everybody.
    ///
    /// # Errors
    /// When the database refuses.
    pub(super) async fn page(
        &self,
        store: &Store,
        span: Span,
        device: DeviceId,
        bytes_max: usize,
    ) -> Result<Option<Page>> {
        let cell = self.cell(span);
        let read = cell.get_or_try_init(|| read(store, span, bytes_max)).await?;
        let keep = read.as_ref().is_some_and(|it| it.page.frame.len() <= PAGE_BYTES_MAX);
        if !keep {
            self.forget(span);
        }
        let page = read.as_ref().filter(|it| !it.authors.contains(&device));
        Ok(page.map(|it| it.page.clone()))
    }

    fn cell(&self, span: Span) -> Cell {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, cell)) = kept.iter().find(|(at, _)| *at == span) {
            return cell.clone();
        }
        let cell = Cell::default();
        kept.push_back((span, cell.clone()));
        if kept.len() > PAGES_MAX {
            kept.pop_front();
        }
        cell
    }

    fn forget(&self, span: Span) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(at, _)| *at != span);
    }
}

async fn read(store: &Store, span: Span, bytes_max: usize) -> Result<Option<Read>> {
    let seen_at_least = store.write.seen_at_least();
    let Some((mut batch, authors)) = feed_read::shared(&store.read, span, bytes_max).await? else {
        return Ok(None);
    };
    let seen_at_most = store.write.seen_at_most();
    let message = FromHub::Batch(batch.clone());
    let frame = encode_large(&message).into();
    batch.items = Vec::new();
    Ok(Some(Read { page: Page { head: batch, frame, seen_at_least, seen_at_most }, authors }))
}
