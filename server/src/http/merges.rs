//! Customers that were entered twice: finding them, making one of two, and taking that back.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use roundsman_core::documents::Request;
use roundsman_core::documents::customer::{Contact, Customer};
use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::CustomerId;
use roundsman_core::views::CustomerRow;
use roundsman_store::lists::Page as Wanted;
use roundsman_store::lists::customers::{self, CustomerFilter, ListedCustomer};
use roundsman_store::{imports, merges};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::customers::row;
use super::devices::require_governor;
use super::{Json, Path};
use crate::app::App;
use crate::error::Result;
use crate::exchange::twins::{Likeness, Sign, Signs, Twins};
use crate::identity::Me;

/// Pairs that are shown at most: the surest come first, and they are worked through.
const PAIRS_MAX: usize = 100;

/// Two customers that are probably one.
#[derive(Debug, Serialize, ToSchema)]
pub struct Pair {
    /// How sure it is, of 100.
    score: u32,
    /// What they have in common, the surest first.
    signs: Vec<Sign>,
    one: CustomerRow,
    other: CustomerRow,
}

/// Customers that are probably entered twice.
#[derive(Debug, Serialize, ToSchema)]
pub struct Duplicates {
    /// All pairs.
    total: usize,
    /// The surest ones.
    pairs: Vec<Pair>,
}

/// Customers that are probably entered twice, the surest first. Pairs of which somebody said that
/// they are two are left out.
#[utoipa::path(get, path = "/api/customers/duplicates",
    responses((status = 200, body = Duplicates), (status = "default", body = Refusal)))]
pub async fn list(_: Me, State(app): State<Arc<App>>) -> Result<Json<Duplicates>> {
    let mut twins = Twins::default();
    for known in imports::customers(&app.store.read).await? {
        twins.add(known.id, known.customer.value("name"), Signs::of(&known.customer));
    }
    let apart = merges::told_apart(&app.store.read).await?;
    let mut found = twins.pairs();
    found.retain(|likeness| !apart.contains(&(likeness.one, likeness.other)));
    let total = found.len();
    let mut pairs = Vec::new();
    for Likeness { one, other, score, signs } in found.into_iter().take(PAIRS_MAX) {
        let (one, other) = (listed(&app, one).await?, listed(&app, other).await?);
        pairs.push(Pair { score, signs, one: row(&app, &one), other: row(&app, &other) });
    }
    Ok(Json(Duplicates { total, pairs }))
}

/// Which customer it becomes, and what of it is right.
#[derive(Debug, Deserialize, ToSchema)]
pub struct MergeForm {
    /// The one that stays.
    #[schema(value_type = String)]
    into: CustomerId,
    /// Values, by field, that the one that stays gets: those that were better at the other one.
    #[serde(default)]
    fields: BTreeMap<String, String>,
}

/// Makes one customer of two. What was recorded for this one counts for the one that stays, which
/// gets its contacts too; nothing is deleted.
#[utoipa::path(post, path = "/api/customers/{id}/merge", request_body = MergeForm,
    params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Refusal)))]
pub async fn merge(
    Me(me): Me,
    State(app): State<Arc<App>>,
    Path(customer): Path<CustomerId>,
    Json(form): Json<MergeForm>,
) -> Result<StatusCode> {
    require_governor(&me)?;
    let into = merges::survivor(&app.store.read, form.into).await?;
    if merges::survivor(&app.store.read, customer).await? != customer {
        return Err(Refusal::new(codes::CUSTOMER_MERGED).into());
    }
    if into == customer {
        return Err(Refusal::new(codes::INVALID).with("field", "into").into());
    }
    let (leaves, stays) = (listed(&app, customer).await?, listed(&app, into).await?);
    let mut requests = vec![Request::CustomerMerge { customer, into }];
    if !form.fields.is_empty() {
        requests.push(Request::CustomerEdit { customer: into, fields: form.fields });
    }
    requests.extend(contacts_for(into, &leaves.customer, &stays.customer));
    app.desk.record(me.id, requests).await?;
    tracing::info!(by = %me.id, %customer, %into, "customers merged");
    Ok(StatusCode::NO_CONTENT)
}

/// People to talk to go with their shop, unless they are known there.
fn contacts_for<'a>(
    into: CustomerId,
    leaves: &'a Customer,
    stays: &'a Customer,
) -> impl Iterator<Item = Request> + 'a {
    let known = |it: &&Contact| stays.contacts.values().any(|known| known == *it);
    let new = leaves.contacts.values().filter(move |it| !known(it));
    new.map(move |contact| Request::CustomerSaveContact {
        customer: into,
        contact: None,
        name: contact.name.clone(),
        role: contact.role.clone(),
        phone: contact.phone.clone(),
        email: contact.email.clone(),
    })
}

/// Takes a merge back: what was recorded for this customer counts for it again. Values and contacts
/// that the other one got stay there.
#[utoipa::path(post, path = "/api/customers/{id}/unmerge", params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Refusal)))]
pub async fn unmerge(
    Me(me): Me,
    State(app): State<Arc<App>>,
    Path(customer): Path<CustomerId>,
) -> Result<StatusCode> {
    require_governor(&me)?;
    if listed(&app, customer).await?.customer.replaced_by.is_some() {
        app.desk.run(me.id, Request::CustomerUnmerge { customer }).await?;
        tracing::info!(by = %me.id, %customer, "a merge was taken back");
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Which customer it only looks like.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ApartForm {
    #[schema(value_type = String)]
    other: CustomerId,
}

/// Notes that two customers look alike and are not the same, so that nobody is asked again.
#[utoipa::path(post, path = "/api/customers/{id}/apart", request_body = ApartForm,
    params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Refusal)))]
pub async fn tell_apart(
    Me(me): Me,
    State(app): State<Arc<App>>,
    Path(customer): Path<CustomerId>,
    Json(form): Json<ApartForm>,
) -> Result<StatusCode> {
    require_governor(&me)?;
    let (other, by, now) = (form.other, me.id, app.clock.now());
    let told = app.store.write.run(move |db, _| {
        Box::pin(async move { merges::tell_apart(db, (customer, other), by, now).await })
    });
    told.await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn listed(app: &App, id: CustomerId) -> Result<ListedCustomer> {
    let narrow = CustomerFilter { id: Some(id), ..CustomerFilter::default() };
    let found = customers::list(&app.store.read, &narrow, &Wanted::one()).await?;
    Ok(found.rows.into_iter().next().ok_or_else(|| Refusal::new(codes::NOT_FOUND))?)
}
