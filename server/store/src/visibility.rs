//! Where things can be seen. The company decides that by its assignments, never by a field that a
//! rep could edit.

use std::collections::BTreeMap;

use roundsman_core::id::{CustomerId, ItemId, ItemKind, PersonId, TerritoryId};
use roundsman_core::records::{Assignment, Record as _, Role};
use roundsman_core::sync::Channel;
use roundsman_core::time::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, SqliteExecutor};
use uuid::Uuid;

use crate::{Commit, Error, Packed, Result, bulk, column, outcomes, records};

/// A customer, its account and its assignment: everybody in its territory.
#[must_use]
pub fn of_customer(territory: Option<TerritoryId>) -> Vec<Channel> {
    territory.map(Channel::Territory).into_iter().collect()
}

/// A visit, an order and its outcome: everybody in the customer's territory, and its author
/// wherever the customer goes.
#[must_use]
pub fn of_work(territory: Option<TerritoryId>, author: PersonId) -> Vec<Channel> {
    outcomes::audience(territory, author)
}

/// A cart: its author alone.
#[must_use]
pub fn of_cart(author: PersonId) -> Vec<Channel> {
    vec![Channel::User(author)]
}

/// The territory a customer belongs to.
///
/// # Errors
/// When the database refuses.
pub async fn territory(
    db: impl SqliteExecutor<'_>,
    customer: CustomerId,
) -> Result<Option<TerritoryId>> {
    Ok(records::get::<Assignment>(db, customer).await?.map(|it| it.territory))
}

/// Gives a customer to a territory and an account manager: tells everybody concerned, and shows the
/// customer and everything about it there alone, as one commit.
///
/// # Errors
/// When the database refuses.
pub async fn assign(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    assignment: &Assignment,
    now: Timestamp,
) -> Result<()> {
    note_assignment(db, assignment, now).await?;
    let channels = of_customer(Some(assignment.territory));
    commit.publish(db, assignment, &channels, now).await?;
    follow_assignment(db, commit, assignment.customer).await
}

/// Writes the history of who had a customer when. The first to have it had it from its beginning.
async fn note_assignment(
    db: &mut SqliteConnection,
    assignment: &Assignment,
    now: Timestamp,
) -> Result<()> {
    let customer = assignment.customer.0;
    let (territory, manager) = (assignment.territory.0, assignment.account_manager.0);
    let same = sqlx::query_scalar::<_, bool>(
        "select exists (select 1 from assigned where customer = $1 and until is null \
                        and territory = $2 and account_manager = $3)",
    );
    if same.bind(customer).bind(territory).bind(manager).fetch_one(&mut *db).await? {
        return Ok(());
    }
    let ended = sqlx::query("update assigned set until = $2 where customer = $1 and until is null")
        .bind(customer)
        .bind(now.millis())
        .execute(&mut *db)
        .await?;
    let since = if ended.rows_affected() == 0 { 0 } else { now.millis() };
    sqlx::query(
        "insert or replace into assigned (customer, since, territory, account_manager) \
         values ($1, $2, $3, $4)",
    )
    .bind(customer)
    .bind(since)
    .bind(territory)
    .bind(manager)
    .execute(db)
    .await?;
    Ok(())
}

/// Whether a person saw a customer at this instant, wherever it is now.
///
/// # Errors
/// When the database refuses.
pub async fn saw(
    db: &mut SqliteConnection,
    person: PersonId,
    customer: CustomerId,
    at: Timestamp,
) -> Result<bool> {
    let territories = territories_at(&mut *db, customer, at).await?;
    let granted = granted(db, person, at, at).await?;
    Ok(territories.into_iter().any(|id| granted.contains(&Channel::Territory(id))))
}

/// The territories a customer belonged to at this instant: two at the instant of a move.
async fn territories_at(
    db: impl SqliteExecutor<'_>,
    customer: CustomerId,
    at: Timestamp,
) -> Result<Vec<TerritoryId>> {
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "select territory from assigned \
         where customer = $1 and since <= $2 and (until is null or until >= $2)",
    )
    .bind(customer.0)
    .bind(at.millis())
    .fetch_all(db)
    .await?;
    Ok(ids.into_iter().map(TerritoryId).collect())
}

/// Shows a customer and everything about it where its assignment says.
async fn follow_assignment(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    customer: CustomerId,
) -> Result<()> {
    let territory = territory(&mut *db, customer).await?;
    for kind in [ItemKind::Customer, ItemKind::CustomerAccount, ItemKind::Assignment] {
        show(db, commit, ItemId::new(kind, customer), &of_customer(territory)).await?;
    }
    for (kind, id, author) in work(db, customer).await? {
        show(db, commit, ItemId::new(kind, id), &of_work(territory, author)).await?;
    }
    Ok(())
}

/// Shows an item of which something is stored.
async fn show(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    item: ItemId,
    channels: &[Channel],
) -> Result<()> {
    let stored: bool = sqlx::query_scalar(
        "select exists (select 1 from document where item = $1) or exists (select 1 from record where item = $1)",
    )
    .bind(&item.to_bytes()[..])
    .fetch_one(&mut *db)
    .await?;
    if stored { commit.show(db, item, channels).await } else { Ok(()) }
}

/// Visits and orders of a customer with their outcomes, or their summaries, each with its author.
async fn work(
    db: &mut SqliteConnection,
    customer: CustomerId,
) -> Result<Vec<(ItemKind, Uuid, PersonId)>> {
    let rows = sqlx::query(
        "select id, rep, closed, 0 as is_order from visit_row where customer = $1 \
         union all select o.id, o.rep, coalesce(d.closed, 0), 1 from order_row o \
           left join outcome_row d on d.id = o.id where o.customer = $1",
    )
    .bind(customer.0)
    .fetch_all(db)
    .await?;
    let mut work = Vec::with_capacity(rows.len());
    for row in rows {
        let (id, author) = (row.try_get("id")?, PersonId(row.try_get("rep")?));
        let kinds: &[_] = match (row.try_get("is_order")?, row.try_get("closed")?) {
            (true, false) => &[ItemKind::Order, ItemKind::SalesOrder],
            (true, true) => &[ItemKind::OrderSummary],
            (false, false) => &[ItemKind::Visit],
            (false, true) => &[ItemKind::VisitSummary],
        };
        work.extend(kinds.iter().map(|kind| (*kind, id, author)));
    }
    Ok(work)
}

/// What decides what a person may record.
#[derive(Debug, Clone)]
pub struct Member {
    /// Their role.
    pub role: Role,
    /// Since when they may not sign in any more.
    pub disabled_at: Option<Timestamp>,
}

/// The person with this id.
///
/// # Errors
/// When the database refuses.
pub async fn member(db: impl SqliteExecutor<'_>, person: PersonId) -> Result<Option<Member>> {
    let row = sqlx::query("select role, disabled_at from person where id = $1")
        .bind(person.0)
        .fetch_optional(db)
        .await?;
    row.map(|row| {
        let disabled_at: Option<i64> = row.try_get("disabled_at")?;
        let role = column::from_code(row.try_get("role")?)?;
        Ok::<_, Error>(Member { role, disabled_at: disabled_at.map(Timestamp) })
    })
    .transpose()
}

/// The territories that these customers belong to.
///
/// # Errors
/// When the database refuses.
pub async fn territories(
    db: impl SqliteExecutor<'_>,
    customers: impl IntoIterator<Item = CustomerId>,
) -> Result<BTreeMap<CustomerId, TerritoryId>> {
    let items = customers.into_iter().map(|id| ItemId::new(ItemKind::Assignment, id));
    let records: Vec<Packed> = sqlx::query_scalar(
        "select bytes from record where item in (select unhex(value) from json_each($1))",
    )
    .bind(bulk::items(items))
    .fetch_all(db)
    .await?;
    let assignment = |bytes: &Packed| {
        let assignment = Assignment::from_bytes(&bytes.0)?;
        Ok((assignment.customer, assignment.territory))
    };
    records.iter().map(assignment).collect()
}

/// A right to a channel.
#[derive(Debug, Clone, Copy)]
pub struct Grant {
    /// The channel.
    pub channel: Channel,
    /// Since when.
    pub since: Timestamp,
    /// Until when, if it ended.
    pub until: Option<Timestamp>,
}

impl Grant {
    /// Whether it held at some time between these two. Both count, since the clock of a device may
    /// be wrong.
    #[must_use]
    pub fn held(&self, a: Timestamp, b: Timestamp) -> bool {
        self.since <= a.max(b) && self.until.is_none_or(|until| until > a.min(b))
    }
}

/// Everything that was ever granted to a person.
///
/// # Errors
/// When the database refuses.
pub async fn grants(db: impl SqliteExecutor<'_>, person: PersonId) -> Result<Vec<Grant>> {
    let rows = sqlx::query("select channel, since, until from channel_grant where person = $1")
        .bind(person.0)
        .fetch_all(db)
        .await?;
    let grant = |row: &SqliteRow| {
        Ok(Grant {
            channel: row.try_get::<&str, _>("channel")?.parse()?,
            since: Timestamp(row.try_get("since")?),
            until: row.try_get::<Option<i64>, _>("until")?.map(Timestamp),
        })
    };
    rows.iter().map(grant).collect()
}

/// The channels a person was granted at some time between these two, the oldest grant first. Both
/// count, since the clock of a device may be wrong.
///
/// # Errors
/// When the database refuses.
pub async fn granted(
    db: impl SqliteExecutor<'_>,
    person: PersonId,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Channel>> {
    let names: Vec<String> = sqlx::query_scalar(
        "select channel from channel_grant where person = $1 and since <= $3 and (until is null or until > $2) \
         group by channel order by min(since), channel",
    )
    .bind(person.0)
    .bind(from.min(to).millis())
    .bind(to.max(from).millis())
    .fetch_all(db)
    .await?;
    names.iter().map(|name| Ok(name.parse()?)).collect()
}
