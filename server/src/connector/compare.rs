//! What a connected ERP has otherwise than this server.

use std::collections::BTreeSet;

use roundsman_core::records::Product;
use roundsman_erp::tryton::{Found, Otherwise};
use roundsman_store::{imports, records};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Connector, unreachable};
use crate::error::Result;
use crate::exchange::company::money;

/// What a difference is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Subject {
    /// An order.
    Order,
    /// A customer.
    Customer,
    /// A product.
    Product,
}

/// Something that is not there as it is here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// What kind of thing.
    pub about: Subject,
    /// Which one, here.
    pub id: Uuid,
    /// What it is called here: an order by its number.
    pub name: String,
    /// Which field of it; none: all of it.
    pub field: Option<String>,
    /// How it is here.
    pub ours: String,
    /// How it is there; none when it is not there at all.
    pub theirs: Option<String>,
    /// What was said when it was to be made equal.
    pub said: Option<String>,
}

impl Connector {
    /// Compares what matters: orders that are on their way, and whether everything that is sold here,
    /// and everybody who buys, is known there.
    pub(super) async fn compare(&self, found: &Found) -> Result<Vec<Difference>> {
        let mut all = self.orders().await?;
        all.extend(self.customers(found).await?);
        all.extend(self.products(found).await?);
        Ok(all)
    }

    async fn orders(&self) -> Result<Vec<Difference>> {
        let different = self.tryton.differences().await.map_err(unreachable)?;
        let order = |it: roundsman_erp::tryton::Difference| {
            let (field, theirs) = match it.theirs {
                Otherwise::Missing => (None, None),
                Otherwise::Total(theirs) => (Some("total"), Some(theirs)),
                Otherwise::Invoiced(theirs) => (Some("invoiced"), Some(theirs)),
            };
            let currency = it.decided.total.currency;
            Difference {
                about: Subject::Order,
                id: it.decided.order.0,
                name: it.decided.number.clone(),
                field: field.map(str::to_owned),
                ours: it.decided.total.to_string(),
                theirs: theirs.map(|theirs| money(theirs, currency).to_string()),
                said: None,
            }
        };
        Ok(different.into_iter().map(order).collect())
    }

    async fn customers(&self, found: &Found) -> Result<Vec<Difference>> {
        let there: BTreeSet<_> = found.customers.iter().map(|it| it.code.as_str()).collect();
        let here = imports::customers(&self.store.read).await?;
        // Without a number the office has not decided about a customer yet.
        let missing = here.into_iter().filter(|it| {
            it.customer.active && !it.code.is_empty() && !there.contains(it.code.as_str())
        });
        let missing = missing.map(|it| {
            let name = it.customer.value("name").to_owned();
            absent(Subject::Customer, it.id.0, name, it.code)
        });
        Ok(missing.collect())
    }

    async fn products(&self, found: &Found) -> Result<Vec<Difference>> {
        let there: BTreeSet<_> = found.products.iter().map(|it| it.code.as_str()).collect();
        let here = records::all::<Product>(&self.store.read).await?.into_values();
        let missing = here.filter(|it| it.active && !there.contains(it.code.as_str()));
        let missing = missing.map(|it| absent(Subject::Product, it.id.0, it.name.zh, it.code));
        Ok(missing.collect())
    }
}

fn absent(about: Subject, id: Uuid, name: String, code: String) -> Difference {
    Difference { about, id, name, field: None, ours: code, theirs: None, said: None }
}
