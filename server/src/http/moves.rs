//! Customers that move to another territory or account manager, and what that touches.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use automerge::Automerge;
use axum::extract::State;
use futures_util::future::try_join_all;
use roundsman_core::documents::{cart, decode_operation};
use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::{CustomerId, ItemKind, PersonId, TerritoryId};
use roundsman_core::records::{Assignment, Territory};
use roundsman_core::sync::{Channel, Entry};
use roundsman_core::views::{DeviceRow, DeviceState, VisitRow};
use roundsman_erp::embedded::master;
use roundsman_store::lists::visits::{self, VisitFilter};
use roundsman_store::lists::{Page, devices};
use roundsman_store::{impact, people, projection, records, visibility};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::devices::require_governor;
use super::visits as visit_rows;
use super::{Json, Query};
use crate::app::App;
use crate::error::{Error, Result};
use crate::identity::Me;

/// Customers of one move at most.
const CUSTOMERS_MAX: usize = 200;
/// Open visits that are named, and entries in quarantine that are looked at.
const NAMED_MAX: u32 = 50;
const QUARANTINED_MAX: u32 = 1_000;

/// Which customers, and whose they become.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Move {
    #[schema(value_type = Vec<String>)]
    customers: Vec<CustomerId>,
    #[schema(value_type = String)]
    territory: TerritoryId,
    #[schema(value_type = String)]
    account_manager: PersonId,
}

/// The same as a question.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    /// Ids, with commas between them.
    customers: String,
    /// Where to.
    #[param(value_type = String)]
    territory: TerritoryId,
    /// To whom.
    #[param(value_type = String)]
    account_manager: PersonId,
}

/// Whose a customer was before it moved: moving it there undoes the move.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Moved {
    customer: CustomerId,
    territory: TerritoryId,
    account_manager: PersonId,
}

/// A person who gains or loses customers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Concerned {
    person: PersonId,
    name: String,
    /// How many.
    customers: u32,
}

/// What a move touches.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MoveImpact {
    /// Customers that really move.
    customers: u32,
    /// People who will not see them any more.
    lose: Vec<Concerned>,
    /// People who will see them.
    gain: Vec<Concerned>,
    /// Whether the new account manager works in that territory.
    manager_sees: bool,
    /// Phones of those who lose them, the last heard first.
    devices: Vec<DeviceRow>,
    /// Visits there that are going on.
    open_visits: Vec<VisitRow>,
    /// Baskets for them that were not sent, of those who lose them.
    open_carts: u32,
    /// Entries about them that wait for the office.
    quarantined: u32,
}

/// What a move would touch.
#[utoipa::path(get, path = "/api/customers/move-impact", params(Asked),
    responses((status = 200, body = MoveImpact), (status = "default", body = Refusal)))]
pub async fn show_impact(
    _: Me,
    State(app): State<Arc<App>>,
    Query(asked): Query<Asked>,
) -> Result<Json<MoveImpact>> {
    let customers =
        asked.customers.split(',').map(str::parse).collect::<Result<Vec<CustomerId>, _>>();
    let customers = customers.map_err(|_| invalid("customers"))?;
    let (territory, account_manager) = (asked.territory, asked.account_manager);
    let order = Move { customers, territory, account_manager };
    let before = before(&app, &order).await?;
    let moving: BTreeSet<CustomerId> = before.iter().map(|it| it.customer).collect();
    let (lose, gain) = concerned(&app, &before, territory).await?;
    let mut phones = Vec::new();
    for person in &lose {
        let of = devices::of(&app.store.read, person.person).await?;
        phones.extend(of.into_iter().filter(|it| it.state == DeviceState::Active));
    }
    Ok(Json(MoveImpact {
        customers: count(moving.len()),
        manager_sees: works_in(&app, account_manager, territory).await?,
        open_visits: open_visits(&app, &moving).await?,
        open_carts: open_carts(&app, &lose, &moving).await?,
        quarantined: quarantined(&app, &moving).await?,
        lose,
        gain,
        devices: phones,
    }))
}

/// Moves customers, each with everything about it in one commit. Returns whose they were.
#[utoipa::path(post, path = "/api/customers/move", request_body = Move,
    responses((status = 200, body = Vec<Moved>), (status = "default", body = Refusal)))]
pub async fn run(
    Me(me): Me,
    State(app): State<Arc<App>>,
    Json(order): Json<Move>,
) -> Result<Json<Vec<Moved>>> {
    require_governor(&me)?;
    let before = before(&app, &order).await?;
    let now = app.clock.now();
    let moves = before.iter().map(|was| {
        let (territory, account_manager) = (order.territory, order.account_manager);
        let assignment = Assignment { territory, account_manager, ..was.clone() };
        app.store.write.run(move |db, commit| {
            Box::pin(async move { master::move_customer(db, commit, &assignment, now).await })
        })
    });
    // Waited for together, they share one flush of the disk.
    try_join_all(moves).await?;
    tracing::info!(by = %me.id, customers = before.len(), territory = %order.territory, "customers moved");
    let moved = |was: Assignment| Moved {
        customer: was.customer,
        territory: was.territory,
        account_manager: was.account_manager,
    };
    Ok(Json(before.into_iter().map(moved).collect()))
}

/// Whose those are now that would really move.
async fn before(app: &App, order: &Move) -> Result<Vec<Assignment>> {
    if order.customers.is_empty() || order.customers.len() > CUSTOMERS_MAX {
        return Err(invalid("customers").into());
    }
    require_owner(app, order.territory, order.account_manager).await?;
    let ids: BTreeSet<Uuid> = order.customers.iter().map(|it| it.0).collect();
    let wanted = ids.len();
    let found = records::many::<Assignment>(&app.store.read, ids).await?;
    if found.len() != wanted {
        return Err(Refusal::new(codes::NOT_FOUND).with("field", "customer").into());
    }
    let stays = |it: &Assignment| {
        (it.territory, it.account_manager) == (order.territory, order.account_manager)
    };
    Ok(found.into_values().filter(|it| !stays(it)).collect())
}

/// A customer belongs to a territory that there is, and to somebody who works here.
pub(super) async fn require_owner(
    app: &App,
    territory: TerritoryId,
    account_manager: PersonId,
) -> Result<()> {
    if records::get::<Territory>(&app.store.read, territory).await?.is_none() {
        return Err(invalid("territory").into());
    }
    let manager = visibility::member(&app.store.read, account_manager).await?;
    if manager.is_none_or(|it| it.disabled_at.is_some()) {
        return Err(invalid("person").into());
    }
    Ok(())
}

/// Who loses and who gains how many.
async fn concerned(
    app: &App,
    before: &[Assignment],
    to: TerritoryId,
) -> Result<(Vec<Concerned>, Vec<Concerned>)> {
    let mut from: BTreeMap<TerritoryId, u32> = BTreeMap::new();
    for was in before {
        *from.entry(was.territory).or_default() += 1;
    }
    let there = workers(app, to).await?;
    let (mut lose, mut gain) = (BTreeMap::new(), BTreeMap::new());
    for (territory, customers) in from {
        let here = workers(app, territory).await?;
        for person in here.difference(&there) {
            *lose.entry(*person).or_default() += customers;
        }
        for person in there.difference(&here) {
            *gain.entry(*person).or_default() += customers;
        }
    }
    let names: BTreeMap<PersonId, String> =
        people::all(&app.store.read).await?.into_iter().map(|it| (it.id, it.name)).collect();
    let named = |counts: BTreeMap<PersonId, u32>| {
        let row = |(person, customers)| Concerned {
            person,
            name: names.get(&person).cloned().unwrap_or_default(),
            customers,
        };
        counts.into_iter().map(row).collect()
    };
    Ok((named(lose), named(gain)))
}

async fn workers(app: &App, territory: TerritoryId) -> Result<BTreeSet<PersonId>> {
    let channel = Channel::Territory(territory);
    let people = impact::granted_to(&app.store.read, channel, app.clock.now()).await?;
    Ok(people.into_iter().collect())
}

async fn works_in(app: &App, person: PersonId, territory: TerritoryId) -> Result<bool> {
    Ok(workers(app, territory).await?.contains(&person))
}

async fn open_visits(app: &App, moving: &BTreeSet<CustomerId>) -> Result<Vec<VisitRow>> {
    let open = VisitFilter { open: true, ..VisitFilter::default() };
    let mut rows = Vec::new();
    for customer in moving {
        let narrow = VisitFilter { customer: Some(*customer), ..open.clone() };
        let found = visits::list(&app.store.read, &narrow, &Page::first(NAMED_MAX)).await?;
        rows.extend(found.rows.iter().map(visit_rows::row));
    }
    Ok(rows)
}

async fn open_carts(app: &App, of: &[Concerned], moving: &BTreeSet<CustomerId>) -> Result<u32> {
    let mut db = app.store.read.acquire().await.map_err(Error::internal)?;
    let mut open = 0;
    for person in of {
        for snapshot in impact::carts_of(&mut db, person.person).await? {
            let read = Automerge::load(&snapshot).ok().and_then(|it| cart::read(&it).ok());
            open += u32::from(read.is_some_and(|it| it.is_open() && moving.contains(&it.customer)));
        }
    }
    Ok(open)
}

async fn quarantined(app: &App, moving: &BTreeSet<CustomerId>) -> Result<u32> {
    let mut db = app.store.read.acquire().await.map_err(Error::internal)?;
    let mut waiting = 0;
    for bytes in impact::quarantined(&mut *db, QUARANTINED_MAX).await? {
        let Ok(entry) = Entry::from_bytes(&bytes) else { continue };
        let Ok(operation) = decode_operation(&entry.operation, entry.version, &entry.args) else {
            continue;
        };
        for item in operation.documents().into_iter().chain(operation.reads()) {
            let customer = match item.kind {
                ItemKind::Customer => Some(CustomerId(item.id)),
                ItemKind::Visit => projection::visit_customer(&mut *db, item.id.into()).await?,
                _ => None,
            };
            if customer.is_some_and(|it| moving.contains(&it)) {
                waiting += 1;
                break;
            }
        }
    }
    Ok(waiting)
}

fn invalid(field: &str) -> Refusal {
    Refusal::new(codes::INVALID).with("field", field)
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
