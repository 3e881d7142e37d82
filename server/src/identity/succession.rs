//! A phone whose storage was lost or went back in time goes on as another device: what it does now
//! must not be taken for what it did before.

use ed25519_dalek::{Signature, Verifier as _, VerifyingKey};
use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::DeviceId;
use roundsman_core::sync::Head;
use roundsman_store::devices::{self, Device};
use roundsman_store::people;
use roundsman_store::regress::{self, Regress};

use super::device::Tokens;
use super::{Enrolment, Identity, Token};
use crate::error::Result;

/// What a phone shows to go on.
#[derive(Debug, Clone)]
pub struct Succession {
    /// The device it was.
    pub device: DeviceId,
    /// An access token of that.
    pub access: Token,
    /// The key of the device it will be; asking again with the same gets the same device.
    pub public_key: [u8; 32],
    /// The old key's signature of the new key, in base64.
    pub proof: [u8; 64],
    /// The new key as it was signed.
    pub signed: String,
    /// The heads of its journal from the last receipt on, in order.
    pub heads: Vec<Head>,
    /// The highest number it remembers having recorded.
    pub recorded: u64,
}

/// The device that goes on.
#[derive(Debug, Clone)]
pub struct Succeeded {
    /// The new one.
    pub enrolment: Enrolment,
    /// Entries up to this are held of the old one's journal; what it recorded later, the new one
    /// records again.
    pub common: u64,
    /// What is known of what was lost.
    pub regress: Regress,
}

impl Identity {
    /// Enrols the device that goes on for one whose journal went backwards.
    ///
    /// # Errors
    /// [`codes::SIGN_IN_AGAIN`], [`codes::DEVICE_REVOKED`], [`codes::FORGED`] when the proof is
    /// not by the old device's key.
    pub async fn succeed(&self, shown: Succession) -> Result<Succeeded> {
        let session = self.authenticate_device(&shown.access.to_string()).await?;
        let old = devices::find(&self.store.read, shown.device).await?;
        let old = old
            .filter(|it| it.id == session.device && it.person == Some(session.person))
            .ok_or_else(|| Refusal::new(codes::SIGN_IN_AGAIN))?;
        if old.revoked {
            return Err(Refusal::new(codes::DEVICE_REVOKED).into());
        }
        let proven = VerifyingKey::from_bytes(&old.public_key).is_ok_and(|key| {
            key.verify(shown.signed.as_bytes(), &Signature::from_bytes(&shown.proof)).is_ok()
        });
        if !proven || VerifyingKey::from_bytes(&shown.public_key).is_err() {
            return Err(Refusal::new(codes::FORGED).into());
        }
        let person = people::find(&self.store.read, session.person).await?;
        let person = person.ok_or_else(|| Refusal::new(codes::SIGN_IN_AGAIN))?;
        let tokens = Tokens::new(self);
        let fresh = Device {
            id: self.clock.new_id().into(),
            person: Some(person.id),
            code: String::new(),
            public_key: shown.public_key,
            revoked: false,
            // Its files are the old one's.
            lease_share: old.lease_share,
            lease_until: tokens.lease_until,
        };
        let (owner, given, mut entropy) = (person.id, tokens.clone(), self.clock.clone());
        let (device, common, regress) = self
            .store
            .write
            .run(move |db, commit| {
                Box::pin(async move {
                    let presented = shown.heads.last().map_or(0, |head| head.n);
                    let known = regress::look(&mut *db, old.id, presented, shown.recorded).await?;
                    let common = regress::common(db, old.id, &shown.heads).await?;
                    let already = regress::successor(&mut *db, old.id, &shown.public_key).await?;
                    let device = match already {
                        Some(id) => devices::find(&mut *db, id)
                            .await?
                            .ok_or_else(|| Refusal::new(codes::NOT_FOUND))?,
                        None => {
                            let code = devices::free_code(db, &mut entropy).await?;
                            let device = Device { code, ..fresh };
                            devices::add(db, &device, given.now).await?;
                            regress::note(db, old.id, &known, given.now).await?;
                            regress::succeeded(db, old.id, device.id).await?;
                            people::publish(db, commit, owner, given.now).await?;
                            device
                        }
                    };
                    given.store(db, owner, device.id).await?;
                    Ok((device, common, known))
                })
            })
            .await?;
        tracing::warn!(
            old = %session.device, new = %device.id, lost = regress.lost,
            "a journal went backwards; its phone goes on as another device"
        );
        let access = self.access(tokens, &device).await?;
        Ok(Succeeded { enrolment: Enrolment { device, person, access }, common, regress })
    }
}
