//! From stored to judged: one group of a journal's entries at a time.

use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::DeviceId;
use roundsman_core::sync::{BATCH_BYTES, Entry};
use roundsman_core::time::Timestamp;
use roundsman_store::journal::{self, Stored};
use roundsman_store::{Commit, Error, Result, SqliteConnection, Store, devices, quarantine};

use super::docket::{Arrival, Docket, Source};
use super::subject;
use crate::clock::Clock;

/// Entries of one commit at most: others wait for it.
const GROUP_MAX: u32 = 128;

/// What came of some entries.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Judged {
    pub(super) admitted: u64,
    pub(super) quarantined: u64,
}

/// Judges the next entries of a device in one commit. None: there are none.
pub(super) async fn judge_some(
    store: &Store,
    clock: &Clock,
    device: DeviceId,
) -> Result<Option<Judged>> {
    let now = clock.now();
    if roundsman_core::planted!("judged before it is") {
        let first = store.write.run(move |db, _| {
            Box::pin(async move {
                let upto = journal::position(&mut *db, device).await?.judged + 1;
                journal::judged(db, device, upto).await
            })
        });
        first.await?;
    }
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
) -> Result<Option<Judged>> {
    let entries = journal::unjudged(db, device, GROUP_MAX, BATCH_BYTES).await?;
    if entries.is_empty() {
        return Ok(None);
    }
    let source = source(db, device).await?;
    let mut docket = Docket::new(db, commit, now);
    let (mut upto, mut judged) = (0, Judged::default());
    for stored in entries {
        upto = stored.n;
        if judge_one(&mut docket, &stored, source).await? {
            judged.admitted += 1;
        } else {
            judged.quarantined += 1;
        }
        if docket.is_full() {
            break;
        }
    }
    docket.close().await?;
    journal::judged(db, device, upto).await?;
    // A server process is told nothing: it asks.
    if source.person.is_some()
        && !roundsman_core::planted!("status published only for the first entries")
    {
        journal::publish_status(db, commit, device, now).await?;
    }
    Ok(Some(judged))
}

/// Admits an entry (true) or puts it aside; the next one goes on either way.
async fn judge_one(docket: &mut Docket<'_>, stored: &Stored, source: Source) -> Result<bool> {
    let entry = match Entry::from_bytes(&stored.bytes) {
        Ok(entry) => entry,
        Err(refusal) => {
            quarantine::put(docket.db(), source.device, stored.n, &refusal, "", &[]).await?;
            return Ok(false);
        }
    };
    match docket.judge(&entry, Arrival::of(stored), source, None).await {
        Ok(()) => Ok(true),
        Err(Error::Refused(refusal)) => {
            put_aside(docket.db(), &entry, &refusal).await.map(|()| false)
        }
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
