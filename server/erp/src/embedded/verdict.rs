//! What a person in the office decides where the rules left an order open.

use roundsman_core::documents::order::Order;
use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::{OrderId, PersonId};
use roundsman_core::records::{Ruling, SalesOrder, Verdict};
use roundsman_core::time::Timestamp;
use roundsman_store::{Commit, Result, SqliteConnection, outbox};

use super::ledger::{Judge, Ledger};
use super::{Embedded, orders};

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
        let now = (self.now)();
        self.store
            .write
            .run(move |db, commit| {
                Box::pin(async move {
                    let (order, verdict) = opened(db, order, ruled, now).await?;
                    book(db, commit, &order, Judge::Person(verdict), now).await
                })
            })
            .await
    }

    /// What such a decision would come to. Nothing is done.
    ///
    /// # Errors
    /// As [`Self::rule`].
    pub(crate) async fn proposed(
        &self,
        order: OrderId,
        ruled: Ruled,
    ) -> Result<(Order, SalesOrder)> {
        let now = (self.now)();
        let mut db = self.store.read.acquire().await?;
        let (order, verdict) = opened(&mut db, order, ruled, now).await?;
        let decided = self.judge(&mut db, &order, Some(verdict)).await?;
        Ok((order, decided))
    }

    /// Books what somebody decided about an order as they saw it, and a connected ERP with them.
    ///
    /// # Errors
    /// As [`Self::rule`].
    pub(crate) async fn enter_ruled(
        &self,
        order: &Order,
        seen: Timestamp,
        decided: SalesOrder,
    ) -> Result<SalesOrder> {
        let (order, now) = (order.clone(), (self.now)());
        self.store
            .write
            .run(move |db, commit| {
                Box::pin(async move {
                    require_open(db, order.content.order, seen).await?;
                    book(db, commit, &order, Judge::Made(Box::new(decided)), now).await
                })
            })
            .await
    }
}

async fn book(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    order: &Order,
    judge: Judge,
    now: Timestamp,
) -> Result<SalesOrder> {
    let mut ledger = Ledger::open(db, &[order], now).await?;
    let decided = ledger.book(order, judge);
    ledger.close(db, commit).await?;
    Ok(decided)
}

/// The order that somebody decides about, if it is as they saw it.
async fn opened(
    db: &mut SqliteConnection,
    order: OrderId,
    ruled: Ruled,
    now: Timestamp,
) -> Result<(Order, Verdict)> {
    let Ruled { ruling, by, note, seen } = ruled;
    if ruling != Ruling::Release && note.trim().is_empty() {
        return Err(Refusal::new(codes::EMPTY).with("field", "note").into());
    }
    require_open(db, order, seen).await?;
    Ok((judged(db, order).await?, Verdict { ruling, by, note, at: now }))
}

async fn require_open(db: &mut SqliteConnection, order: OrderId, seen: Timestamp) -> Result<()> {
    let decided = orders::get(&mut *db, order).await?;
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
    let decided = orders::get(&mut *db, id).await?;
    if decided.is_some_and(|decided| decided.version != order.version) {
        return Err(Refusal::new(codes::DECIDED_MEANWHILE).into());
    }
    Ok(order)
}
