//! What a customer buys by: its number, prices and credit, as the company decided.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use roundsman_core::access::may_set_terms;
use roundsman_core::error::{Refusal, Result as Refused, codes};
use roundsman_core::id::{CustomerId, PriceListId, WarehouseId};
use roundsman_core::money::Money;
use roundsman_core::records::{CustomerAccount, PriceList, Warehouse};
use roundsman_erp::embedded::master;
use roundsman_store::records;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Json, Path};
use crate::app::App;
use crate::error::Result;
use crate::identity::Me;

/// The longest customer number, in bytes.
const CODE_BYTES_MAX: usize = 64;

/// What people decide about an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Terms {
    /// The company's own customer number.
    code: String,
    /// Which prices it gets.
    #[schema(value_type = String)]
    price_list: PriceListId,
    /// Where its orders are served from.
    #[schema(value_type = String)]
    warehouse: WarehouseId,
    /// None: no limit.
    credit_limit: Option<Money>,
    /// Whether finance stopped deliveries.
    blocked: bool,
}

/// The terms of an account, and what there is to choose from.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountForm {
    terms: Terms,
    /// In the currency that the customer owes in.
    price_lists: Vec<PriceList>,
    warehouses: Vec<Warehouse>,
}

/// New terms, and those that were looked at.
#[derive(Debug, Deserialize, ToSchema)]
pub struct TermsChange {
    seen: Terms,
    terms: Terms,
}

impl From<&CustomerAccount> for Terms {
    fn from(account: &CustomerAccount) -> Self {
        Self {
            code: account.code.clone(),
            price_list: account.price_list,
            warehouse: account.warehouse,
            credit_limit: account.credit_limit,
            blocked: account.blocked,
        }
    }
}

/// The terms of a customer's account, to be changed.
#[utoipa::path(get, path = "/api/customers/{id}/account", params(("id" = String, Path)),
    responses((status = 200, body = AccountForm), (status = "default", body = Refusal)))]
pub async fn show(
    _: Me,
    State(app): State<Arc<App>>,
    Path(id): Path<CustomerId>,
) -> Result<Json<AccountForm>> {
    let account = records::get::<CustomerAccount>(&app.store.read, id).await?;
    let account = account.ok_or_else(|| Refusal::new(codes::NOT_FOUND))?;
    let lists = records::all::<PriceList>(&app.store.read).await?;
    let same = |it: &PriceList| it.currency == account.balance.currency;
    let warehouses = records::all::<Warehouse>(&app.store.read).await?;
    Ok(Json(AccountForm {
        terms: (&account).into(),
        price_lists: lists.into_values().filter(same).collect(),
        warehouses: warehouses.into_values().collect(),
    }))
}

/// Changes the terms. Of two people who do so at the same time, the second is told
/// `DECIDED_MEANWHILE`, and nothing of theirs is taken.
#[utoipa::path(post, path = "/api/customers/{id}/account", request_body = TermsChange,
    params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Refusal)))]
pub async fn change(
    Me(me): Me,
    State(app): State<Arc<App>>,
    Path(id): Path<CustomerId>,
    Json(form): Json<TermsChange>,
) -> Result<StatusCode> {
    if !may_set_terms(me.role) {
        return Err(Refusal::new(codes::ACCESS_ENDED).into());
    }
    let list = records::get::<PriceList>(&app.store.read, form.terms.price_list).await?;
    let list = list.ok_or_else(|| invalid("price_list"))?;
    let warehouse = records::get::<Warehouse>(&app.store.read, form.terms.warehouse).await?;
    warehouse.ok_or_else(|| invalid("warehouse"))?;
    let now = app.clock.now();
    let changed = app.store.write.run(move |db, commit| {
        let change = move |account| changed(account, form, &list);
        Box::pin(async move { master::change_account(db, commit, id, change, now).await })
    });
    changed.await?;
    tracing::info!(by = %me.id, customer = %id, "the terms of a customer changed");
    Ok(StatusCode::NO_CONTENT)
}

fn changed(
    account: CustomerAccount,
    form: TermsChange,
    list: &PriceList,
) -> Refused<CustomerAccount> {
    if Terms::from(&account) != form.seen {
        return Err(Refusal::new(codes::DECIDED_MEANWHILE));
    }
    let Terms { code, price_list, warehouse, credit_limit, blocked } = form.terms;
    let code = code.trim().to_owned();
    if code.is_empty() {
        return Err(Refusal::new(codes::EMPTY).with("field", "code"));
    }
    if code.len() > CODE_BYTES_MAX {
        return Err(Refusal::new(codes::TOO_LARGE).with("field", "code"));
    }
    let currency = account.balance.currency;
    // What is owed would be read as so much of another currency.
    if list.currency != currency {
        return Err(invalid("price_list"));
    }
    if credit_limit.is_some_and(|it: Money| it.minor < 0 || it.currency != currency) {
        return Err(invalid("credit_limit"));
    }
    Ok(CustomerAccount { code, price_list, warehouse, credit_limit, blocked, ..account })
}

fn invalid(field: &str) -> Refusal {
    Refusal::new(codes::INVALID).with("field", field)
}
