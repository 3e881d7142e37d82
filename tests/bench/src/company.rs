//! A company with this data, put in through the server's own functions.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use ed25519_dalek::SigningKey;
use roundsman_core::documents::cart::{Cart, CartLine};
use roundsman_core::documents::order::{self, Signing};
use roundsman_core::documents::{Request, customer};
use roundsman_core::id::{CartId, CustomerId, PersonId, ProductId, TerritoryId};
use roundsman_core::money::{Currency, Money};
use roundsman_core::place::Place;
use roundsman_core::quantity::{Percent, Quantity};
use roundsman_core::records::{
    Assignment, CustomerAccount, LocalName, Person, Price, PriceBreak, PriceList, Product, Role,
    Territory, Warehouse,
};
use roundsman_core::rules::{Shelf, Slot};
use roundsman_core::sync::{Channel, ChannelHead, Cursor};
use roundsman_core::time::Timestamp;
use roundsman_erp::embedded::{StockPublisher, master};
use roundsman_server::app::App;
use roundsman_server::clock::Clock;
use roundsman_server::config::Config;
use roundsman_server::identity::{Token, hash_password};
use roundsman_store::devices::{self, Device};
use roundsman_store::sessions::{self, Kind, NewSession};
use roundsman_store::{feed_read, people, settings};
use rust_decimal::Decimal;
use tempfile::TempDir;

use crate::data::{self, Data};
use crate::phone::{Enrolled, Phone, now};

/// What the person with [`READER`] signs in with.
pub const PASSWORD: &str = "roundsman";
/// The login of somebody who sees everything and records nothing.
pub const READER: &str = "reader";
/// The login of a rep who sees the first territory alone.
pub const OUTSIDER: &str = "rep-0";

/// Rows of one commit while a company is made: a page of the feed holds whole commits.
const CHUNK: usize = 50;
/// Tokens outlive every run.
const DAY_MS: i64 = 24 * 60 * 60_000;

/// How a company is divided.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Customers are dealt out to so many territories, each with a rep and a phone.
    pub territories: usize,
    /// More phones of one more rep, in a territory without customers of its own.
    pub live_phones: usize,
}

/// How much of the carts that orders come from is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carts {
    /// Orders have none, as on the telephone.
    Without,
    /// Each has one, with its first line in it.
    Begun,
    /// Every line was put in, as reps do.
    Full,
}

impl Carts {
    fn lines(self) -> usize {
        match self {
            Self::Without => 0,
            Self::Begun => 1,
            Self::Full => usize::MAX,
        }
    }
}

/// A company in a folder, and what is known of it outside.
pub struct Company {
    pub folder: TempDir,
    pub data: Data,
    pub customers: Vec<CustomerId>,
    pub territories: Vec<TerritoryId>,
    /// One phone for each territory.
    pub phones: Vec<Enrolled>,
    /// The phones of the live territory.
    pub live: Vec<Enrolled>,
    pub live_territory: TerritoryId,
    /// How far everything of a phone went when the company was made.
    pub cursors: BTreeMap<Channel, Cursor>,
    list: PriceList,
    products: Vec<Product>,
    prices: Vec<Price>,
}

impl Company {
    /// Makes it.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn make(data: Data, plan: Plan) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let clock = Clock::system();
        let app = App::open(Config::local(folder.path()), clock.clone()).await?;
        let maker = Maker { app, hash: hash_password(PASSWORD.into(), clock.random()).await? };
        let mut company = Self {
            folder,
            data,
            customers: Vec::new(),
            territories: Vec::new(),
            phones: Vec::new(),
            live: Vec::new(),
            live_territory: TerritoryId(clock.new_id()),
            cursors: BTreeMap::new(),
            list: PriceList {
                id: clock.new_id().into(),
                name: name("Wholesale"),
                currency: Currency::EUR,
                tax_included: false,
            },
            products: Vec::new(),
            prices: Vec::new(),
        };
        let warehouse = Warehouse { id: clock.new_id().into(), name: name("Central") };
        maker.catalogue(&mut company, &warehouse).await?;
        maker.people_and_customers(&mut company, &warehouse, plan).await?;
        company.cursors = maker.cursors(&company).await?;
        maker.finish(company.folder.path()).await?;
        Ok(company)
    }

    /// A phone that has everything there is, as after yesterday's work.
    #[must_use]
    pub fn up_to_date(&self, known: &Enrolled, territory: Option<TerritoryId>) -> Phone {
        let mut phone = Phone::new(known.clone());
        let sees = |channel: &Channel| match channel {
            Channel::Territory(id) => territory.is_none_or(|it| it == *id),
            _ => true,
        };
        phone.cursors = self.cursors.values().filter(|it| sees(&it.channel)).copied().collect();
        phone
    }

    /// Records orders on a phone, as if it had been offline. Without carts each order is one entry,
    /// as it is one document for a peer; with them each line is one more.
    ///
    /// # Errors
    /// When an order cannot be signed.
    pub fn record(&self, phone: &mut Phone, orders: &[data::Order], carts: Carts) -> Result<()> {
        for order in orders {
            let (cart, id) = (CartId(Clock::system().new_id()), Clock::system().new_id());
            let customer = self.customers[order.of];
            let lines: Vec<_> = order.lines.iter().map(|line| self.cart_line(line)).collect();
            let mut full = Cart::of_lines(customer, &lines);
            full.lines = lines
                .iter()
                .map(|line| {
                    (roundsman_core::documents::cart::line_id(cart, line.product), line.clone())
                })
                .collect();
            full.note.clone_from(&order.note);
            for (n, line) in lines.iter().take(carts.lines()).enumerate() {
                let begin_for = (n == 0).then_some(customer);
                let line = line.clone();
                phone.record(&roundsman_core::documents::cart::SetLine {
                    cart,
                    begin_for,
                    line,
                })?;
            }
            let signing = Signing {
                order: id.into(),
                device_number: format!("{}-{:04}", phone.known.code, phone.head().n + 1),
                cart: (carts != Carts::Without).then_some(cart),
                customer_name: self.data.customers[order.of].name.clone(),
                rep: phone.known.person,
                taken_by: None,
                at: now(),
                offset_minutes: 0,
            };
            let signed = order::sign(signing, &full, &self.shelf(order))?;
            phone.record(&order::Submit { signed })?;
        }
        Ok(())
    }

    fn cart_line(&self, line: &data::Line) -> CartLine {
        CartLine {
            product: self.products[line.of].id,
            pack: self.products[line.of].unit.clone(),
            quantity: Quantity::from(line.qty),
            discount: Percent(Decimal::from(line.discount)),
            added_at: Timestamp(line.line as i64),
        }
    }

    fn shelf(&self, order: &data::Order) -> Shelf {
        let slot = |line: &data::Line| {
            let product = self.products[line.of].clone();
            let price = Some(self.prices[line.of].clone());
            (product.id, Slot { product: Some(product), price, ..Slot::default() })
        };
        let slots: BTreeMap<ProductId, Slot> = order.lines.iter().map(slot).collect();
        Shelf { list: self.list.clone(), account: None, slots }
    }
}

/// A customer that a rep enters, and an edit of it.
#[must_use]
pub fn new_customer(n: usize) -> customer::Create {
    let fields = [("name", format!("Shop {n}")), ("phone", format!("+3310000{n:04}"))];
    customer::Create {
        customer: CustomerId(Clock::system().new_id()),
        fields: fields.map(|(field, value)| (field.to_owned(), value)).into(),
        place: None,
    }
}

/// A new phone number.
#[must_use]
pub fn edit(customer: CustomerId, n: usize) -> customer::EditFields {
    let fields = [("phone".to_owned(), format!("+3320000{n:04}"))].into();
    customer::EditFields { customer, fields }
}

struct Maker {
    app: Arc<App>,
    hash: String,
}

impl Maker {
    async fn catalogue(&self, company: &mut Company, warehouse: &Warehouse) -> Result<()> {
        let now = now();
        let (list, place) = (company.list.clone(), warehouse.clone());
        let write = &self.app.store.write;
        write
            .run(move |db, commit| {
                Box::pin(async move {
                    settings::set(db, settings::CURRENCY, Currency::EUR.as_str().as_bytes())
                        .await?;
                    master::put_price_list(db, commit, &list, now).await?;
                    master::put_warehouse(db, commit, &place, now).await
                })
            })
            .await?;
        for made in &company.data.products {
            let id = ProductId(self.app.clock.new_id());
            company.products.push(product(id, made));
            company.prices.push(price(&company.list, id, made));
        }
        let rows = company.products.iter().zip(&company.prices).zip(&company.data.products);
        let rows: Vec<_> = rows
            .map(|((product, price), made)| (product.clone(), price.clone(), made.stock))
            .collect();
        for chunk in rows.chunks(CHUNK) {
            let (chunk, place) = (chunk.to_vec(), warehouse.clone());
            write
                .run(move |db, commit| {
                    Box::pin(async move {
                        for (product, price, stock) in &chunk {
                            master::put_product(db, commit, product, now).await?;
                            master::put_price(db, commit, price, now).await?;
                            let stock = Quantity::from(*stock);
                            master::count_stock(db, &place, product, stock).await?;
                        }
                        Ok(())
                    })
                })
                .await?;
        }
        publish_stock(&self.app).await
    }

    async fn people_and_customers(
        &self,
        company: &mut Company,
        warehouse: &Warehouse,
        plan: Plan,
    ) -> Result<()> {
        let office = self.person("office", Role::Office, &[]).await?;
        let mut seen = vec![Channel::Warehouse(warehouse.id)];
        let count = company.data.customers.len();
        for n in 0..plan.territories {
            let territory = TerritoryId(self.app.clock.new_id());
            self.territory(territory).await?;
            seen.push(Channel::Territory(territory));
            company.territories.push(territory);
            let grants = [Channel::Territory(territory)];
            let rep = self.person(&format!("rep-{n}"), Role::Rep, &grants).await?;
            company.phones.push(self.phone(rep, n).await?);
            let (from, to) = (n * count / plan.territories, (n + 1) * count / plan.territories);
            self.customers(company, from..to, (office, rep), territory, warehouse).await?;
        }
        self.territory(company.live_territory).await?;
        let grants = [Channel::Territory(company.live_territory)];
        let rep = self.person("live", Role::Rep, &grants).await?;
        for n in 0..plan.live_phones {
            company.live.push(self.phone(rep, plan.territories + n).await?);
        }
        seen.push(Channel::Territory(company.live_territory));
        self.person(READER, Role::Rep, &seen).await?;
        Ok(())
    }

    async fn territory(&self, id: TerritoryId) -> Result<()> {
        let territory = Territory { id, name: name("Territory") };
        let put = self.app.store.write.run(move |db, commit| {
            Box::pin(
                async move { master::put_territory(db, commit, &territory, Timestamp(1)).await },
            )
        });
        Ok(put.await?)
    }

    async fn person(&self, login: &str, role: Role, grants: &[Channel]) -> Result<PersonId> {
        let id = PersonId(self.app.clock.new_id());
        let person = Person { id, name: login.to_owned(), role, devices: Vec::new() };
        let (login, hash, grants) = (login.to_owned(), self.hash.clone(), grants.to_vec());
        let added = self.app.store.write.run(move |db, commit| {
            Box::pin(async move {
                people::add(db, commit, &person, &login, &hash, Timestamp(1)).await?;
                for channel in grants {
                    people::grant(db, commit, id, channel, Timestamp(0)).await?;
                }
                Ok(())
            })
        });
        added.await?;
        Ok(id)
    }

    async fn phone(&self, person: PersonId, n: usize) -> Result<Enrolled> {
        let clock = &self.app.clock;
        let (now, seed, token) = (clock.now(), clock.random(), Token::new(clock));
        let until = now.plus_millis(DAY_MS);
        let known = Enrolled {
            device: clock.new_id().into(),
            code: format!("B{n}"),
            person,
            seed,
            token: token.to_string(),
            server_key: self.app.identity.key().verifying_key().to_bytes(),
        };
        let device = Device {
            id: known.device,
            person: Some(person),
            code: known.code.clone(),
            public_key: SigningKey::from_bytes(&seed).verifying_key().to_bytes(),
            revoked: false,
            lease_share: clock.random(),
            lease_until: until,
        };
        let session = NewSession {
            token: token.hash(),
            kind: Kind::Access,
            person,
            device: Some(device.id),
            until,
        };
        let added = self.app.store.write.run(move |db, _| {
            Box::pin(async move {
                devices::add(db, &device, now).await?;
                sessions::add(db, &session, now).await
            })
        });
        added.await?;
        Ok(known)
    }

    async fn customers(
        &self,
        company: &mut Company,
        range: std::ops::Range<usize>,
        (office, rep): (PersonId, PersonId),
        territory: TerritoryId,
        warehouse: &Warehouse,
    ) -> Result<()> {
        let numbers: Vec<usize> = range.collect();
        for chunk in numbers.chunks(CHUNK) {
            let requests = chunk.iter().map(|n| create(&company.data.customers[*n])).collect();
            let made = self.app.desk.run_all(office, requests).await?;
            let mut accounts = Vec::new();
            for (n, made) in chunk.iter().zip(&made) {
                let customer = CustomerId(made.id);
                company.customers.push(customer);
                let nothing = Money::zero(Currency::EUR);
                let account = CustomerAccount {
                    customer,
                    code: format!("C{n}"),
                    price_list: company.list.id,
                    warehouse: warehouse.id,
                    credit_limit: None,
                    balance: nothing,
                    overdue: nothing,
                    uninvoiced: nothing,
                    blocked: false,
                    as_of: now(),
                };
                let visit_every_days = 14;
                let assignment =
                    Assignment { customer, territory, account_manager: rep, visit_every_days };
                accounts.push((account, assignment));
            }
            let put = self.app.store.write.run(move |db, commit| {
                Box::pin(async move {
                    for (account, assignment) in &accounts {
                        master::put_customer(db, commit, account, assignment, account.as_of)
                            .await?;
                    }
                    Ok(())
                })
            });
            put.await?;
        }
        Ok(())
    }

    /// The heads of what all phones see, as cursors.
    async fn cursors(&self, company: &Company) -> Result<BTreeMap<Channel, Cursor>> {
        let mut channels = vec![Channel::Catalog, Channel::Territory(company.live_territory)];
        channels.extend(company.territories.iter().map(|id| Channel::Territory(*id)));
        let mut db = self.app.store.read.acquire().await?;
        let heads = feed_read::heads(&mut db, &channels).await?;
        let cursor = |head: &ChannelHead| Cursor {
            channel: head.channel,
            epoch: head.epoch,
            seq: head.seq,
            digest: head.digest,
            part: None,
        };
        Ok(heads.iter().map(|head| (head.channel, cursor(head))).collect())
    }

    /// Closes everything and waits until the database is one file again.
    async fn finish(self, folder: &Path) -> Result<()> {
        self.app.store.read.close().await;
        drop(self);
        closed(folder).await
    }
}

/// Tells what is in stock now, which a server would do within ten seconds.
///
/// # Errors
/// When the store refuses.
pub async fn tell_stock(folder: &Path) -> Result<()> {
    let app = App::open(Config::local(folder), Clock::system()).await?;
    publish_stock(&app).await?;
    app.store.read.close().await;
    drop(app);
    closed(folder).await
}

async fn publish_stock(app: &App) -> Result<()> {
    let clock = app.clock.clone();
    let publisher = StockPublisher::new(app.store.clone(), Arc::new(move || clock.now()), 0);
    Ok(publisher.publish_due().await?)
}

/// Waits until nobody has the database open.
///
/// # Errors
/// When somebody keeps it open.
pub async fn closed(folder: &Path) -> Result<()> {
    let (start, log) = (Instant::now(), folder.join("roundsman.sqlite-wal"));
    while log.exists() {
        let waited = start.elapsed() < Duration::from_secs(60);
        Some(()).filter(|()| waited).context("the new company's database stays open")?;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

fn name(en: &str) -> LocalName {
    LocalName { zh: String::new(), en: en.to_owned() }
}

fn product(id: ProductId, made: &data::Product) -> Product {
    Product {
        id,
        code: made.sku.clone(),
        name: name(&made.name),
        category: name(&made.category),
        unit: made.unit.to_owned(),
        packs: Vec::new(),
        tax_rate: Percent(Decimal::from(data::TAX)),
        barcode: made.ean.clone(),
        picture: None,
        // An order may hold any of them.
        active: true,
    }
}

fn price(list: &PriceList, product: ProductId, made: &data::Product) -> Price {
    let unit_price = Money::new(made.price, Currency::EUR);
    Price {
        breaks: vec![PriceBreak { from: Quantity::ZERO, unit_price }],
        discount_max: Percent(Decimal::from(20)),
        ..Price::none(list.id, product)
    }
}

fn create(made: &data::Customer) -> Request {
    let fields = [
        ("name", made.name.clone()),
        ("phone", made.phone.clone()),
        ("address", made.address.clone()),
        ("tax_id", made.vat.clone()),
        ("payment_terms", made.payment_terms.to_owned()),
        ("note", made.notes.clone()),
    ];
    let fields = fields.into_iter().map(|(field, value)| (field.to_owned(), value));
    let place = Place { latitude: made.latitude, longitude: made.longitude, accuracy_m: None };
    Request::CustomerCreate { fields: fields.collect(), place: Some(place) }
}
