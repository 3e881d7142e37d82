//! From what somebody wants now to another version of an order.

use serde::{Deserialize, Serialize};

use super::{Order, Revision, SignedLine, SignedOrder, VersionId, sum_up};
use crate::documents::cart::{Cart, CartLine, line_id};
use crate::documents::customer::TEXT_BYTES_MAX;
use crate::error::{Refusal, Result, codes};
use crate::id::{CustomerId, LineId, OrderId, PersonId, ProductId, uuid_of};
use crate::quantity::{Percent, Quantity};
use crate::rules::{BasketLine, Shelf, price_line};
use crate::time::{Day, Timestamp};

/// One line as it is wanted now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct WantedLine {
    /// The line of the order that it changes or keeps; none for a new one.
    pub line: Option<LineId>,
    /// What.
    pub product: ProductId,
    /// In which pack.
    pub pack: String,
    /// Packs.
    pub quantity: Quantity,
    /// Taken off.
    pub discount: Percent,
}

/// The whole order as it is wanted now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its lines, in order.
    pub lines: Vec<WantedLine>,
    /// When it is wanted.
    pub requested_on: Option<Day>,
    /// What is noted.
    pub note: String,
}

impl Wanted {
    /// The cart that would become this order, without ever having been one that is kept.
    ///
    /// # Errors
    /// [`codes::INVALID`] for a product that stands there twice, [`codes::TOO_LARGE`] for a note
    /// that no cart would take.
    pub fn as_cart(&self, order: OrderId, customer: CustomerId) -> Result<Cart> {
        self.check_note()?;
        let mut cart = Cart::of_lines(customer, &[]);
        for (line, place) in self.lines.iter().zip(0..) {
            let wish = CartLine {
                product: line.product,
                pack: line.pack.clone(),
                quantity: line.quantity,
                discount: line.discount,
                // Lines stand in the order in which they were put in.
                added_at: Timestamp(place),
            };
            if cart.lines.insert(line_of(order, line.product), wish).is_some() {
                return Err(Refusal::new(codes::INVALID).with("field", "lines"));
            }
        }
        Ok(Cart { requested_on: self.requested_on, note: self.note.clone(), ..cart })
    }

    fn check_note(&self) -> Result<()> {
        let fits = self.note.len() <= TEXT_BYTES_MAX;
        if fits { Ok(()) } else { Err(Refusal::new(codes::TOO_LARGE).with("field", "note")) }
    }
}

/// Who makes another version, when, and on which.
#[derive(Debug, Clone)]
pub struct Revising {
    /// The versions that they know.
    pub bases: Vec<VersionId>,
    /// Who.
    pub by: PersonId,
    /// Now.
    pub at: Timestamp,
    /// Minutes east of UTC.
    pub offset_minutes: i16,
}

impl Order {
    /// The version that makes of it what is wanted now; none when that is what it is.
    ///
    /// # Errors
    /// [`codes::ORDER_CANCELLED`], or as [`revise`].
    pub fn amend(
        &self,
        wanted: &Wanted,
        shelf: &Shelf,
        revising: Revising,
    ) -> Result<Option<Revision>> {
        if self.cancelled.is_some() {
            return Err(Refusal::new(codes::ORDER_CANCELLED));
        }
        let content = revise(&self.content, wanted, shelf)?;
        let same = content == self.content && self.countered.is_empty();
        Ok((!same).then(|| self.revision_of(revising, Some(content), String::new())))
    }

    /// The version that calls it off; none when it is called off.
    #[must_use]
    pub fn cancel(&self, reason: String, revising: Revising) -> Option<Revision> {
        let same = self.cancelled.is_some() && self.countered.is_empty();
        (!same).then(|| self.revision_of(revising, None, reason))
    }

    fn revision_of(
        &self,
        Revising { bases, by, at, offset_minutes }: Revising,
        content: Option<SignedOrder>,
        reason: String,
    ) -> Revision {
        let order = self.content.order;
        Revision { order, bases, by, at, offset_minutes, content, signed_again: false, reason }
    }
}

/// The line of a product in an order that comes from no cart.
fn line_of(order: OrderId, product: ProductId) -> LineId {
    LineId(uuid_of(&[b"line", order.0.as_bytes(), product.0.as_bytes()]))
}

/// The next content of an order. A line that stays as it was keeps what was agreed for it; what
/// is new or asks for something else costs what it costs on this shelf.
///
/// # Errors
/// [`codes::EMPTY`] without lines: then it is to be cancelled; [`codes::TOO_LARGE`] for a note that
/// no cart would take. The refusal of the first line
/// without a price; [`codes::INVALID`] where the customer's currency changed.
pub fn revise(content: &SignedOrder, wanted: &Wanted, shelf: &Shelf) -> Result<SignedOrder> {
    if wanted.lines.is_empty() {
        return Err(Refusal::new(codes::EMPTY).with("field", "lines"));
    }
    wanted.check_note()?;
    let mut lines: Vec<SignedLine> = Vec::with_capacity(wanted.lines.len());
    for it in &wanted.lines {
        let line = revise_line(content, it, shelf)?;
        if lines.iter().any(|other| other.id == line.id) {
            return Err(Refusal::new(codes::INVALID).with("field", "lines"));
        }
        lines.push(line);
    }
    let (requested_on, note) = (wanted.requested_on, wanted.note.clone());
    Ok(sum_up(SignedOrder { lines, requested_on, note, ..content.clone() }))
}

/// One line of it.
///
/// # Errors
/// As [`revise`].
pub(crate) fn revise_line(
    content: &SignedOrder,
    wanted: &WantedLine,
    shelf: &Shelf,
) -> Result<SignedLine> {
    let id = wanted.line_in(content);
    let kept = content.lines.iter().find(|line| line.id == id);
    let same = kept.filter(|line| {
        line.product == wanted.product
            && line.pack == wanted.pack
            && line.quantity == wanted.quantity
            && line.discount == wanted.discount
    });
    if let Some(line) = same {
        return Ok(line.clone());
    }
    if shelf.list.currency != content.total.currency {
        return Err(Refusal::new(codes::INVALID).with("field", "currency"));
    }
    let slot = shelf.slots.get(&wanted.product);
    let product = slot.and_then(|slot| slot.product.as_ref());
    let priced = price_line(
        &shelf.list,
        &BasketLine {
            id,
            product,
            price: slot.and_then(|slot| slot.price.as_ref()),
            pack: &wanted.pack,
            quantity: wanted.quantity,
            discount: wanted.discount,
        },
    )?;
    let product =
        product.ok_or_else(|| Refusal::new(codes::NOT_FOUND).with("product", wanted.product))?;
    Ok(SignedLine {
        id,
        product: wanted.product,
        code: product.code.clone(),
        name: product.name.clone(),
        pack: wanted.pack.clone(),
        quantity: wanted.quantity,
        base_quantity: priced.base_quantity,
        unit_price: priced.unit_price,
        discount: wanted.discount,
        net: priced.net,
        tax: priced.tax,
        price: priced.trace,
    })
}

impl WantedLine {
    /// The line of the order that it is. Two devices that add the same product meet in one line.
    pub(crate) fn line_in(&self, content: &SignedOrder) -> LineId {
        let new = || match content.cart {
            Some(cart) => line_id(cart, self.product),
            None => line_of(content.order, self.product),
        };
        self.line.unwrap_or_else(new)
    }
}
