//! Reading the feed: one page of a channel for one device.

use futures_util::TryStreamExt as _;
use roundsman_core::id::{DeviceId, ItemId};
use roundsman_core::sync::{Batch, BatchItem, Bytes, ChangeNews, Channel, ChannelHead, News};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, SqlitePool};

use crate::journal::signed;
use crate::{Error, Result, epochs};

/// Items of one page at most, however small.
const ITEMS_MAX: usize = 4_096;

/// Makes rows for channels that nothing was written to yet, so that they have a head.
///
/// # Errors
/// When the database refuses.
pub async fn open(db: &mut SqliteConnection, channels: &[Channel]) -> Result<()> {
    for channel in channels {
        sqlx::query("insert or ignore into channel (name, digest) values ($1, zeroblob(32))")
            .bind(channel.to_string())
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// The heads of these channels, in their order; those without a row are left out.
///
/// # Errors
/// When the database refuses.
pub async fn heads(db: &mut SqliteConnection, channels: &[Channel]) -> Result<Vec<ChannelHead>> {
    let mut heads = Vec::with_capacity(channels.len());
    for channel in channels {
        heads.extend(head(db, *channel).await?.map(|(_, head)| head));
    }
    Ok(heads)
}

async fn head(db: &mut SqliteConnection, channel: Channel) -> Result<Option<(i64, ChannelHead)>> {
    let row = sqlx::query("select id, seq, items, digest from channel where name = $1")
        .bind(channel.to_string())
        .fetch_optional(&mut *db)
        .await?;
    let epoch = epochs::current(db).await?;
    row.map(|row| {
        let head = ChannelHead {
            channel,
            epoch,
            seq: row.try_get::<i64, _>("seq")?.unsigned_abs(),
            items: row.try_get::<i64, _>("items")?.unsigned_abs(),
            digest: crate::devices::bytes_32(&row, "digest")?,
        };
        Ok((row.try_get("id")?, head))
    })
    .transpose()
}

/// A part of a channel that a device asks for.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// The channel.
    pub channel: Channel,
    /// After this commit.
    pub from: u64,
    /// The last commit at which the device had everything; before `from` in the midst of a
    /// catch-up.
    pub since: u64,
}

/// Whole commits of a channel after `span.from`, about `bytes_max` together; none when there is nothing.
///
/// Everything is read in one transaction, so that items, head and digest are of the same instant.
///
/// # Errors
/// When the database refuses.
pub async fn batch(
    pool: &SqlitePool,
    span: Span,
    device: DeviceId,
    bytes_max: usize,
) -> Result<Option<Batch>> {
    let Span { channel, from, since } = span;
    let mut db = pool.begin().await?;
    let Some((id, head)) = head(&mut db, channel).await? else { return Ok(None) };
    if from >= head.seq {
        return Ok(None);
    }
    let page = Page { channel: id, from, since, device };
    let (mut entries, to) = page.entries(&mut db, head.seq, bytes_max).await?;
    if from > 0 {
        entries.extend(page.departures(&mut db, to).await?);
    }
    let mut items = Vec::with_capacity(entries.len());
    for entry in entries {
        let news = match entry.content {
            Content::Ready(news) => news,
            Content::Own => page.own(&mut db, entry.item).await?,
            Content::Changed { snapshot_bytes } => {
                page.changed(&mut db, entry.item, snapshot_bytes).await?
            }
        };
        items.push(BatchItem { item: entry.item, news });
    }
    let digest = (to == head.seq).then(|| Bytes(head.digest.to_vec()));
    Ok(Some(Batch { channel, epoch: head.epoch, from, to, digest, items }))
}

/// What is asked for.
#[derive(Clone, Copy)]
struct Page {
    channel: i64,
    from: u64,
    since: u64,
    device: DeviceId,
}

struct Entry {
    item: ItemId,
    seq: u64,
    bytes: usize,
    content: Content,
}

enum Content {
    Ready(News),
    /// A document that entered, and of which the device made every change.
    Own,
    /// A document that the device has, of an older state.
    Changed {
        snapshot_bytes: usize,
    },
}

impl Page {
    /// Items that entered or changed, and the commit up to which they are complete.
    async fn entries(
        self,
        db: &mut SqliteConnection,
        head: u64,
        bytes_max: usize,
    ) -> Result<(Vec<Entry>, u64)> {
        // A document that entered is sent whole, unless the device made all of it.
        let mut rows = sqlx::query(
            "select m.item, m.seq, r.bytes, length(d.snapshot) as snapshot_bytes, \
                    iif(m.entered > $4, d.snapshot, null) as snapshot, \
                    m.entered > $4 and not exists ( \
                        select 1 from change c where c.item = m.item and c.device <> $3) as own \
             from membership m left join record r on r.item = m.item left join document d on d.item = m.item \
             where m.channel = $1 and m.seq > $2 order by m.seq, m.item",
        )
        .bind(self.channel)
        .bind(signed(self.from))
        .bind(self.device.0)
        .bind(signed(self.since))
        .fetch(db);
        let (mut entries, mut bytes) = (Vec::<Entry>::new(), 0);
        while let Some(row) = rows.try_next().await? {
            let entry = entry(&row)?;
            let last = entries.last().map_or(entry.seq, |last| last.seq);
            let full = bytes + entry.bytes > bytes_max || entries.len() >= ITEMS_MAX;
            if full && entry.seq != last {
                return Ok((entries, last));
            }
            bytes += entry.bytes;
            entries.push(entry);
        }
        Ok((entries, head))
    }

    async fn departures(self, db: &mut SqliteConnection, to: u64) -> Result<Vec<Entry>> {
        let rows = sqlx::query(
            "select item, seq from departure where channel = $1 and seq > $2 and seq <= $3 order by seq, item",
        )
        .bind(self.channel)
        .bind(signed(self.from))
        .bind(signed(to))
        .fetch_all(db)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Entry {
                    item: item(row)?,
                    seq: 0,
                    bytes: 0,
                    content: Content::Ready(News::Left),
                })
            })
            .collect()
    }

    async fn own(self, db: &mut SqliteConnection, item: ItemId) -> Result<News> {
        let hashes: Vec<Vec<u8>> =
            sqlx::query_scalar("select hash from change where item = $1 order by n, hash")
                .bind(&item.to_bytes()[..])
                .fetch_all(db)
                .await?;
        Ok(News::Changes(hashes.into_iter().map(|hash| ChangeNews::Own(Bytes(hash))).collect()))
    }

    /// The changes a document got in this channel since the device had everything, or all of it when that is
    /// smaller.
    async fn changed(
        self,
        db: &mut SqliteConnection,
        item: ItemId,
        snapshot_bytes: usize,
    ) -> Result<News> {
        let key = item.to_bytes();
        let rows = sqlx::query(
            "select distinct c.hash, iif(c.device = $4, null, c.bytes) as bytes \
             from feed f join change c on c.item = f.item and c.hash = f.change \
             where f.channel = $1 and f.item = $2 and f.seq > $3 order by f.seq",
        )
        .bind(self.channel)
        .bind(&key[..])
        .bind(signed(self.since))
        .bind(self.device.0)
        .fetch_all(&mut *db)
        .await?;
        let changes = rows.iter().map(change).collect::<Result<Vec<_>>>()?;
        let whole: usize = changes.iter().map(size).sum();
        if !changes.is_empty() && whole <= snapshot_bytes {
            return Ok(News::Changes(changes));
        }
        let snapshot = crate::documents::snapshot(db, item).await?.unwrap_or_default();
        Ok(News::Snapshot(Bytes(snapshot)))
    }
}

fn entry(row: &SqliteRow) -> Result<Entry> {
    let item = item(row)?;
    let seq = row.try_get::<i64, _>("seq")?.unsigned_abs();
    let record: Option<Vec<u8>> = row.try_get("bytes")?;
    let snapshot: Option<Vec<u8>> = row.try_get("snapshot")?;
    let snapshot_bytes: Option<u32> = row.try_get("snapshot_bytes")?;
    let snapshot_bytes = snapshot_bytes.map_or(0, |bytes| bytes as usize);
    let own: bool = row.try_get("own")?;
    let (bytes, content) = match (record, snapshot) {
        (Some(record), _) => (record.len(), Content::Ready(News::Record(Bytes(record)))),
        (None, Some(snapshot)) if !own => {
            (snapshot.len(), Content::Ready(News::Snapshot(Bytes(snapshot))))
        }
        (None, Some(_)) => (snapshot_bytes, Content::Own),
        (None, None) => (snapshot_bytes, Content::Changed { snapshot_bytes }),
    };
    Ok(Entry { item, seq, bytes: bytes + ItemId::LEN, content })
}

fn change(row: &SqliteRow) -> Result<ChangeNews> {
    let hash: Vec<u8> = row.try_get("hash")?;
    let bytes: Option<Vec<u8>> = row.try_get("bytes")?;
    Ok(bytes.map_or(ChangeNews::Own(Bytes(hash)), |bytes| ChangeNews::Whole(Bytes(bytes))))
}

fn size(change: &ChangeNews) -> usize {
    let (ChangeNews::Own(bytes) | ChangeNews::Whole(bytes)) = change;
    bytes.0.len()
}

fn item(row: &SqliteRow) -> Result<ItemId> {
    ItemId::from_bytes(row.try_get("item")?)
        .ok_or_else(|| Error::Corrupt("an item's id".to_owned()))
}
