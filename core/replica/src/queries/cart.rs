//! The catalogue and the cart of one customer.

use std::collections::BTreeMap;

use roundsman_core::documents::cart::{Cart, CartLine};
use roundsman_core::id::{CartId, CustomerId, OrderId, ProductId};
use roundsman_core::quantity::Quantity;
use roundsman_core::records::{LocalName, Product};
use roundsman_core::views::{CartView, CatalogueRow, lines_by_product};
use rusqlite::{OptionalExtension, params, params_from_iter};
use serde::Serialize;
use uuid::Uuid;

use super::{Page, Rows, search_condition};
use crate::{Replica, Result, main_file};

/// The catalogue, with the shelves it can be narrowed to.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Catalogue {
    #[serde(flatten)]
    rows: Rows<CatalogueRow>,
    categories: Vec<LocalName>,
}

impl Replica {
    pub(crate) fn catalogue(
        &self,
        customer: CustomerId,
        search: Option<&str>,
        category: Option<&str>,
        page: Page,
    ) -> Result<Catalogue> {
        let (mut condition, mut parameters) = search_condition("search", search);
        if let Some(category) = category {
            condition.push_str(" and shelf = ?");
            parameters.push(category.to_owned());
        }
        let total = self
            .db
            .prepare_cached(&format!("select count(*) from product where active{condition}"))?
            .query_row(params_from_iter(&parameters), |row| row.get(0))?;
        let mut statement = self.db.prepare_cached(&format!(
            "select id from product where active{condition} order by shelf, code limit {} offset {}",
            page.limit(),
            page.offset()
        ))?;
        let ids =
            statement.query_map(params_from_iter(&parameters), |row| row.get::<_, Uuid>(0))?;
        let ids: Vec<ProductId> = ids.map(|id| Ok(ProductId(id?))).collect::<Result<_>>()?;
        let shelf = self.shelf(customer, &ids)?;
        let mut in_cart = self.cart(customer)?.map(lines_by_product).unwrap_or_default();
        let last = self.last_quantities(customer)?;
        let rows = shelf
            .slots
            .iter()
            .filter_map(|(id, slot)| {
                let product = slot.product.as_ref()?;
                Some(CatalogueRow::new(
                    product,
                    slot,
                    &shelf,
                    in_cart.remove(id),
                    last.get(id).cloned(),
                ))
            })
            .collect::<Vec<_>>();
        let rows = in_order(rows, &ids);
        Ok(Catalogue { rows: Rows { total, rows }, categories: self.categories()? })
    }

    pub(crate) fn cart(&self, customer: CustomerId) -> Result<Option<CartView>> {
        let Some((id, cart)) = self.open_cart(customer)? else { return Ok(None) };
        let products: Vec<_> = cart.lines.values().map(|line| line.product).collect();
        let shelf = self.shelf(customer, &products)?;
        let name = self
            .customer_document(customer)
            .map(|it| it.value("name").to_owned())
            .unwrap_or_default();
        Ok(Some(CartView::new(id, &cart, &name, &shelf)))
    }

    pub(crate) fn quote(&self, customer: CustomerId, lines: &[CartLine]) -> Result<CartView> {
        let products: Vec<_> = lines.iter().map(|line| line.product).collect();
        let cart = Cart::of_lines(customer, lines);
        Ok(CartView::new(CartId(Uuid::nil()), &cart, "", &self.shelf(customer, &products)?))
    }

    /// What the customer took last time, by product.
    fn last_quantities(
        &self,
        customer: CustomerId,
    ) -> Result<BTreeMap<ProductId, (Quantity, String)>> {
        let last = self
            .db
            .prepare_cached(
                "select id from sales_order where customer = ?1 order by placed desc limit 1",
            )?
            .query_row(params![customer.0], |row| row.get(0))
            .optional()?;
        let order = last.map(|id| main_file::order(&self.db, OrderId(id))).transpose()?.flatten();
        let lines = order.map(|order| order.content.lines).unwrap_or_default();
        Ok(lines.into_iter().map(|line| (line.product, (line.quantity, line.pack))).collect())
    }

    /// The categories of what is sold; products without one are in none.
    fn categories(&self) -> Result<Vec<LocalName>> {
        let mut statement = self.db.prepare_cached(
            "select id, shelf from product where active and shelf <> '' \
             group by shelf order by shelf",
        )?;
        let ids = statement.query_map([], |row| row.get::<_, Uuid>(0))?;
        let mut names = Vec::new();
        for id in ids {
            names.extend(
                main_file::record::<Product>(&self.db, id?)?.map(|product| product.category),
            );
        }
        Ok(names)
    }
}

fn in_order(rows: Vec<CatalogueRow>, ids: &[ProductId]) -> Vec<CatalogueRow> {
    let mut by_id: BTreeMap<_, _> = rows.into_iter().map(|row| (row.id, row)).collect();
    ids.iter().filter_map(|id| by_id.remove(id)).collect()
}
