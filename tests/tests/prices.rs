//! The phone's price equals the server's: the one from its synchronised replica, the other from the
//! ERP's own tables, after any number of price changes.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use roundsman_core::documents::cart::CartLine;
use roundsman_core::id::{CustomerId, PriceListId, ProductId};
use roundsman_core::money::Money;
use roundsman_core::quantity::{Percent, Quantity};
use roundsman_core::records::{Price, PriceBreak};
use roundsman_core::time::Timestamp;
use roundsman_core::views::{CartView, CatalogueRow, CustomerRow};
use roundsman_device::Device;
use roundsman_erp::embedded::master;
use roundsman_replica::{Query, Rows};
use roundsman_tests::World;
use rust_decimal::Decimal;

const BASKETS: usize = 10_000;
const ROUNDS: usize = 5;

fn seed() -> u64 {
    let given = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| rand::rng().random());
    println!("SEED={seed}");
    seed
}

/// A basket of up to eight lines: any product, pack, quantity and discount, also impossible ones.
fn basket(random: &mut StdRng, shelf: &[CatalogueRow]) -> Vec<CartLine> {
    let lines = random.random_range(1..=8);
    let rows: Vec<_> = shelf.choose_multiple(random, lines).collect();
    rows.iter()
        .map(|row| {
            let packs: Vec<_> =
                row.packs.iter().map(|pack| pack.code.clone()).chain([row.unit.clone()]).collect();
            let quantity = if random.random_bool(0.2) {
                Decimal::new(random.random_range(1..100_000), 2)
            } else {
                Decimal::from(random.random_range(1..500))
            };
            CartLine {
                product: row.id,
                pack: packs.choose(random).unwrap().clone(),
                quantity: Quantity(quantity),
                discount: Percent(Decimal::new(random.random_range(0..120), 1)),
                added_at: Timestamp(0),
            }
        })
        .collect()
}

/// Gives a product another price, with other breaks, in one list.
async fn change_a_price(world: &World, random: &mut StdRng, list: PriceListId, product: ProductId) {
    let mut cost = random.random_range(100..90_000);
    let breaks = (0..random.random_range(1..5))
        .map(|step: i64| {
            cost = (cost * 97 / 100).max(1);
            let from = if step == 0 { 0 } else { step * random.random_range(5..60) * step };
            let currency = roundsman_core::money::Currency::CNY;
            PriceBreak { from: Quantity::from(from), unit_price: Money::new(cost, currency) }
        })
        .collect::<Vec<_>>();
    let mut breaks = breaks;
    breaks.sort_by_key(|it| it.from);
    let discount_max = Percent(Decimal::from(random.random_range(0..15)));
    let price = Price { breaks, discount_max, ..Price::none(list, product) };
    let store = &world.server.as_ref().unwrap().app.store;
    store
        .write
        .run(move |db, commit| {
            Box::pin(async move { master::put_price(db, commit, &price, Timestamp(0)).await })
        })
        .await
        .unwrap();
}

fn customers(device: &Device) -> Vec<CustomerId> {
    let all = Query::Customers { search: None, sort: None, page: Default::default() };
    let rows: Rows<CustomerRow> = device.ask(&all).unwrap();
    rows.rows.into_iter().map(|row| row.id).collect()
}

fn same_money(phone: &CartView, server: &CartView) {
    let sums = |view: &CartView| (view.net, view.taxes.clone(), view.total);
    assert_eq!(sums(phone), sums(server));
    for (here, there) in phone.lines.iter().zip(&server.lines) {
        let line = |it: &roundsman_core::views::CartLineView| {
            (
                it.product,
                it.unit_price,
                it.net,
                it.tax,
                it.total,
                it.price.clone(),
                it.problems.clone(),
            )
        };
        assert_eq!(line(here), line(there));
    }
    assert_eq!(phone.lines.len(), server.lines.len());
}

#[tokio::test]
async fn ten_thousand_baskets_cost_the_same_on_both_sides() {
    let mut random = StdRng::seed_from_u64(seed());
    let mut world = World::start().await.unwrap();
    let mut phone = world.device("lin").await.unwrap();
    let customers = customers(&phone);
    let every = Query::Catalogue {
        customer: customers[0],
        search: None,
        category: None,
        page: Default::default(),
    };
    let shelf: Rows<CatalogueRow> = phone.ask(&every).unwrap();
    let erp = world.server.as_ref().unwrap().app.erp.central.clone();
    let mut priced = 0_usize;
    for _ in 0..ROUNDS {
        for _ in 0..20 {
            let product = shelf.rows.choose(&mut random).unwrap().id;
            let customer = *customers.choose(&mut random).unwrap();
            let view = erp.quote(customer, &basket(&mut random, &shelf.rows)).await.unwrap();
            let list = view.lines.iter().find_map(|line| line.price.list);
            if let Some(list) = list {
                change_a_price(&world, &mut random, list, product).await;
            }
        }
        phone.connect().await.unwrap();
        phone.sync().await.unwrap();
        for _ in 0..BASKETS / ROUNDS {
            let customer = *customers.choose(&mut random).unwrap();
            let lines = basket(&mut random, &shelf.rows);
            let here: CartView =
                phone.ask(&Query::Quote { customer, lines: lines.clone() }).unwrap();
            let there = erp.quote(customer, &lines).await.unwrap();
            same_money(&here, &there);
            priced += usize::from(here.total.minor > 0);
        }
    }
    println!("{priced} of {BASKETS} baskets had a price");
    assert!(priced > BASKETS / 2, "most baskets must really be priced: {priced}");
}
