//! Products: the list with its stock, and each as the office keeps it: what it is and what is there.
//! With a connected ERP all of it is kept there.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use roundsman_core::access::may_set_terms;
use roundsman_core::error::{Refusal, Result as Refused, codes};
use roundsman_core::id::{ProductId, WarehouseId};
use roundsman_core::quantity::{Percent, Quantity};
use roundsman_core::records::{
    LocalName, Pack, Person, Picture, Price, PriceList, Product, Warehouse,
};
use roundsman_core::time::Day;
use roundsman_core::views::OfficeProductRow;
use roundsman_erp::embedded::master;
use roundsman_store::lists::products::{self, ListedProduct};
use roundsman_store::records;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::list::{List, Page};
use super::prices::ListedPrice;
use super::{Json, Path, Query};
use crate::app::App;
use crate::error::{Error, Result};
use crate::identity::Me;

/// The longest text, in bytes.
const TEXT_BYTES_MAX: usize = 256;

/// What people decide about a product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductValues {
    /// What people call it.
    name: LocalName,
    /// The shelf it stands on in the catalogue.
    category: LocalName,
    /// Of the base unit; empty when there is none.
    barcode: String,
    /// Value added tax.
    tax_rate: Percent,
    /// Whether it is sold now.
    active: bool,
}

/// A product with what it costs and what is there.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductForm {
    /// The company's own article number.
    code: String,
    /// Base unit.
    unit: String,
    packs: Vec<Pack>,
    picture: Option<Picture>,
    values: ProductValues,
    /// In every list.
    prices: Vec<ListedPrice>,
    /// In every warehouse.
    stock: Vec<Counted>,
    /// The day at the office.
    today: Day,
    /// Whether a connected ERP keeps it: then nothing can be changed here.
    kept_elsewhere: bool,
}

/// What was counted of a product.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Counted {
    warehouse: Warehouse,
    on_hand: Quantity,
}

/// Other values, and those that were looked at.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ProductChange {
    seen: ProductValues,
    values: ProductValues,
}

/// What is there, and what was thought to be there.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Count {
    #[schema(value_type = String)]
    warehouse: WarehouseId,
    seen: Quantity,
    on_hand: Quantity,
}

impl From<&Product> for ProductValues {
    fn from(it: &Product) -> Self {
        Self {
            name: it.name.clone(),
            category: it.category.clone(),
            barcode: it.barcode.clone(),
            tax_rate: it.tax_rate,
            active: it.active,
        }
    }
}

/// Products, by article number.
#[utoipa::path(get, path = "/api/products", params(Page),
    responses((status = 200, body = List<OfficeProductRow>), (status = "default", body = Refusal)))]
pub async fn list(
    _: Me,
    State(app): State<Arc<App>>,
    Query(page): Query<Page>,
) -> Result<Json<List<OfficeProductRow>>> {
    let found = products::list(&app.store.read, &page.into(), app.clock.now()).await?;
    Ok(Json(List::of(found, row)))
}

/// A product, to be looked at and changed.
#[utoipa::path(get, path = "/api/products/{id}", params(("id" = String, Path)),
    responses((status = 200, body = ProductForm), (status = "default", body = Refusal)))]
pub async fn show(
    _: Me,
    State(app): State<Arc<App>>,
    Path(id): Path<ProductId>,
) -> Result<Json<ProductForm>> {
    let now = app.clock.now();
    let mut db = app.store.read.acquire().await.map_err(Error::internal)?;
    let product = master::product(&mut db, id).await?;
    let product = product.ok_or_else(|| Refusal::new(codes::NOT_FOUND))?;
    let mut prices = Vec::new();
    for list in records::all::<PriceList>(&mut *db).await?.into_values() {
        let price = records::get::<Price>(&mut *db, Price::id_of(list.id, id)).await?;
        prices.push(ListedPrice::of(list, price, now));
    }
    let mut stock = Vec::new();
    for warehouse in records::all::<Warehouse>(&mut *db).await?.into_values() {
        let on_hand = master::on_hand(&mut db, warehouse.id, id, now).await?;
        stock.push(Counted { warehouse, on_hand: on_hand.unwrap_or_default() });
    }
    Ok(Json(ProductForm {
        values: (&product).into(),
        code: product.code,
        unit: product.unit,
        packs: product.packs,
        picture: product.picture,
        prices,
        stock,
        today: app.clock.today(),
        kept_elsewhere: app.erp.connector().is_some(),
    }))
}

/// Changes what a product is. Of two people who do so at the same time, the second is told
/// `DECIDED_MEANWHILE`.
#[utoipa::path(post, path = "/api/products/{id}", request_body = ProductChange,
    params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Refusal)))]
pub async fn change(
    Me(me): Me,
    State(app): State<Arc<App>>,
    Path(id): Path<ProductId>,
    Json(form): Json<ProductChange>,
) -> Result<StatusCode> {
    require(&app, &me)?;
    let values = checked(form.values)?;
    let now = app.clock.now();
    let job = app.store.write.run(move |db, commit| {
        Box::pin(async move {
            let product = master::product(db, id).await?;
            let product = product.ok_or_else(|| Refusal::new(codes::NOT_FOUND))?;
            unchanged(&ProductValues::from(&product), &form.seen)?;
            let ProductValues { name, category, barcode, tax_rate, active } = values;
            let product = Product { name, category, barcode, tax_rate, active, ..product };
            master::put_product(db, commit, &product, now).await
        })
    });
    job.await?;
    tracing::info!(by = %me.id, product = %id, "a product changed");
    Ok(StatusCode::NO_CONTENT)
}

/// Says what was counted of a product in a warehouse.
#[utoipa::path(post, path = "/api/products/{id}/stock", request_body = Count,
    params(("id" = String, Path)),
    responses((status = 204), (status = "default", body = Refusal)))]
pub async fn count(
    Me(me): Me,
    State(app): State<Arc<App>>,
    Path(id): Path<ProductId>,
    Json(form): Json<Count>,
) -> Result<StatusCode> {
    require(&app, &me)?;
    if form.on_hand.0.is_sign_negative() {
        return Err(invalid("on_hand").into());
    }
    let warehouse = records::get::<Warehouse>(&app.store.read, form.warehouse).await?;
    let warehouse = warehouse.ok_or_else(|| Refusal::new(codes::NOT_FOUND))?;
    let now = app.clock.now();
    let job = app.store.write.run(move |db, _| {
        Box::pin(async move {
            let product = master::product(db, id).await?;
            let product = product.ok_or_else(|| Refusal::new(codes::NOT_FOUND))?;
            let there = master::on_hand(db, warehouse.id, id, now).await?.unwrap_or_default();
            unchanged(&there, &form.seen)?;
            master::count_stock(db, &warehouse, &product, form.on_hand).await
        })
    });
    job.await?;
    tracing::info!(by = %me.id, product = %id, warehouse = %form.warehouse, "stock was counted");
    Ok(StatusCode::NO_CONTENT)
}

pub(super) fn require(app: &App, me: &Person) -> Refused<()> {
    if !may_set_terms(me.role) {
        return Err(Refusal::new(codes::ACCESS_ENDED));
    }
    if app.erp.connector().is_some() {
        return Err(Refusal::new(codes::KEPT_IN_ERP));
    }
    Ok(())
}

/// Whoever looked at something else decides again.
pub(super) fn unchanged<T: PartialEq>(there: &T, seen: &T) -> Refused<()> {
    if there == seen { Ok(()) } else { Err(Refusal::new(codes::DECIDED_MEANWHILE)) }
}

fn checked(values: ProductValues) -> Refused<ProductValues> {
    let texts = [
        ("name_zh", &values.name.zh),
        ("name_en", &values.name.en),
        ("category_zh", &values.category.zh),
        ("category_en", &values.category.en),
        ("barcode", &values.barcode),
    ];
    for (field, text) in texts {
        if text.len() > TEXT_BYTES_MAX {
            return Err(Refusal::new(codes::TOO_LARGE).with("field", field));
        }
    }
    if values.name.zh.trim().is_empty() {
        return Err(Refusal::new(codes::EMPTY).with("field", "name_zh"));
    }
    if values.name.en.trim().is_empty() {
        return Err(Refusal::new(codes::EMPTY).with("field", "name_en"));
    }
    if !(Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&values.tax_rate.0) {
        return Err(invalid("tax_rate"));
    }
    Ok(values)
}

pub(super) fn invalid(field: &str) -> Refusal {
    Refusal::new(codes::INVALID).with("field", field)
}

fn row(listed: ListedProduct) -> OfficeProductRow {
    let ListedProduct { product, unit_price, on_hand, reserved } = listed;
    OfficeProductRow {
        id: product.id,
        code: product.code,
        name: product.name,
        category: product.category,
        unit: product.unit,
        picture: product.picture,
        packs: product.packs,
        tax_rate: product.tax_rate,
        unit_price,
        on_hand,
        reserved,
        available: Quantity(on_hand.0.saturating_sub(reserved.0)),
        active: product.active,
    }
}
