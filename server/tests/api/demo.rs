//! The whole demo company: believable, whole, and the same for the same seed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use roundsman_core::id::{ItemId, ItemKind, PersonId};
use roundsman_core::place::Place;
use roundsman_core::records::{Assignment, CustomerAccount, Outcome, Person, Product, Role};
use roundsman_core::records::{Record, SalesOrder, Stock, Territory};
use roundsman_core::views::due_in_days;
use roundsman_server::config::Config;
use roundsman_server::demo;
use roundsman_store::lists::customers::{self, ListedCustomer};
use roundsman_store::lists::{Page, field, visits};
use roundsman_store::{Store, records, verify};

use crate::company::clock;

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_company_is_one() {
    let (first, again) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (store, twin) = tokio::join!(fill(first.path(), 1), fill(again.path(), 1));
    every_item_is_the_same(&store, &twin).await;
    every_reference_resolves(&store).await;
    everybody_has_a_route(&store).await;
    the_trade_has_its_rhythm(&store).await;
    shops_stand_in_their_territory(&store).await;
}

async fn fill(folder: &Path, seed: u64) -> Store {
    demo::fill(Config::local(folder), clock().0, seed, demo::Size(1), &|_| {}).await.unwrap();
    Store::open(&folder.join("roundsman.sqlite")).await.unwrap()
}

async fn all<R: Record>(store: &Store) -> BTreeMap<uuid::Uuid, R> {
    records::all(&store.read).await.unwrap()
}

async fn listed(store: &Store) -> Vec<ListedCustomer> {
    let mut rows = Vec::new();
    for offset in [0, 200, 400] {
        let page = Page { offset, ..Page::first(200) };
        rows.extend(customers::list(&store.read, &Default::default(), &page).await.unwrap().rows);
    }
    rows
}

async fn every_item_is_the_same(store: &Store, twin: &Store) {
    let (one, two) = (all::<SalesOrder>(store).await, all::<SalesOrder>(twin).await);
    assert!(one.len() > 1_500, "{}", one.len());
    assert_eq!(one, two);
    assert_eq!(all::<Product>(store).await, all::<Product>(twin).await);
    assert_eq!(all::<CustomerAccount>(store).await, all::<CustomerAccount>(twin).await);
    let fields = |rows: Vec<ListedCustomer>| -> Vec<_> {
        rows.into_iter().map(|it| (it.id, format!("{:?}", it.customer))).collect()
    };
    assert_eq!(fields(listed(store).await), fields(listed(twin).await));
}

/// What `roundsman verify` computes again: journals, documents, channels, orders and stock.
async fn every_reference_resolves(store: &Store) {
    for part in verify::all(&store.read).await.unwrap() {
        assert_eq!(part.wrong, 0, "{part:?}");
    }
    let (accounts, assignments) =
        (all::<CustomerAccount>(store).await, all::<Assignment>(store).await);
    assert_eq!((accounts.len(), assignments.len()), (600, 600));
    assert!(accounts.values().all(|it| (0..=it.balance.minor).contains(&it.overdue.minor)));
    let products = all::<Product>(store).await;
    assert_eq!(products.len(), 300);
    for stock in all::<Stock>(store).await.into_values() {
        assert!(products.contains_key(&stock.product.0));
        assert!(!stock.available().0.is_sign_negative(), "{stock:?}");
    }
    let barcodes: BTreeSet<_> = products.values().map(|it| &it.barcode).collect();
    assert_eq!(barcodes.len(), products.len());
    let chinese = |text: &str| text.chars().any(|it| ('\u{4e00}'..='\u{9fff}').contains(&it));
    assert!(products.values().all(|it| chinese(&it.name.zh) && !chinese(&it.name.en)));
    let names: Vec<_> = listed(store).await.into_iter().map(|it| it.customer).collect();
    let english = names.iter().filter(|it| !chinese(it.value("name"))).count();
    assert!((60..300).contains(&english), "{english} of 600 names are English");
}

async fn everybody_has_a_route(store: &Store) {
    let (today, offset) = (clock().0.today(), clock().0.offset_minutes());
    let mut stops: BTreeMap<PersonId, (usize, Vec<Place>)> = BTreeMap::new();
    for row in listed(store).await {
        let assignment = row.facts.assignment.clone().unwrap();
        let visited = row.facts.last_visit.map(|at| at.day(offset));
        let due = due_in_days(Some(&assignment), visited, today);
        if visited == Some(today) || due.is_some_and(|days| days <= 0) {
            let (count, places) = stops.entry(assignment.account_manager).or_default();
            *count += 1;
            places.extend(row.customer.place);
        }
    }
    let begin = clock().0.begin_of(today);
    let during = begin..clock().0.begin_of(today.plus(1));
    let rounds = field::rounds(&store.read, during, today, offset).await.unwrap();
    let reps = all::<Person>(store).await.into_values().filter(|it| it.role == Role::Rep);
    for rep in reps {
        let (count, places) = &stops[&rep.id];
        let round = &rounds[&rep.id];
        assert_eq!(round.visited + round.ahead, *count as u64, "{}", rep.name);
        assert!((5..=14).contains(count), "{} has {count} stops", rep.name);
        let mut apart: Vec<_> =
            places.iter().flat_map(|one| places.iter().map(|two| one.distance_m(two))).collect();
        apart.sort_by(f64::total_cmp);
        assert!(apart[apart.len() / 2] < 4_000.0, "{}: {apart:?}", rep.name);
    }
}

async fn the_trade_has_its_rhythm(store: &Store) {
    let orders = all::<SalesOrder>(store).await;
    let share = |outcome: Outcome| {
        orders.values().filter(|it| it.outcome == outcome).count() * 100 / orders.len()
    };
    assert!(share(Outcome::Accepted) > 70);
    assert!((1..25).contains(&share(Outcome::AcceptedWithChange)));
    assert!((1..10).contains(&share(Outcome::Held)));
    assert_eq!(share(Outcome::Countered) + share(Outcome::Declined), 0);
    let page = Page::first(1);
    let visits = visits::list(&store.read, &Default::default(), &page).await.unwrap();
    assert!(visits.total > 2_500, "{}", visits.total);
    let accounts = all::<CustomerAccount>(store).await;
    let late = accounts.values().filter(|it| it.overdue.minor > 0).count();
    assert!((20..200).contains(&late), "{late} customers are late");
}

async fn shops_stand_in_their_territory(store: &Store) {
    let territories = all::<Territory>(store).await;
    assert_eq!(territories.len(), 3);
    for row in listed(store).await {
        let territory = row.facts.assignment.as_ref().unwrap().territory;
        let (south, north, west, east) = match territories[&territory.0].name.zh.as_str() {
            "市南区" => (36.050, 36.082, 120.310, 120.415),
            "市北区" => (36.070, 36.132, 120.314, 120.415),
            "崂山区" => (36.088, 36.160, 120.440, 120.500),
            other => panic!("{other}"),
        };
        let place = row.customer.place.unwrap();
        assert!((south..north).contains(&place.latitude), "{:?}", row.customer);
        assert!((west..east).contains(&place.longitude), "{:?}", row.customer);
        let item = ItemId::new(ItemKind::Customer, row.id.0);
        assert!(row.customer.value("hours").contains('–'), "{item} has no opening hours");
    }
}
