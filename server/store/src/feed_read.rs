//! Reading the feed: one page of a channel for one device.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::TryStreamExt as _;
use roundsman_core::id::{DeviceId, ItemId};
use roundsman_core::sync::hub::Span;
use roundsman_core::sync::{
    Batch, BatchItem, Bytes, ChangeNews, Channel, ChannelHead, News, Part, Place,
};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, SqlitePool};
use uuid::Uuid;

use crate::journal::signed;
use crate::{Error, Packed, Result, bulk, documents, epochs};

/// A document that the device made itself is told by the hashes of its changes, mostly one.
const OWN_BYTES: usize = 36;
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

pub(crate) async fn head(
    db: &mut SqliteConnection,
    channel: Channel,
) -> Result<Option<(i64, ChannelHead)>> {
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

/// Who reads, and what they were given beside the channel's order.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    /// The device.
    pub device: DeviceId,
    /// Items that this line sent early, with the commit in which each had last changed.
    pub early: &'a BTreeMap<ItemId, u64>,
    /// The device has dropped the bytes of its own entries up to this one.
    pub pruned: u64,
}

/// Whole commits of a channel after the span's place, about `bytes_max` together; none when there
/// is nothing. A commit that is too large for one page is split.
///
/// Everything is read in one transaction, so that items, head and digest are of the same instant.
///
/// # Errors
/// When the database refuses.
pub async fn batch(
    pool: &SqlitePool,
    span: Span,
    reader: Reader<'_>,
    bytes_max: usize,
) -> Result<Option<Batch>> {
    read(&mut *pool.begin().await?, span, reader, bytes_max).await
}

/// The same for every device that made nothing of what is in it, and the devices that did.
///
/// # Errors
/// When the database refuses.
pub async fn shared(
    pool: &SqlitePool,
    span: Span,
    bytes_max: usize,
) -> Result<Option<(Batch, BTreeSet<DeviceId>)>> {
    let mut db = pool.begin().await?;
    let nobody = Reader { device: DeviceId(Uuid::nil()), early: &BTreeMap::new(), pruned: 0 };
    let Some(batch) = read(&mut db, span, nobody, bytes_max).await? else { return Ok(None) };
    let documents = batch.items.iter().map(|it| it.item).filter(|it| it.kind.is_document());
    let authors: Vec<Uuid> = sqlx::query_scalar(
        "select distinct device from change where item in (select unhex(value) from json_each($1))",
    )
    .bind(bulk::items(documents))
    .fetch_all(&mut *db)
    .await?;
    Ok(Some((batch, authors.into_iter().map(DeviceId).collect())))
}

async fn read(
    db: &mut SqliteConnection,
    span: Span,
    reader: Reader<'_>,
    bytes_max: usize,
) -> Result<Option<Batch>> {
    let Some((id, head)) = head(db, span.channel).await? else { return Ok(None) };
    if span.from >= head.seq {
        return Ok(None);
    }
    let page =
        Page { channel: id, since: span.since, device: reader.device, pruned: reader.pruned };
    let mut cut = Cut::new(head.seq, bytes_max);
    page.entries(db, span, reader.early, &mut cut).await?;
    let Cut { entries, to, part, .. } = cut;
    let items = page.items(db, entries).await?;
    let digest = (to == head.seq).then(|| Bytes(head.digest.to_vec()));
    Ok(Some(Batch {
        channel: span.channel,
        epoch: head.epoch,
        from: span.from,
        to,
        digest,
        items,
        from_part: span.part,
        to_part: part,
    }))
}

/// The first of these items as they are now, about `bytes_max` together, for a device that has
/// nothing of the channel: they come again, unless they did not change, in the channel's order.
///
/// # Errors
/// When the database refuses.
pub async fn early(
    pool: &SqlitePool,
    span: Span,
    (device, pruned): (DeviceId, u64),
    (wanted, done): (&[ItemId], u32),
    bytes_max: usize,
) -> Result<Option<(Batch, Vec<(ItemId, u64)>)>> {
    let mut db = pool.begin().await?;
    let Some((id, head)) = head(&mut db, span.channel).await? else { return Ok(None) };
    let page = Page { channel: id, since: 0, device, pruned };
    let (mut entries, mut bytes, mut count) = (Vec::new(), 0, 0u32);
    for item in wanted {
        let found = page.entry(&mut db, *item).await?;
        bytes += found.as_ref().map_or(0, |entry| entry.bytes);
        if bytes > bytes_max && !entries.is_empty() {
            break;
        }
        count += 1;
        entries.extend(found);
    }
    let sent = entries.iter().map(|entry| (entry.item, entry.seq)).collect();
    let items = page.items(&mut db, entries).await?;
    let batch = Batch {
        channel: span.channel,
        epoch: head.epoch,
        from: 0,
        to: 0,
        digest: None,
        items,
        from_part: span.part,
        to_part: Some(Place::Early(done + count).into()),
    };
    Ok(Some((batch, sent)))
}

/// What is asked for.
#[derive(Clone, Copy)]
struct Page {
    channel: i64,
    since: u64,
    device: DeviceId,
    pruned: u64,
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

/// Where a page ends: after a whole commit if it can, inside one that is too large if it must.
struct Cut {
    bytes_max: usize,
    entries: Vec<Entry>,
    bytes: usize,
    /// Entries before the commit that is being read.
    whole: usize,
    /// The last commit that is whole in this page.
    to: u64,
    part: Option<Part>,
}

impl Cut {
    /// A page that would hold everything.
    fn new(head: u64, bytes_max: usize) -> Self {
        Self { bytes_max, entries: Vec::new(), bytes: 0, whole: 0, to: head, part: None }
    }

    /// Takes an entry in; false when the page ends before it.
    fn take(&mut self, entry: Entry) -> bool {
        let last = self.entries.last().map(|last| (last.seq, last.item));
        let begins = last.is_none_or(|(seq, _)| seq != entry.seq);
        if begins {
            self.whole = self.entries.len();
        }
        let limit = if begins { self.bytes_max } else { 2 * self.bytes_max };
        let full = self.bytes + entry.bytes > limit || self.entries.len() >= ITEMS_MAX;
        if let Some((seq, item)) = last.filter(|_| full) {
            if begins || roundsman_core::planted!("a commit split between pages") {
                self.to = seq;
            } else if let Some(before) = self.whole.checked_sub(1) {
                self.entries.truncate(self.whole);
                self.to = self.entries.get(before).map_or(seq, |entry| entry.seq);
            } else {
                self.to = seq - 1;
                self.part = Some(Place::Within(Some(item)).into());
            }
            return false;
        }
        self.bytes += entry.bytes;
        self.entries.push(entry);
        true
    }
}

/// A document that entered is sent whole, unless the device made all of it.
fn columns(pruned: u64) -> String {
    format!(
        "m.item, m.seq, 0 as gone, r.bytes, r.signature, d.size as snapshot_bytes, \
         iif(m.entered > $4 and exists (select 1 from change c \
             where c.item = m.item and (c.device <> $3 or c.n <= {pruned})), d.snapshot, null) as snapshot, \
         m.entered > $4 as entered \
         from membership m left join record r on r.item = m.item left join document d on d.item = m.item"
    )
}

impl Page {
    /// What entered, changed or left, in order, as far as it fits.
    async fn entries(
        self,
        db: &mut SqliteConnection,
        span: Span,
        early: &BTreeMap<ItemId, u64>,
        cut: &mut Cut,
    ) -> Result<()> {
        let columns = columns(self.pruned);
        let query = format!(
            "select {columns} where m.channel = $1 and m.seq >= $2 and (m.seq > $2 or m.item > $5) \
             union all \
             select item, seq, 1, null, null, null, null, 0 from departure \
             where $6 and channel = $1 and seq >= $2 and (seq > $2 or item > $5) order by 2, 1",
        );
        let after = match span.part.and_then(|part| part.place()) {
            Some(Place::Within(Some(item))) => item.to_bytes().to_vec(),
            _ => Vec::new(),
        };
        let mut rows = sqlx::query(sqlx::AssertSqlSafe(query))
            .bind(self.channel)
            .bind(
                signed(span.from)
                    + 1
                    + i64::from(roundsman_core::planted!("first item after a cursor skipped")),
            )
            .bind(self.device.0)
            .bind(signed(self.since))
            .bind(after)
            .bind(span.from > 0 || span.part.is_some())
            .fetch(db);
        while let Some(row) = rows.try_next().await? {
            let entry = entry(&row)?;
            if early.get(&entry.item) == Some(&entry.seq) {
                continue;
            }
            if !cut.take(entry) {
                break;
            }
        }
        Ok(())
    }

    /// One item of the channel as it is now.
    async fn entry(self, db: &mut SqliteConnection, item: ItemId) -> Result<Option<Entry>> {
        let query = format!("select {} where m.channel = $1 and m.item = $2", columns(self.pruned));
        let row = sqlx::query(sqlx::AssertSqlSafe(query))
            .bind(self.channel)
            .bind(&item.to_bytes()[..])
            .bind(self.device.0)
            .bind(signed(self.since))
            .fetch_optional(db)
            .await?;
        row.as_ref().map(entry).transpose()
    }

    /// What is told of each entry.
    async fn items(self, db: &mut SqliteConnection, entries: Vec<Entry>) -> Result<Vec<BatchItem>> {
        let own = entries.iter().filter(|it| matches!(it.content, Content::Own));
        let mut own = own_changes(db, own.map(|it| it.item)).await?;
        let changed = entries.iter().filter(|it| matches!(it.content, Content::Changed { .. }));
        let mut changes = self.changes(db, changed.map(|it| it.item)).await?;
        let large = |entry: &&Entry| {
            let Content::Changed { snapshot_bytes } = entry.content else { return false };
            let bytes = |changes: &Vec<_>| changes.iter().map(size).sum::<usize>();
            changes.get(&entry.item).is_none_or(|it| bytes(it) > snapshot_bytes)
        };
        let large: Vec<_> = entries.iter().filter(large).map(|it| it.item).collect();
        let mut snapshots = match large.is_empty() {
            true => BTreeMap::new(),
            false => documents::snapshots(db, large).await?,
        };
        let item = |entry: Entry| {
            let item = entry.item;
            let news = match entry.content {
                Content::Ready(news) => news,
                Content::Own => News::Changes(own.remove(&item).unwrap_or_default()),
                Content::Changed { .. } => match snapshots.remove(&item) {
                    Some(snapshot) => News::Snapshot(Bytes(snapshot)),
                    None => News::Changes(changes.remove(&item).unwrap_or_default()),
                },
            };
            BatchItem { item, news }
        };
        Ok(entries.into_iter().map(item).collect())
    }

    /// The changes that documents got in this channel since the device had everything.
    async fn changes(
        self,
        db: &mut SqliteConnection,
        items: impl Iterator<Item = ItemId>,
    ) -> Result<BTreeMap<ItemId, Vec<ChangeNews>>> {
        let keys = bulk::items(items);
        if keys == NO_KEYS {
            return Ok(BTreeMap::new());
        }
        let rows = sqlx::query(
            "select f.item, c.hash, iif(c.device = $4 and c.n > $5, null, c.bytes) as bytes \
             from feed f join change c on c.item = f.item and c.hash = f.change \
             where f.channel = $1 and f.item in (select unhex(value) from json_each($2)) \
               and f.seq > $3 group by f.item, c.hash order by f.item, min(f.seq)",
        )
        .bind(self.channel)
        .bind(keys)
        .bind(signed(
            self.since + u64::from(roundsman_core::planted!("first change after a cursor skipped")),
        ))
        .bind(self.device.0)
        .bind(signed(self.pruned))
        .fetch_all(db)
        .await?;
        by_item(&rows)
    }
}

/// No items as one parameter.
const NO_KEYS: &str = "[]";

/// Every change of documents that the device made itself.
async fn own_changes(
    db: &mut SqliteConnection,
    items: impl Iterator<Item = ItemId>,
) -> Result<BTreeMap<ItemId, Vec<ChangeNews>>> {
    let keys = bulk::items(items);
    if keys == NO_KEYS {
        return Ok(BTreeMap::new());
    }
    let rows = sqlx::query(
        "select item, hash, null as bytes from change \
         where item in (select unhex(value) from json_each($1)) order by item, n, hash",
    )
    .bind(keys)
    .fetch_all(db)
    .await?;
    by_item(&rows)
}

fn by_item(rows: &[SqliteRow]) -> Result<BTreeMap<ItemId, Vec<ChangeNews>>> {
    let mut changes: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in rows {
        changes.entry(item(row)?).or_default().push(change(row)?);
    }
    Ok(changes)
}

fn entry(row: &SqliteRow) -> Result<Entry> {
    let item = item(row)?;
    let seq = row.try_get::<i64, _>("seq")?.unsigned_abs();
    let record: Option<Packed> = row.try_get("bytes")?;
    let snapshot: Option<Packed> = row.try_get("snapshot")?;
    let snapshot_bytes: Option<u32> = row.try_get("snapshot_bytes")?;
    let snapshot_bytes = snapshot_bytes.map_or(0, |bytes| bytes as usize);
    let entered: bool = row.try_get("entered")?;
    if row.try_get("gone")? {
        let content = Content::Ready(News::Left);
        return Ok(Entry { item, seq, bytes: ItemId::LEN, content });
    }
    let (bytes, content) = match (record, snapshot) {
        (Some(Packed(record)), _) => {
            let signature: Option<Vec<u8>> = row.try_get("signature")?;
            (record.len(), Content::Ready(record_news(record, signature)))
        }
        (None, Some(Packed(snapshot))) => {
            (snapshot.len(), Content::Ready(News::Snapshot(Bytes(snapshot))))
        }
        (None, None) if entered => (OWN_BYTES, Content::Own),
        (None, None) => (snapshot_bytes, Content::Changed { snapshot_bytes }),
    };
    Ok(Entry { item, seq, bytes: bytes + ItemId::LEN, content })
}

fn record_news(record: Vec<u8>, signature: Option<Vec<u8>>) -> News {
    match signature {
        Some(signature) => News::Signed(Bytes(record), Bytes(signature)),
        None => News::Record(Bytes(record)),
    }
}

fn change(row: &SqliteRow) -> Result<ChangeNews> {
    let hash: Vec<u8> = row.try_get("hash")?;
    let bytes: Option<Packed> = row.try_get("bytes")?;
    Ok(bytes.map_or(ChangeNews::Own(Bytes(hash)), |bytes| ChangeNews::Whole(Bytes(bytes.0))))
}

fn size(change: &ChangeNews) -> usize {
    let (ChangeNews::Own(bytes) | ChangeNews::Whole(bytes)) = change;
    bytes.0.len()
}

fn item(row: &SqliteRow) -> Result<ItemId> {
    ItemId::from_bytes(row.try_get("item")?)
        .ok_or_else(|| Error::Corrupt("an item's id".to_owned()))
}
