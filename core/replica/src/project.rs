//! From documents and records to the read model's rows.

use automerge::Automerge;
use roundsman_core::documents::customer::Customer;
use roundsman_core::documents::order::{Order, VersionId};
use roundsman_core::documents::{cart, customer, visit};
use roundsman_core::error::codes;
use roundsman_core::id::{ItemId, ItemKind};
use roundsman_core::records::{
    Assignment, CustomerAccount, ExceptionState, JournalStatus, OrderSummary, Product, Record,
    SalesOrder, VisitSummary,
};
use roundsman_core::text::{search_key, search_keys};
use roundsman_core::views::{OrderState, customer_search, order_search};
use rusqlite::{Connection, OptionalExtension, params};
use serde::de::DeserializeOwned;

use crate::{Error, Result, Topic, main_file, merged};

/// Writes the row of a document; a document that is gone takes its row with it, unless a summary
/// stands for it. A document that cannot be read yet (its first change is still on the way) has no
/// row.
pub(crate) fn document(
    db: &Connection,
    item: ItemId,
    document: Option<&Automerge>,
) -> Result<Option<Topic>> {
    match item.kind {
        ItemKind::Customer => put_customer(db, item, document)?,
        ItemKind::Visit => put_visit(db, item, document)?,
        ItemKind::Cart => put_cart(db, item, document)?,
        ItemKind::Order => put_order(db, item, document)?,
        _ => return Ok(None),
    }
    Ok(topic(item.kind))
}

/// The topic of a kind of item.
pub(crate) fn topic(kind: ItemKind) -> Option<Topic> {
    Some(match kind {
        ItemKind::Customer
        | ItemKind::CustomerAccount
        | ItemKind::Assignment
        | ItemKind::Person
        | ItemKind::Territory => Topic::Customers,
        ItemKind::Visit | ItemKind::VisitSummary => Topic::Visits,
        ItemKind::Cart => Topic::Carts,
        ItemKind::Order | ItemKind::SalesOrder | ItemKind::OrderSummary => Topic::Orders,
        ItemKind::Product
        | ItemKind::PriceList
        | ItemKind::Price
        | ItemKind::Stock
        | ItemKind::Warehouse => Topic::Catalogue,
        ItemKind::JournalStatus => Topic::Sync,
    })
}

fn put_customer(db: &Connection, item: ItemId, document: Option<&Automerge>) -> Result<()> {
    let concerned = merged::concerns(db, item.id)?;
    put_customer_row(db, item, document)?;
    if concerned || merged::concerns(db, item.id)? { merged::follow(db) } else { Ok(()) }
}

fn put_customer_row(db: &Connection, item: ItemId, document: Option<&Automerge>) -> Result<()> {
    let Some(read) = document.and_then(|document| customer::read(document).ok()) else {
        db.execute("delete from customer where id = ?1", [item.id])?;
        return Ok(());
    };
    let code = main_file::record::<CustomerAccount>(db, item.id)?
        .map(|account| account.code)
        .unwrap_or_default();
    db.prepare_cached(
        "insert or replace into customer (id, sort_name, search, conflicts, active, replaced_by, body) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        item.id,
        search_key(read.value("name")),
        customer_search(&read, &code),
        i64::try_from(read.conflicts()).unwrap_or(i64::MAX),
        read.active,
        read.replaced_by.map(|it| it.0),
        serde_json::to_string(&read)?,
    ])?;
    Ok(())
}

fn put_visit(db: &Connection, item: ItemId, document: Option<&Automerge>) -> Result<()> {
    let read = match document.and_then(|document| visit::read(document).ok()) {
        Some(read) => Some(read),
        None => main_file::record::<VisitSummary>(db, item.id)?.map(|summary| summary.visit()),
    };
    let Some(read) = read else {
        db.execute("delete from visit where id = ?1", [item.id])?;
        return Ok(());
    };
    db.prepare_cached(
        "insert or replace into visit (id, customer, recorded_for, rep, begun, finished, body) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        item.id,
        merged::survivor(db, read.begun.customer)?.0,
        read.begun.customer.0,
        read.begun.rep.0,
        read.begun.at.millis(),
        read.finished.as_ref().map(|end| end.at.millis()),
        serde_json::to_string(&read)?,
    ])?;
    Ok(())
}

fn put_cart(db: &Connection, item: ItemId, document: Option<&Automerge>) -> Result<()> {
    let Some(read) = document.and_then(|document| cart::read(document).ok()) else {
        db.execute("delete from cart where id = ?1", [item.id])?;
        return Ok(());
    };
    db.prepare_cached(
        "insert or replace into cart (id, customer, recorded_for, open, body) values (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        item.id,
        merged::survivor(db, read.customer)?.0,
        read.customer.0,
        read.is_open(),
        serde_json::to_string(&read)?
    ])?;
    Ok(())
}

fn put_order(db: &Connection, item: ItemId, document: Option<&Automerge>) -> Result<()> {
    let Some(read) = main_file::order_of(db, item, document)? else {
        db.execute("delete from sales_order where id = ?1", [item.id])?;
        return Ok(());
    };
    let decision = main_file::decision(db, item.id)?;
    put_order_row(db, item, &read, decision.as_ref())
}

fn put_order_row(
    db: &Connection,
    item: ItemId,
    read: &Order,
    decision: Option<&SalesOrder>,
) -> Result<()> {
    db.prepare_cached(
        "insert or replace into sales_order (id, customer, recorded_for, rep, placed, total, currency, \
                                             version, countered, cancelled, state, search, number) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?
    .execute(params![
        item.id,
        merged::survivor(db, read.content.customer)?.0,
        read.content.customer.0,
        read.content.rep.0,
        read.content.placed_at.millis(),
        read.content.total.minor,
        read.content.total.currency.as_str(),
        read.version.map(|version| version.0),
        read.is_countered(),
        read.cancelled.is_some(),
        OrderState::of(read, decision).code(),
        order_search(&read.content, None),
        number_search(decision),
    ])?;
    Ok(())
}

/// Brings an order's row up to what was decided. What was signed stands in the row and stays.
fn put_decision(db: &Connection, item: ItemId) -> Result<()> {
    let standing = db
        .prepare_cached("select version, countered from sales_order where id = ?1")?
        .query_row([item.id], |row| Ok((row.get::<_, Option<[u8; 32]>>(0)?, row.get(1)?)))
        .optional()?;
    let Some((version, countered)) = standing else { return Ok(()) };
    let decision = main_file::decision(db, item.id)?;
    let state = OrderState::standing(version.map(VersionId), countered, decision.as_ref());
    db.prepare_cached("update sales_order set state = ?2, number = ?3 where id = ?1")?
        .execute(params![item.id, state.code(), number_search(decision.as_ref())])?;
    Ok(())
}

/// An order is also found by the company's number.
fn number_search(decision: Option<&SalesOrder>) -> String {
    decision.map(|decision| search_key(&decision.number)).unwrap_or_default()
}

/// What a row says of its document.
fn body<T: DeserializeOwned>(db: &Connection, sql: &str, item: ItemId) -> Result<Option<T>> {
    let body: Option<String> =
        db.prepare_cached(sql)?.query_row([item.id], |row| row.get(0)).optional()?;
    body.map(|body| Ok(serde_json::from_str(&body)?)).transpose()
}

/// Writes what follows from a record that came or went.
pub(crate) fn record(db: &Connection, item: ItemId, bytes: Option<&[u8]>) -> Result<Option<Topic>> {
    match item.kind {
        ItemKind::Product => put_product(db, item, bytes)?,
        ItemKind::CustomerAccount => put_account(db, item, bytes)?,
        ItemKind::Assignment => put_assignment(db, item, bytes)?,
        ItemKind::SalesOrder => put_decision(db, item)?,
        ItemKind::VisitSummary | ItemKind::OrderSummary => put_summary(db, item, bytes)?,
        ItemKind::JournalStatus => put_status(db, bytes)?,
        _ => {}
    }
    Ok(topic(item.kind))
}

/// The row of what is closed. As long as the document is here, it says more.
fn put_summary(db: &Connection, item: ItemId, bytes: Option<&[u8]>) -> Result<()> {
    let Some(closed) = item.stands_for() else { return Ok(()) };
    match bytes {
        _ if main_file::holds(db, closed)? => Ok(()),
        Some(bytes) if closed.kind == ItemKind::Order => {
            let summary = OrderSummary::from_bytes(bytes)?;
            put_order_row(db, closed, &summary.signed().into(), Some(&summary.decision()))
        }
        _ => document(db, closed, None).map(|_| ()),
    }
}

fn put_product(db: &Connection, item: ItemId, bytes: Option<&[u8]>) -> Result<()> {
    let Some(bytes) = bytes else {
        db.execute("delete from product where id = ?1", [item.id])?;
        return Ok(());
    };
    let product = Product::from_bytes(bytes)?;
    let search =
        search_keys(&[&product.name.zh, &product.name.en, &product.code, &product.barcode]);
    db.prepare_cached("insert or replace into product (id, code, shelf, search, active) values (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![item.id, product.code, product.category.zh, search, product.active])?;
    Ok(())
}

fn put_account(db: &Connection, item: ItemId, bytes: Option<&[u8]>) -> Result<()> {
    let Some(bytes) = bytes else {
        db.execute("delete from account where customer = ?1", [item.id])?;
        return Ok(());
    };
    let account = CustomerAccount::from_bytes(bytes)?;
    db.prepare_cached(
        "insert or replace into account (customer, balance, overdue) values (?1, ?2, ?3)",
    )?
    .execute(params![item.id, account.balance.minor, account.overdue.minor])?;
    // The customer is also found by its number.
    let customer = ItemId::from(account.customer);
    if let Some(read) = body::<Customer>(db, "select body from customer where id = ?1", customer)? {
        db.prepare_cached("update customer set search = ?2 where id = ?1")?
            .execute(params![customer.id, customer_search(&read, &account.code)])?;
    }
    Ok(())
}

fn put_assignment(db: &Connection, item: ItemId, bytes: Option<&[u8]>) -> Result<()> {
    let Some(bytes) = bytes else {
        db.execute("delete from assignment where customer = ?1", [item.id])?;
        return Ok(());
    };
    let assignment = Assignment::from_bytes(bytes)?;
    db.prepare_cached(
        "insert or replace into assignment (customer, manager, every) values (?1, ?2, ?3)",
    )?
    .execute(params![item.id, assignment.account_manager.0, assignment.visit_every_days])?;
    Ok(())
}

fn put_status(db: &Connection, bytes: Option<&[u8]>) -> Result<()> {
    let Some(bytes) = bytes else { return Ok(()) };
    let status = JournalStatus::from_bytes(bytes)?;
    let admitted =
        i64::try_from(status.admitted_upto).map_err(|error| Error::Corrupt(error.to_string()))?;
    main_file::set_number(db, "admitted_upto", admitted)?;
    for exception in status.exceptions {
        let state = match exception.state {
            ExceptionState::Quarantined => "quarantined",
            ExceptionState::Released => "released",
            // What it says is in: its author has nothing to do.
            ExceptionState::Declined if exception.code == codes::SUPERSEDED => "replaced",
            ExceptionState::Declined => "declined",
            ExceptionState::Replaced => "replaced",
        };
        db.prepare_cached("update operation set state = ?2, code = ?3, note = ?4 where n = ?1")?
            .execute(params![exception.n, state, exception.code, exception.note])?;
    }
    Ok(())
}
