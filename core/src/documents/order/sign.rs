//! From a cart to what is signed.

use super::{SignedLine, SignedOrder};
use crate::documents::cart::Cart;
use crate::error::{Refusal, Result, codes};
use crate::id::{CartId, OrderId, PersonId};
use crate::rules::Shelf;
use crate::time::Timestamp;

/// Who signs what, where and when.
#[derive(Debug, Clone)]
pub struct Signing {
    /// The new order.
    pub order: OrderId,
    /// Its number on this device.
    pub device_number: String,
    /// The cart, if it was put together in one that is kept.
    pub cart: Option<CartId>,
    /// The customer's name.
    pub customer_name: String,
    /// To whom it counts.
    pub rep: PersonId,
    /// Who takes it, if that is not the rep.
    pub taken_by: Option<PersonId>,
    /// Now.
    pub at: Timestamp,
    /// Minutes east of UTC.
    pub offset_minutes: i16,
}

/// Prices the cart from this shelf and freezes the result.
///
/// # Errors
/// [`codes::EMPTY`] for a cart without lines, or the refusal of the first line without a price.
pub fn sign(signing: Signing, cart: &Cart, shelf: &Shelf) -> Result<SignedOrder> {
    let wanted = cart.lines_in_order();
    if wanted.is_empty() {
        return Err(Refusal::new(codes::EMPTY).with("field", "lines"));
    }
    let basket = shelf.price(&wanted);
    let mut lines = Vec::with_capacity(wanted.len());
    for ((id, line), result) in wanted.iter().zip(&basket.lines) {
        let priced = result.priced.clone()?;
        let product = shelf.slots.get(&line.product).and_then(|slot| slot.product.as_ref());
        let product =
            product.ok_or_else(|| Refusal::new(codes::NOT_FOUND).with("product", line.product))?;
        lines.push(SignedLine {
            id: *id,
            product: line.product,
            code: product.code.clone(),
            name: product.name.clone(),
            pack: line.pack.clone(),
            quantity: line.quantity,
            base_quantity: priced.base_quantity,
            unit_price: priced.unit_price,
            discount: line.discount,
            net: priced.net,
            tax: priced.tax,
            price: priced.trace,
        });
    }
    Ok(SignedOrder {
        order: signing.order,
        device_number: signing.device_number,
        customer: cart.customer,
        customer_name: signing.customer_name,
        rep: signing.rep,
        cart: signing.cart,
        placed_at: signing.at,
        offset_minutes: signing.offset_minutes,
        requested_on: cart.requested_on,
        note: cart.note.clone(),
        price_list: shelf.list.id,
        lines,
        net: basket.net,
        taxes: basket.taxes,
        total: basket.total,
        taken_by: signing.taken_by,
    })
}
