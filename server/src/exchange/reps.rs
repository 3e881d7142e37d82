//! Reps and where they work: the rows of one code are one person.

use roundsman_core::id::PersonId;
use roundsman_core::records::{LocalName, Role, Territory};
use roundsman_core::sync::Channel;
use roundsman_core::text::search_key;
use roundsman_store::people::{self, Standing};
use roundsman_store::{Result, SqliteConnection};

use super::plan::{Context, Plan};
use super::sheet::{FaultCode, Row};
use super::write::{RepNames, Write};

/// What separates the territories of a cell.
const BETWEEN: [char; 7] = [';', ',', '|', '\n', '、', '，', '；'];

/// What a person's rows say together.
#[derive(Default)]
struct Said {
    name: Option<String>,
    login: Option<String>,
    territories: Vec<String>,
}

/// Plans a rep from their rows; the first of them writes.
pub async fn plan(
    context: &mut Context<'_>,
    db: &mut SqliteConnection,
    mut rows: Vec<Row<'_>>,
) -> Result<Vec<Plan>> {
    let code = rows[0].needed("code");
    let said = said(&mut rows);
    let known = known(context, &code, said.login.as_deref());
    let mut writes = Vec::new();
    let person = match &known {
        Some(known) => change(&mut rows[0], known, &code, &said, &mut writes),
        None => create(context, &mut rows[0], code, &said, &mut writes),
    };
    if rows.iter().any(|row| !row.faults.is_empty()) {
        return Ok(Plan::refused_together(rows, "code"));
    }
    let granted = match &known {
        Some(known) => people::grants(&mut *db, known.person.id, context.company.now).await?,
        None => Vec::new(),
    };
    let mut makes = Vec::new();
    for name in said.territories {
        let (territory, is_new) = territory(context, &name);
        if is_new {
            makes.push(name);
            writes.push(Write::MakeTerritory { territory: territory.clone() });
        }
        let grant = Write::Grant { person, territory: territory.id };
        if !granted.contains(&Channel::Territory(territory.id)) && !writes.contains(&grant) {
            writes.push(grant);
        }
    }
    let mut plans = Plan::together(person.0, writes, rows.len());
    plans[0].makes = makes;
    Ok(plans)
}

fn said(rows: &mut [Row<'_>]) -> Said {
    let mut said = Said::default();
    for row in rows {
        let name = row_name(row);
        agree(row, "name", &mut said.name, name);
        let login = row.text("login");
        if login.as_ref().is_some_and(|it| it.contains(char::is_whitespace)) {
            row.fault("login", FaultCode::NotALogin);
        }
        agree(row, "login", &mut said.login, login);
        let cell = row.text("territories").unwrap_or_default();
        let names = cell.split(BETWEEN).map(str::trim).filter(|it| !it.is_empty());
        said.territories.extend(names.map(str::to_owned));
    }
    said
}

/// As colleagues write it: the whole name, or the given one before the family's.
fn row_name(row: &mut Row<'_>) -> Option<String> {
    let parts = [row.text("first_name"), row.text("last_name")].into_iter().flatten();
    let parts: Vec<_> = parts.collect();
    row.text("name").or_else(|| (!parts.is_empty()).then(|| parts.join(" ")))
}

/// Takes over what a row says, unless one before said something else.
fn agree(row: &mut Row<'_>, field: &str, said: &mut Option<String>, now: Option<String>) {
    match (&*said, now) {
        (None, now) => *said = now,
        (Some(before), Some(now)) if *before != now => row.fault(field, FaultCode::Differs),
        _ => {}
    }
}

/// Who has this code, or else signs in so.
fn known(context: &Context<'_>, code: &str, login: Option<&str>) -> Option<Standing> {
    let company = context.company;
    let by_login = || company.standing(|it| login.is_some_and(|login| is_login(it, login)));
    company.standing(|it| it.code.as_deref() == Some(code)).or_else(by_login).cloned()
}

fn is_login(standing: &Standing, login: &str) -> bool {
    search_key(&standing.login) == search_key(login)
}

fn change(
    row: &mut Row<'_>,
    known: &Standing,
    code: &str,
    said: &Said,
    writes: &mut Vec<Write>,
) -> PersonId {
    let person = known.person.id;
    if known.person.role != Role::Rep {
        row.fault("code", FaultCode::NotARep);
    }
    if known.code.as_deref().is_some_and(|own| own != code) {
        row.fault("login", FaultCode::Taken);
    }
    // Whoever signs in so would not get in any more.
    if said.login.as_ref().is_some_and(|login| !is_login(known, login)) {
        row.fault("login", FaultCode::Fixed);
    }
    let before = RepNames { code: known.code.clone(), name: known.person.name.clone() };
    let name = said.name.clone().unwrap_or_else(|| before.name.clone());
    let after = RepNames { code: Some(code.to_owned()), name };
    if before != after {
        writes.push(Write::NameRep { person, before, after });
    }
    person
}

fn create(
    context: &mut Context<'_>,
    row: &mut Row<'_>,
    code: String,
    said: &Said,
    writes: &mut Vec<Write>,
) -> PersonId {
    let person = PersonId(context.clock.new_id());
    let login = said.login.clone().unwrap_or_else(|| code.clone());
    let field = if said.login.is_some() { "login" } else { "code" };
    let is_taken = context.company.standing(|it| is_login(it, &login)).is_some();
    if is_taken || !context.logins.insert(search_key(&login)) {
        row.fault(field, FaultCode::Taken);
    }
    if said.login.is_none() && login.contains(char::is_whitespace) {
        row.fault("code", FaultCode::NotALogin);
    }
    let Some(name) = said.name.clone() else {
        row.fault("name", FaultCode::Missing);
        return person;
    };
    writes.push(Write::AddRep { person, code, login, name });
    person
}

/// The territory with this name, and whether the file is the first to name it.
fn territory(context: &mut Context<'_>, name: &str) -> (Territory, bool) {
    let key = search_key(name);
    let known = context.company.territory(name).or_else(|| context.territories.get(&key));
    if let Some(known) = known {
        return (known.clone(), false);
    }
    let both = LocalName { zh: name.to_owned(), en: name.to_owned() };
    let territory = Territory { id: context.clock.new_id().into(), name: both };
    context.territories.insert(key, territory.clone());
    (territory, true)
}
