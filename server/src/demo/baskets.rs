//! What a customer usually takes, and what it takes today.

use roundsman_core::documents::cart::{Cart, CartLine};
use roundsman_core::id::CustomerId;
use roundsman_core::quantity::{Percent, Quantity};
use roundsman_core::records::Pack;
use roundsman_core::rules::{Shelf as PriceShelf, Slot, list_price};
use roundsman_core::time::Timestamp;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::Chance as _;
use super::catalog::{Article, Catalog};
use super::customers::Client;
use crate::clock::Clock;

/// Products that a customer knows beyond those of one order.
const ALSO_KNOWN: u32 = 3;
/// Of a hundred lines, how many get a discount.
const DISCOUNTED: u32 = 6;

/// A line as a customer usually orders it.
#[derive(Debug, Clone)]
pub struct Usual {
    /// Its place in the catalogue.
    article: usize,
    pack: String,
    packs: u32,
}

/// What this customer orders from, drawn once.
pub fn usual(chance: &Clock, client: &Client, catalog: &Catalog) -> Vec<Usual> {
    let kind = &client.shop.kind;
    let wanted = kind.lines.1 + ALSO_KNOWN;
    let line_minor = kind.appetite * 20_000 / i64::from(kind.lines.0 + kind.lines.1);
    let mut basket: Vec<Usual> = Vec::new();
    for _ in 0..wanted {
        let article = draw(chance, client, catalog);
        if basket.iter().all(|it| it.article != article) {
            basket.push(portion(article, &catalog.articles[article], line_minor));
        }
    }
    basket
}

/// An article of a shelf from which such shops buy.
fn draw(chance: &Clock, client: &Client, catalog: &Catalog) -> usize {
    let buys = &client.shop.kind.buys;
    let mut left = chance.below(buys.values().sum::<u32>().max(1));
    let shelf = buys.iter().find(|(_, weight)| {
        let here = left < **weight;
        left = left.saturating_sub(**weight);
        here
    });
    let there: Vec<usize> = (0..catalog.articles.len())
        .filter(|at| shelf.is_none_or(|(shelf, _)| catalog.articles[*at].shelf == *shelf))
        .collect();
    // The first of a shelf sell most.
    let at = chance.below(u32::try_from(there.len()).unwrap_or(1));
    let at = at.min(chance.below(u32::try_from(there.len()).unwrap_or(1)));
    there[usize::try_from(at).unwrap_or(0)]
}

/// So many packs as come to about this amount: the largest pack that is not far too much.
fn portion(at: usize, article: &Article, minor: i64) -> Usual {
    let unit = list_price(&article.wholesale).map_or(1, |price| price.minor.max(1));
    let product = &article.product;
    let cost = |pack: &Pack| Decimal::from(unit) * pack.factor.0;
    let single = Pack { code: product.unit.clone(), factor: 1.into() };
    let fits = product.packs.iter().rev().find(|pack| cost(pack) <= Decimal::from(minor * 2));
    let pack = fits.unwrap_or(&single);
    let packs = (Decimal::from(minor) / cost(pack).max(Decimal::ONE)).round().to_u32();
    Usual { article: at, pack: pack.code.clone(), packs: packs.unwrap_or(1).clamp(1, 24) }
}

/// The lines of one order. `more`: in percent of what is usual.
pub fn lines(
    chance: &Clock,
    client: &Client,
    usual: &[Usual],
    catalog: &Catalog,
    more: u32,
) -> Vec<CartLine> {
    let (least, most) = client.shop.kind.lines;
    let wanted = least + chance.below(most - least + 1);
    let skip = usual.len().saturating_sub(usize::try_from(wanted).unwrap_or(0));
    let from = chance.below(u32::try_from(skip + 1).unwrap_or(1));
    let from = usize::try_from(from).unwrap_or(0);
    let taken = usual.iter().skip(from).take(usual.len() - skip);
    let line = |it: &Usual| CartLine {
        product: catalog.articles[it.article].product.id,
        pack: it.pack.clone(),
        quantity: i64::from((it.packs * (70 + chance.below(61)) * more / 10_000).max(1)).into(),
        discount: discount(chance),
        added_at: Timestamp(0),
    };
    taken.map(line).collect()
}

fn discount(chance: &Clock) -> Percent {
    let percent = if chance.below(100) < DISCOUNTED { 2 + chance.below(4) } else { 0 };
    i64::from(percent).into()
}

/// A cart with these lines, in their order.
pub fn cart(customer: CustomerId, lines: &[CartLine], at: Timestamp) -> Cart {
    let lines: Vec<_> = (0..)
        .zip(lines)
        .map(|(position, line)| CartLine { added_at: at.plus_millis(position), ..line.clone() })
        .collect();
    Cart::of_lines(customer, &lines)
}

/// What prices these lines for a customer: the lists as they are, and nothing about stock.
pub fn price_shelf(client: &Client, lines: &[CartLine], catalog: &Catalog) -> PriceShelf {
    let retail = client.account.price_list == catalog.retail.id;
    let list = if retail { &catalog.retail } else { &catalog.wholesale };
    let articles = catalog.articles.iter();
    let wanted = articles.filter(|it| lines.iter().any(|line| line.product == it.product.id));
    let slots = wanted.map(|it| {
        let price = if retail { &it.retail } else { &it.wholesale };
        let slot = Slot {
            product: Some(it.product.clone()),
            price: Some(price.clone()),
            ..Slot::default()
        };
        (it.product.id, slot)
    });
    PriceShelf { list: list.clone(), account: None, slots: slots.collect() }
}

/// Whether more has to be ordered: less than half is left.
pub fn is_low(left: Quantity, full: Quantity) -> bool {
    left.0 * Decimal::TWO < full.0
}
