//! People at customers.

use roundsman_core::documents::customer::Contact;
use roundsman_core::text::search_key;
use roundsman_store::imports::Known;
use roundsman_store::{Result, SqliteConnection, imports};

use super::plan::{Context, Plan};
use super::sheet::{FaultCode, Row};
use super::write::Write;
use crate::clock::Clock;

pub async fn plan(
    context: &mut Context<'_>,
    db: &mut SqliteConnection,
    mut row: Row<'_>,
) -> Result<Plan> {
    let (code, name) = (row.needed("customer"), row.needed("name"));
    let contact = Contact {
        name,
        role: row.text("role").unwrap_or_default(),
        phone: row.phone("phone").unwrap_or_default(),
        email: row.text("email").unwrap_or_default(),
    };
    let known = imports::customer_by_code(&mut *db, &code).await?;
    let Some(known) = known else {
        if !code.is_empty() {
            row.fault("customer", FaultCode::Unknown);
        }
        return Ok(Plan::refused(row));
    };
    Ok(Plan::of(row, known.id, save(&known, contact, context.clock).into_iter().collect()))
}

/// Adds somebody, or what is new about somebody of that name; none when nothing is.
pub fn save(known: &Known, said: Contact, clock: &Clock) -> Option<Write> {
    let same = |it: &Contact| search_key(&it.name) == search_key(&said.name);
    let here = known.customer.contacts.iter().find(|(_, it)| same(it));
    let Some((contact, before)) = here else {
        let contact = clock.new_id().into();
        return Some(Write::SaveContact { customer: known.id, contact, before: None, after: said });
    };
    let or = |said: String, here: &String| if said.is_empty() { here.clone() } else { said };
    let after = Contact {
        name: said.name,
        role: or(said.role, &before.role),
        phone: or(said.phone, &before.phone),
        email: or(said.email, &before.email),
    };
    let (customer, contact) = (known.id, *contact);
    let before = before.clone();
    (after != before).then_some(Write::SaveContact {
        customer,
        contact,
        before: Some(before),
        after,
    })
}
