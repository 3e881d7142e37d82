//! What a rep does, in few words.

use anyhow::{Context, Result, ensure};
use roundsman_core::documents::Request;
use roundsman_core::id::{CustomerId, OrderId};
use roundsman_core::quantity::Quantity;
use roundsman_core::views::{CatalogueRow, CustomerRow, OrderView};
use roundsman_device::Device;
use roundsman_replica::{Query, Rows};

/// The customer that a search finds first on a device.
///
/// # Errors
/// When there is none.
pub fn find(device: &Device, search: &str) -> Result<CustomerId> {
    let query =
        Query::Customers { search: Some(search.to_owned()), sort: None, page: Default::default() };
    let found: Rows<CustomerRow> = device.ask(&query)?;
    Ok(found.rows.first().with_context(|| format!("no customer for {search}"))?.id)
}

/// Puts the first `lines` products with a price into the customer's cart.
///
/// # Errors
/// When there are not so many, or the device refuses.
pub fn fill_cart(
    device: &mut Device,
    customer: CustomerId,
    lines: usize,
    quantity: i64,
) -> Result<()> {
    let query =
        Query::Catalogue { customer, search: None, category: None, page: Default::default() };
    let shelf: Rows<CatalogueRow> = device.ask(&query)?;
    let sold: Vec<_> =
        shelf.rows.iter().filter(|row| row.unit_price.is_some()).take(lines).collect();
    ensure!(sold.len() == lines, "too few products with a price");
    for row in sold {
        device.run(Request::CartSetLine {
            customer,
            product: row.id,
            pack: row.unit.clone(),
            quantity: Quantity::from(quantity),
            discount: None,
        })?;
    }
    Ok(())
}

/// Takes an order of one line.
///
/// # Errors
/// As [`fill_cart`].
pub fn take_order(device: &mut Device, customer: CustomerId) -> Result<OrderId> {
    fill_cart(device, customer, 1, 1)?;
    Ok(OrderId(device.run(Request::OrderSubmit { customer })?.id))
}

/// Waits until an order is decided, and returns it.
///
/// # Errors
/// When that takes too long.
pub async fn decided(device: &mut Device, order: OrderId) -> Result<OrderView> {
    let view = |device: &Device| device.ask::<Option<OrderView>>(&Query::Order { id: order });
    let is_decided =
        |device: &Device| Ok(view(device)?.is_some_and(|order| order.outcome.is_some()));
    device.until("the order is decided", is_decided).await?;
    view(device)?.context("the order is gone")
}

/// Goes on until the device holds in every channel what the server holds. Stock is published at
/// any time: then a device is behind for a moment.
///
/// # Errors
/// When they never agree.
pub async fn agree(device: &mut Device) -> Result<()> {
    let mut differ = Vec::new();
    for _ in 0..20 {
        device.sync().await?;
        differ = device.differs().await?;
        if differ.is_empty() {
            return Ok(());
        }
    }
    anyhow::bail!("device and server never agree on {differ:?}")
}
