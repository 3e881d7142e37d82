//! What an import does to orders from before.

use roundsman_core::documents::order::{SignedLine, SignedOrder};
use roundsman_core::records::SalesOrder;
use roundsman_store::{Commit, Result, SqliteConnection, past_orders};
use serde::{Deserialize, Serialize};

use super::Hand;

/// An order with what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PastOrder {
    pub signed: SignedOrder,
    pub decision: SalesOrder,
}

impl PastOrder {
    /// Whether both say the same of what a file can say: names and taxes of today may be others than
    /// when it came in.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        let line = |it: &SignedLine| (it.product, it.quantity, it.unit_price, it.discount);
        let said = |it: &Self| {
            let (signed, promised_on) = (&it.signed, it.decision.promised_on);
            let head = (signed.customer, signed.rep, signed.placed_at, signed.requested_on);
            (head, promised_on, signed.lines.iter().map(line).collect::<Vec<_>>())
        };
        said(self) == said(other)
    }

    /// Keeps it.
    ///
    /// # Errors
    /// When the database refuses.
    pub(super) async fn put(
        &self,
        hand: &Hand<'_>,
        db: &mut SqliteConnection,
        commit: &mut Commit,
    ) -> Result<()> {
        past_orders::put(db, commit, &self.signed, &self.decision, hand.now).await
    }
}

/// Puts an order back as it was, or takes it away; whether it stays, since another file changed it.
pub async fn order_back(
    hand: &Hand<'_>,
    db: &mut SqliteConnection,
    commit: &mut Commit,
    (before, after): (Option<&PastOrder>, &PastOrder),
) -> Result<bool> {
    let order = after.signed.order;
    let now = past_orders::find(&mut *db, order).await?;
    let now = now.map(|(signed, decision)| PastOrder { signed, decision });
    if !now.is_some_and(|now| now.says_the_same(after)) {
        return Ok(true);
    }
    match before {
        Some(before) => before.put(hand, db, commit).await?,
        None => past_orders::remove(db, commit, order).await?,
    }
    Ok(false)
}
