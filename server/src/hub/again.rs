//! Quarantined entries that are judged again by themselves, because what was wrong was here.

use roundsman_core::error::codes;
use roundsman_core::id::DeviceId;
use roundsman_core::records::ExceptionState;
use roundsman_core::sync::Entry;
use roundsman_core::time::Timestamp;
use roundsman_store::{
    Commit, Error, Result, SqliteConnection, Store, epochs, journal, quarantine,
};

use super::admission::{put_aside, source};
use super::docket::{Arrival, Case, Docket};
use crate::clock::Clock;

/// Entries of one commit.
const GROUP_MAX: u32 = 64;
/// Commits of one pass; what a flood leaves behind waits for the office.
const GROUPS_MAX: usize = 64;

/// Judges entries again that a newer version of this server may understand.
pub(super) async fn after_update(store: &Store, clock: &Clock) -> Result<()> {
    judge_waiting(store, clock, codes::UNKNOWN_SCHEMA, Timestamp(0)).await.map(|_| ())
}

/// Judges entries again that may only miss what another device gives back after a restoration.
pub(super) async fn after_return(store: &Store, clock: &Clock) -> Result<()> {
    let last = epochs::restorations(&store.read).await?.into_iter().next();
    let Some(begun_at) = last.map(|last| last.begun_at) else { return Ok(()) };
    if clock.now().millis() - begun_at.millis() > epochs::ASKED_MS {
        return Ok(());
    }
    // What is admitted may be what another one waits for.
    while judge_waiting(store, clock, codes::MISSING_DEPENDENCY, begun_at).await? {}
    Ok(())
}

/// Judges everything again that waits for this reason since then. True when something was admitted.
async fn judge_waiting(store: &Store, clock: &Clock, code: &str, since: Timestamp) -> Result<bool> {
    let (mut after, mut admitted) = (None, false);
    for _ in 0..GROUPS_MAX {
        let waiting = quarantine::waiting_for(&store.read, code, since, after, GROUP_MAX).await?;
        let Some(last) = waiting.last().copied() else { break };
        admitted |= judge_all(store, clock, waiting).await?;
        after = Some(last);
    }
    Ok(admitted)
}

async fn judge_all(store: &Store, clock: &Clock, waiting: Vec<(DeviceId, u64)>) -> Result<bool> {
    let now = clock.now();
    let judged = store.write.run(move |db, commit| {
        Box::pin(async move {
            let mut admitted = false;
            for (device, n) in waiting {
                admitted |= judge(db, commit, device, n, now).await?;
            }
            Ok(admitted)
        })
    });
    judged.await
}

/// Judges one entry and, if it is good now, those that wait for it.
async fn judge(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    device: DeviceId,
    n: u64,
    now: Timestamp,
) -> Result<bool> {
    let dependants = quarantine::dependants(&mut *db, device, n).await?;
    if !admit(db, commit, device, n, now).await? {
        return Ok(false);
    }
    for n in dependants {
        admit(db, commit, device, n, now).await?;
    }
    if source(db, device).await?.person.is_some() {
        journal::publish_status(db, commit, device, now).await?;
    }
    Ok(true)
}

async fn admit(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    device: DeviceId,
    n: u64,
    now: Timestamp,
) -> Result<bool> {
    let kept = quarantine::find(&mut *db, device, n).await?;
    if kept.state != ExceptionState::Quarantined {
        return Ok(false);
    }
    let Ok(entry) = Entry::from_bytes(&kept.entry.bytes) else { return Ok(false) };
    let source = source(db, device).await?;
    let mut docket = Docket::new(db, commit, now);
    let mut case = Case::read(entry);
    match docket.judge(&mut case, Arrival::of(&kept.entry), source, None).await {
        Ok(()) => {
            docket.close().await?;
            quarantine::admit(db, device, n).await?;
            tracing::info!(%device, n, "an entry that waited was admitted");
            Ok(true)
        }
        Err(Error::Refused(refusal)) if refusal.code != kept.code => {
            put_aside(db, &case.entry, &refusal).await?;
            Ok(false)
        }
        Err(Error::Refused(_)) => Ok(false),
        Err(error) => Err(error),
    }
}
