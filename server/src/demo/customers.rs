//! Who buys from the demo company, and on what terms.

use roundsman_core::documents::customer;
use roundsman_core::id::{CustomerId, PersonId, TerritoryId};
use roundsman_core::money::{Currency, Money};
use roundsman_core::records::{Assignment, CustomerAccount, LocalName, Territory};
use roundsman_core::sync::Channel;
use roundsman_core::time::{Day, Timestamp};
use roundsman_erp::embedded::master;
use roundsman_store::{Store, people};

use super::calendar::{ROUTES, Rhythm};
use super::catalog::Catalog;
use super::ledger::Ledger;
use super::people::{OFFICE, Staff, login_of};
use super::seeded::Scene;
use super::shops::{City, District, Shop};
use super::{Chance as _, Size};
use crate::clock::Clock;
use crate::desk::{Desk, Done};
use crate::error::Result;

/// A shop that the guide and the tests follow: everything about it is in order.
const MODEL: &str = "海港食品 中山路店";
/// Customers of one commit.
const GROUP: usize = 100;

/// A shop as a customer.
pub struct Client {
    /// Its document.
    pub id: CustomerId,
    /// What it is.
    pub shop: Shop,
    /// The company's side of it at the beginning.
    pub account: CustomerAccount,
    /// Who looks after it.
    pub assignment: Assignment,
    /// When it is visited.
    pub rhythm: Rhythm,
    /// How it behaves.
    pub habit: Habit,
    /// What it owes.
    pub ledger: Ledger,
}

/// How a customer is of its own kind.
#[derive(Debug, Clone, Copy, Default)]
pub struct Habit {
    /// When it opened, if that is not long ago.
    pub opened: Option<Day>,
    /// Since when it buys elsewhere.
    pub lapsed: Option<Day>,
    /// Whether it pays only when it must.
    pub pays_late: bool,
}

/// Where customers are entered.
pub struct Register<'a> {
    /// The company's database.
    pub store: &'a Store,
    /// The console.
    pub desk: &'a Desk,
    /// Time and chance.
    pub scene: &'a Scene,
    /// Who works there.
    pub staff: &'a Staff,
    /// What is sold.
    pub catalog: &'a Catalog,
}

impl Register<'_> {
    /// Opens the territories, and works out everybody who buys or will buy; nobody is entered yet.
    pub async fn survey(&self, today: Day, size: Size) -> Result<Vec<Client>> {
        let mut city = City::new()?;
        let mut clients = Vec::new();
        for index in 0..city.districts.len() {
            let shops = city.shops(&self.scene.clock, index, size)?;
            let territory = self.open_territory(&city.districts[index], size).await?;
            for shop in shops {
                clients.push(self.client(shop, clients.len(), territory, today)?);
            }
        }
        if size.is_whole() {
            plan_routes(&mut clients);
        }
        Ok(clients)
    }

    /// Enters these customers as they are.
    pub async fn enter(&self, clients: &[&Client]) -> Result<()> {
        let office = self.staff.get(OFFICE)?;
        for group in clients.chunks(GROUP) {
            let done = group.iter().flat_map(|client| self.entries(client)).collect();
            self.desk.record_past(office, done).await?;
            let accounts: Vec<_> =
                group.iter().map(|it| (it.account.clone(), it.assignment.clone())).collect();
            put_accounts(self.store, accounts, self.scene.clock.now()).await?;
        }
        Ok(())
    }

    async fn open_territory(&self, district: &District, size: Size) -> Result<TerritoryId> {
        let id = TerritoryId(self.scene.clock.new_id());
        let name = LocalName { zh: district.zh.clone(), en: district.en.clone() };
        let territory = Territory { id, name };
        let warehouses = [&self.catalog.city, &self.catalog.harbour];
        let mut channels = vec![Channel::Territory(id)];
        channels.extend(warehouses.map(|warehouse| Channel::Warehouse(warehouse.id)));
        let reps = district.reps(size);
        let reps = reps.iter().map(|login| self.staff.get(login)).collect::<Result<Vec<_>>>()?;
        let now = self.scene.clock.now();
        let opened = self.store.write.run(move |db, commit| {
            Box::pin(async move {
                master::put_territory(db, commit, &territory, now).await?;
                for rep in reps {
                    for channel in &channels {
                        people::grant(db, commit, rep, *channel, now).await?;
                    }
                }
                Ok(())
            })
        });
        opened.await?;
        Ok(id)
    }

    fn client(
        &self,
        shop: Shop,
        index: usize,
        territory: TerritoryId,
        today: Day,
    ) -> Result<Client> {
        let chance = &self.scene.clock;
        let id = CustomerId(chance.new_id());
        let account_manager = self.staff.get(&shop.rep)?;
        let visit_every_days = *chance.pick(&shop.kind.every_days);
        let every_weeks = i32::try_from(visit_every_days / 7).unwrap_or(1).max(1);
        let habit = if shop.name == MODEL { Habit::default() } else { habit(chance, today) };
        let account = account(chance, id, &shop, 1001 + index, self.catalog);
        // Who is new owes nothing yet.
        let account = if habit.opened.is_some() { unused(account) } else { account };
        Ok(Client {
            id,
            ledger: opening(chance, &account, habit, self.scene.clock.today()),
            account,
            assignment: Assignment { customer: id, territory, account_manager, visit_every_days },
            rhythm: Rhythm { route: 0, every_weeks, phase: 0 },
            habit,
            shop,
        })
    }

    /// What the office enters about a customer: itself, and people to talk to.
    fn entries(&self, client: &Client) -> Vec<Done> {
        let (chance, now) = (&self.scene.clock, self.scene.clock.now());
        let mut entries: Vec<Done> = vec![(now, Box::new(create(chance, client)))];
        for _ in 0..1 + chance.below(2) {
            entries.push((now, Box::new(contact(chance, client))));
        }
        entries
    }
}

impl District {
    fn reps(&self, size: Size) -> Vec<String> {
        let there = if size.is_whole() { usize::MAX } else { 1 };
        let first = self.patch_reps().take(there);
        first.flat_map(|rep| (1..=size.times()).map(move |number| login_of(rep, number))).collect()
    }
}

/// Puts each rep's customers on the routes of a week: near ones on the same, and as many on each
/// day whatever the week.
fn plan_routes(clients: &mut [Client]) {
    let mut order: Vec<usize> = (0..clients.len()).collect();
    order.sort_by(|left, right| {
        let key = |it: usize| (clients[it].rep(), clients[it].shop.place.longitude);
        let ((left_rep, left_at), (right_rep, right_at)) = (key(*left), key(*right));
        left_rep.cmp(&right_rep).then(left_at.total_cmp(&right_at))
    });
    for same in order
        .chunk_by(|left, right| clients[*left].rep() == clients[*right].rep())
        .map(<[_]>::to_vec)
        .collect::<Vec<_>>()
    {
        let mut seen = [[0; 5]; ROUTES];
        for (at, index) in same.iter().enumerate() {
            let route = at * ROUTES / same.len();
            let rhythm = &mut clients[*index].rhythm;
            let weeks = usize::try_from(rhythm.every_weeks).unwrap_or(1).min(4);
            let phase = &mut seen[route][weeks];
            *rhythm =
                Rhythm { route, phase: *phase + i32::try_from(route).unwrap_or(0), ..*rhythm };
            *phase += 1;
        }
    }
}

impl Client {
    /// Who visits it.
    pub fn rep(&self) -> PersonId {
        self.assignment.account_manager
    }

    /// Days after an invoice on which it is due.
    pub fn terms_days(&self) -> i32 {
        let terms = self.terms();
        terms.split(' ').next().and_then(|days| days.parse().ok()).unwrap_or(1)
    }

    fn terms(&self) -> &str {
        let terms = &self.shop.kind.terms;
        &terms[usize::from(self.id.0.as_bytes()[15]) % terms.len()]
    }
}

/// Stores accounts with who looks after each customer.
pub async fn put_accounts(
    store: &Store,
    accounts: Vec<(CustomerAccount, Assignment)>,
    now: Timestamp,
) -> Result<()> {
    let put = store.write.run(move |db, commit| {
        Box::pin(async move {
            for (account, assignment) in &accounts {
                master::put_customer(db, commit, account, assignment, now).await?;
            }
            Ok(())
        })
    });
    Ok(put.await?)
}

fn create(chance: &Clock, client: &Client) -> customer::Create {
    let shop = &client.shop;
    let fields = [
        ("name", shop.name.clone()),
        ("phone", phone(chance)),
        ("address", shop.address.clone()),
        ("hours", chance.pick(&shop.kind.hours).clone()),
        (
            "tax_id",
            format!("9137020{}{:010}", chance.below(10), u64::from(chance.below(1_000_000_000))),
        ),
        ("payment_terms", client.terms().to_owned()),
        ("note", shop.note.clone()),
    ];
    let fields = fields.into_iter().filter(|(_, value)| !value.is_empty());
    customer::Create {
        customer: client.id,
        fields: fields.map(|(field, value)| (field.to_owned(), value)).collect(),
        place: Some(shop.place),
    }
}

fn contact(chance: &Clock, client: &Client) -> customer::SaveContact {
    const FAMILY: [&str; 10] = ["王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴"];
    const GIVEN: [&str; 10] = ["敏", "伟", "静", "磊", "洋", "艳", "勇", "娟", "涛", "霞"];
    customer::SaveContact {
        customer: client.id,
        contact: chance.new_id().into(),
        name: format!("{}{}", chance.pick(&FAMILY), chance.pick(&GIVEN)),
        role: chance.pick(&client.shop.kind.roles).clone(),
        phone: phone(chance),
        email: String::new(),
    }
}

fn phone(chance: &Clock) -> String {
    if chance.below(3) == 0 {
        return format!("0532-{}", 80_000_000 + chance.below(9_999_999));
    }
    let prefix = chance.pick(&["138", "139", "150", "186"]);
    format!("{prefix} {:04} {:04}", chance.below(10_000), chance.below(10_000))
}

/// Of a hundred, five are new, six have lapsed and six pay late.
fn habit(chance: &Clock, today: Day) -> Habit {
    let ago =
        |least: i32, span: u32| today.plus(-least - i32::try_from(chance.below(span)).unwrap_or(0));
    match chance.below(100) {
        0..5 => Habit { opened: Some(ago(3, 32)), ..Habit::default() },
        5..11 => Habit { lapsed: Some(ago(18, 30)), ..Habit::default() },
        11..17 => Habit { pays_late: true, ..Habit::default() },
        _ => Habit::default(),
    }
}

/// An account: a fifth without a limit, a quarter with something overdue, and now and then one
/// that is blocked or has nearly used its credit.
fn account(
    chance: &Clock,
    customer: CustomerId,
    shop: &Shop,
    number: usize,
    catalog: &Catalog,
) -> CustomerAccount {
    let yuan = |amount: i64| Money::new(amount * 100, Currency::CNY);
    let usual = *chance.pick(&shop.kind.limits);
    let limit = if chance.below(5) == 0 { None } else { Some(usual) };
    let used = [5, 20, 35, 50, 65, 97];
    let balance = usual * chance.pick(&used) / 100 + i64::from(chance.below(500));
    let overdue = if chance.below(4) == 0 { balance / 3 } else { 0 };
    let blocked = chance.below(60) == 0;
    let (retail, harbour) = (chance.below(100) < shop.kind.retail, chance.below(4) == 0);
    let account = CustomerAccount {
        customer,
        code: format!("C{number}"),
        price_list: if retail { catalog.retail.id } else { catalog.wholesale.id },
        warehouse: if harbour { catalog.harbour.id } else { catalog.city.id },
        credit_limit: limit.map(yuan),
        balance: yuan(balance),
        overdue: yuan(overdue),
        uninvoiced: yuan(0),
        blocked,
        as_of: chance.now(),
    };
    if shop.name != MODEL {
        return account;
    }
    CustomerAccount {
        price_list: catalog.wholesale.id,
        warehouse: catalog.city.id,
        credit_limit: Some(yuan(50_000)),
        balance: yuan(12_340),
        overdue: yuan(0),
        blocked: false,
        ..account
    }
}

fn unused(account: CustomerAccount) -> CustomerAccount {
    let nothing = Money::zero(Currency::CNY);
    CustomerAccount { balance: nothing, overdue: nothing, blocked: false, ..account }
}

/// The invoices behind an account's balance: what is late, and three that will be due.
fn opening(chance: &Clock, account: &CustomerAccount, habit: Habit, now: Day) -> Ledger {
    let (late, open) = (account.overdue.minor, account.balance.minor - account.overdue.minor);
    let mut ledger = Ledger::default();
    let slow = i32::try_from(chance.below(12)).unwrap_or(0);
    ledger.invoice(late, now.plus(-5), (!habit.pays_late).then_some(5 + slow));
    for (part, days) in [(open / 3, 4), (open / 3, 13), (open - open / 3 * 2, 24)] {
        ledger.invoice(part, now.plus(days), (!habit.pays_late).then_some(slow / 3));
    }
    ledger
}
