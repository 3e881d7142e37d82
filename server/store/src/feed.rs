//! The feed: what entered, changed in or left each channel, and the digest of what is there.
//!
//! A job collects what it does to channels in a [`Commit`]; the commit gets one number in each
//! channel it touches. Numbers come from the channel's own row inside the write transaction, so
//! they are contiguous and never skip what has not committed yet.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use roundsman_core::id::{ItemId, ItemKind, PersonId};
use roundsman_core::records::Record;
use roundsman_core::sync::{Channel, Digest, document_element, hash, record_element, sign_outcome};
use roundsman_core::time::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::{Error, Result, bulk, pack, settings};
use ed25519_dalek::SigningKey;

/// What one job did to channels and rows.
#[derive(Debug, Clone, Default)]
pub struct Commit {
    channels: BTreeMap<Channel, Head>,
    /// Items that entered, changed or left.
    pub items: BTreeSet<ItemId>,
    /// People whose rights changed, or those of one of their devices: their lines look at once.
    pub rights: BTreeSet<PersonId>,
}

/// A channel's row while a commit works on it.
#[derive(Debug, Clone, Copy)]
struct Head {
    id: i64,
    seq: i64,
    items: i64,
    digest: Digest,
}

/// A document with what was admitted of it.
#[derive(Debug, Clone, Copy)]
pub struct Published<'a> {
    /// Which one.
    pub item: ItemId,
    /// Its heads, sorted.
    pub heads: &'a [[u8; 32]],
    /// Where it is visible.
    pub channels: &'a [Channel],
    /// The changes that are new.
    pub changes: &'a [[u8; 32]],
}

/// An item on its way into channels.
struct Placing<'a> {
    item: ItemId,
    state: State<'a>,
    channels: &'a [Channel],
    changes: &'a [[u8; 32]],
}

/// What an item is now.
#[derive(Clone, Copy)]
enum State<'a> {
    Document(&'a [[u8; 32]]),
    Record([u8; 32]),
}

impl Placing<'_> {
    fn element(&self, channel: Channel) -> [u8; 32] {
        match self.state {
            State::Document(heads) => document_element(channel, self.item, heads),
            State::Record(hash) => record_element(channel, self.item, &hash),
        }
    }
}

/// A row of `record`.
struct Stored {
    item: ItemId,
    bytes: Vec<u8>,
    hash: [u8; 32],
    /// Of an outcome, which devices keep: whatever happens to this database, what was decided can be
    /// proved.
    signature: Option<Vec<u8>>,
}

impl Stored {
    fn new<R: Record>(record: &R, key: &Option<SigningKey>) -> Self {
        let (item, bytes) = (record.item(), record.to_bytes());
        let signature = key.as_ref().map(|key| sign_outcome(key, item, &bytes));
        Self { item, hash: hash(&bytes), signature, bytes }
    }
}

/// A row of `membership`.
struct Member {
    channel: i64,
    item: ItemId,
    seq: i64,
    element: [u8; 32],
}

/// A row of `feed`.
struct News<'a> {
    channel: i64,
    item: ItemId,
    seq: i64,
    change: &'a [u8; 32],
}

impl Commit {
    /// The channels it touched and their new heads.
    pub fn heads(&self) -> impl Iterator<Item = (Channel, i64)> {
        self.channels.iter().map(|(channel, head)| (*channel, head.seq))
    }

    /// Stores a record and makes it visible in exactly these channels. An unchanged record in
    /// unchanged channels costs nothing and wakes nobody.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn publish<R: Record + Sync>(
        &mut self,
        db: &mut SqliteConnection,
        record: &R,
        channels: &[Channel],
        now: Timestamp,
    ) -> Result<()> {
        self.publish_all(db, &[(record, channels)], now).await
    }

    /// The same for many records, each once.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn publish_all<R: Record + Sync, C: AsRef<[Channel]> + Sync>(
        &mut self,
        db: &mut SqliteConnection,
        records: &[(&R, C)],
        now: Timestamp,
    ) -> Result<()> {
        let key = match R::KIND {
            ItemKind::SalesOrder => settings::signing_key(&mut *db).await?,
            _ => None,
        };
        let rows: Vec<_> = records.iter().map(|(record, _)| Stored::new(*record, &key)).collect();
        bulk::insert(
            db,
            "insert into record (item, bytes, hash, updated_at, signature) ",
            &rows,
            " on conflict (item) do update set bytes = excluded.bytes, hash = excluded.hash, \
                  updated_at = excluded.updated_at, signature = excluded.signature \
              where hash <> excluded.hash",
            |row, it| {
                row.push_bind(it.item.to_bytes().to_vec())
                    .push_bind(pack(&it.bytes))
                    .push_bind(it.hash.to_vec())
                    .push_bind(now.millis())
                    .push_bind(it.signature.as_deref());
            },
        )
        .await?;
        let placings = rows.iter().zip(records).map(|(row, (_, channels))| Placing {
            item: row.item,
            state: State::Record(row.hash),
            channels: channels.as_ref(),
            changes: &[],
        });
        self.place(db, &placings.collect::<Vec<_>>()).await
    }

    /// Makes documents with these admitted heads visible in exactly these channels, each document
    /// once, and notes which changes are new.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn publish_documents(
        &mut self,
        db: &mut SqliteConnection,
        documents: &[Published<'_>],
    ) -> Result<()> {
        let placings = documents.iter().map(|it| Placing {
            item: it.item,
            state: State::Document(it.heads),
            channels: it.channels,
            changes: it.changes,
        });
        self.place(db, &placings.collect::<Vec<_>>()).await
    }

    /// Makes what is stored of an item visible in exactly these channels, as it is.
    ///
    /// # Errors
    /// When nothing of it is stored; when the database refuses.
    pub async fn show(
        &mut self,
        db: &mut SqliteConnection,
        item: ItemId,
        channels: &[Channel],
    ) -> Result<()> {
        let stored = if item.kind.is_document() {
            "select heads from document where item = $1"
        } else {
            "select hash from record where item = $1"
        };
        let state: Vec<u8> =
            sqlx::query_scalar(stored).bind(&item.to_bytes()[..]).fetch_one(&mut *db).await?;
        let heads = state.chunks_exact(32).map(element_of).collect::<Result<Vec<_>>>()?;
        let state = match heads.as_slice() {
            [hash] if !item.kind.is_document() => State::Record(*hash),
            heads => State::Document(heads),
        };
        self.place(db, &[Placing { item, state, channels, changes: &[] }]).await
    }

    /// Takes a record away for good.
    ///
    /// # Errors
    /// When there is no such record; when the database refuses.
    pub async fn withdraw(&mut self, db: &mut SqliteConnection, item: ItemId) -> Result<()> {
        self.show(db, item, &[]).await?;
        sqlx::query("delete from record where item = $1")
            .bind(&item.to_bytes()[..])
            .execute(db)
            .await?;
        Ok(())
    }

    async fn place(&mut self, db: &mut SqliteConnection, placings: &[Placing<'_>]) -> Result<()> {
        let keys = bulk::items(placings.iter().map(|it| it.item));
        let (present, departed) = (present(db, &keys).await?, departed(db, &keys).await?);
        let (mut members, mut news) = (Vec::new(), Vec::new());
        for placing in placings {
            let item = placing.item;
            let present = present.get(&item).map_or(&[][..], Vec::as_slice);
            let left = |at: &Channel| {
                !placing.channels.contains(at)
                    && !roundsman_core::planted!("a move that only enters")
            };
            for (channel, _) in present.iter().filter(|(at, _)| left(at)) {
                self.leave(db, *channel, item).await?;
            }
            for channel in placing.channels {
                let element = placing.element(*channel);
                let before = present.iter().find(|(at, _)| at == channel).map(|(_, it)| *it);
                if before == Some(element) {
                    continue;
                }
                self.items.insert(item);
                let head = self.head(db, *channel).await?;
                match before {
                    Some(old) => head.digest.remove(&old),
                    None => head.items += 1,
                }
                head.digest.add(&element);
                let (channel, seq) = (head.id, head.seq);
                members.push(Member { channel, item, seq, element });
                if before.is_some() {
                    let changes = placing.changes.iter();
                    news.extend(changes.map(|change| News { channel, item, seq, change }));
                } else if departed.contains(&(channel, item)) {
                    come_back(db, channel, item).await?;
                }
            }
        }
        write_members(db, &members).await?;
        write_news(db, &news).await
    }

    async fn leave(
        &mut self,
        db: &mut SqliteConnection,
        channel: Channel,
        item: ItemId,
    ) -> Result<()> {
        self.items.insert(item);
        let key = item.to_bytes();
        let head = self.head(db, channel).await?;
        let (id, seq) = (head.id, head.seq);
        let element: Vec<u8> = sqlx::query_scalar(
            "delete from membership where channel = $1 and item = $2 returning element",
        )
        .bind(id)
        .bind(&key[..])
        .fetch_one(&mut *db)
        .await?;
        head.digest.remove(&element_of(&element)?);
        head.items -= 1;
        sqlx::query("delete from feed where channel = $1 and item = $2")
            .bind(id)
            .bind(&key[..])
            .execute(&mut *db)
            .await?;
        if roundsman_core::planted!("departure dropped") {
            return Ok(());
        }
        sqlx::query("insert or replace into departure (channel, item, seq) values ($1, $2, $3)")
            .bind(id)
            .bind(&key[..])
            .bind(seq)
            .execute(&mut *db)
            .await?;
        Ok(())
    }

    /// The channel's head with this commit's number, taken once per commit.
    async fn head(&mut self, db: &mut SqliteConnection, channel: Channel) -> Result<&mut Head> {
        match self.channels.entry(channel) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(place) => Ok(place.insert(next_head(db, channel).await?)),
        }
    }

    /// Writes the heads back; the writer calls this at the end of every job.
    pub(crate) async fn seal(&self, db: &mut SqliteConnection) -> Result<()> {
        for head in self.channels.values() {
            if roundsman_core::planted!("feed number used again") && head.seq % 7 == 0 {
                continue;
            }
            sqlx::query("update channel set seq = $2, items = $3, digest = $4 where id = $1")
                .bind(head.id)
                .bind(head.seq)
                .bind(head.items)
                .bind(&head.digest.0[..])
                .execute(&mut *db)
                .await?;
        }
        Ok(())
    }
}

/// The channel's row, with the number of the commit that works on it.
async fn next_head(db: &mut SqliteConnection, channel: Channel) -> Result<Head> {
    let row = sqlx::query(
        "insert into channel (name, digest) values ($1, zeroblob(32)) \
         on conflict (name) do update set name = name returning id, seq, items, digest",
    )
    .bind(channel.to_string())
    .fetch_one(db)
    .await?;
    let digest: Vec<u8> = row.try_get("digest")?;
    Ok(Head {
        id: row.try_get("id")?,
        seq: row.try_get::<i64, _>("seq")? + 1,
        items: row.try_get("items")?,
        digest: Digest(element_of(&digest)?),
    })
}

/// Where these items are now.
async fn present(
    db: &mut SqliteConnection,
    keys: &str,
) -> Result<BTreeMap<ItemId, Vec<(Channel, [u8; 32])>>> {
    let rows = sqlx::query(
        "select m.item, c.name, m.element from membership m join channel c on c.id = m.channel \
         where m.item in (select unhex(value) from json_each($1))",
    )
    .bind(keys)
    .fetch_all(db)
    .await?;
    let mut present: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in rows {
        let (name, element): (&str, &[u8]) = (row.try_get("name")?, row.try_get("element")?);
        present.entry(item_of(&row)?).or_default().push((name.parse()?, element_of(element)?));
    }
    Ok(present)
}

/// Which of these items left which channels before.
async fn departed(db: &mut SqliteConnection, keys: &str) -> Result<BTreeSet<(i64, ItemId)>> {
    let rows = sqlx::query(
        "select channel, item from departure where item in (select unhex(value) from json_each($1))",
    )
    .bind(keys)
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| Ok((row.try_get("channel")?, item_of(row)?))).collect()
}

async fn come_back(db: &mut SqliteConnection, channel: i64, item: ItemId) -> Result<()> {
    sqlx::query("delete from departure where channel = $1 and item = $2")
        .bind(channel)
        .bind(&item.to_bytes()[..])
        .execute(db)
        .await?;
    Ok(())
}

async fn write_members(db: &mut SqliteConnection, members: &[Member]) -> Result<()> {
    bulk::insert(
        db,
        "insert into membership (channel, item, entered, seq, element) ",
        members,
        " on conflict (channel, item) do update set seq = excluded.seq, element = excluded.element",
        |row, it| {
            row.push_bind(it.channel)
                .push_bind(it.item.to_bytes().to_vec())
                .push_bind(it.seq)
                .push_bind(it.seq)
                .push_bind(it.element.to_vec());
        },
    )
    .await
}

async fn write_news(db: &mut SqliteConnection, news: &[News<'_>]) -> Result<()> {
    let into = "insert or ignore into feed (channel, seq, item, change) ";
    bulk::insert(db, into, news, "", |row, it| {
        row.push_bind(it.channel)
            .push_bind(it.seq)
            .push_bind(it.item.to_bytes().to_vec())
            .push_bind(it.change.to_vec());
    })
    .await
}

/// The item of a row.
pub(crate) fn item_of(row: &SqliteRow) -> Result<ItemId> {
    ItemId::from_bytes(row.try_get("item")?)
        .ok_or_else(|| Error::Corrupt("an item's id".to_owned()))
}

fn element_of(bytes: &[u8]) -> Result<[u8; 32]> {
    bytes.try_into().map_err(|_| Error::Corrupt("a digest is 32 bytes".to_owned()))
}
