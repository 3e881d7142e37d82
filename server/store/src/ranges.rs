//! Answers beside a channel's order: where it differs, and items as they are now.

use std::collections::BTreeMap;

use futures_util::TryStreamExt as _;
use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::{ItemId, ItemKind};
use roundsman_core::sync::{
    BatchItem, Buckets, Bytes, Channel, Fetch, FetchRes, News, RangeBucket, RangeItem, RangeReq,
    RangeRes, bucket_of,
};
use sqlx::{Row, SqliteConnection, SqlitePool};

use crate::{Error, Packed, Result, feed_read};

/// What one item of a bucket takes on the wire.
const RANGE_ITEM_BYTES: usize = 56;

/// The buckets of a channel that differ from what a device has, as many as fit; at least one.
///
/// # Errors
/// [`codes::MALFORMED`] when the question holds no sums, [`codes::NOT_FOUND`] for a channel to
/// which nothing was ever written; when the database refuses.
pub async fn compare(pool: &SqlitePool, asked: &RangeReq, bytes_max: usize) -> Result<RangeRes> {
    let mut db = pool.begin().await?;
    let found = feed_read::head(&mut db, asked.channel).await?;
    let (id, head) = found.ok_or_else(|| Refusal::new(codes::NOT_FOUND))?;
    let mut sums = Buckets::default();
    let mut sizes = [0usize; 256];
    each(&mut db, id, |item, element| {
        sums.add(item, &element);
        if let Some(size) = sizes.get_mut(usize::from(bucket_of(item))) {
            *size += RANGE_ITEM_BYTES;
        }
    })
    .await?;
    let malformed = || Refusal::new(codes::MALFORMED).with("detail", "bucket sums");
    let differing = sums.differing(&asked.buckets).ok_or_else(malformed)?;
    let (mut buckets, mut bytes) = (BTreeMap::new(), 0);
    for number in &differing {
        bytes += sizes.get(usize::from(*number)).copied().unwrap_or_default();
        if bytes > bytes_max && !buckets.is_empty() {
            break;
        }
        buckets.insert(*number, Vec::new());
    }
    let more = buckets.len() < differing.len();
    if !buckets.is_empty() {
        each(&mut db, id, |item, element| {
            if let Some(items) = buckets.get_mut(&bucket_of(item)) {
                items.push(RangeItem { item, element });
            }
        })
        .await?;
    }
    let buckets = buckets.into_iter().map(|(number, items)| RangeBucket { number, items });
    Ok(RangeRes {
        channel: asked.channel,
        epoch: head.epoch,
        seq: head.seq,
        digest: head.digest,
        buckets: buckets.collect(),
        more,
    })
}

async fn each(
    db: &mut SqliteConnection,
    channel: i64,
    mut take: impl FnMut(ItemId, [u8; 32]),
) -> Result<()> {
    let mut rows = sqlx::query("select item, element from membership where channel = $1")
        .bind(channel)
        .fetch(db);
    while let Some(row) = rows.try_next().await? {
        let element = crate::devices::bytes_32(&row, "element")?;
        let item = ItemId::from_bytes(row.try_get("item")?);
        take(item.ok_or_else(|| Error::Corrupt("an item's id".to_owned()))?, element);
    }
    Ok(())
}

/// Items as they are now, about `bytes_max` together, as far as they are in the channel that is
/// repaired, or can be seen in one of these.
///
/// # Errors
/// When the database refuses.
pub async fn fetch(
    pool: &SqlitePool,
    asked: &Fetch,
    channels: &[Channel],
    bytes_max: usize,
) -> Result<FetchRes> {
    let mut db = pool.begin().await?;
    let (mut items, mut missing, mut bytes) = (Vec::new(), Vec::new(), 0);
    for item in &asked.items {
        let visible = match asked.repair {
            Some(channel) => {
                channels.contains(&channel) && is_in(&mut db, *item, &[channel]).await?
            }
            None => may_look(&mut db, *item, channels).await?,
        };
        let content = if visible { content(&mut db, *item).await? } else { None };
        let Some(content) = content else {
            missing.push(*item);
            continue;
        };
        bytes += content.len();
        if bytes > bytes_max && !items.is_empty() {
            break;
        }
        let content = Bytes(content);
        let news =
            if item.kind.is_document() { News::Snapshot(content) } else { News::Record(content) };
        items.push(BatchItem { item: *item, news });
    }
    Ok(FetchRes { repair: asked.repair, items, missing })
}

async fn content(db: &mut SqliteConnection, item: ItemId) -> Result<Option<Vec<u8>>> {
    let stored = if item.kind.is_document() {
        "select snapshot from document where item = $1"
    } else {
        "select bytes from record where item = $1"
    };
    let stored: Option<Packed> =
        sqlx::query_scalar(stored).bind(&item.to_bytes()[..]).fetch_optional(db).await?;
    Ok(stored.map(|it| it.0))
}

/// Whether somebody who follows these channels may look at an item: it is there, or the customer
/// whose work it is.
async fn may_look(db: &mut SqliteConnection, item: ItemId, channels: &[Channel]) -> Result<bool> {
    if is_in(db, item, channels).await? {
        return Ok(true);
    }
    let Some(summary) = item.summary() else { return Ok(false) };
    if is_in(db, summary, channels).await? {
        return Ok(true);
    }
    let customer: Option<uuid::Uuid> = sqlx::query_scalar(
        "select customer from visit_row where id = $1 \
         union all select customer from order_row where id = $1",
    )
    .bind(item.id)
    .fetch_optional(&mut *db)
    .await?;
    match customer {
        Some(customer) => is_in(db, ItemId::new(ItemKind::Customer, customer), channels).await,
        None => Ok(false),
    }
}

async fn is_in(db: &mut SqliteConnection, item: ItemId, channels: &[Channel]) -> Result<bool> {
    let at = crate::documents::channels(db, item).await?;
    Ok(at.iter().any(|channel| channels.contains(channel)))
}
