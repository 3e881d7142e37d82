//! Who is asking: passwords, tokens, devices and grants.

mod attempts;
mod device;
mod me;
mod papers;
mod password;
mod succession;
mod token;

use std::sync::Arc;

use ed25519_dalek::SigningKey;
use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::{DeviceId, PersonId};
use roundsman_core::records::{Person, Role};
use roundsman_core::sync::Channel;
use roundsman_store::sessions::{self, Kind, NewSession};
use roundsman_store::{Store, devices, people, settings};
use tokio::sync::OnceCell;

use self::attempts::Attempts;
use crate::clock::Clock;
use crate::error::{Error, Result};

pub use device::{Access, Enrolment, Known};
pub(crate) use me::cookie;
pub use me::{Me, OFFICE_COOKIE};
pub use password::hash as hash_password;
pub use succession::{Succeeded, Succession};
pub use token::Token;

/// A working day: after it the console asks for the password again.
pub const OFFICE_MS: i64 = 12 * 60 * 60_000;

/// Who may come in, and as whom.
pub struct Identity {
    store: Store,
    clock: Clock,
    attempts: Attempts,
    key: Arc<SigningKey>,
    /// Checked for logins that nobody has, so that they take as long as others.
    decoy: OnceCell<String>,
}

/// A device that proved who uses it.
#[derive(Debug, Clone)]
pub struct DeviceSession {
    /// Which one.
    pub device: DeviceId,
    /// Who uses it.
    pub person: PersonId,
    /// What they may do.
    pub role: Role,
}

impl Identity {
    /// Reads the server's key, making it at the first start.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn open(store: Store, clock: Clock) -> Result<Self> {
        let key = Arc::new(server_key(&store, &clock).await?);
        Ok(Self { store, clock, attempts: Attempts::default(), key, decoy: OnceCell::new() })
    }

    /// Signs receipts.
    #[must_use]
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// The device and person behind an access token.
    ///
    /// # Errors
    /// [`codes::SIGN_IN_AGAIN`] when it is unknown or has expired, [`codes::DEVICE_REVOKED`].
    pub async fn authenticate_device(&self, access: &str) -> Result<DeviceSession> {
        let again = || Refusal::new(codes::SIGN_IN_AGAIN);
        let token = Token::parse(access).ok_or_else(again)?;
        let holder =
            sessions::holder(&self.store.read, &token.hash(), Kind::Access, self.clock.now())
                .await?
                .ok_or_else(again)?;
        if holder.revoked {
            return Err(Refusal::new(codes::DEVICE_REVOKED).into());
        }
        let device = holder.device.ok_or_else(again)?;
        Ok(DeviceSession { device, person: holder.person.id, role: holder.person.role })
    }

    /// What a device may use of its earlier enrolment.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn device(&self, id: DeviceId) -> Result<Option<devices::Device>> {
        Ok(devices::find(&self.store.read, id).await?)
    }

    /// Everything a person sees on a device: what is granted to them, and what everybody has.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn grants(&self, person: PersonId, device: DeviceId) -> Result<Vec<Channel>> {
        let mut channels = vec![Channel::Catalog, Channel::User(person), Channel::Device(device)];
        channels.extend(people::grants(&self.store.read, person, self.clock.now()).await?);
        Ok(channels)
    }

    /// Signs somebody in to the console.
    ///
    /// # Errors
    /// [`codes::WRONG_PASSWORD`], [`codes::TOO_MANY_ATTEMPTS`], and [`codes::ACCESS_ENDED`] for
    /// roles that have no business there.
    pub async fn sign_in_office(&self, login: &str, password: &str) -> Result<(Person, Token)> {
        let person = self.check_password(login, password).await?;
        me::require_office(&person)?;
        let token = Token::new(&self.clock);
        let now = self.clock.now();
        let until = now.plus_millis(OFFICE_MS);
        let session = NewSession {
            token: token.hash(),
            kind: Kind::Office,
            person: person.id,
            device: None,
            until,
        };
        self.store
            .write
            .run(move |db, _| Box::pin(async move { sessions::add(db, &session, now).await }))
            .await?;
        Ok((person, token))
    }

    /// Ends a session of the console.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn sign_out_office(&self, token: &Token) -> Result<()> {
        let hash = token.hash();
        self.store
            .write
            .run(move |db, _| Box::pin(async move { sessions::end(db, &hash).await }))
            .await?;
        Ok(())
    }

    /// The person behind a cookie of the console.
    async fn authenticate_office(&self, cookie: &str) -> Result<Person> {
        let again = || Refusal::new(codes::SIGN_IN_AGAIN);
        let token = Token::parse(cookie).ok_or_else(again)?;
        let holder =
            sessions::holder(&self.store.read, &token.hash(), Kind::Office, self.clock.now())
                .await?;
        let person = holder.ok_or_else(again)?.person;
        me::require_office(&person)?;
        Ok(person)
    }

    async fn decoy(&self) -> Result<String> {
        hash_password(self.clock.random::<16>().to_vec(), self.clock.random()).await
    }

    /// Checks a password, in the same time whether or not the login exists.
    async fn check_password(&self, login: &str, password: &str) -> Result<Person> {
        let attempt = self.attempts.begin(login, self.clock.now())?;
        let account = people::by_login(&self.store.read, login).await?.filter(|it| !it.disabled);
        // Made before anybody is looked up: the first sign-in takes longer for every login.
        let decoy = self.decoy.get_or_try_init(|| self.decoy()).await?;
        // Whoever has no password yet takes as long as well.
        let hash = account.as_ref().map(|it| &it.password_hash);
        let hash = hash.filter(|it| *it != people::NO_PASSWORD).unwrap_or(decoy).clone();
        let right = password::verify(password.as_bytes().to_vec(), hash).await?;
        match account {
            Some(account) if right => {
                self.attempts.succeeded(attempt);
                Ok(account.person)
            }
            _ => Err(Refusal::new(codes::WRONG_PASSWORD).into()),
        }
    }
}

async fn server_key(store: &Store, clock: &Clock) -> Result<SigningKey> {
    let fresh = clock.random::<32>();
    let stored = store
        .write
        .run(move |db, _| {
            Box::pin(async move {
                if let Some(stored) = settings::get(&mut *db, settings::SERVER_KEY).await? {
                    return Ok(stored);
                }
                settings::set(db, settings::SERVER_KEY, &fresh).await?;
                Ok(fresh.to_vec())
            })
        })
        .await?;
    let secret: [u8; 32] =
        stored.try_into().map_err(|_| Error::internal("the server's key is not 32 bytes"))?;
    Ok(SigningKey::from_bytes(&secret))
}
