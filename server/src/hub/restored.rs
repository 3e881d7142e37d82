//! A database that went back in time: noticed, told to devices, and filled again by them.

use roundsman_core::id::DeviceId;
use roundsman_core::sync::{Hello, Offer, Receipt, Restored, verify_head};
use roundsman_store::epochs::{self, ASKED_MS, Restoration};
use roundsman_store::journal::{self, Position};
use roundsman_store::restoration;

use crate::app::App;
use crate::error::Result;

/// Looks at what a device says the server signed for. A receipt beyond what is held here, from
/// after the last restoration, means that the database went back in time and nobody said so.
pub(super) async fn met(
    app: &App,
    hello: &Hello,
    device_key: &[u8; 32],
    held: Position,
) -> Result<Option<Restored>> {
    // Nobody else may say what this device has.
    if verify_head(device_key, hello.device, hello.journal, &hello.signature).is_err() {
        return Ok(None);
    }
    let now = app.clock.now();
    let last = epochs::restorations(&app.store.read).await?.into_iter().next();
    let signed = genuine(app, hello);
    let unexplained = signed.filter(|receipt| {
        receipt.head.n > held.head.n && last.is_none_or(|last| receipt.at > last.begun_at)
    });
    let restoration = match (unexplained, last) {
        (Some(receipt), _) => begin_noticed(app, receipt, held).await?,
        (None, Some(last)) if now.millis() - last.begun_at.millis() < ASKED_MS => last,
        (None, _) => return Ok(None),
    };
    let upto = signed.map_or(held.head.n, |receipt| receipt.head.n);
    let (device, held) = (hello.device, held.head.n);
    if !restoration::is_back(&app.store.read, device).await? {
        let noted = app.store.write.run(move |db, _| {
            Box::pin(async move { restoration::came_back(db, device, (upto, held), now).await })
        });
        noted.await?;
    }
    Ok(Some(Restored { epoch: restoration.epoch, since: restoration.since }))
}

/// The last receipt of this device, if this server signed it.
fn genuine<'a>(app: &App, hello: &'a Hello) -> Option<&'a Receipt> {
    let key = app.identity.key().verifying_key().to_bytes();
    hello
        .receipt
        .as_ref()
        .filter(|receipt| receipt.device == hello.device && receipt.verify(&key).is_ok())
}

/// Begins a new epoch and ends all lines, so that every device starts over from what is here.
async fn begin_noticed(app: &App, receipt: &Receipt, held: Position) -> Result<Restoration> {
    let (device, signed_at) = (receipt.device, receipt.at);
    // What is held of this device was stored by then, so the database is not older; of one of which
    // nothing is held, what was held of others when it got its receipt.
    let since = match held.head.n {
        0 => journal::last_stored(&app.store.read, signed_at).await?,
        _ => held.stored_at,
    };
    let restoration = Restoration {
        epoch: app.clock.random(),
        begun_at: app.clock.now(),
        since,
        noticed_by: Some(device),
    };
    let begun = app.store.write.run(move |db, _| {
        Box::pin(async move { epochs::begin_noticed(db, restoration, signed_at).await })
    });
    let begun = begun.await?;
    if begun != restoration {
        return Ok(begun);
    }
    tracing::error!(
        %device, signed = receipt.head.n, held = held.head.n,
        "the database went back in time: a device has a receipt for more than is here; \
         devices are asked for what is missing"
    );
    app.hub.lines.end_all();
    Ok(restoration)
}

/// Keeps what a device gives back, and says for which epoch it did.
pub(super) async fn keep_offer(app: &App, device: DeviceId, offer: Offer) -> Result<[u8; 16]> {
    let (epoch, now) = (offer.epoch, app.clock.now());
    let kept = app.store.write.run(move |db, _| {
        Box::pin(async move {
            restoration::keep_outcomes(db, device, &offer.outcomes, now).await?;
            restoration::keep_beyond(db, offer.beyond.as_deref().unwrap_or_default()).await?;
            if offer.last {
                restoration::offered_all(db, device, epoch, now).await?;
            }
            Ok(())
        })
    });
    kept.await?;
    Ok(epoch)
}
