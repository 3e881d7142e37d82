//! Records, and the digests that devices compare theirs with.

use futures_util::TryStreamExt as _;
use roundsman_core::id::ItemId;
use roundsman_core::sync::{
    Channel, Digest, document_element, hash, record_element, verify_outcome,
};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqlitePool};

use super::{Part, unpacked};
use crate::{Result, settings};

pub(super) async fn check_records(db: &SqlitePool) -> Result<Part> {
    let mut part = Part::new("records");
    let key = settings::signing_key(db).await?.map(|key| key.verifying_key().to_bytes());
    let mut rows = sqlx::query("select item, bytes, hash, signature from record").fetch(db);
    while let Some(row) = rows.try_next().await? {
        part.checked += 1;
        let Some(item) = ItemId::from_bytes(row.try_get("item")?) else {
            part.wrong("a record's id cannot be read".to_owned());
            continue;
        };
        let bytes = unpacked(&row, "bytes");
        part.expect(hash(&bytes)[..] == *row.try_get::<&[u8], _>("hash")?, || {
            format!("{item} is not what its hash says")
        });
        let signature: Option<&[u8]> = row.try_get("signature")?;
        if let (Some(key), Some(signature)) = (&key, signature) {
            part.expect(verify_outcome(key, item, &bytes, signature).is_ok(), || {
                format!("{item} was not signed by this server")
            });
        }
    }
    Ok(part)
}

pub(super) async fn check(db: &SqlitePool) -> Result<Part> {
    let mut part = Part::new("channels");
    let channels =
        sqlx::query("select id, name, seq, items, digest from channel").fetch_all(db).await?;
    for row in &channels {
        part.checked += 1;
        check_one(db, row, &mut part).await?;
    }
    let strays: i64 = sqlx::query_scalar(
        "select count(*) from feed f where not exists \
         (select 1 from membership m where m.channel = f.channel and m.item = f.item and m.seq >= f.seq)",
    )
    .fetch_one(db)
    .await?;
    part.expect(strays == 0, || format!("{strays} lines of the feed belong to nothing"));
    Ok(part)
}

async fn check_one(db: &SqlitePool, row: &SqliteRow, part: &mut Part) -> Result<()> {
    let name: String = row.try_get("name")?;
    let channel: Channel = name.parse()?;
    let seq: i64 = row.try_get("seq")?;
    let (mut digest, mut items) = (Digest::default(), 0_i64);
    let mut members = sqlx::query(
        "select m.item, m.seq, m.element, d.heads, r.hash from membership m \
         left join document d on d.item = m.item left join record r on r.item = m.item \
         where m.channel = $1",
    )
    .bind(row.try_get::<i64, _>("id")?)
    .fetch(db);
    while let Some(member) = members.try_next().await? {
        items += 1;
        let Some(element) = element(channel, &member)? else {
            part.wrong(format!("{name} holds something that is not here"));
            continue;
        };
        part.expect(element[..] == *member.try_get::<&[u8], _>("element")?, || {
            format!("{name} holds something in another state than it is here")
        });
        part.expect(member.try_get::<i64, _>("seq")? <= seq, || format!("{name} ends too early"));
        digest.add(&element);
    }
    part.expect(items == row.try_get::<i64, _>("items")?, || format!("{name} holds {items} items"));
    part.expect(digest.0[..] == *row.try_get::<&[u8], _>("digest")?, || {
        format!("{name} has another digest than its content")
    });
    Ok(())
}

/// An item's part of the digest, from its state; none when nothing of it is here.
fn element(channel: Channel, row: &SqliteRow) -> Result<Option<[u8; 32]>> {
    let Some(item) = ItemId::from_bytes(row.try_get("item")?) else { return Ok(None) };
    let state: Option<&[u8]> =
        row.try_get(if item.kind.is_document() { "heads" } else { "hash" })?;
    let Some(state) = state else { return Ok(None) };
    let hashes: Vec<[u8; 32]> =
        state.chunks_exact(32).filter_map(|chunk| chunk.try_into().ok()).collect();
    Ok(match (item.kind, hashes.as_slice()) {
        (kind, heads) if kind.is_document() => Some(document_element(channel, item, heads)),
        (_, [hash]) => Some(record_element(channel, item, hash)),
        _ => None,
    })
}
