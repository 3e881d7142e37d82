//! Documents: equal to their changes, and equal to what lists show of them.

use std::collections::BTreeSet;

use automerge::{Automerge, Change};
use futures_util::TryStreamExt as _;
use roundsman_core::documents::{cart, customer, order, visit};
use roundsman_core::id::{ItemId, ItemKind};
use serde_json::Value;
use sqlx::{Row, SqlitePool};

use super::{Part, unpacked};
use crate::{Packed, Result, column};

pub(super) async fn check(db: &SqlitePool) -> Result<Part> {
    let mut part = Part::new("documents");
    let mut rows = sqlx::query("select item, heads, snapshot from document").fetch(db);
    while let Some(row) = rows.try_next().await? {
        part.checked += 1;
        let Some(item) = ItemId::from_bytes(row.try_get("item")?) else {
            part.wrong("a document's id cannot be read".to_owned());
            continue;
        };
        let Ok(document) = Automerge::load(&unpacked(&row, "snapshot")) else {
            part.wrong(format!("{item} cannot be read"));
            continue;
        };
        let mut heads: Vec<[u8; 32]> = document.get_heads().iter().map(|head| head.0).collect();
        heads.sort_unstable();
        part.expect(heads.concat() == row.try_get::<Vec<u8>, _>("heads")?, || {
            format!("{item} has other heads than it says")
        });
        check_changes(db, item, &document, &mut part).await?;
        check_row(db, item, &document, &mut part).await?;
    }
    check_rows_without_document(db, &mut part).await?;
    Ok(part)
}

async fn check_changes(
    db: &SqlitePool,
    item: ItemId,
    document: &Automerge,
    part: &mut Part,
) -> Result<()> {
    let inside: BTreeSet<[u8; 32]> =
        document.get_changes_meta(&[]).iter().map(|change| change.hash.0).collect();
    let mut stored = BTreeSet::new();
    let mut rows = sqlx::query("select hash, bytes from change where item = $1")
        .bind(&item.to_bytes()[..])
        .fetch(db);
    while let Some(row) = rows.try_next().await? {
        match Change::from_bytes(unpacked(&row, "bytes")) {
            Ok(change) if change.hash().0[..] == *row.try_get::<&[u8], _>("hash")? => {
                stored.insert(change.hash().0);
            }
            _ => part.wrong(format!("{item}: a change is not what its hash says")),
        }
    }
    part.expect(inside == stored, || {
        format!("{item} holds {} changes, {} are stored", inside.len(), stored.len())
    });
    Ok(())
}

/// The read model's row is what the document says now.
async fn check_row(
    db: &SqlitePool,
    item: ItemId,
    document: &Automerge,
    part: &mut Part,
) -> Result<()> {
    let typed = match item.kind {
        ItemKind::Customer => customer::read(document).map(|it| Some(column::json(&it))),
        ItemKind::Visit => visit::read(document).map(|it| Some(column::json(&it))),
        ItemKind::Order => order::read(document).map(|it| Some(column::json(&it))),
        ItemKind::Cart => cart::read(document).map(|_| None),
        _ => {
            part.wrong(format!("{item} is no document"));
            return Ok(());
        }
    };
    let body = match typed {
        // Read back like the row, so that both lose the same of their decimals.
        Ok(Some(body)) => column::from_json::<Value>(&body?)?,
        Ok(None) => return Ok(()),
        Err(refusal) => {
            part.wrong(format!("{item} cannot be read: {refusal}"));
            return Ok(());
        }
    };
    let select = match item.kind {
        ItemKind::Customer => "select body from customer_row where id = $1",
        ItemKind::Visit => "select body from visit_row where id = $1",
        _ => "select body from order_row where id = $1",
    };
    let row: Option<Packed> = sqlx::query_scalar(select).bind(item.id).fetch_optional(db).await?;
    let shown = row.map(|body| column::from_packed_json::<Value>(&body)).transpose()?;
    part.expect(shown.as_ref() == Some(&body), || format!("{item} is shown otherwise than it is"));
    Ok(())
}

async fn check_rows_without_document(db: &SqlitePool, part: &mut Part) -> Result<()> {
    let tables = [
        ("customer_row", "", ItemKind::Customer),
        ("visit_row", "", ItemKind::Visit),
        // What a file brought in has none.
        ("order_row", "and r.imported = 0", ItemKind::Order),
    ];
    for (table, but, kind) in tables {
        let count = format!(
            "select count(*) from {table} r where not exists \
             (select 1 from document d where d.item = $1 || r.id) {but}"
        );
        // `||` makes text of blobs, so both sides are compared as such.
        let count = count.replace("d.item =", "cast(d.item as text) =");
        let lone: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(count))
            .bind(vec![kind as u8])
            .fetch_one(db)
            .await?;
        part.expect(lone == 0, || format!("{lone} rows of {table} have no document"));
    }
    Ok(())
}
