//! Eight weeks of the company's work, day by day: through the operations that reps record, the
//! admission that judges them and the ERP that decides.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::try_join_all;
use roundsman_core::id::{OrderId, PersonId};
use roundsman_core::money::{Currency, Money};
use roundsman_core::records::{CustomerAccount, Outcome, SalesOrder, Warehouse};
use roundsman_core::time::{Day, Timestamp};
use roundsman_erp::embedded::{Embedded, master};
use roundsman_erp::{Decider, Round};
use roundsman_store::{devices, records};

use super::Chance as _;
use super::baskets::{self, Usual};
use super::calendar::Calendar;
use super::catalog::Catalog;
use super::customers::{Client, Register, put_accounts};
use super::visits::{Stop, Trade, Words};
use crate::clock::Clock;
use crate::desk::{Desk, Done};
use crate::error::Result;

/// Minutes after midnight at which reps are at their first stop.
const FIRST_STOP: u32 = 8 * 60 + 40;
/// Of a hundred planned visits, how many a rep does not get round to.
const MISSED: u32 = 3;
/// Stops of today that were made already.
const DONE_TODAY: usize = 2;
/// Stops that a phone delivers at once.
const STOPS_OF_BATCH: usize = 3;
/// Of a hundred products that run low, how many are there again the next day.
const RESTOCKED: u32 = 85;
/// How long a phone may do without the office.
const LEASE_MS: i64 = 90 * 86_400_000;

/// A rep and the phone that the rep had.
struct Rep {
    id: PersonId,
    phone: Desk,
    code: String,
    orders: u32,
}

/// What a phone delivers at once.
struct Batch {
    rep: usize,
    done: Vec<Done>,
    orders: Vec<(usize, OrderId)>,
}

struct History<'a> {
    register: &'a Register<'a>,
    calendar: Calendar,
    today: Day,
    /// Where time ends.
    now: Timestamp,
    words: Words,
    reps: Vec<Rep>,
    usual: Vec<Vec<Usual>>,
    decider: Decider<Embedded>,
}

/// Writes it, and leaves every account as it is today.
pub async fn write(
    register: &Register<'_>,
    clients: &mut [Client],
    clock: &Clock,
    report: &(dyn Fn(&str) + Sync),
) -> Result<()> {
    let scene = register.scene;
    let today = clock.today();
    let reps = phones(register, clients).await?;
    let usual =
        clients.iter().map(|it| baskets::usual(&scene.clock, it, register.catalog)).collect();
    let time = scene.clock.clone();
    let now: roundsman_erp::Now = Arc::new(move || time.now());
    let erp = Embedded::new(register.store.clone(), now.clone());
    let history = History {
        register,
        calendar: Calendar::new(today),
        today,
        now: clock.now(),
        words: Words::new()?,
        reps,
        usual,
        decider: Decider::claim(register.store.clone(), erp, now).await?,
    };
    history.live(clients, report).await
}

/// A phone for everybody who visits somebody.
async fn phones(register: &Register<'_>, clients: &[Client]) -> Result<Vec<Rep>> {
    let mut ids: Vec<PersonId> = clients.iter().map(Client::rep).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut reps = Vec::new();
    for id in ids {
        let clock = register.scene.clock.clone();
        let (phone, code) = Desk::of(register.store.clone(), clock, id).await?;
        reps.push(Rep { id, phone, code, orders: 0 });
    }
    Ok(reps)
}

impl History<'_> {
    async fn live(mut self, clients: &mut [Client], report: &(dyn Fn(&str) + Sync)) -> Result<()> {
        let known: Vec<&Client> = clients.iter().filter(|it| it.habit.opened.is_none()).collect();
        self.register.enter(&known).await?;
        let (mut visits, mut orders, mut days) = (0, 0, 0);
        let calendar = self.calendar;
        for day in calendar.days().filter(|day| calendar.works(*day)) {
            self.morning(clients, day).await?;
            let batches = self.plan(clients, day)?;
            for batch in &batches {
                visits += batch.done.iter().filter(|(_, it)| it.name() == "visit.check_in").count();
                orders += batch.orders.len();
            }
            self.deliver(clients, batches, day).await?;
            days += 1;
            if days % 6 == 0 || day == self.today {
                report(&format!("{day}: {visits} visits, {orders} orders"));
            }
        }
        self.end(clients).await
    }

    /// Closes the books of the days before, fills the shelves, and enters who opens today. What
    /// was ordered yesterday is still on its way today.
    async fn morning(&self, clients: &mut [Client], day: Day) -> Result<()> {
        let scene = self.register.scene;
        scene.go_to(scene.at(day, FIRST_STOP - 60).min(self.now));
        if day != self.today {
            for client in clients.iter_mut() {
                let due = day.plus(client.terms_days());
                let slow = i32::try_from(scene.clock.below(7)).unwrap_or(0);
                let paid = if client.habit.pays_late { 45 } else { slow };
                let minor = std::mem::take(&mut client.ledger.uninvoiced);
                client.ledger.invoice(minor, due, Some(paid));
            }
            self.close_books(clients, day).await?;
        }
        let opening: Vec<&Client> =
            clients.iter().filter(|it| self.opens(it) == Some(day)).collect();
        self.register.enter(&opening).await
    }

    /// The first working day from the one on which it opened.
    fn opens(&self, client: &Client) -> Option<Day> {
        let opened = client.habit.opened?;
        (0..14).map(|days| opened.plus(days)).find(|day| self.calendar.works(*day))
    }

    async fn close_books(&self, clients: &[Client], day: Day) -> Result<()> {
        let owed: Vec<_> = clients
            .iter()
            .map(|it| {
                let (balance, overdue) = it.ledger.owed(day);
                (it.id, yuan(balance), yuan(overdue))
            })
            .collect();
        let (catalog, chance) = (self.register.catalog.clone(), self.register.scene.clock.clone());
        let closed = self.register.store.write.run(move |db, _| {
            Box::pin(async move {
                master::close_day(db, &owed).await?;
                for warehouse in [&catalog.city, &catalog.harbour] {
                    let left = master::stock_of(db, warehouse, chance.now()).await?;
                    for (product, full) in wanted(&chance, &catalog, warehouse, &left) {
                        master::count_stock(db, warehouse, product, full).await?;
                    }
                }
                Ok(())
            })
        });
        Ok(closed.await?)
    }

    /// What every rep does on this day, in the order in which it is delivered.
    fn plan(&mut self, clients: &[Client], day: Day) -> Result<Vec<Batch>> {
        let mut batches = Vec::new();
        for rep in 0..self.reps.len() {
            let stops = self.stops(clients, rep, day);
            let mut at = self.register.scene.at(day, FIRST_STOP + self.below(20));
            for stops in stops.chunks(STOPS_OF_BATCH) {
                let mut batch = Batch { rep, done: Vec::new(), orders: Vec::new() };
                for index in stops {
                    // Nobody has been anywhere in the future.
                    if at.plus_millis(30 * 60_000) > self.now {
                        break;
                    }
                    self.visit(clients, *index, (day, at), &mut batch)?;
                    at = at.plus_millis(i64::from(32 + self.below(24)) * 60_000);
                }
                if !batch.done.is_empty() {
                    batches.push(batch);
                }
            }
        }
        batches.sort_by_key(|batch| batch.done.last().map(|(at, _)| *at));
        Ok(batches)
    }

    fn stops(&self, clients: &[Client], rep: usize, day: Day) -> Vec<usize> {
        let mut stops: Vec<usize> = (0..clients.len())
            .filter(|at| {
                let client = &clients[*at];
                client.rep() == self.reps[rep].id
                    && self.opens(client).is_none_or(|opened| opened <= day)
                    && (self.calendar.is_planned(day, client.rhythm)
                        || self.opens(client) == Some(day))
            })
            .collect();
        stops.retain(|_| self.below(100) >= MISSED);
        if day == self.today {
            stops.truncate(DONE_TODAY);
        }
        stops
    }

    fn visit(
        &mut self,
        clients: &[Client],
        index: usize,
        (day, at): (Day, Timestamp),
        batch: &mut Batch,
    ) -> Result<()> {
        let (client, scene) = (&clients[index], self.register.scene);
        scene.go_to(at);
        let is_first = self.opens(client) == Some(day);
        let stop = Stop {
            rep: self.reps[batch.rep].id,
            client,
            usual: &self.usual[index],
            at,
            day,
            next_day: (1..14)
                .map(|days| day.plus(days))
                .find(|day| self.calendar.works(*day))
                .unwrap_or(day),
            more: self.appetite(day, is_first),
            is_first,
            is_recent: day.plus(3) >= self.today,
        };
        let rep = &self.reps[batch.rep];
        let number = format!("{}-{:04}", rep.code, rep.orders + 1);
        let trade =
            Trade { clock: &scene.clock, catalog: self.register.catalog, words: &self.words };
        let (done, order) = trade.visit(&stop, &number)?;
        batch.done.extend(done);
        if let Some(order) = order {
            batch.orders.push((index, order));
            self.reps[batch.rep].orders += 1;
        }
        Ok(())
    }

    /// Shops fill up for the weekend and after a holiday, and begin small.
    fn appetite(&self, day: Day, is_first: bool) -> u32 {
        let after_holiday = (1..=3).all(|ago| !self.calendar.works(day.plus(-ago)));
        let before_rest = !self.calendar.works(day.plus(1)) || !self.calendar.works(day.plus(2));
        match (is_first, after_holiday, before_rest) {
            (true, _, _) => 45,
            (_, true, _) => 150,
            (_, _, true) => 125,
            _ => 100,
        }
    }

    /// Sends what phones recorded, and has it decided.
    async fn deliver(&self, clients: &mut [Client], batches: Vec<Batch>, day: Day) -> Result<()> {
        let mut orders = BTreeMap::new();
        let mut waiting = batches.into_iter().peekable();
        // What comes in about the same time is written at once, and then decided.
        while waiting.peek().is_some() {
            let together: Vec<Batch> = waiting.by_ref().take(self.reps.len()).collect();
            let last = together.iter().filter_map(|it| it.done.last()).map(|(at, _)| *at).max();
            let arrival = last.map_or(self.now, |at| at.plus_millis(45_000));
            self.register.scene.go_to(arrival.min(self.now));
            let sent = together.into_iter().map(|batch| {
                orders.extend(batch.orders.into_iter().map(|(index, order)| (order.0, index)));
                let rep = &self.reps[batch.rep];
                rep.phone.record_past(rep.id, batch.done)
            });
            try_join_all(sent).await?;
            self.decide().await?;
        }
        let store = self.register.store;
        let decided = records::many::<SalesOrder>(&store.read, orders.keys().copied()).await?;
        for (id, decision) in decided {
            let client = &mut clients[orders[&id]];
            match decision.outcome {
                Outcome::Accepted | Outcome::AcceptedWithChange => {
                    client.ledger.uninvoiced += decision.total.minor;
                }
                // Who is not served pays soon.
                _ => {
                    let days = i32::try_from(3 + self.below(9)).unwrap_or(3);
                    client.ledger.settle_late(day, day.plus(days));
                }
            }
        }
        Ok(())
    }

    async fn decide(&self) -> Result<()> {
        while self.decider.round().await? != Round::Idle {}
        Ok(())
    }

    /// Leaves accounts as they are today, and phones that were in contact just now.
    async fn end(self, clients: &[Client]) -> Result<()> {
        let (now, today) = (self.now, self.today);
        self.register.scene.go_to(now);
        let accounts = clients.iter().map(|client| {
            let (balance, overdue) = client.ledger.owed(today);
            let account = CustomerAccount {
                balance: yuan(balance),
                overdue: yuan(overdue),
                uninvoiced: yuan(client.ledger.uninvoiced),
                as_of: now,
                ..client.account.clone()
            };
            (account, client.assignment.clone())
        });
        let accounts: Vec<_> = accounts.collect();
        for group in accounts.chunks(200) {
            put_accounts(self.register.store, group.to_vec(), now).await?;
        }
        let phones: Vec<_> = self.reps.iter().map(|rep| rep.phone.device()).collect();
        let renewed = self.register.store.write.run(move |db, _| {
            Box::pin(async move {
                for phone in phones {
                    devices::renew(db, phone, now, now.plus_millis(LEASE_MS)).await?;
                }
                Ok(())
            })
        });
        Ok(renewed.await?)
    }

    fn below(&self, end: u32) -> u32 {
        self.register.scene.clock.below(end)
    }
}

/// What comes in today: most of what ran low.
fn wanted<'a>(
    chance: &Clock,
    catalog: &'a Catalog,
    warehouse: &Warehouse,
    left: &BTreeMap<roundsman_core::id::ProductId, roundsman_core::records::Stock>,
) -> Vec<(&'a roundsman_core::records::Product, roundsman_core::quantity::Quantity)> {
    let low = catalog.articles.iter().filter_map(|article| {
        let full = catalog.usual_stock(article, warehouse);
        let stock = left.get(&article.product.id)?;
        baskets::is_low(stock.on_hand, full).then_some((&article.product, full))
    });
    low.filter(|_| chance.below(100) < RESTOCKED).collect()
}

fn yuan(minor: i64) -> Money {
    Money::new(minor, Currency::CNY)
}
