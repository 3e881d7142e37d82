//! What the feed was at each commit.

use std::collections::BTreeMap;

use roundsman_core::records::SalesOrder;
use roundsman_core::sync::Channel;
use roundsman_store::Commit;
use rusqlite::{Connection, OptionalExtension as _};

use super::{Broken, broken};
use crate::server::Server;

/// The heads and digests of channels, as they were committed.
#[derive(Debug, Default)]
pub struct History {
    heads: BTreeMap<Channel, i64>,
    digests: BTreeMap<(Channel, [u8; 16], u64), [u8; 32]>,
    /// An epoch in which a number may stand for two commits.
    unsure: Option<[u8; 16]>,
    /// The first thing that was wrong with a commit.
    pub wrong: Option<Broken>,
    /// What was last decided about each order.
    pub decided: BTreeMap<Vec<u8>, SalesOrder>,
    /// What each journal entry's judgement was when it was last seen.
    pub judged: BTreeMap<(Vec<u8>, i64), String>,
    /// How many entries each channel had when it was last looked at.
    pub seen: u64,
}

impl History {
    /// Takes in a commit.
    pub fn committed(&mut self, commit: &Commit, server: &Server) {
        for (channel, seq) in commit.heads() {
            if let Some(before) = self.heads.insert(channel, seq)
                && seq != before + 1
            {
                let detail = format!("{channel} went from {before} to {seq}");
                self.wrong.get_or_insert(broken("feed numbers are contiguous", detail));
            }
            self.seen += 1;
            match head(server.lens(), channel) {
                Ok(Some((epoch, ..))) if self.unsure == Some(epoch) => {}
                Ok(Some((epoch, at, digest))) => {
                    self.digests.insert((channel, epoch, at), digest);
                }
                Ok(None) => {}
                // Killed after this commit, before anybody could look.
                Err(_) if server.is_dead() => {}
                Err(error) => {
                    self.wrong.get_or_insert(error.into());
                }
            }
        }
    }

    /// The server starts anew: what its last commit was, is known from its database alone.
    pub fn restarted(&mut self) {
        self.heads.clear();
    }

    /// The server's database is what it was some time ago.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn set_back(&mut self, db: &Connection, silently: bool) -> rusqlite::Result<()> {
        self.decided.clear();
        self.judged.clear();
        if silently {
            let sql = "select bytes from epoch order by id desc limit 1";
            let epoch = db.query_row(sql, [], |row| row.get(0))?;
            self.digests.retain(|(_, it, _), _| *it != epoch);
            self.unsure = Some(epoch);
        }
        Ok(())
    }

    /// What a channel's digest was at a commit, if that was seen.
    #[must_use]
    pub fn digest(&self, channel: Channel, epoch: [u8; 16], seq: u64) -> Option<[u8; 32]> {
        self.digests.get(&(channel, epoch, seq)).copied()
    }
}

/// A channel's epoch, number and digest.
pub(super) type Place = ([u8; 16], u64, [u8; 32]);

/// As the server has it.
pub(super) fn head(db: &Connection, channel: Channel) -> rusqlite::Result<Option<Place>> {
    place(
        db,
        channel,
        "select (select bytes from epoch order by id desc limit 1), seq, digest from channel where name = ?1",
    )
}

/// As a device has it.
pub(super) fn cursor(db: &Connection, channel: Channel) -> rusqlite::Result<Option<Place>> {
    place(db, channel, "select epoch, seq, digest from channel where name = ?1")
}

fn place(db: &Connection, channel: Channel, sql: &str) -> rusqlite::Result<Option<Place>> {
    db.prepare_cached(sql)?
        .query_row([channel.to_string()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()
}
