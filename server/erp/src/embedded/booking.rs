//! Booking a decision: what an earlier one took is given back, and what this one takes is taken,
//! in one transaction.

use roundsman_core::documents::order::Order;
use roundsman_core::id::OrderId;
use roundsman_core::records::{CustomerAccount, Progress, SalesOrder, Verdict};
use roundsman_core::time::Timestamp;
use roundsman_store::{Commit, Result, SqliteConnection, epochs, outbox, outcomes, restoration};

use super::{decide, master, shelf, store};

/// The series of order numbers.
const ORDERS: &str = "SO";

/// Who says what becomes of an order.
pub(super) enum Judge {
    /// The rules.
    Rules,
    /// A person, where the rules left it open.
    Person(Verdict),
    /// It was decided before, as the rules and a connected ERP have it; only the number is missing.
    Made(Box<SalesOrder>),
}

/// Decides an order as it stands and does what follows from it.
pub(super) async fn book(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    order: &Order,
    judge: Judge,
    now: Timestamp,
) -> Result<SalesOrder> {
    let before = store::sales_order(&mut *db, order.content.order).await?;
    if let Some(before) = &before {
        give_back(db, before, now).await?;
    }
    let shelf = shelf::load(db, &order.content, now).await?;
    let known = known_before(db, order).await?.filter(|_| matches!(judge, Judge::Rules));
    let decided = match known {
        Some(known) => known,
        None => {
            let number = match &before {
                Some(before) => before.number.clone(),
                None => number(db, order).await?,
            };
            // No two decisions about an order are made at the same time: people say which they saw.
            let now = before.as_ref().map_or(now, |it| now.max(it.decided_at.plus_millis(1)));
            let decided = match judge {
                Judge::Rules => decide::decide(order, before.as_ref(), None, &shelf, now),
                Judge::Person(it) => decide::decide(order, before.as_ref(), Some(it), &shelf, now),
                Judge::Made(decided) => SalesOrder { decided_at: now, ..*decided },
            };
            SalesOrder { number, ..decided }
        }
    };
    store::put_sales_order(db, &decided).await?;
    take(db, &decided, shelf.account.as_ref()).await?;
    if decided.takes_credit() || before.is_some_and(|before| before.takes_credit()) {
        master::publish_account(db, commit, decided.customer, now).await?;
    }
    if roundsman_core::planted!("a decision nobody is told of")
        && decided.outcome != roundsman_core::records::Outcome::Accepted
    {
        return Ok(decided);
    }
    let territory = store::territory(&mut *db, decided.customer).await?;
    let audience = outcomes::audience(territory, order.content.rep);
    outcomes::publish(db, commit, &decided, &audience, now).await?;
    Ok(decided)
}

/// Takes the stock and the credit for a decision.
async fn take(
    db: &mut SqliteConnection,
    decided: &SalesOrder,
    account: Option<&CustomerAccount>,
) -> Result<()> {
    let Some(account) = account else { return Ok(()) };
    if decided.takes_stock() {
        store::reserve(db, account.warehouse, decided).await?;
    }
    if decided.takes_credit() && !roundsman_core::planted!("credit not used up") {
        store::add_uninvoiced(db, decided.customer, decided.total).await?;
    }
    Ok(())
}

/// Gives back the stock and the credit that a decision took. Once there are deliveries, what is
/// already picked has to stop a change here.
async fn give_back(db: &mut SqliteConnection, before: &SalesOrder, now: Timestamp) -> Result<()> {
    store::unreserve(db, before.order, now).await?;
    if before.takes_credit() && !roundsman_core::planted!("credit not used up") {
        let nothing = before.total.minus(before.total);
        store::add_uninvoiced(db, before.customer, nothing.minus(before.total)).await?;
    }
    Ok(())
}

/// Notes how far a connected ERP got with an order, and tells devices; false when that is known, or
/// the order is closed here. What is shipped is reserved no more, and what is invoiced is owed instead.
pub(super) async fn note_progress(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    order: OrderId,
    progress: Progress,
    now: Timestamp,
) -> Result<bool> {
    let before = store::sales_order(&mut *db, order).await?;
    let followed = |it: &SalesOrder| it.is_taken() || it.progress.is_some();
    let Some(before) = before.filter(followed) else { return Ok(false) };
    let known = before.progress.as_ref();
    let Some(rep) = outbox::order(&mut *db, order).await?.map(|it| it.content.rep) else {
        return Ok(false);
    };
    if known.is_some_and(|it| (&it.number, it.stage) == (&progress.number, progress.stage)) {
        return Ok(false);
    }
    let decided = SalesOrder { progress: Some(progress), ..before.clone() };
    give_back(db, &before, now).await?;
    let account = store::account(&mut *db, decided.customer, now).await?;
    take(db, &decided, account.as_ref()).await?;
    if before.takes_credit() != decided.takes_credit() {
        master::publish_account(db, commit, decided.customer, now).await?;
    }
    store::put_sales_order(db, &decided).await?;
    let territory = store::territory(&mut *db, decided.customer).await?;
    outcomes::publish(db, commit, &decided, &outcomes::audience(territory, rep), now).await?;
    Ok(true)
}

/// What was decided about this version before the database went back in time, if a device gave it
/// back. A number that another order has got since cannot be given again: then the office reads of
/// both.
async fn known_before(db: &mut SqliteConnection, order: &Order) -> Result<Option<SalesOrder>> {
    let known = offered(db, order).await?;
    Ok(known.filter(|known| known.version == order.version))
}

async fn offered(db: &mut SqliteConnection, order: &Order) -> Result<Option<SalesOrder>> {
    let id = order.content.order;
    let Some(known) = restoration::outcome(&mut *db, id).await? else { return Ok(None) };
    let taken = store::is_number_of_another(db, &known.number, id).await?;
    Ok(Some(known).filter(|known| !taken && known.customer == order.content.customer))
}

/// The number of a new order: the one it had before the database went back in time, or the next.
async fn number(db: &mut SqliteConnection, order: &Order) -> Result<String> {
    if let Some(known) = offered(db, order).await?.filter(|known| !known.number.is_empty()) {
        return Ok(known.number);
    }
    let series = series(db).await?;
    store::next_number(db, &series).await
}

/// The series of order numbers: another one after each restoration, since nobody knows how far the
/// one before had got.
async fn series(db: &mut SqliteConnection) -> Result<String> {
    let last = epochs::restorations(&mut *db).await?.into_iter().next();
    Ok(last.map_or_else(|| ORDERS.to_owned(), |last| format!("{ORDERS}-{}", last.suffix())))
}
