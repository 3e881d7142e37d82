//! Customers that were merged, and what counts for the one that stays.

use std::collections::BTreeSet;

use sqlx::SqlitePool;

use super::Part;
use crate::{Result, merges};

/// Who stays is what documents say, and nothing counts for anybody else.
pub(super) async fn check(db: &SqlitePool) -> Result<Part> {
    let mut part = Part::new("merged customers");
    let (said, kept) = (merges::said(db).await?, merges::kept(db).await?);
    for customer in said.keys().chain(kept.keys()).collect::<BTreeSet<_>>() {
        part.checked += 1;
        part.expect(said.get(customer) == kept.get(customer), || {
            format!("customer {customer} counts for another one than its document says")
        });
    }
    let left: i64 = sqlx::query_scalar(
        "select count(*) from (select customer from visit_row union all select customer from order_row) \
         where customer in (select customer from merged)",
    )
    .fetch_one(db)
    .await?;
    part.expect(left == 0, || {
        format!("{left} visits and orders count for a customer that was merged")
    });
    Ok(part)
}
