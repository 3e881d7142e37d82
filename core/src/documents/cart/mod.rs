//! The cart: an order that is still being put together, on all of its rep's devices.

mod details;
mod discard;
mod set_line;

use std::collections::BTreeMap;

use automerge::{Automerge, ScalarValue};
pub use details::Details;
pub use discard::Discard;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};
pub use set_line::SetLine;

use super::{Edit, Fields};
use crate::error::{Refusal, Result, codes};
use crate::id::{CartId, CustomerId, LineId, OrderId, ProductId, uuid_of};
use crate::quantity::{Percent, Quantity};
use crate::time::{Day, Timestamp};

/// One line, written and merged as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct CartLine {
    /// What.
    #[n(0)]
    pub product: ProductId,
    /// In which pack, a code; the base unit's when it is that.
    #[n(1)]
    pub pack: String,
    /// Packs; none removes the line.
    #[n(2)]
    pub quantity: Quantity,
    /// Taken off.
    #[n(3)]
    pub discount: Percent,
    /// When it was first put in, for the order of lines.
    #[n(4)]
    pub added_at: Timestamp,
}

/// A cart's document, read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cart {
    /// For whom.
    pub customer: CustomerId,
    /// What is in it.
    pub lines: BTreeMap<LineId, CartLine>,
    /// When the customer wants it.
    pub requested_on: Option<Day>,
    /// What was noted.
    pub note: String,
    /// The order it became.
    pub order: Option<OrderId>,
    /// Whether it was thrown away.
    pub discarded: bool,
}

impl Cart {
    /// A cart that nobody recorded, to see what it would cost. Lines keep their order.
    #[must_use]
    pub fn of_lines(customer: CustomerId, lines: &[CartLine]) -> Self {
        let numbered = lines.iter().zip(1u128..);
        Self {
            customer,
            lines: numbered
                .map(|(line, n)| (LineId(uuid::Uuid::from_u128(n)), line.clone()))
                .collect(),
            requested_on: None,
            note: String::new(),
            order: None,
            discarded: false,
        }
    }

    /// Whether it can still be changed.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.order.is_none() && !self.discarded
    }

    /// Its lines in the order in which they were put in.
    #[must_use]
    pub fn lines_in_order(&self) -> Vec<(LineId, &CartLine)> {
        let mut lines: Vec<_> = self.lines.iter().map(|(id, line)| (*id, line)).collect();
        lines.sort_by_key(|(id, line)| (line.added_at, *id));
        lines
    }
}

/// The line of a product in a cart. Two devices that add the same product meet in one line.
#[must_use]
pub fn line_id(cart: CartId, product: ProductId) -> LineId {
    LineId(uuid_of(&[b"line", cart.0.as_bytes(), product.0.as_bytes()]))
}

/// Reads the document.
///
/// # Errors
/// [`codes::MALFORMED`] when it does not say for whom it is.
pub fn read(document: &Automerge) -> Result<Cart> {
    let root = Fields::root(document);
    let customer =
        root.frozen("customer").and_then(|bytes| minicbor::decode(&bytes).ok()).ok_or_else(
            || Refusal::new(codes::MALFORMED).with("detail", "a cart without a customer"),
        )?;
    Ok(Cart {
        customer,
        lines: lines(&root),
        requested_on: root.text("requested_on").parse().ok(),
        note: root.text("note"),
        order: root.frozen("order").and_then(|bytes| minicbor::decode(&bytes).ok()),
        discarded: root.newest("discarded") == Some(ScalarValue::Boolean(true)),
    })
}

fn lines(root: &Fields<'_>) -> BTreeMap<LineId, CartLine> {
    let Some(map) = root.map("lines") else { return BTreeMap::new() };
    map.keys()
        .filter_map(|key| {
            let line: CartLine = minicbor::decode(&map.bytes(&key)?).ok()?;
            Some((key.parse().ok()?, line)).filter(|(_, line)| line.quantity.is_positive())
        })
        .collect()
}

/// Refuses to write to a cart that became an order.
pub(super) fn still_open(edit: &Edit<'_, '_>) -> Result<()> {
    if edit.has("order") { Err(Refusal::new(codes::CART_SUBMITTED)) } else { Ok(()) }
}
