//! What was counted in a warehouse.

use roundsman_core::quantity::Quantity;
use roundsman_core::records::Stock;
use roundsman_erp::embedded::master;
use roundsman_store::{Result, SqliteConnection};

use super::plan::{Context, Plan};
use super::sheet::{FaultCode, Row};
use super::write::Write;

pub async fn plan(
    context: &mut Context<'_>,
    db: &mut SqliteConnection,
    mut row: Row<'_>,
) -> Result<Plan> {
    let code = row.needed("product");
    row.needed("on_hand");
    let after = row.amount("on_hand").map(Quantity);
    let company = context.company;
    let named = row.read("warehouse", FaultCode::Unknown, |name| company.warehouse(name));
    let warehouse = match row.text("warehouse") {
        Some(_) => named.map(|it| it.id),
        None => company.usual_warehouse(),
    };
    if warehouse.is_none() && row.text("warehouse").is_none() {
        row.fault("warehouse", FaultCode::Missing);
    }
    let product = master::product_by_code(&mut *db, &code).await?;
    if product.is_none() && !code.is_empty() {
        row.fault("product", FaultCode::Unknown);
    }
    let (Some(warehouse), Some(product), Some(after)) = (warehouse, product, after) else {
        return Ok(Plan::refused(row));
    };
    let product = product.id;
    let before = master::on_hand(&mut *db, warehouse, product, company.now).await?;
    let write = Write::CountStock { warehouse, product, before, after };
    let writes = if before == Some(after) { Vec::new() } else { vec![write] };
    Ok(Plan::of(row, Stock::id_of(warehouse, product), writes))
}
