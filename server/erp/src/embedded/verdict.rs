//! What a person in the office decides where the rules left an order open.

use roundsman_core::documents::order::Order;
use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::{OrderId, PersonId};
use roundsman_core::records::{Ruling, SalesOrder, Verdict};
use roundsman_core::time::Timestamp;
use roundsman_store::{Result, SqliteConnection, outbox};

use super::{Embedded, booking, store};

/// What somebody decided, and on which decision they were looking.
#[derive(Debug, Clone)]
pub struct Ruled {
    /// What.
    pub ruling: Ruling,
    /// Who.
    pub by: PersonId,
    /// Why, in their words.
    pub note: String,
    /// The time of the decision that they saw.
    pub seen: Timestamp,
}

impl Embedded {
    /// Decides an order that the rules left open. Of two people who do so at the same time, the
    /// second is told.
    ///
    /// # Errors
    /// [`codes::NOT_FOUND`] for an order that was not judged, [`codes::DECIDED_MEANWHILE`] when
    /// what they saw is not the case any more, [`codes::EMPTY`] for a refusal without a reason;
    /// when the database refuses.
    pub async fn rule(&self, order: OrderId, ruled: Ruled) -> Result<SalesOrder> {
        if ruled.ruling != Ruling::Release && ruled.note.trim().is_empty() {
            return Err(Refusal::new(codes::EMPTY).with("field", "note").into());
        }
        let now = (self.now)();
        self.store
            .write
            .run(move |db, commit| {
                Box::pin(async move {
                    require_open(db, order, ruled.seen).await?;
                    let order = judged(db, order).await?;
                    let Ruled { ruling, by, note, .. } = ruled;
                    let verdict = Verdict { ruling, by, note, at: now };
                    booking::book(db, commit, &order, Some(verdict), now).await
                })
            })
            .await
    }
}

async fn require_open(db: &mut SqliteConnection, order: OrderId, seen: Timestamp) -> Result<()> {
    let decided = store::sales_order(&mut *db, order).await?;
    let decided = decided.ok_or_else(|| Refusal::new(codes::NOT_FOUND).with("item", order))?;
    if decided.decided_at == seen && decided.is_open() {
        return Ok(());
    }
    let mut refusal = Refusal::new(codes::DECIDED_MEANWHILE);
    if let Some(verdict) = decided.verdict {
        refusal = refusal.with("by", verdict.by);
    }
    Err(refusal.into())
}

/// The order as it was judged. A version that came meanwhile waits for the rules, not for people.
async fn judged(db: &mut SqliteConnection, id: OrderId) -> Result<Order> {
    let order = outbox::order(&mut *db, id).await?;
    let order = order.ok_or_else(|| Refusal::new(codes::NOT_FOUND).with("item", id))?;
    let decided = store::sales_order(&mut *db, id).await?;
    if decided.is_some_and(|decided| decided.version != order.version) {
        return Err(Refusal::new(codes::DECIDED_MEANWHILE).into());
    }
    Ok(order)
}
