//! Whichever ERP a company has.

use std::sync::{Arc, PoisonError, RwLock};

use roundsman_core::documents::cart::CartLine;
use roundsman_core::documents::order::{Order, VersionId};
use roundsman_core::id::{CustomerId, OrderId};
use roundsman_core::records::SalesOrder;
use roundsman_core::views::CartView;
use roundsman_store::Result;

use crate::embedded::{Embedded, Ruled};
use crate::port::{Answer, Erp, Pulled, Task};
use crate::tryton::Tryton;

/// The company's ERP. Cloning shares it; it can be replaced while it is used.
#[derive(Clone)]
pub struct Central(Arc<RwLock<Kind>>);

/// The ERPs that there are.
#[derive(Clone)]
pub enum Kind {
    /// The one that needs no installation.
    Embedded(Embedded),
    /// Tryton in its place.
    Tryton(Tryton),
}

impl Central {
    /// This one, until another one takes its place.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        Self(Arc::new(RwLock::new(kind)))
    }

    /// Another one takes its place. What goes on ends with the one before.
    pub fn replace(&self, kind: Kind) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = kind;
    }

    fn now(&self) -> Kind {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What a cart with these lines would cost now. Nothing is recorded.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn quote(&self, customer: CustomerId, lines: &[CartLine]) -> Result<CartView> {
        match self.now() {
            Kind::Embedded(erp) => erp.quote(customer, lines).await,
            Kind::Tryton(erp) => erp.quote(customer, lines).await,
        }
    }

    /// Decides an order that was left open.
    ///
    /// # Errors
    /// As [`Embedded::rule`] and [`Tryton::rule`].
    pub async fn rule(&self, order: OrderId, ruled: Ruled) -> Result<SalesOrder> {
        match self.now() {
            Kind::Embedded(erp) => erp.rule(order, ruled).await,
            Kind::Tryton(erp) => erp.rule(order, ruled).await,
        }
    }
}

impl Erp for Central {
    fn at_once(&self) -> usize {
        match self.now() {
            Kind::Embedded(erp) => erp.at_once(),
            Kind::Tryton(erp) => erp.at_once(),
        }
    }

    async fn decide(&self, order: &Order) -> Result<SalesOrder> {
        match self.now() {
            Kind::Embedded(erp) => erp.decide(order).await,
            Kind::Tryton(erp) => erp.decide(order).await,
        }
    }

    async fn apply(&self, tasks: &[Task]) -> Vec<Result<Answer>> {
        match self.now() {
            Kind::Embedded(erp) => erp.apply(tasks).await,
            Kind::Tryton(erp) => erp.apply(tasks).await,
        }
    }

    async fn find(&self, order: OrderId, version: Option<VersionId>) -> Result<Option<SalesOrder>> {
        match self.now() {
            Kind::Embedded(erp) => erp.find(order, version).await,
            Kind::Tryton(erp) => erp.find(order, version).await,
        }
    }

    async fn pull(&self, since: &[u8]) -> Result<Pulled> {
        match self.now() {
            Kind::Embedded(erp) => erp.pull(since).await,
            Kind::Tryton(erp) => erp.pull(since).await,
        }
    }
}
