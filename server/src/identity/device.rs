//! Phones: enrolment, access and its renewal.

use ed25519_dalek::{Signature, Verifier as _, VerifyingKey};
use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::{DeviceId, PersonId};
use roundsman_core::records::Person;
use roundsman_core::time::Timestamp;
use roundsman_store::devices::{self, Device};
use roundsman_store::people;
use roundsman_store::sessions::{self, Kind, NewSession};

use super::papers::Papers;
use super::{Identity, Token};
use crate::error::Result;

/// How long an access token opens the door.
const ACCESS_MS: i64 = 15 * 60_000;
/// How long a phone may stay away and still come back without a password.
const REFRESH_MS: i64 = 90 * 24 * 60 * 60_000;
/// How long a phone may open its own files without contact.
const LEASE_MS: i64 = REFRESH_MS;

/// What a phone shows of its earlier enrolment.
#[derive(Debug, Clone)]
pub struct Known {
    /// Its id.
    pub device: DeviceId,
    /// The login, signed by its key.
    pub proof: [u8; 64],
    /// What this server signed of its enrolment, and its half of what opens the files: for a server
    /// that was set back to before it.
    pub papers: Option<(String, [u8; 32])>,
}

/// What is known of a phone that shows an earlier enrolment.
enum Earlier {
    Nothing,
    Here(Device),
    /// It was enrolled here, and the server was set back to before that; and the device that it
    /// went on for.
    Gone(Device, Option<DeviceId>),
}

/// A device after sign-in.
#[derive(Debug, Clone)]
pub struct Enrolment {
    /// The device.
    pub device: Device,
    /// Who signed in.
    pub person: Person,
    /// Its tokens.
    pub access: Access,
}

/// Tokens, and the lease that contact renewed.
#[derive(Debug, Clone)]
pub struct Access {
    /// Opens `/sync`.
    pub access: Token,
    /// Until when.
    pub until: Timestamp,
    /// Gets the next access, once.
    pub refresh: Token,
    /// Opens the device's files, together with the half that the device has.
    pub lease_share: [u8; 32],
    /// Until when the device may use it without contact.
    pub lease_until: Timestamp,
    /// Enrols the device again at a server that was set back to before it.
    pub papers: String,
}

impl Identity {
    /// Signs somebody in on a phone. A phone that shows its earlier enrolment keeps it.
    ///
    /// # Errors
    /// As for every sign-in; [`codes::FORGED`] when the proof is not by the device's key,
    /// [`codes::DEVICE_REVOKED`], [`codes::INVALID`] for a key that is none.
    pub async fn sign_in_device(
        &self,
        login: &str,
        password: &str,
        public_key: [u8; 32],
        known: Option<Known>,
    ) -> Result<Enrolment> {
        VerifyingKey::from_bytes(&public_key)
            .map_err(|_| Refusal::new(codes::INVALID).with("field", "publicKey"))?;
        let person = self.check_password(login, password).await?;
        let tokens = Tokens::new(self);
        let earlier = self.earlier(login, &person, &public_key, known, &tokens).await?;
        let fresh = Device {
            id: self.clock.new_id().into(),
            person: Some(person.id),
            code: String::new(),
            public_key,
            revoked: false,
            lease_share: self.clock.random(),
            lease_until: tokens.lease_until,
        };
        let (owner, given, mut entropy) = (person.id, tokens.clone(), self.clock.clone());
        let device = self
            .store
            .write
            .run(move |db, commit| {
                Box::pin(async move {
                    let device = match earlier {
                        Earlier::Here(device) => device,
                        Earlier::Gone(device, follows) => {
                            people::publish(db, commit, owner, given.now).await?;
                            devices::restore(db, device, follows, &mut entropy, given.now).await?
                        }
                        Earlier::Nothing => {
                            let code = devices::free_code(db, &mut entropy).await?;
                            let device = Device { code, ..fresh };
                            devices::add(db, &device, given.now).await?;
                            people::publish(db, commit, owner, given.now).await?;
                            device
                        }
                    };
                    sessions::end_device(db, device.id).await?;
                    given.store(db, owner, device.id).await?;
                    Ok(device)
                })
            })
            .await?;
        tracing::info!(person = %person.id, device = %device.id, code = device.code, "a phone signed in");
        let access = self.access(tokens, &device).await?;
        Ok(Enrolment { device, person, access })
    }

    /// The device that was enrolled before, when it is this person's and proves to be itself.
    /// Somebody else's phone is enrolled anew: every person has a device of their own on it.
    async fn earlier(
        &self,
        login: &str,
        person: &Person,
        public_key: &[u8; 32],
        known: Option<Known>,
        tokens: &Tokens,
    ) -> Result<Earlier> {
        let Some(known) = known else { return Ok(Earlier::Nothing) };
        let earlier = match devices::find(&self.store.read, known.device).await? {
            Some(device) if device.person == Some(person.id) => Earlier::Here(device),
            Some(_) => Earlier::Nothing,
            None => self.as_it_was(&known, person.id, tokens),
        };
        let (Earlier::Here(device) | Earlier::Gone(device, _)) = &earlier else {
            return Ok(earlier);
        };
        let proven = VerifyingKey::from_bytes(&device.public_key).is_ok_and(|key| {
            key.verify(login.as_bytes(), &Signature::from_bytes(&known.proof)).is_ok()
        });
        if !proven || device.public_key != *public_key {
            return Err(Refusal::new(codes::FORGED).into());
        }
        if device.revoked {
            return Err(Refusal::new(codes::DEVICE_REVOKED).into());
        }
        Ok(earlier)
    }

    fn as_it_was(&self, known: &Known, person: PersonId, tokens: &Tokens) -> Earlier {
        let shown = known.papers.as_ref().and_then(|(papers, share)| {
            let papers = Papers::read(papers, &self.key.verifying_key())?;
            let device = papers.device(person, *share, tokens.lease_until)?;
            (device.id == known.device).then_some((device, papers.follows))
        });
        shown.map_or(Earlier::Nothing, |(device, follows)| Earlier::Gone(device, follows))
    }

    /// What a device gets with these tokens.
    pub(super) async fn access(&self, tokens: Tokens, device: &Device) -> Result<Access> {
        let follows = devices::follows(&self.store.read, device.id).await?;
        let papers = Papers::of(device, follows).map(|it| it.sign(&self.key)).unwrap_or_default();
        Ok(Access {
            access: tokens.access,
            until: tokens.access_until,
            refresh: tokens.refresh,
            lease_share: device.lease_share,
            lease_until: tokens.lease_until,
            papers,
        })
    }

    /// Renews a phone's access and lease.
    ///
    /// A refresh token is good once. An answer can be lost on the way, so a spent one is taken
    /// again as long as nobody used what was given for it, which then is void. Otherwise two
    /// hold the same token: one of them stole it, and both must sign in again.
    ///
    /// # Errors
    /// [`codes::SIGN_IN_AGAIN`], [`codes::DEVICE_REVOKED`].
    pub async fn refresh_device(&self, device: DeviceId, refresh: &Token) -> Result<Access> {
        let again = || Refusal::new(codes::SIGN_IN_AGAIN);
        let tokens = Tokens::new(self);
        let (given, shown) = (tokens.clone(), refresh.hash());
        let enrolled = devices::find(&self.store.read, device).await?.ok_or_else(again)?;
        if enrolled.revoked {
            return Err(Refusal::new(codes::DEVICE_REVOKED).into());
        }
        let renewed = self
            .store
            .write
            .run(move |db, _| {
                Box::pin(async move {
                    let Some(held) = sessions::refresh(&mut *db, &shown, device, given.now).await?
                    else {
                        return Ok(Renewed::Unknown);
                    };
                    if let Some(successor) = held.successor {
                        let next =
                            sessions::refresh(&mut *db, &successor, device, given.now).await?;
                        if next.is_none_or(|next| next.kind == Kind::Spent) {
                            sessions::end_device(db, device).await?;
                            return Ok(Renewed::Reused);
                        }
                        sessions::end(db, &successor).await?;
                    }
                    sessions::end_access(db, device).await?;
                    sessions::spend(db, &shown, &given.refresh.hash()).await?;
                    given.store(db, held.person, device).await?;
                    Ok(Renewed::Given)
                })
            })
            .await?;
        match renewed {
            Renewed::Given => self.access(tokens, &enrolled).await,
            Renewed::Unknown => Err(again().into()),
            Renewed::Reused => {
                tracing::warn!(%device, "a refresh token was used twice; its device must sign in again");
                Err(again().into())
            }
        }
    }
}

enum Renewed {
    Given,
    Unknown,
    Reused,
}

/// A pair of new tokens and until when they run.
#[derive(Clone)]
pub(super) struct Tokens {
    access: Token,
    refresh: Token,
    pub(super) now: Timestamp,
    access_until: Timestamp,
    refresh_until: Timestamp,
    pub(super) lease_until: Timestamp,
}

impl Tokens {
    pub(super) fn new(identity: &Identity) -> Self {
        let now = identity.clock.now();
        Self {
            access: Token::new(&identity.clock),
            refresh: Token::new(&identity.clock),
            now,
            access_until: now.plus_millis(ACCESS_MS),
            refresh_until: now.plus_millis(REFRESH_MS),
            lease_until: now.plus_millis(LEASE_MS),
        }
    }

    pub(super) async fn store(
        &self,
        db: &mut roundsman_store::SqliteConnection,
        person: PersonId,
        device: DeviceId,
    ) -> roundsman_store::Result<()> {
        let session = |token: &Token, kind, until| NewSession {
            token: token.hash(),
            kind,
            person,
            device: Some(device),
            until,
        };
        sessions::add(db, &session(&self.access, Kind::Access, self.access_until), self.now)
            .await?;
        sessions::add(db, &session(&self.refresh, Kind::Refresh, self.refresh_until), self.now)
            .await?;
        devices::renew(db, device, self.now, self.lease_until).await
    }
}
