//! Orders from before the company came here. They have no document and no decider: each is listed
//! like one that was closed, and a summary shows it where its customer's work is shown.

use roundsman_core::documents::order::{Order, SignedOrder};
use roundsman_core::id::{ItemId, ItemKind, OrderId, uuid_of};
use roundsman_core::records::{OrderSummary, SalesOrder};
use roundsman_core::time::Timestamp;
use sqlx::SqliteConnection;

use crate::{Commit, Packed, Result, column, merges, outcomes, projection, records, visibility};

/// The id of the order with this number of the company's own.
#[must_use]
pub fn id_of(number: &str) -> OrderId {
    uuid_of(&[b"past order", number.as_bytes()]).into()
}

/// An order with what became of it, if it came in this way.
///
/// # Errors
/// When the database refuses.
pub async fn find(
    db: &mut SqliteConnection,
    id: OrderId,
) -> Result<Option<(SignedOrder, SalesOrder)>> {
    let body: Option<Packed> =
        sqlx::query_scalar("select body from order_row where id = $1 and imported = 1")
            .bind(id.0)
            .fetch_optional(&mut *db)
            .await?;
    let order: Option<Order> = body.as_ref().map(column::from_packed_json).transpose()?;
    let decision = records::get::<SalesOrder>(db, id.0).await?;
    Ok(order.map(|order| order.content).zip(decision))
}

/// Keeps an order with what became of it.
///
/// # Errors
/// When the database refuses.
pub async fn put(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    signed: &SignedOrder,
    decision: &SalesOrder,
    now: Timestamp,
) -> Result<()> {
    let order = Order::from(signed.clone());
    projection::orders(db, &[(&order, signed.placed_at)], now).await?;
    sqlx::query("update order_row set imported = 1 where id = $1")
        .bind(signed.order.0)
        .execute(&mut *db)
        .await?;
    outcomes::publish(db, commit, &[(decision, Vec::new())], now).await?;
    sqlx::query("update outcome_row set closed = 1 where id = $1")
        .bind(signed.order.0)
        .execute(&mut *db)
        .await?;
    let customer = merges::survivor(&mut *db, signed.customer).await?;
    let territory = visibility::territory(&mut *db, customer).await?;
    let channels = visibility::of_work(territory, signed.rep);
    commit.publish(db, &OrderSummary::new(signed, decision), &channels, now).await
}

/// Takes an order away again, wherever it was shown.
///
/// # Errors
/// When it did not come in this way; when the database refuses.
pub async fn remove(db: &mut SqliteConnection, commit: &mut Commit, id: OrderId) -> Result<()> {
    for kind in [ItemKind::OrderSummary, ItemKind::SalesOrder] {
        commit.withdraw(db, ItemId::new(kind, id.0)).await?;
    }
    for delete in [
        "delete from order_row where id = $1 and imported = 1",
        "delete from outcome_row where id = $1",
    ] {
        sqlx::query(delete).bind(id.0).execute(&mut *db).await?;
    }
    Ok(())
}
