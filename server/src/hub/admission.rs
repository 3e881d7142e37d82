//! From stored to judged: one group of a journal's entries at a time.

use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::DeviceId;
use roundsman_core::sync::{BATCH_BYTES, Entry};
use roundsman_core::time::Timestamp;
use roundsman_store::journal::{self, Stored};
use roundsman_store::{Commit, Error, Result, SqliteConnection, Store, devices, quarantine};

use super::docket::{Docket, Source};
use super::subject;
use crate::clock::Clock;

/// Entries of one commit at most: others wait for it.
const GROUP_MAX: u32 = 128;

/// Judges the next entries of a device in one commit. False: there are none.
pub(super) async fn judge_some(store: &Store, clock: &Clock, device: DeviceId) -> Result<bool> {
    let now = clock.now();
    store
        .write
        .run(move |db, commit| Box::pin(async move { judge_group(db, commit, device, now).await }))
        .await
}

async fn judge_group(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    device: DeviceId,
    now: Timestamp,
) -> Result<bool> {
    let entries = journal::unjudged(db, device, GROUP_MAX, BATCH_BYTES).await?;
    if entries.is_empty() {
        return Ok(false);
    }
    let source = source(db, device).await?;
    let mut docket = Docket::new(db, commit, now);
    let mut upto = 0;
    for stored in entries {
        upto = stored.n;
        judge_one(&mut docket, &stored, source).await?;
        if docket.is_full() {
            break;
        }
    }
    docket.close().await?;
    journal::judged(db, device, upto).await?;
    // A server process is told nothing: it asks.
    if source.person.is_some() {
        journal::publish_status(db, commit, device, now).await?;
    }
    Ok(true)
}

/// Admits an entry or puts it aside; the next one goes on either way.
async fn judge_one(docket: &mut Docket<'_>, stored: &Stored, source: Source) -> Result<()> {
    let entry = match Entry::from_bytes(&stored.bytes) {
        Ok(entry) => entry,
        Err(refusal) => {
            return quarantine::put(docket.db(), source.device, stored.n, &refusal, "", &[]).await;
        }
    };
    match docket.judge(&entry, stored.received_at, source, None).await {
        Ok(()) => Ok(()),
        Err(Error::Refused(refusal)) => put_aside(docket.db(), &entry, &refusal).await,
        Err(error) => Err(error),
    }
}

/// Quarantines an entry for this reason.
pub(super) async fn put_aside(
    db: &mut SqliteConnection,
    entry: &Entry,
    refusal: &Refusal,
) -> Result<()> {
    tracing::info!(device = %entry.device, n = entry.n, code = refusal.code, "an entry was quarantined");
    let subject = subject::of(db, entry).await?;
    let waits = refusal.code == codes::RESTS_ON_QUARANTINED;
    let bases = if waits { entry.rests_on.as_slice() } else { &[] };
    quarantine::put(db, entry.device, entry.n, refusal, &subject, bases).await?;
    if refusal.code == codes::SUPERSEDED {
        // What was meant is in already: nobody has to decide about it.
        quarantine::close(db, entry.device, entry.n).await?;
    }
    Ok(())
}

/// Whose entries these are.
pub(super) async fn source(db: &mut SqliteConnection, device: DeviceId) -> Result<Source> {
    let found = devices::find(&mut *db, device).await?;
    let known = found.ok_or_else(|| Refusal::new(codes::NOT_FOUND).with("device", device))?;
    let revoked_at = devices::standing(&mut *db, device).await?.revoked_at;
    Ok(Source { device, person: known.person, revoked_at })
}
