//! The day in the field: every rep's round, and what is sold where.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use roundsman_core::error::Refusal;
use roundsman_core::id::{PersonId, TerritoryId};
use roundsman_core::money::{Currency, Money};
use roundsman_core::records::{LocalName, Role, Territory};
use roundsman_core::time::{Day, Timestamp};
use roundsman_store::lists::field::{self, Heard, Round, Sold};
use roundsman_store::{people, records};
use serde::Serialize;
use utoipa::ToSchema;

use super::Json;
use super::summary::currency;
use crate::app::App;
use crate::error::Result;
use crate::identity::Me;

/// Days that are drawn, today among them.
const DAYS: i32 = 14;

/// The day in the field.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldDay {
    /// Which day it is in the office.
    #[schema(value_type = String)]
    today: Day,
    /// Everybody who goes out, who is furthest behind the plan first.
    reps: Vec<RepDay>,
    /// What was sold today in each territory, the most first.
    territories: Vec<TerritoryDay>,
    /// What was sold on each of the last days, today last.
    days: Vec<DaySold>,
}

/// A rep's day.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RepDay {
    #[schema(value_type = String)]
    person: PersonId,
    name: String,
    /// Customers visited today.
    visited: u64,
    /// Customers on today's round, those visited among them.
    planned: u64,
    /// The customer the rep is with now.
    at: Option<String>,
    orders: u64,
    order_total: Money,
    /// When a phone of theirs was heard of last; none when there is none.
    heard_at: Option<Timestamp>,
    /// Entries known to be on a phone that are not here yet.
    waiting: u64,
}

/// A territory's day.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerritoryDay {
    #[schema(value_type = String)]
    territory: TerritoryId,
    name: LocalName,
    orders: u64,
    order_total: Money,
}

/// What was sold on one day.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DaySold {
    #[schema(value_type = String)]
    day: Day,
    orders: u64,
    order_total: Money,
}

/// The day in the field.
#[utoipa::path(get, path = "/api/field",
    responses((status = 200, body = FieldDay), (status = "default", body = Refusal)))]
pub async fn show(_: Me, State(app): State<Arc<App>>) -> Result<Json<FieldDay>> {
    let db = &app.store.read;
    let (today, offset) = (app.clock.today(), app.clock.offset_minutes());
    let until = app.clock.begin_of(today.plus(1));
    let during = app.clock.begin_of(today)..until;
    let currency = currency(&app).await?;
    let sold = field::sold(db, during.clone()).await?;
    let first = today.plus(1 - DAYS);
    let days = field::by_day(db, app.clock.begin_of(first)..until, offset).await?;
    Ok(Json(FieldDay {
        today,
        reps: reps(&app, &sold, field::rounds(db, during, today, offset).await?, currency).await?,
        territories: territories(&app, &sold, currency).await?,
        days: (0..DAYS)
            .map(|n| {
                let day = first.plus(n);
                let (orders, total) = days.get(&day).copied().unwrap_or_default();
                DaySold { day, orders, order_total: Money::new(total, currency) }
            })
            .collect(),
    }))
}

/// Who goes out today: who may, and who did.
async fn reps(
    app: &App,
    sold: &[Sold],
    mut rounds: BTreeMap<PersonId, Round>,
    currency: Currency,
) -> Result<Vec<RepDay>> {
    let mut heard = field::heard(&app.store.read).await?;
    let mut reps = Vec::new();
    for standing in people::standings(&app.store.read).await? {
        let person = standing.person;
        let round = rounds.remove(&person.id);
        let theirs = || sold.iter().filter(|it| it.rep == person.id);
        let goes_out = person.role == Role::Rep && standing.disabled_at.is_none();
        let busy = round.as_ref().is_some_and(|it| it.visited > 0) || theirs().next().is_some();
        if !goes_out && !busy {
            continue;
        }
        let round = round.unwrap_or_default();
        let Heard { at: heard_at, waiting } =
            heard.remove(&person.id).unwrap_or(Heard { at: None, waiting: 0 });
        reps.push(RepDay {
            person: person.id,
            name: person.name.clone(),
            visited: round.visited,
            planned: round.visited + round.ahead,
            at: round.at,
            orders: theirs().map(|it| it.orders).sum(),
            order_total: Money::new(theirs().map(|it| it.total_minor).sum(), currency),
            heard_at,
            waiting,
        });
    }
    reps.sort_by(|left, right| {
        let behind = |rep: &RepDay| rep.planned - rep.visited;
        behind(right).cmp(&behind(left)).then_with(|| left.name.cmp(&right.name))
    });
    Ok(reps)
}

async fn territories(app: &App, sold: &[Sold], currency: Currency) -> Result<Vec<TerritoryDay>> {
    let all = records::all::<Territory>(&app.store.read).await?.into_values();
    let mut days: Vec<TerritoryDay> = all
        .map(|territory| {
            let here = || sold.iter().filter(|it| it.territory == Some(territory.id));
            TerritoryDay {
                territory: territory.id,
                name: territory.name.clone(),
                orders: here().map(|it| it.orders).sum(),
                order_total: Money::new(here().map(|it| it.total_minor).sum(), currency),
            }
        })
        .collect();
    days.sort_by(|left, right| {
        let worth = |it: &TerritoryDay| it.order_total.minor;
        worth(right).cmp(&worth(left)).then_with(|| left.name.en.cmp(&right.name.en))
    });
    Ok(days)
}
