//! What a customer usually orders, and its last order again. Both follow from the orders that a
//! device has, so that they are there without a network.

use serde::{Deserialize, Serialize};

use crate::documents::cart::{Cart, CartLine};
use crate::documents::order::{SignedLine, SignedOrder};
use crate::id::{LineId, OrderId, ProductId};
use crate::quantity::{Percent, Quantity};
use crate::records::{LocalName, Picture};
use crate::rules::{Shelf, base_units};
use crate::time::Timestamp;

/// How many of the latest orders say what is usual.
pub const USUAL_ORDERS_MAX: usize = 8;
/// In how many of them a product must be: once may have been a trial.
const TIMES_MIN: usize = 2;
/// Lines of the usual basket at most: it is to be read at a glance.
const BASKET_LINES_MAX: usize = 8;

/// What a customer usually orders, and what it ordered last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct UsualView {
    /// How many orders were looked at.
    pub orders: u32,
    /// The usual basket, what is ordered most often first.
    pub basket: Vec<UsualLine>,
    /// The last order; none before the first.
    pub last: Option<LastOrder>,
}

/// A product that a customer usually orders.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct UsualLine {
    /// What.
    pub product: ProductId,
    /// Its name.
    pub name: LocalName,
    /// What it looks like.
    pub picture: Option<Picture>,
    /// The pack in which it is usually ordered, a code.
    pub pack: String,
    /// How many packs, usually.
    pub quantity: Quantity,
    /// In how many of the orders it was.
    pub times: u32,
    /// What puts it into the cart; none when there is as much already.
    pub put: Option<CartPut>,
}

/// The last order, as it can be ordered again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LastOrder {
    /// Which one.
    pub order: OrderId,
    /// How many of its lines can be ordered now.
    pub line_count: u32,
    /// What puts them into the cart; without those of which there is as much already.
    pub puts: Vec<CartPut>,
    /// Names of what this customer cannot order any more.
    pub left_out: Vec<LocalName>,
}

/// What to ask for to put a product into a cart, as arguments of `cart.set_line`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CartPut {
    /// What.
    pub product: ProductId,
    /// In which pack.
    pub pack: String,
    /// Packs.
    pub quantity: Quantity,
    /// Taken off; none keeps what the cart says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount: Option<Percent>,
}

impl UsualView {
    /// From the latest orders, newest first, without those that were cancelled: their customers
    /// took them back. On the `shelf` is every product in them.
    ///
    /// The usual basket is what stands in at least two of the last eight orders and can be ordered
    /// now: at most eight products, those in most orders first, then those ordered last. Each in
    /// the pack in which it was ordered most often (of equals the latest), as many as the median of
    /// the orders in that pack. Of two in the middle the smaller counts, so that it is a number
    /// that somebody ordered.
    ///
    /// Nothing in the `cart` is ever made less.
    #[must_use]
    pub fn new(orders: &[SignedOrder], cart: Option<&Cart>, shelf: &Shelf) -> Self {
        let orders = orders.get(..USUAL_ORDERS_MAX).unwrap_or(orders);
        let mut habits = habits(orders);
        habits.retain(|habit| habit.times() >= TIMES_MIN && sells(shelf, &habit.wish()));
        habits.sort_by_key(|habit| std::cmp::Reverse(habit.times()));
        habits.truncate(BASKET_LINES_MAX);
        Self {
            orders: count(orders.len()),
            basket: habits.iter().map(|habit| UsualLine::new(habit, cart, shelf)).collect(),
            last: orders.first().map(|order| LastOrder::new(order, cart, shelf)),
        }
    }
}

impl UsualLine {
    fn new(habit: &Habit<'_>, cart: Option<&Cart>, shelf: &Shelf) -> Self {
        let (wish, product) = (habit.wish(), habit.latest.product);
        let known = shelf.slots.get(&product).and_then(|slot| slot.product.as_ref());
        Self {
            product,
            name: known.map_or_else(|| habit.latest.name.clone(), |it| it.name.clone()),
            picture: known.and_then(|it| it.picture.clone()),
            pack: wish.pack.clone(),
            quantity: wish.quantity,
            times: count(habit.times()),
            put: put(&wish, None, cart, shelf),
        }
    }
}

impl LastOrder {
    fn new(order: &SignedOrder, cart: Option<&Cart>, shelf: &Shelf) -> Self {
        let (sold, gone): (Vec<_>, Vec<_>) =
            order.lines.iter().partition(|line| sells(shelf, &wish_of(line)));
        Self {
            order: order.order,
            line_count: count(sold.len()),
            puts: sold
                .iter()
                .filter_map(|line| put(&wish_of(line), Some(line.discount), cart, shelf))
                .collect(),
            left_out: gone.iter().map(|line| line.name.clone()).collect(),
        }
    }
}

/// The lines of one product, newest first: a cart has one line for each, and so has its order.
struct Habit<'a> {
    latest: &'a SignedLine,
    lines: Vec<&'a SignedLine>,
}

impl<'a> Habit<'a> {
    fn times(&self) -> usize {
        self.lines.len()
    }

    fn in_pack(&self, pack: &str) -> impl Iterator<Item = &'a SignedLine> {
        self.lines.iter().copied().filter(move |line| line.pack == pack)
    }

    /// As it is usually ordered.
    fn wish(&self) -> CartLine {
        // Of equals the last one counts, so the newest has to come last.
        let packs = self.lines.iter().rev().map(|line| &line.pack);
        let pack = packs.max_by_key(|pack| self.in_pack(pack).count()).cloned().unwrap_or_default();
        let mut quantities: Vec<_> = self.in_pack(&pack).map(|line| line.quantity).collect();
        quantities.sort_unstable();
        let middle = quantities.len().saturating_sub(1) / 2;
        let quantity = quantities.get(middle).copied().unwrap_or_default();
        wish(self.latest.product, pack, quantity)
    }
}

/// What each product was ordered as, those ordered last first.
fn habits(orders: &[SignedOrder]) -> Vec<Habit<'_>> {
    let mut habits: Vec<Habit<'_>> = Vec::new();
    for line in orders.iter().flat_map(|order| &order.lines) {
        match habits.iter_mut().find(|habit| habit.latest.product == line.product) {
            Some(habit) => habit.lines.push(line),
            None => habits.push(Habit { latest: line, lines: vec![line] }),
        }
    }
    habits
}

fn wish_of(line: &SignedLine) -> CartLine {
    wish(line.product, line.pack.clone(), line.quantity)
}

/// So many packs at the price of the list.
fn wish(product: ProductId, pack: String, quantity: Quantity) -> CartLine {
    CartLine {
        product,
        pack,
        quantity,
        discount: Percent::default(),
        added_at: Timestamp::default(),
    }
}

/// Whether it can be ordered: sold at all, in this pack, and with a price for this customer.
fn sells(shelf: &Shelf, wish: &CartLine) -> bool {
    shelf.price(&[(LineId(wish.product.0), wish)]).refused().next().is_none()
}

/// What puts a wish into the cart; none when there is as much already, or something that it cannot
/// be compared with.
fn put(
    wish: &CartLine,
    discount: Option<Percent>,
    cart: Option<&Cart>,
    shelf: &Shelf,
) -> Option<CartPut> {
    let there = cart.and_then(|cart| cart.lines.values().find(|it| it.product == wish.product));
    let new = CartPut {
        product: wish.product,
        pack: wish.pack.clone(),
        quantity: wish.quantity,
        discount: discount.filter(|_| there.is_none()),
    };
    let Some(there) = there else { return Some(new) };
    let product = shelf.slots.get(&wish.product)?.product.as_ref()?;
    let in_base = |line: &CartLine| base_units(product, &line.pack, line.quantity).ok();
    (in_base(there)? < in_base(wish)?).then_some(new)
}

fn count(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}
