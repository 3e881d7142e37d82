//! Orders that somebody in the office changes or calls off, with the customer on the telephone: another
//! version, as a phone would make it.

use automerge::Automerge;
use roundsman_core::documents::Operation;
use roundsman_core::documents::order::{self, Amend, Cancel, Order, Revising, Wanted};
use roundsman_core::error::{Refusal, Result as Refused, codes};
use roundsman_core::id::{OrderId, PersonId};
use roundsman_core::money::Money;
use roundsman_core::time::Timestamp;
use roundsman_erp::embedded::shelf_to_amend;
use roundsman_store::{Error as StoreError, Result as StoreResult, SqliteConnection};

use super::orders::at_the_price;
use super::{Desk, stored};
use crate::error::Result;

/// What a customer wants instead.
#[derive(Debug, Clone)]
pub struct Amended {
    /// The whole order as it is wanted now.
    pub wanted: Wanted,
    /// What the customer was told that it costs then, with tax.
    pub told: Money,
}

/// What is to become of an order.
#[derive(Debug, Clone)]
pub enum Change {
    /// It is wanted otherwise.
    Amend(Amended),
    /// It is wanted no more, and why.
    Cancel(String),
}

impl Desk {
    /// Makes another version of an order of which somebody saw so many; nothing is recorded when it is
    /// like that already.
    ///
    /// # Errors
    /// Why a phone would not record it either; [`codes::DECIDED_MEANWHILE`] when there is a version
    /// that they did not see, [`codes::TOTAL_CHANGED`] when it costs something else than the
    /// customer was told. Nothing was recorded then.
    pub async fn change_order(
        &self,
        person: PersonId,
        id: OrderId,
        seen: u32,
        change: Change,
    ) -> Result<()> {
        let desk = self.clone();
        let changed = self.store.write.run(move |db, commit| {
            Box::pin(async move {
                let now = desk.clock.now();
                let document = stored(db, id).await?;
                let order = order::read(&document)?;
                let revising = desk.revising(person, &document, now)?;
                let operation = operation(db, &order, change, revising, now).await;
                let overtaken = order.revision().saturating_add(1) != seen;
                let operation = match operation {
                    // It is like that already.
                    Ok(None) => return Ok(()),
                    Ok(Some(_)) | Err(StoreError::Refused(_)) if overtaken => {
                        return Err(Refusal::new(codes::DECIDED_MEANWHILE).into());
                    }
                    Ok(Some(operation)) => operation,
                    Err(error) => return Err(error),
                };
                desk.record_in(db, commit, person, vec![(now, operation)]).await
            })
        });
        Ok(changed.await?)
    }

    fn revising(&self, by: PersonId, document: &Automerge, at: Timestamp) -> Refused<Revising> {
        let (bases, offset_minutes) = (order::heads(document)?, self.clock.offset_minutes());
        Ok(Revising { bases, by, at, offset_minutes })
    }
}

async fn operation(
    db: &mut SqliteConnection,
    order: &Order,
    change: Change,
    revising: Revising,
    now: Timestamp,
) -> StoreResult<Option<Box<dyn Operation>>> {
    Ok(match change {
        Change::Amend(Amended { wanted, told }) => {
            let shelf = shelf_to_amend(db, order, &wanted, now).await?;
            let revision = order.amend(&wanted, &shelf, revising)?;
            if let Some(content) = revision.as_ref().and_then(|it| it.content.as_ref()) {
                at_the_price(content, told)?;
            }
            revision.map(|revision| Box::new(Amend { revision }) as _)
        }
        Change::Cancel(reason) => {
            order.cancel(reason, revising).map(|revision| Box::new(Cancel { revision }) as _)
        }
    })
}
