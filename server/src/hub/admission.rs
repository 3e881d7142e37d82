//! From stored to judged: one group of a journal's entries at a time.

use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::DeviceId;
use roundsman_core::sync::{BATCH_BYTES, Entry};
use roundsman_core::time::Timestamp;
use roundsman_store::journal::{self, Stored};
use roundsman_store::{Commit, Error, Result, SqliteConnection, Store, devices, quarantine};

use super::docket::{Arrival, Case, Docket, Source};
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
///
/// What can be read of them without the database is read before: everybody waits for a write.
pub(super) async fn judge_some(
    store: &Store,
    clock: &Clock,
    device: DeviceId,
) -> Result<Option<Judged>> {
    if roundsman_core::planted!("judged before it is") {
        let first = store.write.run(move |db, _| {
            Box::pin(async move {
                let upto = journal::position(&mut *db, device).await?.judged + 1;
                journal::judged(db, device, upto).await
            })
        });
        first.await?;
    }
    let mut db = store.read.acquire().await?;
    let entries = journal::unjudged(&mut db, device, GROUP_MAX, BATCH_BYTES).await?;
    drop(db);
    if entries.is_empty() {
        return Ok(None);
    }
    let mut group = Vec::with_capacity(entries.len());
    for stored in entries {
        let case = Entry::from_bytes(&stored.bytes).map(Case::read);
        group.push((stored, case));
        tokio::task::yield_now().await;
    }
    let now = clock.now();
    let judged = store.write.run(move |db, commit| {
        Box::pin(async move { judge_group(db, commit, (device, group), now).await })
    });
    judged.await.map(Some)
}

/// An entry as it was stored, and as it was read.
type Read = (Stored, Result<Case, Refusal>);

async fn judge_group(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    (device, group): (DeviceId, Vec<Read>),
    now: Timestamp,
) -> Result<Judged> {
    let mut upto = journal::position(&mut *db, device).await?.judged;
    if group.first().is_some_and(|(stored, _)| stored.n != upto + 1) {
        // Somebody else judged it meanwhile; the caller looks again.
        return Ok(Judged::default());
    }
    let source = source(db, device).await?;
    let mut docket = Docket::new(db, commit, now);
    docket.foresee(group.iter().filter_map(|(_, case)| case.as_ref().ok())).await?;
    let mut judged = Judged::default();
    for (stored, case) in group {
        upto = stored.n;
        if judge_one(&mut docket, &stored, case, source).await? {
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
    Ok(judged)
}

/// Admits an entry (true) or puts it aside; the next one goes on either way.
async fn judge_one(
    docket: &mut Docket<'_>,
    stored: &Stored,
    case: Result<Case, Refusal>,
    source: Source,
) -> Result<bool> {
    let mut case = match case {
        Ok(case) => case,
        Err(refusal) => {
            quarantine::put(docket.db(), source.device, stored.n, &refusal, "", &[]).await?;
            return Ok(false);
        }
    };
    match docket.judge(&mut case, Arrival::of(stored), source, None).await {
        Ok(()) => Ok(true),
        Err(Error::Refused(refusal)) => {
            put_aside(docket.db(), &case.entry, &refusal).await.map(|()| false)
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
