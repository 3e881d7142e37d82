//! What is signed: the device signs its head with every push, the server every receipt.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use minicbor::{Decode, Encode};

use super::Head;
use crate::error::{Refusal, Result, codes};
use crate::id::{DeviceId, ItemId};
use crate::time::Timestamp;

/// The server's signed word that it durably holds a device's journal up to a head.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Receipt {
    /// Whose journal.
    #[n(0)]
    pub device: DeviceId,
    /// Everything up to here.
    #[n(1)]
    pub head: Head,
    /// When the server stored it.
    #[n(2)]
    pub at: Timestamp,
    /// Over the three above.
    #[n(3)]
    #[cbor(with = "minicbor::bytes")]
    pub signature: Vec<u8>,
}

impl Receipt {
    /// A receipt signed by the server.
    #[must_use]
    pub fn sign(key: &SigningKey, device: DeviceId, head: Head, at: Timestamp) -> Self {
        let signature = key.sign(&receipt_text(device, head, at)).to_bytes().to_vec();
        Self { device, head, at, signature }
    }

    /// Whether the server really signed it.
    ///
    /// # Errors
    /// [`codes::FORGED`] when it did not.
    pub fn verify(&self, key: &[u8; 32]) -> Result<()> {
        verify(key, &receipt_text(self.device, self.head, self.at), &self.signature)
    }
}

/// The device's signature of its head.
#[must_use]
pub fn sign_head(key: &SigningKey, device: DeviceId, head: Head) -> Vec<u8> {
    key.sign(&head_text(device, head)).to_bytes().to_vec()
}

/// Whether the device really signed this head.
///
/// # Errors
/// [`codes::FORGED`] when it did not.
pub fn verify_head(key: &[u8; 32], device: DeviceId, head: Head, signature: &[u8]) -> Result<()> {
    verify(key, &head_text(device, head), signature)
}

/// The server's signature of a record that a device may have to give back.
#[must_use]
pub fn sign_outcome(key: &SigningKey, item: ItemId, bytes: &[u8]) -> Vec<u8> {
    key.sign(&outcome_text(item, bytes)).to_bytes().to_vec()
}

/// Whether the server really signed this record.
///
/// # Errors
/// [`codes::FORGED`] when it did not.
pub fn verify_outcome(key: &[u8; 32], item: ItemId, bytes: &[u8], signature: &[u8]) -> Result<()> {
    verify(key, &outcome_text(item, bytes), signature)
}

/// The server's signature of its order to wipe a device.
#[must_use]
pub fn sign_wipe(key: &SigningKey, device: DeviceId, at: Timestamp) -> Vec<u8> {
    key.sign(&wipe_text(device, at)).to_bytes().to_vec()
}

/// Whether the server really ordered that.
///
/// # Errors
/// [`codes::FORGED`] when it did not.
pub fn verify_wipe(
    key: &[u8; 32],
    device: DeviceId,
    at: Timestamp,
    signature: &[u8],
) -> Result<()> {
    verify(key, &wipe_text(device, at), signature)
}

fn verify(key: &[u8; 32], text: &[u8], signature: &[u8]) -> Result<()> {
    let forged = || Refusal::new(codes::FORGED).with("detail", "signature");
    let key = VerifyingKey::from_bytes(key).map_err(|_| forged())?;
    let signature = Signature::from_slice(signature).map_err(|_| forged())?;
    key.verify_strict(text, &signature).map_err(|_| forged())
}

fn head_text(device: DeviceId, head: Head) -> Vec<u8> {
    [b"roundsman head\0".as_slice(), device.0.as_bytes(), &head.n.to_be_bytes(), &head.hash]
        .concat()
}

fn outcome_text(item: ItemId, bytes: &[u8]) -> Vec<u8> {
    [b"roundsman outcome\0".as_slice(), &item.to_bytes(), bytes].concat()
}

fn wipe_text(device: DeviceId, at: Timestamp) -> Vec<u8> {
    [b"roundsman wipe\0".as_slice(), device.0.as_bytes(), &at.millis().to_be_bytes()].concat()
}

fn receipt_text(device: DeviceId, head: Head, at: Timestamp) -> Vec<u8> {
    [
        b"roundsman receipt\0".as_slice(),
        device.0.as_bytes(),
        &head.n.to_be_bytes(),
        &head.hash,
        &at.millis().to_be_bytes(),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_for_another_head_is_forged() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let device = DeviceId(uuid::Uuid::from_u128(1));
        let receipt = Receipt::sign(&key, device, Head { n: 3, hash: [1; 32] }, Timestamp(5));
        let public = key.verifying_key().to_bytes();
        assert_eq!(receipt.verify(&public), Ok(()));
        let other = Receipt { head: Head { n: 4, hash: [1; 32] }, ..receipt };
        assert!(other.verify(&public).is_err());
    }
}
