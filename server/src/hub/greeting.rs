//! Who says hello, what is known of them, and what they may see.

use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::{DeviceId, PersonId};
use roundsman_core::sync::hub::Known;
use roundsman_core::sync::{Channel, ChannelHead, Hello, verify_head};
use roundsman_store::devices::Standing;
use roundsman_store::{devices, feed_read, journal, regress, visibility};

use super::restored;
use crate::app::App;
use crate::error::{Error, Result};

/// A device that the server knows may always deliver its journal; it gets something only with
/// a good token, and as long as neither it nor its person was shut out. Also says whose it is.
/// `first`: it has just said hello, with its journal as it is now.
pub(super) async fn known(app: &App, hello: &Hello, first: bool) -> Result<(PersonId, Known)> {
    let again = || Refusal::new(codes::SIGN_IN_AGAIN);
    let enrolled = app.identity.device(hello.device).await?;
    let enrolled = enrolled.ok_or_else(again)?;
    let owner = enrolled.person.ok_or_else(again)?;
    let standing = devices::standing(&app.store.read, hello.device).await?;
    let (person, refusal) = match ended(app, owner, &standing).await? {
        Some(refusal) => (None, Some(refusal)),
        None => match app.identity.authenticate_device(&hello.token).await {
            Ok(it) if it.device == hello.device => (Some(it.person), None),
            Ok(_) => (None, Some(again())),
            Err(Error::Refused(refusal)) => (None, Some(refusal)),
            Err(error) => return Err(error),
        },
    };
    let position = journal::position(&app.store.read, hello.device).await?;
    if first && hello.went_backwards(position.head.n) {
        note_regress(app, hello, &enrolled.public_key).await?;
    }
    let restored = restored::met(app, hello, &enrolled.public_key, position).await?;
    let channels = match person {
        Some(person) => heads(app, person, hello.device).await?,
        None => Vec::new(),
    };
    let known = Known {
        person,
        device_key: enrolled.public_key,
        stored: position.head,
        stored_at: position.stored_at,
        channels,
        refusal,
        restored,
        wipe_ordered_at: standing.wipe_ordered_at,
    };
    Ok((owner, known))
}

/// Why nothing goes down to this device any more, whatever token it shows.
pub(super) async fn ended(
    app: &App,
    owner: PersonId,
    standing: &Standing,
) -> Result<Option<Refusal>> {
    if standing.wipe_ordered_at.is_some() {
        return Ok(Some(Refusal::new(codes::DEVICE_WIPED)));
    }
    if standing.revoked_at.is_some() {
        return Ok(Some(Refusal::new(codes::DEVICE_REVOKED)));
    }
    let member = visibility::member(&app.store.read, owner).await?;
    let works = member.is_some_and(|it| it.disabled_at.is_none());
    Ok((!works).then(|| Refusal::new(codes::ACCOUNT_ENDED)))
}

/// The device's storage was lost or went back in time: the office is told what is known of it.
async fn note_regress(app: &App, hello: &Hello, key: &[u8; 32]) -> Result<()> {
    if verify_head(key, hello.device, hello.journal, &hello.signature).is_err() {
        return Ok(());
    }
    let (device, presented) = (hello.device, hello.journal.n);
    let (recorded, now) = (hello.recorded.unwrap_or(0), app.clock.now());
    let noted = app.store.write.run(move |db, _| {
        Box::pin(async move {
            let known = regress::look(&mut *db, device, presented, recorded).await?;
            regress::note(db, device, &known, now).await
        })
    });
    Ok(noted.await?)
}

/// The heads of everything this person sees on this device, in the order in which it is sent:
/// what is small and their own first, then where they work, then what everybody has.
pub(super) async fn heads(
    app: &App,
    person: PersonId,
    device: DeviceId,
) -> Result<Vec<ChannelHead>> {
    let mut channels = app.identity.grants(person, device).await?;
    channels.sort_by_key(|channel| match channel {
        Channel::Device(_) => 0,
        Channel::User(_) => 1,
        Channel::Territory(_) => 2,
        Channel::Catalog => 3,
        Channel::Warehouse(_) => 4,
    });
    let mut db = app.store.read.acquire().await.map_err(Error::internal)?;
    let heads = feed_read::heads(&mut db, &channels).await?;
    if heads.len() == channels.len() {
        return Ok(heads);
    }
    // Nothing was ever written to one of them.
    let open = channels.clone();
    let opened =
        app.store.write.run(move |db, _| Box::pin(async move { feed_read::open(db, &open).await }));
    opened.await?;
    Ok(feed_read::heads(&mut db, &channels).await?)
}
