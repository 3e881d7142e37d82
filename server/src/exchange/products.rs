//! Products.

use roundsman_core::quantity::Percent;
use roundsman_core::records::{LocalName, Product};
use roundsman_erp::embedded::master;
use roundsman_store::{Result, SqliteConnection};
use rust_decimal::Decimal;

use super::plan::{Context, Plan};
use super::sheet::{FaultCode, Row};
use super::write::Write;

/// The unit of products that say none: the piece.
const UNIT: &str = "pc";

pub async fn plan(
    context: &mut Context<'_>,
    db: &mut SqliteConnection,
    mut row: Row<'_>,
) -> Result<Plan> {
    let code = row.needed("code");
    let before = master::product_by_code(&mut *db, &code).await?;
    let after = product(&mut row, before.as_ref(), code, context);
    let id = after.id;
    let writes = if before.as_ref() == Some(&after) {
        Vec::new()
    } else {
        vec![Write::PutProduct { before: before.map(Box::new), after: Box::new(after) }]
    };
    Ok(Plan::of(row, id, writes))
}

/// The product as it was, but for what the row says.
fn product(
    row: &mut Row<'_>,
    was: Option<&Product>,
    code: String,
    context: &Context<'_>,
) -> Product {
    let both = row.text("name");
    let (zh, en) = (row.text("name_zh").or(both.clone()), row.text("name_en").or(both));
    if was.is_none() && zh.is_none() && en.is_none() {
        row.fault("name", FaultCode::Missing);
    }
    let category = row.text("category").map(|it| LocalName { zh: it.clone(), en: it });
    let tax_rate = row.amount("tax_rate");
    if tax_rate.is_some_and(|rate| rate > Decimal::ONE_HUNDRED) {
        row.fault("tax_rate", FaultCode::NotANumber);
    }
    let active = row.yes("active").or(row.yes("discontinued").map(|gone| !gone));
    let new = || Product {
        id: context.clock.new_id().into(),
        code,
        name: LocalName { zh: String::new(), en: String::new() },
        category: LocalName { zh: String::new(), en: String::new() },
        unit: UNIT.to_owned(),
        packs: Vec::new(),
        tax_rate: Percent(Decimal::ZERO),
        barcode: String::new(),
        active: true,
        picture: None,
    };
    let was = was.cloned().unwrap_or_else(new);
    let or = |said: Option<String>, was: String| said.unwrap_or(was);
    let (zh, en) = (zh.clone().or(en.clone()), en.or(zh));
    Product {
        name: LocalName { zh: or(zh, was.name.zh), en: or(en, was.name.en) },
        category: category.unwrap_or(was.category),
        unit: or(row.text("unit"), was.unit),
        tax_rate: tax_rate.map_or(was.tax_rate, Percent),
        barcode: or(row.text("barcode"), was.barcode),
        active: active.unwrap_or(was.active),
        ..was
    }
}
