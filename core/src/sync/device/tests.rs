use ed25519_dalek::SigningKey;

use super::*;
use crate::sync::encode_hub;

fn line() -> (Device, SigningKey) {
    let key = SigningKey::from_bytes(&[9; 32]);
    let id = DeviceId(uuid::Uuid::from_u128(1));
    (Device::new(id, key.verifying_key().to_bytes(), Timestamp(0)), key)
}

fn open(device: &mut Device, n: u64) {
    let opening = Opening {
        token: "t".into(),
        journal: Head { n, hash: [1; 32] },
        signature: vec![],
        cursors: vec![],
        clock: Timestamp(0),
        build: "test".into(),
        receipt: None,
        recorded: None,
    };
    device.handle(Event::Opened(opening), Timestamp(0));
}

fn welcome(receipt: Option<Receipt>) -> Event {
    Event::Frame(encode_hub(&FromHub::Welcome(Welcome {
        protocol: 1,
        receipt,
        clock: Timestamp(0),
        channels: vec![],
        refusal: None,
        restored: None,
    })))
}

#[test]
fn only_what_has_no_receipt_is_sent() {
    let (mut device, key) = line();
    open(&mut device, 5);
    let receipt = Receipt::sign(&key, device.id, Head { n: 3, hash: [2; 32] }, Timestamp(0));
    let effects = device.handle(welcome(Some(receipt)), Timestamp(0));
    assert!(effects.contains(&Effect::ReadJournal { after: 3, bytes_max: PUSH_BYTES }));
}

#[test]
fn the_journal_is_read_once_for_a_welcome() {
    let (mut device, key) = line();
    open(&mut device, 5);
    let receipt = Receipt::sign(&key, device.id, Head { n: 3, hash: [2; 32] }, Timestamp(0));
    let effects = device.handle(welcome(Some(receipt)), Timestamp(0));
    let reads = effects.iter().filter(|it| matches!(it, Effect::ReadJournal { .. }));
    assert_eq!(reads.count(), 1);
}

#[test]
fn a_forged_receipt_ends_the_line() {
    let (mut device, _) = line();
    open(&mut device, 5);
    let other = SigningKey::from_bytes(&[8; 32]);
    let receipt = Receipt::sign(&other, device.id, Head { n: 3, hash: [2; 32] }, Timestamp(0));
    let effects = device.handle(welcome(Some(receipt)), Timestamp(0));
    assert!(effects.contains(&Effect::Close));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::KeepReceipt(_))));
}

#[test]
fn a_silent_line_is_tried_then_given_up() {
    let (mut device, _) = line();
    open(&mut device, 0);
    assert!(matches!(
        device.handle(Event::Tick, Timestamp(PING_AFTER_MS + 1))[..],
        [Effect::Send(_)]
    ));
    assert!(device.handle(Event::Tick, Timestamp(PING_AFTER_MS + 2)).is_empty());
    assert_eq!(device.handle(Event::Tick, Timestamp(DEAD_AFTER_MS + 1)), [Effect::Close]);
}
