//! Records as they were last published.

use std::collections::BTreeMap;

use roundsman_core::id::ItemId;
use roundsman_core::records::Record;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteExecutor};
use uuid::Uuid;

use crate::{Error, Packed, Result};

/// The record of this kind with this id.
///
/// # Errors
/// When the database refuses.
pub async fn get<R: Record>(db: impl SqliteExecutor<'_>, id: impl Into<Uuid>) -> Result<Option<R>> {
    let item = ItemId::new(R::KIND, id).to_bytes();
    let bytes: Option<Packed> = sqlx::query_scalar("select bytes from record where item = $1")
        .bind(&item[..])
        .fetch_optional(db)
        .await?;
    bytes.map(|bytes| Ok(R::from_bytes(&bytes.0)?)).transpose()
}

/// The records of this kind with these ids, as far as they exist.
///
/// # Errors
/// When the database refuses.
pub async fn many<R: Record>(
    db: impl SqliteExecutor<'_>,
    ids: impl IntoIterator<Item = Uuid>,
) -> Result<BTreeMap<Uuid, R>> {
    let mut query = QueryBuilder::<Sqlite>::new("select item, bytes from record where item in (");
    let mut list = query.separated(", ");
    for id in ids {
        list.push_bind(ItemId::new(R::KIND, id).to_bytes().to_vec());
    }
    query.push(")");
    collect(query, db).await
}

/// Every record of this kind.
///
/// # Errors
/// When the database refuses.
pub async fn all<R: Record>(db: impl SqliteExecutor<'_>) -> Result<BTreeMap<Uuid, R>> {
    let kind = R::KIND as u8;
    let mut query = QueryBuilder::<Sqlite>::new("select item, bytes from record where item >= ");
    query.push_bind(vec![kind]).push(" and item < ").push_bind(vec![kind + 1]);
    collect(query, db).await
}

async fn collect<R: Record>(
    mut query: QueryBuilder<Sqlite>,
    db: impl SqliteExecutor<'_>,
) -> Result<BTreeMap<Uuid, R>> {
    let rows = query.build().fetch_all(db).await?;
    rows.iter()
        .map(|row| {
            let item = ItemId::from_bytes(row.try_get("item")?)
                .ok_or_else(|| Error::Corrupt("an item's id".to_owned()))?;
            Ok((item.id, R::from_bytes(&row.try_get::<Packed, _>("bytes")?.0)?))
        })
        .collect()
}
