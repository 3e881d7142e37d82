//! Who buys from the demo company.

use std::collections::BTreeMap;

use roundsman_core::documents::Request;
use roundsman_core::id::{CustomerId, PersonId, TerritoryId};
use roundsman_core::money::{Currency, Money};
use roundsman_core::place::Place;
use roundsman_core::records::{Assignment, CustomerAccount, LocalName, Territory};
use roundsman_core::sync::Channel;
use roundsman_core::time::Timestamp;
use roundsman_erp::embedded::master;
use roundsman_store::{Store, people};
use serde::Deserialize;

use super::Chance as _;
use super::catalog::Catalog;
use super::people::OFFICE;
use crate::clock::Clock;
use crate::desk::Desk;
use crate::error::{Error, Result};

const DISTRICTS: &str = include_str!("customers.json");
/// A shop that the guide and the tests follow: everything about it is in order.
const MODEL: &str = "海港食品 中山路店";

#[derive(Deserialize)]
struct District {
    zh: String,
    en: String,
    latitude: f64,
    longitude: f64,
    rep: String,
    shops: Vec<(String, String)>,
}

/// Adds territories, their reps' grants, and every shop with its account.
pub async fn add(
    store: &Store,
    desk: &Desk,
    chance: &Clock,
    staff: &BTreeMap<&'static str, PersonId>,
    catalog: &Catalog,
) -> Result<()> {
    let districts: Vec<District> = serde_json::from_str(DISTRICTS).map_err(Error::internal)?;
    let employee = |login: &str| {
        staff
            .get(login)
            .copied()
            .ok_or_else(|| Error::internal(format!("nobody is called {login}")))
    };
    let office = employee(OFFICE)?;
    let mut number = 1001;
    for district in districts {
        let rep = employee(&district.rep)?;
        let territory = open_territory(store, chance, &district, rep, catalog).await?;
        let requests = district.shops.iter().map(|shop| create(chance, &district, shop)).collect();
        let created = desk.run_all(office, requests).await?;
        let mut contacts = Vec::new();
        let mut accounts = Vec::new();
        for (recorded, (name, _)) in created.iter().zip(&district.shops) {
            let customer = CustomerId(recorded.id);
            contacts.extend(contacts_of(chance, customer));
            let account = account(chance, customer, number, name, catalog);
            let visit_every_days = *chance.pick(&[7, 7, 14, 14, 28]);
            let assignment =
                Assignment { customer, territory, account_manager: rep, visit_every_days };
            accounts.push((account, assignment));
            number += 1;
        }
        put_accounts(store, accounts, chance.now()).await?;
        desk.run_all(office, contacts).await?;
    }
    Ok(())
}

async fn open_territory(
    store: &Store,
    chance: &Clock,
    district: &District,
    rep: PersonId,
    catalog: &Catalog,
) -> Result<TerritoryId> {
    let id = TerritoryId(chance.new_id());
    let name = LocalName { zh: district.zh.clone(), en: district.en.clone() };
    let territory = Territory { id, name };
    let granted = [
        Channel::Territory(id),
        Channel::Warehouse(catalog.city.id),
        Channel::Warehouse(catalog.harbour.id),
    ];
    let now = chance.now();
    store
        .write
        .run(move |db, commit| {
            Box::pin(async move {
                master::put_territory(db, commit, &territory, now).await?;
                for channel in granted {
                    people::grant(db, commit, rep, channel, now).await?;
                }
                Ok(())
            })
        })
        .await?;
    Ok(id)
}

async fn put_accounts(
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

fn create(chance: &Clock, district: &District, (name, street): &(String, String)) -> Request {
    let hours = chance.pick(&["08:00–20:00", "07:00–19:00", "06:30–14:00", "10:00–22:00"]);
    let note = chance.pick(&[
        "",
        "",
        "",
        "送货走后门 / Deliver at the back door",
        "上午收货 / Receives in the morning",
    ]);
    let terms = chance.pick(&["30 days", "30 days", "15 days", "cash"]);
    let fields = [
        ("name", name.clone()),
        ("phone", phone(chance)),
        ("address", format!("青岛市{}{street}", district.zh)),
        ("hours", (*hours).to_owned()),
        (
            "tax_id",
            format!("9137020{}{:010}", chance.below(10), u64::from(chance.below(1_000_000_000))),
        ),
        ("payment_terms", (*terms).to_owned()),
        ("note", (*note).to_owned()),
    ];
    let fields = fields.into_iter().map(|(field, value)| (field.to_owned(), value));
    let place = Place {
        latitude: district.latitude + offset(chance),
        longitude: district.longitude + offset(chance),
        accuracy_m: None,
    };
    Request::CustomerCreate {
        fields: fields.filter(|(_, value)| !value.is_empty()).collect(),
        place: Some(place),
    }
}

/// Up to about a kilometre, in degrees.
fn offset(chance: &Clock) -> f64 {
    (f64::from(chance.below(20_001)) - 10_000.0) / 1_000_000.0
}

fn phone(chance: &Clock) -> String {
    if chance.below(3) == 0 {
        return format!("0532-{}", 80_000_000 + chance.below(9_999_999));
    }
    let prefix = chance.pick(&["138", "139", "150", "186"]);
    format!("{prefix} {:04} {:04}", chance.below(10_000), chance.below(10_000))
}

fn contacts_of(chance: &Clock, customer: CustomerId) -> Vec<Request> {
    const FAMILY: [&str; 10] = ["王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴"];
    const GIVEN: [&str; 10] = ["敏", "伟", "静", "磊", "洋", "艳", "勇", "娟", "涛", "霞"];
    const ROLES: [&str; 4] = ["店长", "采购", "老板", "会计"];
    (0..1 + chance.below(2))
        .map(|_| Request::CustomerSaveContact {
            customer,
            contact: None,
            name: format!("{}{}", chance.pick(&FAMILY), chance.pick(&GIVEN)),
            role: (*chance.pick(&ROLES)).to_owned(),
            phone: phone(chance),
            email: String::new(),
        })
        .collect()
}

/// An account: a fifth without a limit, a quarter with something overdue, and now and then one
/// that is blocked or has nearly used its credit.
fn account(
    chance: &Clock,
    customer: CustomerId,
    number: u32,
    name: &str,
    catalog: &Catalog,
) -> CustomerAccount {
    let yuan = |amount: i64| Money::new(amount * 100, Currency::CNY);
    let limit = *chance.pick(&[None, Some(20_000), Some(50_000), Some(50_000), Some(100_000)]);
    let most = limit.unwrap_or(60_000);
    let used = [5, 20, 35, 50, 65, 97];
    let balance = most * chance.pick(&used) / 100 + i64::from(chance.below(500));
    let overdue = if chance.below(4) == 0 { balance / 3 } else { 0 };
    let (blocked, retail) = (chance.below(30) == 0, chance.below(3) == 0);
    let harbour = chance.below(4) == 0;
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
    if name != MODEL {
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
