//! The books, open for some orders: read once, changed in memory, written once. What an earlier
//! decision took is given back, and what the new one takes is taken, in one transaction.

use std::collections::{BTreeMap, BTreeSet};

use roundsman_core::documents::order::Order;
use roundsman_core::id::{CustomerId, OrderId, PersonId, ProductId, WarehouseId};
use roundsman_core::money::Money;
use roundsman_core::records::{Outcome, Progress, SalesOrder, Verdict};
use roundsman_core::sync::Channel;
use roundsman_core::time::Timestamp;
use roundsman_store::{Commit, Result, SqliteConnection, epochs, outcomes, restoration};

use super::orders::{self, Reservation};
use super::shelf::Shelves;
use super::{covers, decide};

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

/// The books.
pub(super) struct Ledger {
    now: Timestamp,
    shelves: Shelves,
    decided: BTreeMap<OrderId, SalesOrder>,
    held: BTreeMap<OrderId, Vec<Reservation>>,
    /// What was decided before the database went back in time, as devices gave it back.
    offered: BTreeMap<OrderId, SalesOrder>,
    numbers: BTreeMap<OrderId, String>,
    changed: Changed,
}

/// What is to be written.
#[derive(Default)]
struct Changed {
    /// Orders, and who took them.
    orders: BTreeMap<OrderId, PersonId>,
    stocks: BTreeSet<(WarehouseId, ProductId)>,
    accounts: BTreeSet<CustomerId>,
}

impl Ledger {
    /// Opens the books for these orders.
    pub async fn open(
        db: &mut SqliteConnection,
        orders: &[&Order],
        now: Timestamp,
    ) -> Result<Self> {
        let ids = orders.iter().map(|order| order.content.order).collect();
        let decided = orders::many(&mut *db, &ids).await?;
        let held = match decided.is_empty() {
            true => BTreeMap::new(),
            false => orders::reservations(&mut *db, &ids).await?,
        };
        let customers = orders.iter().map(|order| order.content.customer);
        let customers = customers.chain(decided.values().map(|it| it.customer)).collect();
        let lines = orders.iter().flat_map(|order| &order.content.lines);
        let held_lines = || held.values().flatten();
        let products =
            lines.map(|line| line.product).chain(held_lines().map(|it| it.product)).collect();
        let warehouses = held_lines().map(|it| it.warehouse).collect();
        let shelves = Shelves::load(db, &customers, &products, warehouses, now).await?;
        let offered = offered(db, orders, &shelves).await?;
        let numbers = numbers(db, orders, &decided, &offered).await?;
        let changed = Changed::default();
        Ok(Self { now, shelves, decided, held, offered, numbers, changed })
    }

    /// What was decided about this version of an order, or about a newer one.
    pub fn covering(&self, order: &Order) -> Option<&SalesOrder> {
        self.decided.get(&order.content.order).filter(|it| covers(it, order))
    }

    /// Decides an order as it stands and books what follows from it.
    pub fn book(&mut self, order: &Order, judge: Judge) -> SalesOrder {
        let id = order.content.order;
        let before = self.decided.get(&id).cloned();
        if let Some(before) = &before {
            self.give_back(before);
        }
        let mut decided = match self.known_before(order, &judge) {
            Some(known) => known.clone(),
            None => self.judge(order, before.as_ref(), judge),
        };
        if decided.number.is_empty() {
            let had = before.map(|before| before.number);
            decided.number = had.or_else(|| self.numbers.get(&id).cloned()).unwrap_or_default();
        }
        self.enter(&decided, order.content.rep);
        decided
    }

    /// Notes how far a connected ERP got with an order; false when that is known, or the order is
    /// closed here. What is shipped is reserved no more, and what is invoiced is owed instead.
    pub fn note_progress(&mut self, order: &Order, progress: Progress) -> bool {
        let followed = |it: &&SalesOrder| it.is_taken() || it.progress.is_some();
        let before = self.decided.get(&order.content.order).filter(followed).cloned();
        let Some(before) = before else { return false };
        let as_known = |it: &Progress| (&it.number, it.stage) == (&progress.number, progress.stage);
        if before.progress.as_ref().is_some_and(as_known) {
            return false;
        }
        self.give_back(&before);
        self.enter(&SalesOrder { progress: Some(progress), ..before }, order.content.rep);
        true
    }

    /// Writes what changed, and tells devices.
    pub async fn close(self, db: &mut SqliteConnection, commit: &mut Commit) -> Result<()> {
        if self.changed.orders.is_empty() {
            return Ok(());
        }
        let changed: Vec<_> =
            self.changed.orders.keys().filter_map(|order| self.decided.get(order)).collect();
        orders::put(db, &changed).await?;
        let ids = self.changed.orders.keys().copied().collect();
        orders::put_reservations(db, &ids, &self.held).await?;
        let stocks = self.changed.stocks.iter().filter_map(|key| self.shelves.stock(*key));
        orders::put_reserved(db, &stocks.collect::<Vec<_>>()).await?;
        self.close_accounts(db, commit).await?;
        let told: Vec<_> = changed
            .into_iter()
            .filter(|it| {
                it.outcome == Outcome::Accepted
                    || !roundsman_core::planted!("a decision nobody is told of")
            })
            .map(|it| (it, self.audience(it)))
            .collect();
        outcomes::publish(db, commit, &told, self.now).await
    }

    async fn close_accounts(&self, db: &mut SqliteConnection, commit: &mut Commit) -> Result<()> {
        if self.changed.accounts.is_empty() {
            return Ok(());
        }
        let known = self.changed.accounts.iter().filter_map(|it| self.shelves.customer(*it));
        let accounts: Vec<_> = known
            .filter_map(|known| {
                Some((known.account.as_ref()?, vec![Channel::Territory(known.territory)]))
            })
            .collect();
        let uninvoiced = accounts.iter().map(|(it, _)| (it.customer, it.uninvoiced.minor));
        orders::put_uninvoiced(db, &uninvoiced.collect()).await?;
        commit.publish_all(db, &accounts, self.now).await
    }

    fn judge(&self, order: &Order, before: Option<&SalesOrder>, judge: Judge) -> SalesOrder {
        let products = order.content.lines.iter().map(|line| line.product);
        let shelf = self.shelves.shelf(order.content.customer, products);
        // No two decisions about an order are made at the same time: people say which they saw.
        let now = before.map_or(self.now, |it| self.now.max(it.decided_at.plus_millis(1)));
        match judge {
            Judge::Rules => decide::decide(order, before, None, &shelf, now),
            Judge::Person(verdict) => decide::decide(order, before, Some(verdict), &shelf, now),
            Judge::Made(decided) => SalesOrder { decided_at: now, ..*decided },
        }
    }

    /// What was decided about this version before the database went back in time, if a device gave
    /// it back.
    fn known_before(&self, order: &Order, judge: &Judge) -> Option<&SalesOrder> {
        let known = self.offered.get(&order.content.order)?;
        (matches!(judge, Judge::Rules) && known.version == order.version).then_some(known)
    }

    /// Takes the stock and the credit for a decision.
    fn enter(&mut self, decided: &SalesOrder, rep: PersonId) {
        self.decided.insert(decided.order, decided.clone());
        self.changed.orders.insert(decided.order, rep);
        let account = self.shelves.account_mut(decided.customer);
        let Some(warehouse) = account.map(|account| account.warehouse) else { return };
        if decided.takes_stock() {
            self.reserve(decided, warehouse);
        }
        if decided.takes_credit() {
            self.add_uninvoiced(decided.customer, decided.total);
        }
    }

    /// Gives back the stock and the credit that a decision took. Once there are deliveries, what is
    /// already picked has to stop a change here.
    fn give_back(&mut self, before: &SalesOrder) {
        for it in self.held.remove(&before.order).unwrap_or_default() {
            self.change_reserved(&it, -it.quantity.0);
        }
        if before.takes_credit() {
            let nothing = before.total.minus(before.total);
            self.add_uninvoiced(before.customer, nothing.minus(before.total));
        }
    }

    fn reserve(&mut self, decided: &SalesOrder, warehouse: WarehouseId) {
        let lines = (0_i64..).zip(&decided.lines).filter(|(_, line)| line.reserved.is_positive());
        let held: Vec<_> = lines
            .map(|(position, line)| Reservation {
                line: (position, line.line),
                warehouse,
                product: line.product,
                quantity: line.reserved,
            })
            .collect();
        for it in &held {
            self.change_reserved(it, it.quantity.0);
        }
        self.held.insert(decided.order, held);
    }

    fn change_reserved(&mut self, held: &Reservation, more: rust_decimal::Decimal) {
        let key = (held.warehouse, held.product);
        if let Some(stock) = self.shelves.stock_mut(key) {
            stock.reserved.0 += more;
            self.changed.stocks.insert(key);
        }
    }

    fn add_uninvoiced(&mut self, customer: CustomerId, total: Money) {
        if roundsman_core::planted!("credit not used up") {
            return;
        }
        if let Some(account) = self.shelves.account_mut(customer) {
            account.uninvoiced = account.uninvoiced.plus(total);
            self.changed.accounts.insert(customer);
        }
    }

    fn audience(&self, decided: &SalesOrder) -> Vec<Channel> {
        let territory = self.shelves.customer(decided.customer).map(|known| known.territory);
        let rep = self.changed.orders.get(&decided.order);
        rep.map(|rep| outcomes::audience(territory, *rep)).unwrap_or_default()
    }
}

/// What devices gave back about these orders. A number that another order has got since cannot be
/// given again: then the office reads of both.
async fn offered(
    db: &mut SqliteConnection,
    orders: &[&Order],
    shelves: &Shelves,
) -> Result<BTreeMap<OrderId, SalesOrder>> {
    let ids = orders.iter().map(|order| order.content.order);
    let offered = restoration::outcomes(&mut *db, ids).await?;
    let (mut usable, mut given) = (BTreeMap::new(), BTreeSet::new());
    for order in orders {
        let id = order.content.order;
        let Some(known) = offered.get(&id).filter(|_| !usable.contains_key(&id)) else { continue };
        let new = known.number.is_empty() || given.insert(&known.number);
        if new
            && shelves.survivor(known.customer) == shelves.survivor(order.content.customer)
            && !orders::is_number_of_another(db, &known.number, id).await?
        {
            usable.insert(id, known.clone());
        }
    }
    Ok(usable)
}

/// The numbers of orders that are new: those they had before the database went back in time, or the
/// next ones, in their order.
async fn numbers(
    db: &mut SqliteConnection,
    orders: &[&Order],
    decided: &BTreeMap<OrderId, SalesOrder>,
    offered: &BTreeMap<OrderId, SalesOrder>,
) -> Result<BTreeMap<OrderId, String>> {
    let (mut numbers, mut unnumbered) = (BTreeMap::new(), Vec::new());
    let new = orders.iter().map(|it| it.content.order).filter(|id| !decided.contains_key(id));
    for order in new {
        match offered.get(&order).filter(|known| !known.number.is_empty()) {
            Some(known) => drop(numbers.insert(order, known.number.clone())),
            None if unnumbered.contains(&order) => {}
            None => unnumbered.push(order),
        }
    }
    if !unnumbered.is_empty() {
        let series = series(db).await?;
        let next = orders::next_numbers(db, &series, unnumbered.len()).await?;
        numbers.extend(unnumbered.into_iter().zip(next));
    }
    Ok(numbers)
}

/// The series of order numbers: another one after each restoration, since nobody knows how far the
/// one before had got.
async fn series(db: &mut SqliteConnection) -> Result<String> {
    let last = epochs::restorations(&mut *db).await?.into_iter().next();
    Ok(last.map_or_else(|| ORDERS.to_owned(), |last| format!("{ORDERS}-{}", last.suffix())))
}
