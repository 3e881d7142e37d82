//! Orders that somebody in the office takes, with the customer on the telephone: like those of a
//! phone, by the same rules, and for the rep who looks after the customer.

use std::sync::atomic::Ordering;

use roundsman_core::documents::customer::{self, Customer};
use roundsman_core::documents::order::{self, SignedOrder, Signing, Wanted};
use roundsman_core::error::{Refusal, Result as Refused, codes};
use roundsman_core::id::{CustomerId, OrderId, PersonId};
use roundsman_core::money::Money;
use roundsman_core::records::Assignment;
use roundsman_core::time::Timestamp;
use roundsman_erp::embedded::shelf_for;
use roundsman_store::{Result as StoreResult, SqliteConnection};
use roundsman_store::{documents, merges, records};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Desk, stored};
use crate::error::Result;

/// What a customer asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The new order. Whoever asks makes it, so that asking twice makes one order.
    pub order: OrderId,
    /// Who orders.
    pub customer: CustomerId,
    /// What.
    pub wanted: Wanted,
    /// What the customer was told that it costs, with tax.
    pub told: Money,
}

/// An order that is here now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Taken {
    /// The order.
    #[schema(value_type = String)]
    pub id: OrderId,
    /// Whether it was recorded now; otherwise it was here already, and stays as it was.
    pub fresh: bool,
}

impl Desk {
    /// Records an order, unless it is here already.
    ///
    /// # Errors
    /// Why a phone would not record it either; [`codes::TOTAL_CHANGED`] when it costs something else
    /// than the customer was told. Nothing was recorded then.
    pub async fn take_order(&self, person: PersonId, mut asked: Asked) -> Result<Taken> {
        let (desk, id) = (self.clone(), asked.order);
        let taken = self.store.write.run(move |db, commit| {
            Box::pin(async move {
                if documents::exists(&mut *db, asked.order.into()).await? {
                    return Ok(false);
                }
                // The form may have been open since before the customer was merged.
                asked.customer = merges::survivor(&mut *db, asked.customer).await?;
                let now = desk.clock.now();
                let signed = desk.sign(db, person, &asked, now).await?;
                let submit = Box::new(order::Submit { signed });
                desk.record_in(db, commit, person, vec![(now, submit)]).await?;
                Ok(true)
            })
        });
        Ok(Taken { id, fresh: taken.await? })
    }

    async fn sign(
        &self,
        db: &mut SqliteConnection,
        person: PersonId,
        asked: &Asked,
        now: Timestamp,
    ) -> StoreResult<SignedOrder> {
        let customer = known(db, asked.customer).await?;
        customer.may_order()?;
        let cart = asked.wanted.as_cart(asked.order, asked.customer)?;
        let products = cart.lines.values().map(|line| line.product).collect();
        let shelf = shelf_for(db, asked.customer, &products, now).await?.at(now);
        let assignment: Option<Assignment> = records::get(&mut *db, asked.customer).await?;
        // It counts to whoever looks after the customer, and is on their phone wherever it goes.
        let rep = assignment.map_or(person, |it| it.account_manager);
        let signing = Signing {
            order: asked.order,
            device_number: self.next_number(db, now).await?,
            cart: None,
            customer_name: customer.value("name").to_owned(),
            rep,
            taken_by: (rep != person).then_some(person),
            at: now,
            offset_minutes: self.clock.offset_minutes(),
        };
        let signed = order::sign(signing, &cart, &shelf)?;
        at_the_price(&signed, asked.told)?;
        Ok(signed)
    }

    /// The next number of this process; one that is not used in the end is left out.
    async fn next_number(&self, db: &mut SqliteConnection, now: Timestamp) -> StoreResult<String> {
        let code = self.enrol(db, now).await?;
        let number = self.orders.fetch_add(1, Ordering::Relaxed) + 1;
        Ok(format!("{code}-{number:04}"))
    }
}

/// A customer as its document says.
async fn known(db: &mut SqliteConnection, id: CustomerId) -> StoreResult<Customer> {
    Ok(customer::read(&stored(db, id).await?)?)
}

/// Nobody is charged anything else than what they were told.
pub(super) fn at_the_price(signed: &SignedOrder, told: Money) -> Refused<()> {
    if signed.total == told {
        return Ok(());
    }
    let changed = Refusal::new(codes::TOTAL_CHANGED);
    Err(changed.with("from", told).with("to", signed.total))
}
