//! Pages of a channel for one line: what its person needs first, then the channel in order.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use axum::body::Bytes;
use roundsman_core::id::{DeviceId, ItemId, PersonId};
use roundsman_core::planted;
use roundsman_core::sync::hub::Span;
use roundsman_core::sync::{Batch, Channel, Place};
use roundsman_store::feed_read::{self, Reader};
use roundsman_store::route::{self, Route};

use super::shared::Page;
use crate::app::App;
use crate::error::{Error, Result};

/// The first pages are small: a screen waits for them.
const EARLY_BYTES: usize = 48 << 10;

/// What a line sent early, so that it is not sent twice. A device that comes back in the midst gets
/// some of it again, which changes nothing.
#[derive(Default)]
pub(super) struct Pages {
    early: BTreeMap<Channel, Early>,
    /// The frame of the page that was read last, when others send it as well: the session then saw
    /// the head of the batch alone.
    pub(super) frame: Option<Bytes>,
    /// What this line was sent may show commits up to this one. A page that somebody read before
    /// it would count an item that is in two channels as it was, on a device that has it newer; and
    /// in the midst of a catch-up it would lack what changed since, which is in no page before.
    seen: u64,
}

struct Early {
    items: Vec<ItemId>,
    /// With the commit in which each had last changed.
    sent: BTreeMap<ItemId, u64>,
}

impl Pages {
    /// For a device whose earlier lines may have shown it commits up to this one.
    pub(super) fn after(seen: u64) -> Self {
        Self { seen, ..Self::default() }
    }

    /// The next page; none when there is nothing.
    pub(super) async fn read(
        &mut self,
        app: &App,
        span: Span,
        (device, person): (DeviceId, Option<PersonId>),
        pruned: u64,
    ) -> Result<Option<Batch>> {
        self.frame = None;
        if let Some(batch) = self.read_early(app, span, (device, pruned), person).await? {
            self.saw(app.store.write.seen_at_most());
            return Ok(Some(batch));
        }
        // Whoever follows a channel reads on from the same commit as the others.
        let follows = span.from > 0 && span.part.is_none();
        if follows && !self.early.contains_key(&span.channel) {
            let bytes_max = app.config.page_bytes;
            let shared = app.hub.shared.page(&app.store, span, device, bytes_max).await?;
            let late_enough = |page: &Page| {
                page.seen_at_least >= self.seen || planted!("a page shared with who has newer")
            };
            if let Some(page) = shared.filter(late_enough) {
                self.saw(page.seen_at_most);
                self.frame = Some(page.frame);
                return Ok(Some(page.head));
            }
        }
        let begins = span.from == 0 && span.part.is_none();
        let bytes_max = if begins { EARLY_BYTES } else { app.config.page_bytes };
        let nothing = BTreeMap::new();
        let early = self.early.get(&span.channel).map_or(&nothing, |early| &early.sent);
        let batch = feed_read::batch(
            &app.store.read,
            span,
            Reader { device, early, pruned },
            bytes_max.min(app.config.page_bytes),
        )
        .await?;
        self.saw(app.store.write.seen_at_most());
        if batch.as_ref().is_none_or(|batch| batch.digest.is_some()) {
            self.early.remove(&span.channel);
        }
        Ok(batch)
    }

    /// What is sent may show commits up to this one.
    pub(super) fn saw(&mut self, commit: u64) {
        self.seen = self.seen.max(commit);
    }

    async fn read_early(
        &mut self,
        app: &App,
        span: Span,
        (device, pruned): (DeviceId, u64),
        person: Option<PersonId>,
    ) -> Result<Option<Batch>> {
        let done = match span.part.map(|part| part.place()) {
            None => 0,
            Some(Some(Place::Early(done))) => done,
            Some(_) => return Ok(None),
        };
        let (Channel::Territory(_), 0, Some(person)) = (span.channel, span.from, person) else {
            return Ok(None);
        };
        let early = match self.early.entry(span.channel) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(Early::of(app, span.channel, person).await?),
        };
        let wanted = early.items.get(done as usize..).unwrap_or_default();
        if wanted.is_empty() {
            return Ok(None);
        }
        let read =
            feed_read::early(&app.store.read, span, (device, pruned), (wanted, done), EARLY_BYTES)
                .await?;
        Ok(read.map(|(batch, sent)| {
            early.sent.extend(sent);
            batch
        }))
    }
}

impl Early {
    async fn of(app: &App, channel: Channel, person: PersonId) -> Result<Self> {
        let (day, offset_minutes) = (app.clock.today(), app.clock.offset_minutes());
        let mut db = app.store.read.acquire().await.map_err(Error::internal)?;
        let items = route::first(&mut db, channel, Route { person, day, offset_minutes }).await?;
        Ok(Self { items, sent: BTreeMap::new() })
    }
}
