//! Customers: their document, what the company decided about them, and somebody to talk to.

use std::collections::BTreeMap;

use roundsman_core::documents::customer::{Contact, FIELDS};
use roundsman_core::id::CustomerId;
use roundsman_core::money::Money;
use roundsman_core::place::Place;
use roundsman_store::imports::Known;
use roundsman_store::{Result, SqliteConnection, imports};
use rust_decimal::prelude::ToPrimitive as _;

use super::company::{Company, money};
use super::contacts;
use super::plan::{Choice, Context, Plan};
use super::sheet::{FaultCode, Row};
use super::twins::Signs;
use super::write::{Terms, Write};

/// What a row says about a customer.
struct Said {
    code: Option<String>,
    fields: BTreeMap<String, String>,
    place: Option<Place>,
    contact: Option<Contact>,
    terms: SaidTerms,
}

#[derive(Default)]
struct SaidTerms {
    territory: Option<roundsman_core::id::TerritoryId>,
    account_manager: Option<roundsman_core::id::PersonId>,
    price_list: Option<roundsman_core::id::PriceListId>,
    warehouse: Option<roundsman_core::id::WarehouseId>,
    credit_limit: Option<Money>,
    visit_every_days: Option<u32>,
}

pub async fn plan(
    context: &mut Context<'_>,
    db: &mut SqliteConnection,
    mut row: Row<'_>,
) -> Result<Plan> {
    let said = said(&mut row, context.company);
    let choice = context.choices.get(&row.n()).copied();
    let known = match (choice, &said.code) {
        (Some(Choice::Same { customer }), _) => imports::customer(&mut *db, customer).await?,
        (_, Some(code)) => imports::customer_by_code(&mut *db, code).await?,
        _ => None,
    };
    match known {
        Some(known) => change(context, db, row, said, known).await,
        None => Ok(create(context, row, said, choice)),
    }
}

fn create(context: &mut Context<'_>, mut row: Row<'_>, said: Said, choice: Option<Choice>) -> Plan {
    let name = row.needed("name");
    let customer = CustomerId(context.clock.new_id());
    let terms = new_terms(&mut row, context.company, &said, customer);
    let Some(terms) = terms.filter(|_| row.faults.is_empty()) else { return Plan::refused(row) };
    let value = |field: &str| said.fields.get(field).cloned().unwrap_or_default();
    let signs = Signs::new(value, said.place);
    if choice.is_none()
        && let Some(twin) = context.twins.find(&signs, &name)
    {
        return Plan { twin: Some(twin), ..Plan::default() };
    }
    context.twins.add(customer, &name, signs);
    let mut writes = vec![
        Write::CreateCustomer { customer, fields: said.fields, place: said.place },
        Write::SetTerms { customer, before: None, after: terms },
    ];
    let contact = context.clock.new_id().into();
    writes.extend(said.contact.map(|after| Write::SaveContact {
        customer,
        contact,
        before: None,
        after,
    }));
    Plan::of(row, customer, writes)
}

async fn change(
    context: &Context<'_>,
    db: &mut SqliteConnection,
    mut row: Row<'_>,
    said: Said,
    known: Known,
) -> Result<Plan> {
    let (customer, mut writes) = (known.id, Vec::new());
    if !known.customer.active && imports::was_undone(&mut *db, customer.0).await? {
        writes.push(Write::WakeCustomer { customer });
    }
    let differs = |(field, value): &(&String, &String)| known.customer.value(field) != **value;
    let after: BTreeMap<_, _> =
        said.fields.iter().filter(differs).map(|(a, b)| (a.clone(), b.clone())).collect();
    if !after.is_empty() {
        let was = |field: &String| (field.clone(), known.customer.value(field).to_owned());
        let before = after.keys().map(was).collect();
        writes.push(Write::EditCustomer { customer, before, after });
    }
    let before = Terms::of(&mut *db, customer, context.company.now).await?;
    let after = match &before {
        Some(before) => Some(said.terms.over(before, said.code.as_ref())),
        None => new_terms(&mut row, context.company, &said, customer),
    };
    if let Some(after) = after.filter(|after| before.as_ref() != Some(after)) {
        writes.push(Write::SetTerms { customer, before, after });
    }
    if let Some(contact) = said.contact {
        writes.extend(contacts::save(&known, contact, context.clock));
    }
    Ok(Plan::of(row, customer, writes))
}

fn said(row: &mut Row<'_>, company: &Company) -> Said {
    let mut fields = BTreeMap::new();
    for (field, _) in FIELDS {
        let value = match *field {
            "phone" => row.phone("phone"),
            "address" => address(row),
            field => row.text(field),
        };
        fields.extend(value.map(|value| ((*field).to_owned(), value)));
    }
    let contact = row.text("contact_name").map(|name| Contact {
        name,
        role: row.text("contact_role").unwrap_or_default(),
        ..Contact::default()
    });
    Said {
        code: row.text("code"),
        place: place(row),
        terms: said_terms(row, company),
        fields,
        contact,
    }
}

/// Street and town as people write them on one line.
fn address(row: &mut Row<'_>) -> Option<String> {
    let parts = ["address", "city", "region", "postal_code", "country"];
    let parts: Vec<_> = parts.iter().filter_map(|part| row.text(part)).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn place(row: &mut Row<'_>) -> Option<Place> {
    let latitude = row.decimal("latitude").and_then(|it| it.to_f64());
    let longitude = row.decimal("longitude").and_then(|it| it.to_f64());
    let (latitude, longitude) = latitude.zip(longitude)?;
    if latitude.abs() > 90.0 || longitude.abs() > 180.0 {
        row.fault("latitude", FaultCode::NotAPlace);
        return None;
    }
    Some(Place { latitude, longitude, accuracy_m: None })
}

fn said_terms(row: &mut Row<'_>, company: &Company) -> SaidTerms {
    let unknown = FaultCode::Unknown;
    let currency = company.usual_list().map(|list| list.currency);
    SaidTerms {
        territory: row.read("territory", unknown, |it| company.territory(it)).map(|it| it.id),
        account_manager: row.read("account_manager", unknown, |it| company.person(it)),
        price_list: row.read("price_list", unknown, |it| company.list(it)).map(|it| it.id),
        warehouse: row.read("warehouse", unknown, |it| company.warehouse(it)).map(|it| it.id),
        credit_limit: row.amount("credit_limit").zip(currency).map(|(it, of)| money(it, of)),
        visit_every_days: row.amount("visit_every_days").and_then(|it| it.to_u32()),
    }
}

impl SaidTerms {
    /// What was before, but for what is said.
    fn over(&self, before: &Terms, code: Option<&String>) -> Terms {
        Terms {
            // A number of the company's own is not taken from a customer that has one.
            code: code.filter(|_| is_provisional(&before.code)).unwrap_or(&before.code).clone(),
            price_list: self.price_list.unwrap_or(before.price_list),
            warehouse: self.warehouse.unwrap_or(before.warehouse),
            credit_limit: self.credit_limit.or(before.credit_limit),
            territory: self.territory.unwrap_or(before.territory),
            account_manager: self.account_manager.unwrap_or(before.account_manager),
            visit_every_days: self.visit_every_days.unwrap_or(before.visit_every_days),
        }
    }
}

/// Whether this stands in for the company's own number, as a rep's new customer gets one.
fn is_provisional(code: &str) -> bool {
    code.starts_with("N-")
}

/// Terms of a customer about which nothing was decided yet. What neither the row nor the company
/// says is a fault.
fn new_terms(
    row: &mut Row<'_>,
    company: &Company,
    said: &Said,
    customer: CustomerId,
) -> Option<Terms> {
    let terms = &said.terms;
    let list = terms.price_list.or_else(|| company.usual_list().map(|list| list.id));
    let warehouse = terms.warehouse.or_else(|| company.usual_warehouse());
    let territory = terms.territory.or_else(|| company.usual_territory());
    for (field, here) in [
        ("price_list", list.is_some()),
        ("warehouse", warehouse.is_some()),
        ("territory", territory.is_some()),
    ] {
        // A name that nothing has was noted already.
        if !here && row.text(field).is_none() {
            row.fault(field, FaultCode::Missing);
        }
    }
    let (price_list, warehouse, territory) = (list?, warehouse?, territory?);
    // Unique and short enough until the company gives its own number.
    let provisional = || format!("N-{}", &customer.0.simple().to_string()[20..]);
    Some(Terms {
        code: said.code.clone().unwrap_or_else(provisional),
        price_list,
        warehouse,
        credit_limit: terms.credit_limit,
        territory,
        account_manager: terms.account_manager.unwrap_or_else(|| company.rep_of(territory)),
        visit_every_days: terms.visit_every_days.unwrap_or(0),
    })
}
