//! Everything that was ever written can still be read: documents, records and arguments of
//! operations, as the first version that had them wrote them.
//!
//! A line of `fixtures/released/*.txt` is a name, the bytes in hexadecimal, and what they mean.
//! Lines are added and never changed; `docs/versions.md` says how. `BLESS=1` writes what bytes mean
//! where a line does not say it.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
#![allow(clippy::disallowed_methods, reason = "fixtures are files")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use automerge::Automerge;
use roundsman_core::documents::{OPERATIONS, cart, customer, decode_operation, order, visit};
use roundsman_core::id::ItemKind;
use roundsman_core::records::{
    Assignment, CustomerAccount, JournalStatus, OrderSummary, Person, Price, PriceList, Product,
    Record, SalesOrder, Stock, Territory, VisitSummary, Warehouse,
};
use serde::Serialize;
use serde_json::Value;

struct Released {
    name: String,
    bytes: Vec<u8>,
    means: String,
}

fn path(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/released").join(file)
}

fn released(file: &str) -> Vec<Released> {
    let text = std::fs::read_to_string(path(file)).unwrap();
    text.lines()
        .map(|line| {
            let mut parts = line.splitn(3, ' ');
            let mut part = || parts.next().unwrap_or_default().to_owned();
            Released { name: part(), bytes: unhex(&part()), means: part() }
        })
        .collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(digit).collect()
}

fn value<T: Serialize>(read: T) -> Value {
    serde_json::to_value(read).unwrap()
}

/// Compares what bytes mean with what they meant, and writes it where that was never written down.
fn same_meaning(file: &str, it: &Released, now: &Value) {
    if it.means.is_empty() && std::env::var_os("BLESS").is_some() {
        let line = |line: &str| match line.strip_prefix(&format!("{} ", it.name)) {
            Some(_) => format!("{} {now}\n", line.trim_end()),
            None => format!("{line}\n"),
        };
        let text: String = std::fs::read_to_string(path(file)).unwrap().lines().map(line).collect();
        return std::fs::write(path(file), text).unwrap();
    }
    assert!(!it.means.is_empty(), "{}: BLESS=1 writes what it means", it.name);
    let then: Value = serde_json::from_str(&it.means).unwrap();
    // Read back like the line, so that both lose the same of their decimals.
    let now: Value = serde_json::from_str(&now.to_string()).unwrap();
    assert_eq!(then, now, "{}", it.name);
}

fn names(released: &[Released]) -> BTreeSet<String> {
    released.iter().map(|it| it.name.clone()).collect()
}

fn kinds(documents: bool) -> BTreeSet<String> {
    let wanted = ItemKind::ALL.into_iter().filter(|kind| kind.is_document() == documents);
    wanted.map(|kind| format!("{kind:?}")).collect()
}

#[test]
fn documents_are_read_as_they_were() {
    let all = released("documents.txt");
    assert_eq!(names(&all), kinds(true), "every kind of document has its first bytes here");
    for it in &all {
        let document = Automerge::load(&it.bytes).unwrap();
        let now = match it.name.as_str() {
            "Customer" => value(customer::read(&document).unwrap()),
            "Visit" => value(visit::read(&document).unwrap()),
            "Cart" => {
                let cart = cart::read(&document).unwrap();
                serde_json::json!({
                    "customer": cart.customer, "note": cart.note, "order": cart.order,
                    "discarded": cart.discarded, "lines": cart.lines.len(),
                })
            }
            "Order" => value(order::read(&document).unwrap()),
            other => panic!("how is {other} read?"),
        };
        same_meaning("documents.txt", it, &now);
    }
}

#[test]
fn records_are_read_as_they_were() {
    let all = released("records.txt");
    assert_eq!(names(&all), kinds(false), "every kind of record has its first bytes here");
    for it in &all {
        let now = match it.name.as_str() {
            "Product" => record::<Product>(it),
            "PriceList" => record::<PriceList>(it),
            "Price" => record::<Price>(it),
            "Stock" => record::<Stock>(it),
            "CustomerAccount" => record::<CustomerAccount>(it),
            "Assignment" => record::<Assignment>(it),
            "SalesOrder" => record::<SalesOrder>(it),
            "JournalStatus" => record::<JournalStatus>(it),
            "Person" => record::<Person>(it),
            "Warehouse" => record::<Warehouse>(it),
            "Territory" => record::<Territory>(it),
            "VisitSummary" => record::<VisitSummary>(it),
            "OrderSummary" => record::<OrderSummary>(it),
            other => panic!("how is {other} read?"),
        };
        same_meaning("records.txt", it, &now);
    }
}

fn record<R: Record + Serialize>(it: &Released) -> Value {
    value(R::from_bytes(&it.bytes).unwrap())
}

#[test]
fn operations_are_read_as_they_were() {
    let all = released("operations.txt");
    let known: BTreeSet<String> =
        OPERATIONS.iter().map(|(name, version)| format!("{name}@{version}")).collect();
    assert_eq!(names(&all), known, "every operation has its first arguments here");
    for it in &all {
        let (name, version) = it.name.split_once('@').unwrap();
        let operation = decode_operation(name, version.parse().unwrap(), &it.bytes).unwrap();
        assert_eq!((operation.name(), operation.args()), (name, it.bytes.clone()));
        let touched: Vec<_> = operation.documents().iter().map(ToString::to_string).collect();
        same_meaning("operations.txt", it, &value(touched));
    }
}
