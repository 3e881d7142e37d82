//! Whichever ERP a company has.

use roundsman_core::documents::cart::CartLine;
use roundsman_core::documents::order::{Order, VersionId};
use roundsman_core::id::{CustomerId, OrderId};
use roundsman_core::records::SalesOrder;
use roundsman_core::views::CartView;
use roundsman_store::Result;

use crate::embedded::{Embedded, Ruled};
use crate::port::{Answer, Erp, Pulled, Task};
use crate::tryton::Tryton;

/// The company's ERP. Cloning shares it.
#[derive(Clone)]
pub enum Central {
    /// The one that needs no installation.
    Embedded(Embedded),
    /// Tryton in its place.
    Tryton(Tryton),
}

impl Central {
    /// What a cart with these lines would cost now. Nothing is recorded.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn quote(&self, customer: CustomerId, lines: &[CartLine]) -> Result<CartView> {
        match self {
            Self::Embedded(erp) => erp.quote(customer, lines).await,
            Self::Tryton(erp) => erp.quote(customer, lines).await,
        }
    }

    /// Decides an order that was left open.
    ///
    /// # Errors
    /// As [`Embedded::rule`] and [`Tryton::rule`].
    pub async fn rule(&self, order: OrderId, ruled: Ruled) -> Result<SalesOrder> {
        match self {
            Self::Embedded(erp) => erp.rule(order, ruled).await,
            Self::Tryton(erp) => erp.rule(order, ruled).await,
        }
    }
}

impl Erp for Central {
    fn at_once(&self) -> usize {
        match self {
            Self::Embedded(erp) => erp.at_once(),
            Self::Tryton(erp) => erp.at_once(),
        }
    }

    async fn decide(&self, order: &Order) -> Result<SalesOrder> {
        match self {
            Self::Embedded(erp) => erp.decide(order).await,
            Self::Tryton(erp) => erp.decide(order).await,
        }
    }

    async fn apply(&self, task: &Task) -> Result<Answer> {
        match self {
            Self::Embedded(erp) => erp.apply(task).await,
            Self::Tryton(erp) => erp.apply(task).await,
        }
    }

    async fn find(&self, order: OrderId, version: Option<VersionId>) -> Result<Option<SalesOrder>> {
        match self {
            Self::Embedded(erp) => erp.find(order, version).await,
            Self::Tryton(erp) => erp.find(order, version).await,
        }
    }

    async fn pull(&self, since: &[u8]) -> Result<Pulled> {
        match self {
            Self::Embedded(erp) => erp.pull(since).await,
            Self::Tryton(erp) => erp.pull(since).await,
        }
    }
}
