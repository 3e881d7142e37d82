use ed25519_dalek::SigningKey;

use super::wipe::WIPE_WITHIN_MS;
use super::*;
use crate::sync::{Wipe, encode_hub};

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

fn wipe(key: &SigningKey, device: DeviceId) -> Event {
    let at = Timestamp(7);
    let signature = crate::sync::sign_wipe(key, device, at);
    Event::Frame(encode_hub(&FromHub::Wipe(Wipe { device, at, signature })))
}

fn wipes(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Wipe(_)))
}

#[test]
fn everything_is_deleted_once_the_journal_is_delivered() {
    let (mut device, key) = line();
    open(&mut device, 5);
    let receipt = |n| {
        Receipt::sign(
            &key,
            DeviceId(uuid::Uuid::from_u128(1)),
            Head { n, hash: [2; 32] },
            Timestamp(0),
        )
    };
    device.handle(welcome(Some(receipt(3))), Timestamp(0));
    assert!(!wipes(&device.handle(wipe(&key, device.id), Timestamp(0))));
    assert!(!wipes(&device.handle(Event::Tick, Timestamp(1_000))));
    let last = Event::Frame(encode_hub(&FromHub::Receipt(receipt(5))));
    assert!(wipes(&device.handle(last, Timestamp(2_000))));
    assert!(!wipes(&device.handle(Event::Tick, Timestamp(3_000))), "once");
}

#[test]
fn an_order_to_delete_waits_for_the_journal_only_so_long() {
    let (mut device, key) = line();
    open(&mut device, 5);
    device.handle(welcome(None), Timestamp(0));
    assert!(!wipes(&device.handle(wipe(&key, device.id), Timestamp(0))));
    assert!(wipes(&device.handle(Event::Tick, Timestamp(WIPE_WITHIN_MS + 1))));
}

#[test]
fn nobody_else_can_order_to_delete_everything() {
    let (mut device, key) = line();
    open(&mut device, 0);
    device.handle(welcome(None), Timestamp(0));
    let other = SigningKey::from_bytes(&[8; 32]);
    for forged in [wipe(&other, device.id), wipe(&key, DeviceId(uuid::Uuid::from_u128(2)))] {
        let effects = device.handle(forged, Timestamp(0));
        assert!(effects.contains(&Effect::Close) && !wipes(&effects));
    }
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
