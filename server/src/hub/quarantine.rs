//! What the office makes of entries that were not admitted.

use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::{DeviceId, PersonId};
use roundsman_core::records::ExceptionState;
use roundsman_core::sync::Entry;
use roundsman_store::quarantine::{self as stored, Decision};
use roundsman_store::{
    Commit, Error as StoreError, Result as StoreResult, SqliteConnection, Store, journal,
};

use super::admission::{put_aside, source};
use super::docket::{Arrival, Case, Docket, waives_access};
use crate::clock::Clock;
use crate::error::Result;

/// Reasons that a person may overlook. The others are not about what was meant, but about whether
/// it can be read and believed.
const WAIVABLE: &[&str] = &[
    codes::ACCESS_ENDED,
    codes::CUSTOMER_MOVED,
    codes::DEVICE_REVOKED,
    codes::UNDECLARED_PATH,
    codes::FROZEN,
];

/// Lets an entry in after all, with the entries that only waited for it.
///
/// # Errors
/// The reason why it can still not be admitted; [`codes::NOT_FOUND`] when it was not quarantined,
/// [`codes::INVALID`] when it is not any more.
pub async fn release(
    store: &Store,
    clock: &Clock,
    (device, n): (DeviceId, u64),
    by: PersonId,
) -> Result<()> {
    let now = clock.now();
    let released = store.write.run(move |db, commit| {
        Box::pin(async move {
            let decision =
                Decision { state: ExceptionState::Released, by, at: now, note: String::new() };
            let dependants = stored::dependants(&mut *db, device, n).await?;
            let waived = admit(db, commit, (device, n), &decision, "").await?;
            for n in dependants {
                match admit(db, commit, (device, n), &decision, &waived).await.map(drop) {
                    // It waits for something else, or has a fault of its own.
                    Err(StoreError::Refused(refusal)) => {
                        let kept = stored::find(&mut *db, device, n).await?;
                        let entry = Entry::from_bytes(&kept.entry.bytes)?;
                        put_aside(db, &entry, &refusal).await?;
                    }
                    other => other?,
                }
            }
            journal::publish_status(db, commit, device, now).await
        })
    });
    Ok(released.await?)
}

/// Admits an entry whose own fault, or `followed`, the office overlooks. Returns what it overlooked
/// for those that rest on it as well: who lets a basket in although its author was shut out means
/// the order that was made of it.
async fn admit(
    db: &mut SqliteConnection,
    commit: &mut Commit,
    (device, n): (DeviceId, u64),
    decision: &Decision,
    followed: &str,
) -> StoreResult<String> {
    let kept = stored::find(&mut *db, device, n).await?;
    require_waiting(kept.state)?;
    let mut case = Case::read(Entry::from_bytes(&kept.entry.bytes)?);
    let source = source(db, device).await?;
    let waits = kept.code == codes::RESTS_ON_QUARANTINED;
    let overlooked = if waits { followed } else { kept.code.as_str() };
    let waived = WAIVABLE.contains(&overlooked).then_some(overlooked);
    let mut docket = Docket::new(db, commit, decision.at);
    docket.judge(&mut case, Arrival::of(&kept.entry), source, waived).await?;
    docket.close().await?;
    stored::decide(db, device, n, decision).await?;
    Ok(waived.filter(|code| waives_access(Some(code))).unwrap_or_default().to_owned())
}

/// Refuses an entry for good. The device keeps a copy, and records again what rested on it.
///
/// # Errors
/// [`codes::NOT_FOUND`] when it was not quarantined, [`codes::INVALID`] when it is not any more.
pub async fn decline(
    store: &Store,
    clock: &Clock,
    (device, n): (DeviceId, u64),
    by: PersonId,
    note: String,
) -> Result<()> {
    let now = clock.now();
    let declined = store.write.run(move |db, commit| {
        Box::pin(async move {
            require_waiting(stored::find(&mut *db, device, n).await?.state)?;
            let decision = Decision { state: ExceptionState::Declined, by, at: now, note };
            stored::decide(db, device, n, &decision).await?;
            journal::publish_status(db, commit, device, now).await
        })
    });
    Ok(declined.await?)
}

fn require_waiting(state: ExceptionState) -> Result<(), Refusal> {
    match state {
        ExceptionState::Quarantined => Ok(()),
        _ => Err(Refusal::new(codes::INVALID).with("field", "state")),
    }
}
