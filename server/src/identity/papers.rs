//! What a phone keeps of its enrolment, signed by this server: a server that was set back to before it
//! enrols it again as the device that it was, so that what it recorded since comes back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use minicbor::{Decode, Encode};
use roundsman_core::id::{DeviceId, PersonId};
use roundsman_core::time::Timestamp;
use roundsman_store::devices::Device;
use sha2::{Digest as _, Sha256};

/// Bytes of an Ed25519 signature.
const SIGNATURE_BYTES: usize = 64;

/// A device as it was enrolled.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Papers {
    #[n(0)]
    device: DeviceId,
    #[n(1)]
    person: PersonId,
    #[n(2)]
    code: String,
    #[n(3)]
    #[cbor(with = "minicbor::bytes")]
    public_key: [u8; 32],
    /// SHA-256 of the lease share: the phone has to have that itself, or its files are lost anyway.
    #[n(4)]
    #[cbor(with = "minicbor::bytes")]
    share: [u8; 32],
    /// The device that it goes on for.
    #[n(5)]
    pub(super) follows: Option<DeviceId>,
}

impl Papers {
    /// Those of a phone; a server process has none.
    pub(super) fn of(device: &Device, follows: Option<DeviceId>) -> Option<Self> {
        Some(Self {
            device: device.id,
            person: device.person?,
            code: device.code.clone(),
            public_key: device.public_key,
            share: Sha256::digest(device.lease_share).into(),
            follows,
        })
    }

    /// Signed, in base64.
    pub(super) fn sign(&self, key: &SigningKey) -> String {
        let mut bytes = minicbor::to_vec(self).unwrap_or_default();
        bytes.splice(..0, key.sign(&signed(&bytes)).to_bytes());
        STANDARD.encode(bytes)
    }

    /// Reads what this server signed; none for anything else.
    pub(super) fn read(text: &str, key: &VerifyingKey) -> Option<Self> {
        let bytes = STANDARD.decode(text).ok()?;
        let (signature, papers) = bytes.split_at_checked(SIGNATURE_BYTES)?;
        key.verify_strict(&signed(papers), &Signature::from_slice(signature).ok()?).ok()?;
        minicbor::decode(papers).ok()
    }

    /// The device that they are of, if whoever shows them is this person and has the share.
    pub(super) fn device(
        &self,
        person: PersonId,
        lease_share: [u8; 32],
        lease_until: Timestamp,
    ) -> Option<Device> {
        let theirs = self.person == person && self.share == *Sha256::digest(lease_share);
        theirs.then(|| Device {
            id: self.device,
            person: Some(person),
            code: self.code.clone(),
            public_key: self.public_key,
            revoked: false,
            lease_share,
            lease_until,
        })
    }
}

fn signed(papers: &[u8]) -> Vec<u8> {
    [b"roundsman papers\0".as_slice(), papers].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn papers_are_of_one_phone_one_person_and_one_server() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let person = PersonId(uuid::Uuid::from_u128(2));
        let phone = Device {
            id: DeviceId(uuid::Uuid::from_u128(1)),
            person: Some(person),
            code: "K3".to_owned(),
            public_key: [3; 32],
            revoked: false,
            lease_share: [4; 32],
            lease_until: Timestamp(5),
        };
        let papers = Papers::of(&phone, None).unwrap();
        let text = papers.sign(&key);
        let read = Papers::read(&text, &key.verifying_key()).unwrap();
        assert_eq!(read, papers);
        let again = read.device(person, [4; 32], Timestamp(9)).unwrap();
        assert_eq!((again.id, again.code.as_str(), again.public_key), (phone.id, "K3", [3; 32]));
        assert!(read.device(person, [5; 32], Timestamp(9)).is_none());
        let other = PersonId(uuid::Uuid::from_u128(3));
        assert!(read.device(other, [4; 32], Timestamp(9)).is_none());
        let stranger = SigningKey::from_bytes(&[8; 32]).verifying_key();
        assert!(Papers::read(&text, &stranger).is_none());
        assert!(Papers::read(&text[4..], &key.verifying_key()).is_none());
        assert!(Papers::read("?", &key.verifying_key()).is_none());
    }
}
