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
use sqlx::{Row, SqliteConnection};

use crate::{Error, Result, settings};

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
    pub async fn publish<R: Record>(
        &mut self,
        db: &mut SqliteConnection,
        record: &R,
        channels: &[Channel],
        now: Timestamp,
    ) -> Result<()> {
        let item = record.item();
        let bytes = record.to_bytes();
        let record_hash = hash(&bytes);
        let signature = self.sign(db, item, &bytes).await?;
        sqlx::query(
            "insert into record (item, bytes, hash, updated_at, signature) values ($1, $2, $3, $4, $5) \
             on conflict (item) do update set bytes = $2, hash = $3, updated_at = $4, signature = $5 \
             where hash <> $3",
        )
        .bind(&item.to_bytes()[..])
        .bind(bytes)
        .bind(&record_hash[..])
        .bind(now.millis())
        .bind(signature)
        .execute(&mut *db)
        .await?;
        self.place(db, item, channels, |channel| record_element(channel, item, &record_hash), &[])
            .await
    }

    /// The server's signature of an outcome, which devices keep: whatever happens to this database,
    /// what was decided can be proved.
    async fn sign(
        &self,
        db: &mut SqliteConnection,
        item: ItemId,
        bytes: &[u8],
    ) -> Result<Option<Vec<u8>>> {
        if item.kind != ItemKind::SalesOrder {
            return Ok(None);
        }
        let key = settings::signing_key(db).await?;
        Ok(key.map(|key| sign_outcome(&key, item, bytes)))
    }

    /// Makes a document with these admitted heads visible in exactly these channels, and notes
    /// which changes are new.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn publish_document(
        &mut self,
        db: &mut SqliteConnection,
        item: ItemId,
        heads: &[[u8; 32]],
        channels: &[Channel],
        changes: &[[u8; 32]],
    ) -> Result<()> {
        self.place(db, item, channels, |channel| document_element(channel, item, heads), changes)
            .await
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
        let element = |channel| match heads.as_slice() {
            [hash] if !item.kind.is_document() => record_element(channel, item, hash),
            heads => document_element(channel, item, heads),
        };
        self.place(db, item, channels, element, &[]).await
    }

    async fn place(
        &mut self,
        db: &mut SqliteConnection,
        item: ItemId,
        channels: &[Channel],
        element: impl Fn(Channel) -> [u8; 32],
        changes: &[[u8; 32]],
    ) -> Result<()> {
        let key = item.to_bytes();
        let present = present_in(db, &key).await?;
        for (channel, _) in present.iter().filter(|(channel, _)| {
            !channels.contains(channel) && !roundsman_core::planted!("a move that only enters")
        }) {
            self.leave(db, *channel, item).await?;
        }
        for channel in channels {
            let element = element(*channel);
            let before = present.iter().find(|(at, _)| at == channel).map(|(_, element)| *element);
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
            let (id, seq) = (head.id, head.seq);
            sqlx::query(
                "insert into membership (channel, item, entered, seq, element) values ($1, $2, $3, $3, $4) \
                 on conflict (channel, item) do update set seq = $3, element = $4",
            )
            .bind(id)
            .bind(&key[..])
            .bind(seq)
            .bind(&element[..])
            .execute(&mut *db)
            .await?;
            if before.is_none() {
                sqlx::query("delete from departure where channel = $1 and item = $2")
                    .bind(id)
                    .bind(&key[..])
                    .execute(&mut *db)
                    .await?;
            } else {
                for change in changes {
                    sqlx::query("insert or ignore into feed (channel, seq, item, change) values ($1, $2, $3, $4)")
                        .bind(id)
                        .bind(seq)
                        .bind(&key[..])
                        .bind(&change[..])
                        .execute(&mut *db)
                        .await?;
                }
            }
        }
        Ok(())
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

async fn present_in(db: &mut SqliteConnection, key: &[u8]) -> Result<Vec<(Channel, [u8; 32])>> {
    let rows = sqlx::query(
        "select c.name, m.element from membership m join channel c on c.id = m.channel where m.item = $1",
    )
    .bind(key)
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            let name: String = row.try_get("name")?;
            let element: Vec<u8> = row.try_get("element")?;
            Ok((name.parse()?, element_of(&element)?))
        })
        .collect()
}

fn element_of(bytes: &[u8]) -> Result<[u8; 32]> {
    bytes.try_into().map_err(|_| Error::Corrupt("a digest is 32 bytes".to_owned()))
}
