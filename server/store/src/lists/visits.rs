//! Visits, as the office lists them.

use roundsman_core::documents::customer::Customer;
use roundsman_core::documents::visit::Visit;
use roundsman_core::id::{CustomerId, PersonId, VisitId};
use roundsman_core::time::Timestamp;
use sqlx::{QueryBuilder, Row, Sqlite, SqlitePool};
use uuid::Uuid;

use super::{List, Page, Rows};
use crate::{Result, column};

/// A visit with the names around it.
#[derive(Debug, Clone)]
pub struct ListedVisit {
    /// Which one.
    pub id: VisitId,
    /// The visit.
    pub visit: Visit,
    /// For whom it counts: the customer that stays, when the one that was visited was merged.
    pub customer_id: CustomerId,
    /// Its document; none when it is not here.
    pub customer: Option<Customer>,
    /// Who went.
    pub rep_name: String,
}

/// What narrows the list.
#[derive(Debug, Clone, Default)]
pub struct VisitFilter {
    /// This visit alone.
    pub id: Option<VisitId>,
    /// Who went.
    pub rep: Option<PersonId>,
    /// An outcome's code.
    pub outcome: Option<String>,
    /// Where.
    pub customer: Option<CustomerId>,
    /// Begun at or after this.
    pub from: Option<Timestamp>,
    /// Begun before this.
    pub before: Option<Timestamp>,
    /// Still going on.
    pub open: bool,
}

const VISITS: List = List {
    select: "v.id, v.customer as customer_id, v.body, p.name as rep_name, c.body as customer",
    from: "visit_row v left join person p on p.id = v.rep left join customer_row c on c.id = v.customer",
    search: &["v.search", "c.search"],
    sorts: &[
        ("checkedInAt", "v.checked_in_at"),
        ("customerName", "coalesce(c.name, '') collate nocase"),
        ("outcome", "v.outcome"),
        ("repName", "coalesce(p.name, '') collate nocase"),
    ],
    newest_first: true,
    tie: "v.id",
};

/// A page of visits.
///
/// # Errors
/// When the database refuses.
pub async fn list(db: &SqlitePool, filter: &VisitFilter, page: &Page) -> Result<Rows<ListedVisit>> {
    let found = VISITS.fetch(db, page, &|query| narrow(query, filter)).await?;
    let rows = found.rows.iter().map(|row| {
        let customer: Option<&str> = row.try_get("customer")?;
        Ok(ListedVisit {
            id: row.try_get::<Uuid, _>("id")?.into(),
            visit: column::from_json(row.try_get("body")?)?,
            customer_id: CustomerId(row.try_get("customer_id")?),
            customer: customer.map(column::from_json).transpose()?,
            rep_name: row.try_get::<Option<_>, _>("rep_name")?.unwrap_or_default(),
        })
    });
    Ok(Rows { total: found.total, rows: rows.collect::<Result<_>>()? })
}

/// How many visits began since then.
///
/// # Errors
/// When the database refuses.
pub async fn begun_since(db: &SqlitePool, since: Timestamp) -> Result<u64> {
    let count: i64 = sqlx::query_scalar("select count(*) from visit_row where checked_in_at >= $1")
        .bind(since.millis())
        .fetch_one(db)
        .await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

fn narrow(query: &mut QueryBuilder<Sqlite>, filter: &VisitFilter) {
    if let Some(id) = filter.id {
        query.push(" and v.id = ").push_bind(id.0);
    }
    if let Some(rep) = filter.rep {
        query.push(" and v.rep = ").push_bind(rep.0);
    }
    if let Some(outcome) = &filter.outcome {
        query.push(" and v.outcome = ").push_bind(outcome.clone());
    }
    if let Some(customer) = filter.customer {
        query.push(" and v.customer = ").push_bind(customer.0);
    }
    if let Some(from) = filter.from {
        query.push(" and v.checked_in_at >= ").push_bind(from.millis());
    }
    if let Some(before) = filter.before {
        query.push(" and v.checked_in_at < ").push_bind(before.millis());
    }
    if filter.open {
        query.push(" and v.checked_out_at is null");
    }
}
