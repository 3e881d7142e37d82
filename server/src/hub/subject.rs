//! What people call the thing an entry is about.

use roundsman_core::documents::{customer, decode_operation, order};
use roundsman_core::id::{CustomerId, ItemId, ItemKind};
use roundsman_core::sync::Entry;
use roundsman_store::{Result, SqliteConnection, projection};

/// Its name or number; empty when nothing is known.
pub(super) async fn of(db: &mut SqliteConnection, entry: &Entry) -> Result<String> {
    if let Some(written) = written(entry) {
        return Ok(written);
    }
    let Ok(operation) = decode_operation(&entry.operation, entry.version, &entry.args) else {
        return Ok(String::new());
    };
    for item in operation.documents().into_iter().chain(operation.reads()) {
        let name = name(db, item).await?;
        if !name.is_empty() {
            return Ok(name);
        }
    }
    Ok(String::new())
}

/// What the entry itself says.
fn written(entry: &Entry) -> Option<String> {
    match entry.operation.as_str() {
        "order.submit" => {
            let signed = minicbor::decode::<order::Submit>(&entry.args).ok()?.signed;
            Some(format!("{} {}", signed.device_number, signed.customer_name))
        }
        "order.amend" => {
            let amended = minicbor::decode::<order::Amend>(&entry.args).ok()?.revision.content?;
            Some(format!("{} {}", amended.device_number, amended.customer_name))
        }
        "customer.create" => {
            let create = minicbor::decode::<customer::Create>(&entry.args).ok()?;
            create.fields.get("name").cloned()
        }
        _ => None,
    }
}

async fn name(db: &mut SqliteConnection, item: ItemId) -> Result<String> {
    match item.kind {
        ItemKind::Customer => projection::customer_name(db, CustomerId(item.id)).await,
        ItemKind::Visit => match projection::visit_customer(&mut *db, item.id.into()).await? {
            Some(customer) => projection::customer_name(db, customer).await,
            None => Ok(String::new()),
        },
        _ => Ok(String::new()),
    }
}
