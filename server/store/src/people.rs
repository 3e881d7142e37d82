//! People who sign in, and what they are granted to see.

use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::{ItemId, ItemKind, PersonId};
use roundsman_core::records::{Person, Role};
use roundsman_core::sync::Channel;
use roundsman_core::time::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, SqliteExecutor};
use uuid::Uuid;

use crate::{Commit, Result, column, devices};

/// The columns that [`person`] reads, of a row `p`.
macro_rules! person_columns {
    () => {
        "p.id, p.name, p.role, \
         (select json_group_array(json_object('device', lower(hex(d.id)), 'code', d.code) order by d.code) \
          from device d where d.person = p.id) as devices"
    };
}
pub(crate) use person_columns;

/// What sign-in needs to know about a person.
#[derive(Debug, Clone)]
pub struct Account {
    /// Who.
    pub person: Person,
    /// PHC string.
    pub password_hash: String,
    /// Whether they may not sign in any more.
    pub disabled: bool,
}

/// The person with this login, whatever its case.
///
/// # Errors
/// When the database refuses.
pub async fn by_login(db: impl SqliteExecutor<'_>, login: &str) -> Result<Option<Account>> {
    let row = sqlx::query(concat!(
        "select ",
        person_columns!(),
        ", p.password_hash, p.disabled_at from person p where p.login = $1"
    ))
    .bind(login)
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        Ok(Account {
            person: person(&row)?,
            password_hash: row.try_get("password_hash")?,
            disabled: row.try_get::<Option<i64>, _>("disabled_at")?.is_some(),
        })
    })
    .transpose()
}

/// Everybody, by name.
///
/// # Errors
/// When the database refuses.
pub async fn all(db: impl SqliteExecutor<'_>) -> Result<Vec<Person>> {
    let rows =
        sqlx::query(concat!("select ", person_columns!(), " from person p order by p.name, p.id"))
            .fetch_all(db)
            .await?;
    rows.iter().map(person).collect()
}

/// Adds somebody and tells every device their name.
///
/// # Errors
/// [`codes::TAKEN`] when somebody has that login; when the database refuses.
pub async fn add(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    person: &Person,
    login: &str,
    password_hash: &str,
    now: Timestamp,
) -> Result<()> {
    if by_login(&mut *db, login).await?.is_some() {
        return Err(Refusal::new(codes::TAKEN).with("field", "login").with("value", login).into());
    }
    sqlx::query(
        "insert into person (id, login, name, role, password_hash, created_at) values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(person.id.0)
    .bind(login)
    .bind(&person.name)
    .bind(column::code(&person.role)?)
    .bind(password_hash)
    .bind(now.millis())
    .execute(&mut *db)
    .await?;
    commit.publish(db, person, &[Channel::Catalog], now).await
}

/// A password hash that no password has: nobody signs in until somebody gives one.
pub const NO_PASSWORD: &str = "";

/// Sets what the company calls somebody, in its files and among colleagues, and tells every device.
///
/// # Errors
/// [`codes::TAKEN`] when somebody else has that code; when the database refuses.
pub async fn set_names(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    id: PersonId,
    (code, name): (Option<&str>, &str),
    now: Timestamp,
) -> Result<()> {
    let taken = sqlx::query_scalar::<_, bool>(
        "select exists (select 1 from person where code = $1 and id <> $2)",
    );
    if taken.bind(code).bind(id.0).fetch_one(&mut *db).await? {
        return Err(Refusal::new(codes::TAKEN).with("field", "code").into());
    }
    sqlx::query("update person set code = $2, name = $3 where id = $1")
        .bind(id.0)
        .bind(code)
        .bind(name)
        .execute(&mut *db)
        .await?;
    publish(db, commit, id, now).await
}

/// Whether anything was done by somebody, or with them.
///
/// # Errors
/// When the database refuses.
pub async fn is_used(db: &mut SqliteConnection, id: PersonId) -> Result<bool> {
    let used = sqlx::query_scalar(
        "select exists (select 1 from person where id = $1 and password_hash <> $2) \
             or exists (select 1 from device where person = $1) \
             or exists (select 1 from erp_customer where account_manager = $1) \
             or exists (select 1 from order_row where rep = $1) \
             or exists (select 1 from visit_row where rep = $1) \
             or exists (select 1 from import_run where by_person = $1)",
    );
    Ok(used.bind(id.0).bind(NO_PASSWORD).fetch_one(db).await?)
}

/// Takes somebody away with whom nothing was done.
///
/// # Errors
/// When something refers to them; when the database refuses.
pub async fn remove(db: &mut SqliteConnection, commit: &mut Commit, id: PersonId) -> Result<()> {
    commit.rights.insert(id);
    commit.withdraw(db, ItemId::new(ItemKind::Person, id)).await?;
    for delete in [
        "delete from channel_grant where person = $1",
        "delete from session where person = $1",
        "delete from person where id = $1",
    ] {
        sqlx::query(delete).bind(id.0).execute(&mut *db).await?;
    }
    Ok(())
}

/// Publishes a person again, when their devices changed.
///
/// # Errors
/// When the database refuses.
pub async fn publish(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    id: PersonId,
    now: Timestamp,
) -> Result<()> {
    let row = sqlx::query(concat!("select ", person_columns!(), " from person p where p.id = $1"))
        .bind(id.0)
        .fetch_one(&mut *db)
        .await?;
    commit.publish(db, &person(&row)?, &[Channel::Catalog], now).await
}

/// The person with this id.
///
/// # Errors
/// When the database refuses.
pub async fn find(db: impl SqliteExecutor<'_>, id: PersonId) -> Result<Option<Person>> {
    let row = sqlx::query(concat!("select ", person_columns!(), " from person p where p.id = $1"))
        .bind(id.0)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(person).transpose()
}

/// Sets a new password and ends every session of that person.
///
/// # Errors
/// [`codes::NOT_FOUND`] without such a person; when the database refuses.
pub async fn set_password(
    db: &mut SqliteConnection,
    login: &str,
    password_hash: &str,
) -> Result<()> {
    let id: Option<Uuid> =
        sqlx::query_scalar("update person set password_hash = $2 where login = $1 returning id")
            .bind(login)
            .bind(password_hash)
            .fetch_optional(&mut *db)
            .await?;
    let id = id.ok_or_else(|| {
        Refusal::new(codes::NOT_FOUND).with("field", "login").with("value", login)
    })?;
    sqlx::query("delete from session where person = $1").bind(id).execute(db).await?;
    Ok(())
}

/// Gives somebody another role, and tells every device.
///
/// # Errors
/// [`codes::DECIDED_MEANWHILE`] when they do not have the role `seen` any more; when the database
/// refuses.
pub async fn set_role(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    id: PersonId,
    (seen, role): (Role, Role),
    now: Timestamp,
) -> Result<()> {
    let changed = sqlx::query("update person set role = $3 where id = $1 and role = $2")
        .bind(id.0)
        .bind(column::code(&seen)?)
        .bind(column::code(&role)?)
        .execute(&mut *db)
        .await?;
    if changed.rows_affected() == 0 {
        return Err(Refusal::new(codes::DECIDED_MEANWHILE).into());
    }
    commit.rights.insert(id);
    publish(db, commit, id, now).await
}

/// The channels a person is granted now, beside those that everybody has.
///
/// # Errors
/// When the database refuses.
pub async fn grants(
    db: impl SqliteExecutor<'_>,
    person: PersonId,
    now: Timestamp,
) -> Result<Vec<Channel>> {
    let names: Vec<String> = sqlx::query_scalar(
        "select distinct channel from channel_grant \
         where person = $1 and since <= $2 and (until is null or until > $2) order by channel",
    )
    .bind(person.0)
    .bind(now.millis())
    .fetch_all(db)
    .await?;
    names.iter().map(|name| Ok(name.parse()?)).collect()
}

/// Grants a channel from now on. What is granted already stays as it is.
///
/// # Errors
/// When the database refuses.
pub async fn grant(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    person: PersonId,
    channel: Channel,
    now: Timestamp,
) -> Result<()> {
    if grants(&mut *db, person, now).await?.contains(&channel) {
        return Ok(());
    }
    commit.rights.insert(person);
    sqlx::query(
        "insert or replace into channel_grant (person, channel, since) values ($1, $2, $3)",
    )
    .bind(person.0)
    .bind(channel.to_string())
    .bind(now.millis())
    .execute(db)
    .await?;
    Ok(())
}

/// Ends the grant of a channel. What was recorded until now still counts.
///
/// # Errors
/// When the database refuses.
pub async fn revoke(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    person: PersonId,
    channel: Channel,
    now: Timestamp,
) -> Result<()> {
    commit.rights.insert(person);
    sqlx::query(
        "update channel_grant set until = $3 \
         where person = $1 and channel = $2 and (until is null or until > $3)",
    )
    .bind(person.0)
    .bind(channel.to_string())
    .bind(now.millis())
    .execute(db)
    .await?;
    Ok(())
}

/// Where somebody stands who may have left.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Who.
    pub person: Person,
    /// What they sign in with.
    pub login: String,
    /// Whether they were given a password.
    pub has_password: bool,
    /// What the company calls them in its files; none: nothing.
    pub code: Option<String>,
    /// Since when they may not sign in any more.
    pub disabled_at: Option<Timestamp>,
    /// Since when nothing more is expected of them.
    pub closed_at: Option<Timestamp>,
    /// Why it was closed while a device was still missing.
    pub closed_note: String,
}

/// Everybody with how they stand, by name.
///
/// # Errors
/// When the database refuses.
pub async fn standings(db: impl SqliteExecutor<'_>) -> Result<Vec<Standing>> {
    let rows = sqlx::query(concat!(
        "select ",
        person_columns!(),
        ", p.login, p.password_hash <> $1 as has_password, p.code, p.disabled_at, p.closed_at, p.closed_note \
         from person p order by p.name, p.id"
    ))
    .bind(NO_PASSWORD)
    .fetch_all(db)
    .await?;
    let time = |row: &SqliteRow, column: &str| -> Result<_> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(Timestamp))
    };
    rows.iter()
        .map(|row| {
            Ok(Standing {
                person: person(row)?,
                login: row.try_get("login")?,
                has_password: row.try_get("has_password")?,
                code: row.try_get("code")?,
                disabled_at: time(row, "disabled_at")?,
                closed_at: time(row, "closed_at")?,
                closed_note: row.try_get("closed_note")?,
            })
        })
        .collect()
}

/// Ends somebody's access. Their devices still deliver what was recorded; what was recorded until
/// now counts, what comes later waits for the office.
///
/// # Errors
/// [`codes::NOT_FOUND`] without such a person; when the database refuses.
pub async fn disable(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    person: PersonId,
    now: Timestamp,
) -> Result<()> {
    let found =
        sqlx::query("update person set disabled_at = coalesce(disabled_at, $2) where id = $1")
            .bind(person.0)
            .bind(now.millis())
            .execute(&mut *db)
            .await?;
    if found.rows_affected() == 0 {
        return Err(Refusal::new(codes::NOT_FOUND).with("field", "person").into());
    }
    commit.rights.insert(person);
    sqlx::query("delete from session where person = $1").bind(person.0).execute(db).await?;
    Ok(())
}

/// Lets somebody sign in again.
///
/// # Errors
/// When the database refuses.
pub async fn enable(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    person: PersonId,
) -> Result<()> {
    commit.rights.insert(person);
    sqlx::query(
        "update person set disabled_at = null, closed_at = null, closed_note = '' where id = $1",
    )
    .bind(person.0)
    .execute(db)
    .await?;
    Ok(())
}

/// Closes the account of somebody who left: their grants end and their devices are locked out.
///
/// # Errors
/// When the database refuses.
pub async fn close(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    person: PersonId,
    note: &str,
    now: Timestamp,
) -> Result<()> {
    for channel in grants(&mut *db, person, now).await? {
        revoke(db, commit, person, channel, now).await?;
    }
    let devices: Vec<Uuid> = sqlx::query_scalar("select id from device where person = $1")
        .bind(person.0)
        .fetch_all(&mut *db)
        .await?;
    for device in devices {
        devices::revoke(db, commit, device.into(), now).await?;
    }
    commit.rights.insert(person);
    sqlx::query("update person set closed_at = $2, closed_note = $3 where id = $1")
        .bind(person.0)
        .bind(now.millis())
        .bind(note)
        .execute(db)
        .await?;
    Ok(())
}

/// Reads the columns of `person_columns!`.
pub(crate) fn person(row: &SqliteRow) -> Result<Person> {
    let role: Role = column::from_code(row.try_get("role")?)?;
    Ok(Person {
        id: row.try_get::<Uuid, _>("id")?.into(),
        name: row.try_get("name")?,
        role,
        devices: column::from_json(row.try_get("devices")?)?,
    })
}
