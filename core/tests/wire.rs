//! The protocol's bytes are frozen: every message of version 1, and one whole conversation.
//!
//! `BLESS=1` writes the fixture; a change of it is a change of the protocol.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
#![allow(clippy::disallowed_methods, reason = "the fixture is a file")]

use std::fmt::Write as _;
use std::path::Path;

use ed25519_dalek::SigningKey;
use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::{DeviceId, ItemId, ItemKind, PersonId};
use roundsman_core::sync::device::{
    Device, Effect as FromLine, Event as ToLine, Opening, Outcome, push_of,
};
use roundsman_core::sync::hub::{Effect as FromSession, Event as ToSession, Known, Session, Span};
use roundsman_core::sync::*;
use roundsman_core::time::{Hlc, Timestamp};
use uuid::Uuid;

const NOW: Timestamp = Timestamp(1_795_000_000_000);

fn device() -> DeviceId {
    DeviceId(Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0001))
}

fn item(kind: ItemKind) -> ItemId {
    ItemId::new(kind, Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0002))
}

fn head(n: u64) -> Head {
    Head { n, hash: [u8::try_from(n).unwrap(); 32] }
}

fn entry() -> Entry {
    Entry {
        n: 1,
        previous: [0; 32],
        device: device(),
        person: PersonId(Uuid::from_u128(3)),
        at: Hlc(NOW.millis() << 16),
        offset_minutes: 480,
        operation: "customer.edit".into(),
        version: 1,
        args: vec![0xA0],
        changes: vec![EntryChange { item: item(ItemKind::Customer), bytes: vec![1, 2, 3] }],
        rests_on: vec![],
        replaces: None,
    }
}

fn channel_head() -> ChannelHead {
    ChannelHead { channel: Channel::Catalog, epoch: [4; 16], seq: 7, items: 2, digest: [5; 32] }
}

fn batch() -> Batch {
    let changes = vec![ChangeNews::Whole(Bytes(vec![1, 2])), ChangeNews::Own(Bytes(vec![9; 32]))];
    Batch {
        channel: Channel::Territory(Uuid::from_u128(8).into()),
        epoch: [4; 16],
        from: 6,
        to: 7,
        digest: Some(Bytes(vec![5; 32])),
        items: vec![
            BatchItem { item: item(ItemKind::Product), news: News::Record(Bytes(vec![1])) },
            BatchItem { item: item(ItemKind::Order), news: News::Snapshot(Bytes(vec![2])) },
            BatchItem { item: item(ItemKind::Customer), news: News::Changes(changes) },
            BatchItem { item: item(ItemKind::Visit), news: News::Left },
        ],
        from_part: None,
        to_part: None,
    }
}

fn from_devices() -> Vec<(&'static str, FromDevice)> {
    let (channel, epoch) = (Channel::Catalog, [4; 16]);
    let cursor = Cursor { channel, epoch, seq: 7, digest: [5; 32], part: None };
    let inside = Part::from(Place::Within(Some(item(ItemKind::Order))));
    let hello = Hello {
        protocol_min: 1,
        protocol_max: 1,
        token: "token".into(),
        device: device(),
        journal: head(2),
        signature: vec![6; 64],
        clock: NOW,
        cursors: vec![cursor],
        build: "web".into(),
        receipt: None,
        recorded: None,
        pruned: None,
        history: None,
    };
    let receipt = Receipt::sign(&SigningKey::from_bytes(&[7; 32]), device(), head(2), NOW);
    let with_receipt = Hello { receipt: Some(receipt), recorded: Some(3), ..hello.clone() };
    let pruned = Hello { pruned: Some(2), ..hello.clone() };
    let history = Hello { history: Some(true), ..hello.clone() };
    let change = Beyond {
        item: item(ItemKind::Customer),
        change: [1; 32],
        device: device(),
        person: PersonId(device().0),
        at: NOW,
    };
    let beyond = Offer { epoch: [4; 16], outcomes: vec![], last: true, beyond: Some(vec![change]) };
    let parts = Hello {
        cursors: vec![Cursor { digest: [0; 32], part: Some(inside), ..cursor }],
        ..hello.clone()
    };
    let range = RangeReq { channel, epoch, seq: 7, buckets: vec![5; 2048], repaired: None };
    let repaired = RangeReq { repaired: Some(3), ..range.clone() };
    let outcome = SignedRecord {
        item: item(ItemKind::SalesOrder),
        bytes: Bytes(vec![1]),
        signature: Bytes(vec![6; 64]),
    };
    vec![
        ("Hello", FromDevice::Hello(hello)),
        ("Push", FromDevice::Push(push_of(vec![entry().to_bytes()], head(1), vec![6; 64]))),
        ("Ping", FromDevice::Ping(Ping { clock: NOW, journal: None })),
        ("Bye", FromDevice::Bye(Bye { reason: "SIGNED_OUT".into() })),
        ("Reauth", FromDevice::Reauth(Reauth { token: "token".into() })),
        ("HelloPart", FromDevice::Hello(parts)),
        ("RangeReqRepaired", FromDevice::RangeReq(repaired)),
        ("HelloReceipt", FromDevice::Hello(with_receipt)),
        ("PingJournal", FromDevice::Ping(Ping { clock: NOW, journal: Some(3) })),
        (
            "Fetch",
            FromDevice::Fetch(Fetch {
                items: vec![item(ItemKind::Order)],
                repair: Some(Channel::Catalog),
            }),
        ),
        ("RangeReq", FromDevice::RangeReq(range)),
        (
            "Offer",
            FromDevice::Offer(Offer {
                epoch: [4; 16],
                outcomes: vec![outcome],
                last: true,
                beyond: None,
            }),
        ),
        ("HelloPruned", FromDevice::Hello(pruned)),
        ("HelloHistory", FromDevice::Hello(history)),
        ("OfferBeyond", FromDevice::Offer(beyond)),
    ]
}

fn from_hub() -> Vec<(&'static str, FromHub)> {
    let receipt = Receipt::sign(&SigningKey::from_bytes(&[7; 32]), device(), head(2), NOW);
    let refusal = Refusal::new(codes::SIGN_IN_AGAIN).with("why", "expired");
    let denied = Denied { refusal: refusal.clone().into(), answers: 2, retry_after_ms: Some(500) };
    let welcome = Welcome {
        protocol: 1,
        receipt: Some(receipt.clone()),
        clock: NOW,
        channels: vec![channel_head()],
        refusal: Some(refusal.clone().into()),
        restored: None,
    };
    let restored = Restored { epoch: [4; 16], since: NOW };
    let again = Welcome { refusal: None, restored: Some(restored), ..welcome.clone() };
    let bucket = RangeBucket {
        number: 2,
        items: vec![RangeItem { item: item(ItemKind::Order), element: [6; 32] }],
    };
    let range = RangeRes {
        channel: Channel::Catalog,
        epoch: [4; 16],
        seq: 7,
        digest: [5; 32],
        buckets: vec![bucket],
        more: false,
    };
    let outcome = News::Signed(Bytes(vec![1]), Bytes(vec![6; 64]));
    let fetched = FetchRes {
        repair: Some(Channel::Catalog),
        items: vec![BatchItem { item: item(ItemKind::SalesOrder), news: outcome }],
        missing: vec![item(ItemKind::Visit)],
    };
    let signature = sign_wipe(&SigningKey::from_bytes(&[7; 32]), device(), NOW);
    vec![
        ("Welcome", FromHub::Welcome(welcome)),
        ("Denied", FromHub::Denied(denied.clone())),
        ("Receipt", FromHub::Receipt(receipt)),
        ("Grants", FromHub::Grants(Grants { channels: vec![channel_head()] })),
        ("Batch", FromHub::Batch(batch())),
        ("Pong", FromHub::Pong(Ping { clock: NOW, journal: None })),
        ("Error", FromHub::Error(denied)),
        ("WelcomeRestored", FromHub::Welcome(again)),
        ("Wipe", FromHub::Wipe(Wipe { device: device(), at: NOW, signature })),
        ("RangeRes", FromHub::RangeRes(range)),
        ("Throttle", FromHub::Throttle(Throttle { retry_after_ms: 500 })),
        ("FetchRes", FromHub::FetchRes(fetched)),
        ("Notice", FromHub::Notice(Notice { refusal: refusal.into() })),
        ("Offered", FromHub::Offered(Offered { epoch: [4; 16] })),
        (
            "BatchPart",
            FromHub::Batch(Batch {
                digest: None,
                from_part: Some(Place::Early(2).into()),
                to_part: Some(Place::Within(Some(item(ItemKind::Order))).into()),
                ..batch()
            }),
        ),
    ]
}

#[test]
fn every_message_keeps_its_bytes() {
    let mut lines = String::new();
    writeln!(lines, "Entry {}", hex(&entry().to_bytes())).unwrap();
    for (name, message) in from_devices() {
        let frame = encode_device(&message);
        assert_eq!(decode_device(&frame), Ok(message), "{name}");
        writeln!(lines, "{name} {}", hex(&frame)).unwrap();
    }
    for (name, message) in from_hub() {
        let frame = encode_hub(&message);
        assert_eq!(decode_hub(&frame), Ok(message), "{name}");
        writeln!(lines, "{name} {}", hex(&frame)).unwrap();
    }
    frozen("messages-v1.txt", &lines);
}

#[test]
fn a_conversation_keeps_its_bytes() {
    let mut said = String::new();
    let (mut line, mut session, device_key) = sides();
    let mut to_hub = open(&mut line, &device_key);
    let mut to_device = Vec::new();
    while !to_hub.is_empty() || !to_device.is_empty() {
        for frame in std::mem::take(&mut to_hub) {
            writeln!(said, "device {}", hex(&frame)).unwrap();
            to_device.extend(hub_answers(&mut session, ToSession::Frame(frame), &device_key));
        }
        for frame in std::mem::take(&mut to_device) {
            writeln!(said, "hub {}", hex(&frame)).unwrap();
            to_hub.extend(device_answers(&mut line, ToLine::Frame(frame), &device_key));
        }
    }
    frozen("conversation-v1.txt", &said);
}

#[test]
fn a_reserved_message_is_answered_with_a_code() {
    for (number, name) in RESERVED {
        let refused = decode_device(&[PROTOCOL, *number, 0]).unwrap_err();
        assert_eq!(refused, Refusal::new(codes::UNIMPLEMENTED).with("message", name));
    }
}

#[test]
fn a_bomb_is_refused_before_it_is_given_memory() {
    let huge = u32::try_from(BODY_BYTES_MAX + 1).unwrap();
    assert_eq!(decode_hub(&compressed(0x45, huge, &[])).unwrap_err().code, codes::TOO_LARGE);
    assert_eq!(
        decode_hub(&vec![PROTOCOL; FRAME_BYTES_MAX + 1]).unwrap_err().code,
        codes::TOO_LARGE
    );
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_bytes_make_a_decoder_panic(frame: Vec<u8>, number: u8, flags in 0u8..3) {
        let _ = decode_device(&frame);
        let _ = decode_hub(&frame);
        let framed = [&[PROTOCOL, number, flags], frame.as_slice()].concat();
        let _ = decode_device(&framed);
        let _ = decode_hub(&framed);
        let _ = Entry::from_bytes(&frame);
    }
}

fn sides() -> (Device, Session, SigningKey) {
    let server_key = SigningKey::from_bytes(&[7; 32]);
    let device_key = SigningKey::from_bytes(&[8; 32]);
    let line = Device::new(device(), server_key.verifying_key().to_bytes(), NOW);
    (line, Session::new(server_key, NOW), device_key)
}

fn journal() -> Head {
    let bytes = entry().to_bytes();
    Head { n: 1, hash: hash(&bytes) }
}

fn open(line: &mut Device, key: &SigningKey) -> Vec<Vec<u8>> {
    let opening = Opening {
        token: "token".into(),
        journal: journal(),
        signature: sign_head(key, device(), journal()),
        cursors: vec![],
        clock: NOW,
        build: "web".into(),
        receipt: None,
        recorded: None,
        pruned: 0,
    };
    device_answers(line, ToLine::Opened(opening), key)
}

/// A device with one entry in its journal that applies every batch.
fn device_answers(line: &mut Device, event: ToLine, key: &SigningKey) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    for effect in line.handle(event, NOW) {
        match effect {
            FromLine::Send(frame) => frames.push(frame),
            FromLine::ReadJournal { after: 0, .. } => {
                let push = push_of(
                    vec![entry().to_bytes()],
                    journal(),
                    sign_head(key, device(), journal()),
                );
                frames.extend(device_answers(line, ToLine::Entries(Some(push)), key));
            }
            FromLine::Apply(_) => {
                frames.extend(device_answers(line, ToLine::Applied(Outcome::Done), key))
            }
            FromLine::Refused(refusal) => panic!("{refusal}"),
            _ => {}
        }
    }
    frames
}

/// A hub with one channel of one record that stores every entry.
fn hub_answers(session: &mut Session, event: ToSession, device_key: &SigningKey) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    for effect in session.handle(event, NOW) {
        let event = match effect {
            FromSession::Send(frame) => {
                frames.push(frame);
                continue;
            }
            FromSession::SendBatch(batch) => {
                frames.push(encode_hub(&FromHub::Batch(batch)));
                continue;
            }
            FromSession::Reported(_) => continue,
            FromSession::Authenticate(_) => ToSession::Known(Box::new(Known {
                wipe_ordered_at: None,
                person: Some(PersonId(Uuid::from_u128(3))),
                device_key: device_key.verifying_key().to_bytes(),
                stored: Head::default(),
                stored_at: NOW,
                channels: vec![channel_head()],
                refusal: None,
                restored: None,
            })),
            FromSession::Store { entries, .. } => {
                ToSession::Stored { head: entries.last().unwrap().0, at: NOW }
            }
            FromSession::ReadFeed(Span { channel, from, .. }) => ToSession::Page(
                channel,
                Some(Batch {
                    channel,
                    from_part: None,
                    to_part: None,
                    epoch: [4; 16],
                    from,
                    to: 7,
                    digest: Some(Bytes(vec![5; 32])),
                    items: vec![BatchItem {
                        item: item(ItemKind::Product),
                        news: News::Record(Bytes(vec![1])),
                    }],
                }),
            ),
            FromSession::KeepOffer(offer) => ToSession::Offered(offer.epoch),
            other => panic!("nobody asked for this: {other:?}"),
        };
        frames.extend(hub_answers(session, event, device_key));
    }
    frames
}

fn frozen(name: &str, now: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/wire").join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, now).unwrap();
    }
    let before = std::fs::read_to_string(&path).unwrap();
    assert_eq!(now, before, "the bytes of the protocol changed");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
