//! The company of a run: territories, people, products, customers, devices.

use anyhow::{Context as _, Result};
use ed25519_dalek::SigningKey;
use roundsman_core::documents::Request;
use roundsman_core::id::{
    CustomerId, DeviceId, PersonId, PriceListId, ProductId, TerritoryId, WarehouseId,
};
use roundsman_core::money::{Currency, Money};
use roundsman_core::quantity::{Percent, Quantity};
use roundsman_core::records::{
    Assignment, CustomerAccount, LocalName, Pack, Person, Price, PriceBreak, PriceList, Product,
    Role, Territory, Warehouse,
};
use roundsman_core::sync::Channel;
use roundsman_core::time::Timestamp;
use roundsman_erp::embedded::master;
use roundsman_replica::Identity;
use roundsman_server::identity::Token;
use roundsman_store::devices::{self, Device};
use roundsman_store::sessions::{self, Kind, NewSession};
use roundsman_store::{people, settings};
use rust_decimal::Decimal;

use crate::chance::Chance;
use crate::server::Server;

/// Products of a company: few, so that reps want the same ones.
const PRODUCTS: u32 = 6;
/// How long a token opens the door here; what is tested is that a new one is asked for.
const TOKEN_MS: i64 = 6 * 60 * 60_000;
/// How long a phone may open its own files without contact.
const LEASE_MS: i64 = 90 * 86_400_000;

/// What the simulator knows of the company, from having made it.
pub struct Company {
    /// Everything that is sold.
    pub products: Vec<Product>,
    /// In which packs.
    pub list: PriceList,
    /// Where it is.
    pub warehouse: Warehouse,
    /// Where people work.
    pub territories: Vec<TerritoryId>,
    /// Customers and where each was last put.
    pub customers: Vec<(CustomerId, TerritoryId)>,
    /// The reps.
    pub reps: Vec<PersonId>,
    /// Somebody in the office.
    pub office: PersonId,
    /// The server's key.
    pub server_key: [u8; 32],
}

/// A device that was enrolled.
pub struct Enrolled {
    /// Who uses it, and its keys.
    pub identity: Identity,
    /// Opens the door for a while.
    pub token: String,
}

impl Company {
    /// Founds one on an empty server.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn found(server: &Server, chance: &mut Chance, reps: u32) -> Result<Self> {
        let clock = server.clock();
        let people_of = |name: String, role| Person {
            id: clock.new_id().into(),
            name,
            role,
            devices: Vec::new(),
        };
        let office = people_of("Office".to_owned(), Role::Office);
        let staff: Vec<_> =
            (0..reps).map(|number| people_of(format!("Rep {number}"), Role::Rep)).collect();
        let list = PriceList {
            id: PriceListId(clock.new_id()),
            name: name("批发价", "Wholesale"),
            currency: Currency::CNY,
            tax_included: false,
        };
        let warehouse =
            Warehouse { id: WarehouseId(clock.new_id()), name: name("仓库", "Warehouse") };
        let products: Vec<_> =
            (0..PRODUCTS).map(|number| product(clock.new_id().into(), number)).collect();
        let territories: Vec<_> =
            (0..1 + reps.div_ceil(3)).map(|_| TerritoryId(clock.new_id())).collect();
        let company = Self {
            products,
            list,
            warehouse,
            territories,
            customers: Vec::new(),
            reps: staff.iter().map(|it| it.id).collect(),
            office: office.id,
            server_key: server.app().identity.key().verifying_key().to_bytes(),
        };
        company.put(server, chance, office, staff)?;
        company.with_customers(server, chance)
    }

    fn put(
        &self,
        server: &Server,
        chance: &mut Chance,
        office: Person,
        staff: Vec<Person>,
    ) -> Result<()> {
        let now = server.now();
        let (list, warehouse) = (self.list.clone(), self.warehouse.clone());
        let stocked: Vec<_> = self
            .products
            .iter()
            .map(|it| (it.clone(), self.price(it, now), Quantity::from(chance.between(50, 2_000))))
            .collect();
        let territories = self.territories.clone();
        let grants: Vec<_> = staff
            .iter()
            .enumerate()
            .map(|(number, rep)| (rep.id, self.territories[number % self.territories.len()]))
            .collect();
        let place = Channel::Warehouse(self.warehouse.id);
        let app = server.app();
        server.wait(app.store.write.run(move |db, commit| {
            Box::pin(async move {
                settings::set(db, settings::CURRENCY, Currency::CNY.as_str().as_bytes()).await?;
                master::put_price_list(db, commit, &list, now).await?;
                master::put_warehouse(db, commit, &warehouse, now).await?;
                for (product, price, stock) in &stocked {
                    master::put_product(db, commit, product, now).await?;
                    master::count_stock(db, &warehouse, product, *stock).await?;
                    master::put_price(db, commit, price, now).await?;
                }
                for (number, id) in territories.into_iter().enumerate() {
                    let name = name(&format!("区{number}"), &format!("District {number}"));
                    master::put_territory(db, commit, &Territory { id, name }, now).await?;
                }
                people::add(db, commit, &office, "office", "", now).await?;
                for (number, rep) in staff.iter().enumerate() {
                    people::add(db, commit, rep, &format!("rep{number}"), "", now).await?;
                }
                for (rep, territory) in grants {
                    people::grant(db, commit, rep, Channel::Territory(territory), now).await?;
                    people::grant(db, commit, rep, place, now).await?;
                }
                Ok(())
            })
        }))?;
        server.publish_stock()
    }

    fn with_customers(mut self, server: &Server, chance: &mut Chance) -> Result<Self> {
        let app = server.app();
        let wanted: Vec<_> = self
            .territories
            .iter()
            .flat_map(|territory| (0..chance.between(2, 4)).map(|_| *territory))
            .collect();
        let requests = (0..wanted.len())
            .map(|number| Request::CustomerCreate {
                fields: [
                    ("name", format!("Shop {number}")),
                    ("phone", format!("0532-{number:07}")),
                ]
                .map(|(field, value)| (field.to_owned(), value))
                .into(),
                place: None,
            })
            .collect();
        let made =
            server.wait(app.desk.run_all(self.office, requests)).map_err(anyhow::Error::msg)?;
        self.customers =
            made.iter().map(|it| CustomerId(it.id)).zip(wanted.iter().copied()).collect();
        for (number, (customer, territory)) in self.customers.clone().into_iter().enumerate() {
            let account = self.account(customer, number, chance, server.now());
            self.assign(server, account, territory)?;
        }
        Ok(self)
    }

    /// Puts a customer into a territory.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn assign(
        &self,
        server: &Server,
        account: CustomerAccount,
        territory: TerritoryId,
    ) -> Result<()> {
        let now = server.now();
        let manager = self.reps.first().copied().context("somebody works here")?;
        let assignment = Assignment {
            customer: account.customer,
            territory,
            account_manager: manager,
            visit_every_days: 7,
        };
        let app = server.app();
        Ok(server.wait(app.store.write.run(move |db, commit| {
            Box::pin(
                async move { master::put_customer(db, commit, &account, &assignment, now).await },
            )
        }))?)
    }

    fn account(
        &self,
        customer: CustomerId,
        number: usize,
        chance: &mut Chance,
        now: Timestamp,
    ) -> CustomerAccount {
        let yuan = |amount: i64| Money::new(amount * 100, Currency::CNY);
        CustomerAccount {
            customer,
            code: format!("C{number}"),
            price_list: self.list.id,
            warehouse: self.warehouse.id,
            credit_limit: (!chance.one_in(4)).then(|| yuan(chance.between(5_000, 200_000))),
            balance: yuan(chance.between(0, 3_000)),
            overdue: yuan(0),
            uninvoiced: yuan(0),
            blocked: chance.one_in(12),
            as_of: now,
        }
    }

    /// A price of a product as of now.
    #[must_use]
    pub fn price(&self, product: &Product, now: Timestamp) -> Price {
        let minor = 400 + now.millis().rem_euclid(700);
        let step = |from: i64, minor| PriceBreak {
            from: Quantity::from(from),
            unit_price: Money::new(minor, self.list.currency),
        };
        Price {
            breaks: vec![step(0, minor), step(50, minor * 95 / 100)],
            discount_max: Percent(Decimal::from(10)),
            since: now.day(480).plus(-1),
            ..Price::none(self.list.id, product.id)
        }
    }

    /// Enrols a device for somebody, as signing in on it would.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn enrol(&self, server: &Server, person: PersonId) -> Result<Enrolled> {
        let clock = server.clock();
        let seed: [u8; 32] = clock.random();
        let device = Device {
            id: DeviceId(clock.new_id()),
            person: Some(person),
            code: String::new(),
            public_key: SigningKey::from_bytes(&seed).verifying_key().to_bytes(),
            revoked: false,
            lease_share: clock.random(),
            lease_until: server.now().plus_millis(LEASE_MS),
        };
        let (now, mut entropy, fresh) = (server.now(), clock.clone(), device.clone());
        let app = server.app();
        let code = server.wait(app.store.write.run(move |db, commit| {
            Box::pin(async move {
                let code = devices::free_code(db, &mut entropy).await?;
                let device = Device { code: code.clone(), ..fresh };
                devices::add(db, &device, now).await?;
                people::publish(db, commit, person, now).await?;
                Ok(code)
            })
        }))?;
        let identity = Identity {
            device: device.id,
            device_code: code,
            person,
            name: "Rep".to_owned(),
            role: Role::Rep,
            device_seed: seed,
            server_key: self.server_key,
        };
        let token = token(server, &identity)?;
        Ok(Enrolled { identity, token })
    }
}

/// A new token for a device, as its refresh or signing in again would give. A server that was set back
/// to before its enrolment takes it back.
///
/// # Errors
/// When the database refuses.
pub fn token(server: &Server, identity: &Identity) -> Result<String> {
    let (mut entropy, now) = (server.clock().clone(), server.now());
    let token = Token::new(server.clock());
    let (device, person) = (identity.device, identity.person);
    let session = NewSession {
        token: token.hash(),
        kind: Kind::Access,
        person,
        device: Some(device),
        until: now.plus_millis(TOKEN_MS),
    };
    let key = SigningKey::from_bytes(&identity.device_seed).verifying_key();
    let gone = Device {
        id: device,
        person: Some(person),
        code: identity.device_code.clone(),
        public_key: key.to_bytes(),
        revoked: false,
        lease_share: [0; 32],
        lease_until: now.plus_millis(LEASE_MS),
    };
    server.wait(server.app().store.write.run(move |db, commit| {
        Box::pin(async move {
            if devices::find(&mut *db, device).await?.is_none() {
                people::publish(db, commit, person, now).await?;
                devices::restore(db, gone, None, &mut entropy, now).await?;
            }
            sessions::add(db, &session, now).await
        })
    }))?;
    Ok(token.to_string())
}

fn product(id: ProductId, number: u32) -> Product {
    Product {
        id,
        code: format!("P{number}"),
        name: name(&format!("货{number}"), &format!("Product {number}")),
        category: name("货", "Goods"),
        unit: "pc".to_owned(),
        packs: vec![Pack { code: "box".to_owned(), factor: Quantity::from(12) }],
        tax_rate: Percent(Decimal::from(13)),
        barcode: String::new(),
        picture: None,
        active: true,
    }
}

fn name(zh: &str, en: &str) -> LocalName {
    LocalName { zh: zh.to_owned(), en: en.to_owned() }
}
