//! A small company with an ERP, in a folder that goes away.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use automerge::Automerge;
use roundsman_core::documents::customer::Customer;
use roundsman_core::documents::order::{
    self, Amend, Cancel, Revision, SignedLine, SignedOrder, Submit,
};
use roundsman_core::documents::{Operation, Stamp, actor_of, execute};
use roundsman_core::id::{CustomerId, DeviceId, ItemId, LineId, OrderId, PersonId, ProductId};
use roundsman_core::money::{Currency, Money};
use roundsman_core::quantity::{Percent, Quantity};
use roundsman_core::records::{
    Assignment, CustomerAccount, LocalName, Pack, Price, PriceBreak, PriceList, PriceVersion,
    Product, SalesOrder, Stock, Territory, Warehouse,
};
use roundsman_core::rules::{BasketLine, price_basket};
use roundsman_core::time::{Day, Hlc, Timestamp};
use roundsman_erp::embedded::{StockPublisher, master};
use roundsman_erp::{Answer, Decider, Embedded, Erp, Now, Round, Task};
use roundsman_store::documents::{self, Saved};
use roundsman_store::{Store, outbox, projection, records};
use rust_decimal::Decimal;
use tempfile::TempDir;
use uuid::Uuid;

pub const REP: PersonId = PersonId(Uuid::from_u128(1));
pub const GOOD: CustomerId = CustomerId(Uuid::from_u128(10));
pub const POOR: CustomerId = CustomerId(Uuid::from_u128(11));
pub const BLOCKED: CustomerId = CustomerId(Uuid::from_u128(12));
/// Nobody in the office has heard of it.
pub const STRANGER: CustomerId = CustomerId(Uuid::from_u128(13));
pub const FLOUR: ProductId = ProductId(Uuid::from_u128(20));
pub const CAKE: ProductId = ProductId(Uuid::from_u128(21));
/// Bags of flour that are there, in kilograms.
pub const FLOUR_ON_HAND: i64 = 950;

/// Writes in a job of its own.
macro_rules! write {
    ($company:expr, |$db:ident, $commit:ident| $body:expr) => {
        $company.store.write.run(move |$db, $commit| Box::pin(async move { $body })).await.unwrap()
    };
}

pub struct Company {
    pub store: Store,
    pub list: PriceList,
    pub warehouse: Warehouse,
    products: Vec<(Product, Price)>,
    time: Arc<AtomicI64>,
    _folder: TempDir,
}

impl Company {
    pub async fn open() -> Self {
        Self::with_tax_included(false).await
    }

    /// A company whose prices have tax in them, or not.
    pub async fn with_tax_included(tax_included: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("company.sqlite")).await.unwrap();
        let list = PriceList {
            id: Uuid::from_u128(30).into(),
            name: name("批发", "Wholesale"),
            currency: Currency::CNY,
            tax_included,
        };
        let warehouse =
            Warehouse { id: Uuid::from_u128(40).into(), name: name("仓库", "Warehouse") };
        let products = vec![
            product(&list, FLOUR, "FL-25", ("bag", 25), 9, 400),
            product(&list, CAKE, "CR-40", ("box", 8), 13, 6_800),
        ];
        let time = Arc::new(AtomicI64::new(1_800_000_000_000));
        let company = Self { store, list, warehouse, products, time, _folder: folder };
        company.fill().await;
        company
    }

    pub fn embedded(&self) -> Embedded {
        Embedded::new(self.store.clone(), self.clock())
    }

    pub async fn decider<E: Erp>(&self, erp: E) -> Decider<E> {
        Decider::claim(self.store.clone(), erp, self.clock()).await.unwrap()
    }

    /// What is reserved of a product cannot be read any more.
    pub async fn spoil_stock(&self, product: ProductId) {
        write!(self, |db, _commit| {
            sqlx::query("update erp_stock set reserved = 'a lot' where product = $1")
                .bind(product.0)
                .execute(db)
                .await?;
            Ok(())
        });
    }

    /// Takes over deciding, without a decider.
    pub async fn claim(&self) -> i64 {
        write!(self, |db, _commit| outbox::claim(db).await)
    }

    pub fn clock(&self) -> Now {
        let time = self.time.clone();
        Arc::new(move || Timestamp(time.load(Ordering::SeqCst)))
    }

    pub fn now(&self) -> Timestamp {
        (self.clock())()
    }

    pub fn wait(&self, millis: i64) {
        self.time.fetch_add(millis, Ordering::SeqCst);
    }

    /// Decides until nothing waits; how many rounds it took.
    pub async fn settle_all<E: Erp>(&self, decider: &Decider<E>) -> usize {
        for round in 0..200 {
            if decider.round().await.unwrap() == Round::Idle && self.waiting().await == 0 {
                return round;
            }
            self.wait(5_000);
        }
        panic!("orders still wait");
    }

    /// An order as a phone signs it with today's prices.
    pub fn order(
        &self,
        number: u128,
        customer: CustomerId,
        wanted: &[(ProductId, &str, i64)],
    ) -> SignedOrder {
        let lines: Vec<_> = wanted
            .iter()
            .zip(1..)
            .map(|((id, pack, quantity), line)| {
                let (product, price) = self.product(*id);
                BasketLine {
                    id: LineId(Uuid::from_u128(number * 1_000 + line)),
                    product: Some(product),
                    price: Some(price),
                    pack,
                    quantity: Quantity::from(*quantity),
                    discount: Percent::default(),
                }
            })
            .collect();
        let basket = price_basket(&self.list, &lines);
        let signed = lines.iter().zip(&basket.lines).map(|(line, result)| {
            let (product, priced) = (line.product.unwrap(), result.priced.as_ref().unwrap());
            SignedLine {
                id: line.id,
                product: product.id,
                code: product.code.clone(),
                name: product.name.clone(),
                pack: line.pack.to_owned(),
                quantity: line.quantity,
                base_quantity: priced.base_quantity,
                unit_price: priced.unit_price,
                discount: line.discount,
                net: priced.net,
                tax: priced.tax,
                price: priced.trace.clone(),
            }
        });
        SignedOrder {
            order: OrderId(Uuid::from_u128(number)),
            device_number: format!("K3-{number:04}"),
            customer,
            customer_name: "海港食品".to_owned(),
            rep: REP,
            cart: None,
            placed_at: self.now(),
            offset_minutes: 480,
            requested_on: Some(Day(20_900)),
            note: String::new(),
            price_list: self.list.id,
            lines: signed.collect(),
            net: basket.net,
            taxes: basket.taxes.clone(),
            total: basket.total,
            taken_by: None,
        }
    }

    /// Admits an order as the hub does: its document and its row in the outbox.
    pub async fn admit(&self, order: &SignedOrder) {
        let (item, now) = (ItemId::from(order.order), self.now());
        let device = DeviceId(Uuid::from_u128(99));
        let stamp = Stamp { at: Hlc::default().tick(now), by: REP, device };
        let submit = Submit { signed: order.clone() };
        let made = execute(&submit, &actor_of(device, 0), stamp, &mut |_| Ok(None)).unwrap();
        let (heads, snapshot) = (vec![made[0].hash], made[0].document.save());
        write!(self, |db, _commit| {
            documents::put(db, &[Saved { item, heads, snapshot }]).await?;
            outbox::add(db, &[(item, outbox::SUBMIT.to_owned())], now).await
        });
    }

    /// Admits another content of an order, made on what stands; none cancels it.
    pub async fn revise(&self, order: OrderId, content: Option<SignedOrder>) {
        self.revise_on(order, &self.document(order).await, content).await;
    }

    /// The same by somebody who knew the document as it was then.
    pub async fn revise_on(&self, id: OrderId, known: &Automerge, content: Option<SignedOrder>) {
        let (item, now) = (ItemId::from(id), self.now());
        let device = DeviceId(Uuid::now_v7());
        let revision = Revision {
            order: id,
            bases: order::heads(known).unwrap(),
            by: REP,
            at: now,
            offset_minutes: 480,
            content,
            signed_again: false,
            reason: "so".to_owned(),
        };
        let version = revision.id();
        let operation: Box<dyn Operation> = match revision.content {
            Some(_) => Box::new(Amend { revision }),
            None => Box::new(Cancel { revision }),
        };
        let stamp = Stamp { at: Hlc::default().tick(now), by: REP, device };
        let made = execute(operation.as_ref(), &actor_of(device, 0), stamp, &mut |_| {
            Ok(Some(known.clone()))
        })
        .unwrap();
        let change = automerge::Change::from_bytes(made[0].change.clone()).unwrap();
        let mut document = self.document(id).await;
        document.apply_changes([change]).unwrap();
        let (heads, snapshot) = (vec![made[0].hash], document.save());
        write!(self, |db, _commit| {
            documents::put(db, &[Saved { item, heads, snapshot }]).await?;
            outbox::add(db, &[(item, outbox::version(version))], now).await
        });
    }

    pub async fn document(&self, id: OrderId) -> Automerge {
        let snapshot = documents::snapshot(&self.store.read, id.into()).await.unwrap().unwrap();
        Automerge::load(&snapshot).unwrap()
    }

    /// What is reserved and what customers owe is what the decisions that stand have taken.
    pub async fn adds_up(&self) {
        let decided: BTreeMap<Uuid, SalesOrder> = records::all(&self.store.read).await.unwrap();
        for (product, _) in &self.products {
            let taken = decided.values().filter(|it| it.takes_stock());
            let lines = taken.flat_map(|it| &it.lines).filter(|it| it.product == product.id);
            let wanted: Decimal = lines.map(|line| line.reserved.0).sum();
            let stock = self.stock(product.id).await;
            assert_eq!(stock.reserved.0, wanted, "{}", product.code);
            assert!(stock.reserved.0 <= stock.on_hand.0, "{} is promised twice", product.code);
        }
        for customer in [GOOD, POOR, BLOCKED] {
            let of = decided.values().filter(|it| it.takes_credit() && it.customer == customer);
            let owed: i64 = of.map(|it| it.total.minor).sum();
            assert_eq!(self.account(customer).await.uninvoiced.minor, owed);
        }
    }

    /// The stock as devices are told of it at once.
    async fn stock(&self, product: ProductId) -> Stock {
        let publisher = StockPublisher::new(self.store.clone(), self.clock(), 0);
        publisher.publish_due().await.unwrap();
        self.published_stock(product).await.unwrap()
    }

    /// An order in the outbox whose document is gone.
    pub async fn admit_ghost(&self, number: u128) {
        let (item, now) = (ItemId::from(OrderId(Uuid::from_u128(number))), self.now());
        write!(self, |db, _commit| outbox::add(db, &[(item, outbox::SUBMIT.to_owned())], now)
            .await);
    }

    pub async fn set_price(&self, product: ProductId, minor: i64) {
        let (_, price) = self.product(product);
        let (price, now) = (flat(price, minor), self.now());
        write!(self, |db, commit| master::put_price(db, commit, &price, now).await);
    }

    /// What a product costs from a day on, besides what it costs before; the office is in Qingdao.
    pub async fn set_price_from(&self, product: ProductId, since: Day, minor: i64) {
        let (_, price) = self.product(product);
        let id = Price::id_of(price.list, product);
        let known: Option<Price> = records::get(&self.store.read, id).await.unwrap();
        let (begins, breaks) = (since.begins(480), flat(price, minor).breaks);
        let version = PriceVersion { since, begins, breaks, discount_max: price.discount_max };
        let now = self.now();
        let price = known.unwrap().with(version, now);
        write!(self, |db, commit| master::put_price(db, commit, &price, now).await);
    }

    /// The day at the office.
    pub fn today(&self) -> Day {
        self.now().day(480)
    }

    /// Gives a customer another number.
    pub async fn set_code(&self, customer: CustomerId, code: &str) {
        let (code, now) = (code.to_owned(), self.now());
        write!(self, |db, commit| {
            let change = |it| Ok(CustomerAccount { code, ..it });
            master::change_account(db, commit, customer, change, now).await
        });
    }

    /// Knows a customer by name, too.
    pub async fn set_name(&self, customer: CustomerId, name: &str) {
        let mut named = Customer { active: true, ..Customer::default() };
        named.fields.entry("name".to_owned()).or_default().value = name.to_owned();
        write!(self, |db, _commit| projection::customer(db, customer, &named).await);
    }

    pub async fn decision(&self, order: &SignedOrder) -> Option<SalesOrder> {
        records::get(&self.store.read, order.order.0).await.unwrap()
    }

    pub async fn account(&self, customer: CustomerId) -> CustomerAccount {
        records::get(&self.store.read, customer.0).await.unwrap().unwrap()
    }

    /// The stock that devices were told.
    pub async fn published_stock(&self, product: ProductId) -> Option<Stock> {
        let id = Stock::id_of(self.warehouse.id, product);
        records::get(&self.store.read, id).await.unwrap()
    }

    pub async fn waiting(&self) -> usize {
        let far = Timestamp(i64::MAX);
        outbox::due(&self.store.read, far, 10_000).await.unwrap().len()
    }

    fn product(&self, id: ProductId) -> (&Product, &Price) {
        let found = self.products.iter().find(|(product, _)| product.id == id).unwrap();
        (&found.0, &found.1)
    }

    async fn fill(&self) {
        let (list, warehouse, products) =
            (self.list.clone(), self.warehouse.clone(), self.products.clone());
        let territory = Territory { id: Uuid::from_u128(50).into(), name: name("市南", "South") };
        let account = |customer, code: &str, limit: i64, blocked| CustomerAccount {
            customer,
            code: code.to_owned(),
            price_list: list.id,
            warehouse: warehouse.id,
            credit_limit: Some(Money::new(limit, Currency::CNY)),
            balance: Money::zero(Currency::CNY),
            overdue: Money::zero(Currency::CNY),
            uninvoiced: Money::zero(Currency::CNY),
            blocked,
            as_of: self.now(),
        };
        let accounts = [
            account(GOOD, "C-001", 1_000_000_000, false),
            account(POOR, "C-002", 50_000, false),
            account(BLOCKED, "C-003", 1_000_000_000, true),
        ];
        let now = self.now();
        write!(self, |db, commit| {
            master::put_price_list(db, commit, &list, now).await?;
            master::put_warehouse(db, commit, &warehouse, now).await?;
            master::put_territory(db, commit, &territory, now).await?;
            for (product, price) in &products {
                master::put_product(db, commit, product, now).await?;
                master::put_price(db, commit, price, now).await?;
                master::count_stock(db, &warehouse, product, Quantity::from(FLOUR_ON_HAND)).await?;
            }
            for account in &accounts {
                let assignment = Assignment {
                    customer: account.customer,
                    territory: territory.id,
                    account_manager: REP,
                    visit_every_days: 7,
                };
                master::put_customer(db, commit, account, &assignment, now).await?;
            }
            Ok(())
        });
    }
}

fn product(
    list: &PriceList,
    id: ProductId,
    code: &str,
    (pack, factor): (&str, i64),
    tax: i64,
    minor: i64,
) -> (Product, Price) {
    let product = Product {
        id,
        code: code.to_owned(),
        name: name(code, code),
        category: name("烘焙", "Bakery"),
        unit: "kg".to_owned(),
        packs: vec![Pack { code: pack.to_owned(), factor: Quantity::from(factor) }],
        tax_rate: Percent::from(tax),
        barcode: String::new(),
        picture: None,
        active: true,
    };
    let price = Price {
        breaks: vec![PriceBreak {
            from: Quantity::ZERO,
            unit_price: Money::new(minor, list.currency),
        }],
        discount_max: Percent::from(10),
        ..Price::none(list.id, id)
    };
    (product, price)
}

fn flat(price: &Price, minor: i64) -> Price {
    let unit_price = Money::new(minor, Currency::CNY);
    Price { breaks: vec![PriceBreak { from: Quantity::ZERO, unit_price }], ..price.clone() }
}

fn name(zh: &str, en: &str) -> LocalName {
    LocalName { zh: zh.to_owned(), en: en.to_owned() }
}

/// What an ERP says to one task.
pub async fn one<E: Erp>(erp: &E, task: &Task) -> roundsman_store::Result<Answer> {
    erp.apply(std::slice::from_ref(task)).await.remove(0)
}
