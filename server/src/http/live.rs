//! What changed, told to consoles as it happens.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderName;
use axum::http::header::CACHE_CONTROL;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use futures_util::stream;
use roundsman_core::error::Refusal;
use roundsman_core::id::ItemKind;
use roundsman_store::Commit;
use serde::Serialize;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::identity::Me;

/// Proxies drop connections that say nothing.
const QUIET_MAX: Duration = Duration::from_secs(15);
/// Beyond so many, naming them helps nobody: lists are simply read again.
const IDS_MAX: usize = 200;

/// What a list is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Topic {
    /// Orders and their outcomes.
    Orders,
    /// Visits.
    Visits,
    /// Customers, their accounts and assignments.
    Customers,
    /// Products, prices and stock.
    Products,
    /// Entries that wait for the office.
    Quarantine,
    /// Devices, and the people who use them.
    Devices,
}

impl Topic {
    const ALL: [Self; 6] = [
        Self::Orders,
        Self::Visits,
        Self::Customers,
        Self::Products,
        Self::Quarantine,
        Self::Devices,
    ];

    fn of(kind: ItemKind) -> Option<Self> {
        Some(match kind {
            ItemKind::Order | ItemKind::SalesOrder | ItemKind::OrderSummary => Self::Orders,
            ItemKind::Visit | ItemKind::VisitSummary => Self::Visits,
            ItemKind::Customer
            | ItemKind::CustomerAccount
            | ItemKind::Assignment
            | ItemKind::Person
            | ItemKind::Territory => Self::Customers,
            ItemKind::Product
            | ItemKind::PriceList
            | ItemKind::Price
            | ItemKind::Stock
            | ItemKind::Warehouse => Self::Products,
            ItemKind::JournalStatus => Self::Quarantine,
            ItemKind::Cart => return None,
        })
    }
}

/// What one commit changed. No ids: too many to name, or unknown.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct Changed {
    topics: BTreeSet<Topic>,
    #[schema(value_type = Vec<String>)]
    ids: BTreeSet<Uuid>,
}

impl Changed {
    fn everything() -> Self {
        Self { topics: Topic::ALL.into(), ids: BTreeSet::new() }
    }

    fn by(commit: &Commit) -> Option<Self> {
        let seen = || commit.items.iter().filter_map(|item| Some((Topic::of(item.kind)?, item.id)));
        let mut topics: BTreeSet<_> = seen().map(|(topic, _)| topic).collect();
        if topics.contains(&Topic::Quarantine) || !commit.rights.is_empty() {
            topics.insert(Topic::Devices);
        }
        let ids: BTreeSet<_> = seen().map(|(_, id)| id).collect();
        let ids = if ids.len() > IDS_MAX { BTreeSet::new() } else { ids };
        (!topics.is_empty()).then_some(Self { topics, ids })
    }
}

/// Tells what changed until the browser goes away: `event: changed` with a [`Changed`].
#[utoipa::path(get, path = "/api/live",
    responses((status = 200, body = Changed, content_type = "text/event-stream"),
        (status = "default", body = Refusal)))]
pub async fn changes(
    _: Me,
    State(app): State<Arc<App>>,
) -> ([(HeaderName, &'static str); 1], Sse<impl Stream<Item = Result<Event, Infallible>>>) {
    let state = (app.store.write.committed(), app.stop.clone());
    let events = stream::unfold(state, |(mut commits, stop)| async move {
        let changed = next(&mut commits, &stop).await?;
        let event = Event::default().event("changed").json_data(changed).unwrap_or_default();
        Some((Ok(event), (commits, stop)))
    });
    (
        [(CACHE_CONTROL, "no-store")],
        Sse::new(events).keep_alive(KeepAlive::new().interval(QUIET_MAX)),
    )
}

/// The next commit that a console cares about; none when the server goes down.
async fn next(commits: &mut Receiver<Commit>, stop: &CancellationToken) -> Option<Changed> {
    loop {
        let commit = tokio::select! {
            () = stop.cancelled() => return None,
            commit = commits.recv() => commit,
        };
        match commit {
            Ok(commit) => match Changed::by(&commit) {
                Some(changed) => return Some(changed),
                None => continue,
            },
            Err(RecvError::Lagged(_)) => return Some(Changed::everything()),
            Err(RecvError::Closed) => return None,
        }
    }
}
