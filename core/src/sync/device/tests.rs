use ed25519_dalek::SigningKey;

use super::wipe::WIPE_WITHIN_MS;
use super::*;
use crate::sync::{PUSH_BYTES, Wipe, encode_hub};

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
        pruned: 0,
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
    device.handle(welcome(None), Timestamp(0));
    assert!(matches!(
        device.handle(Event::Tick, Timestamp(PING_AFTER_MS + 1))[..],
        [Effect::Send(_)]
    ));
    assert!(device.handle(Event::Tick, Timestamp(PING_AFTER_MS + 2)).is_empty());
    assert_eq!(device.handle(Event::Tick, Timestamp(DEAD_AFTER_MS + 1)), [Effect::Close]);
}

const NORTH: Channel = Channel::Catalog;

fn head_of(seq: u64) -> ChannelHead {
    ChannelHead { channel: NORTH, epoch: [4; 16], seq, items: 1, digest: [5; 32] }
}

fn welcome_to(channels: Vec<ChannelHead>) -> Event {
    Event::Frame(encode_hub(&FromHub::Welcome(Welcome {
        protocol: 1,
        receipt: None,
        clock: Timestamp(0),
        channels,
        refusal: None,
        restored: None,
    })))
}

fn hears(device: &mut Device, message: FromHub, at: i64) -> Vec<Effect> {
    device.handle(Event::Frame(encode_hub(&message)), Timestamp(at))
}

fn sent(effects: &[Effect]) -> Vec<FromDevice> {
    let frames = effects.iter().filter_map(|effect| match effect {
        Effect::Send(frame) => Some(frame),
        _ => None,
    });
    frames.map(|frame| crate::sync::decode_device(frame).unwrap()).collect()
}

fn item(n: u128) -> ItemId {
    ItemId::new(crate::id::ItemKind::Product, uuid::Uuid::from_u128(n))
}

fn batch(to: u64) -> FromHub {
    FromHub::Batch(Batch {
        channel: NORTH,
        epoch: [4; 16],
        from: to - 1,
        to,
        digest: Some(Bytes(vec![5; 32])),
        items: vec![],
        from_part: None,
        to_part: None,
    })
}

fn found(numbers: &[u8]) -> FromHub {
    let buckets = numbers.iter().map(|number| super::super::RangeBucket {
        number: *number,
        items: vec![super::super::RangeItem { item: item(u128::from(*number)), element: [1; 32] }],
    });
    FromHub::RangeRes(RangeRes {
        channel: NORTH,
        epoch: [4; 16],
        seq: 7,
        digest: [5; 32],
        buckets: buckets.collect(),
        more: false,
    })
}

/// A line on which a batch was applied whose digest differs: the sums have been asked for.
fn differing() -> Device {
    let (mut device, _) = line();
    open(&mut device, 0);
    device.handle(welcome_to(vec![head_of(7)]), Timestamp(0));
    hears(&mut device, batch(7), 0);
    let effects = device.handle(Event::Applied(Outcome::Differs), Timestamp(0));
    assert_eq!(effects, [Effect::SumUp(NORTH)]);
    device
}

fn sums() -> Event {
    Event::Summed(Some(Sums { epoch: [4; 16], seq: 7, buckets: vec![0; 2048] }))
}

#[test]
fn a_difference_is_narrowed_fetched_and_proved() {
    let mut device = differing();
    let asked = sent(&device.handle(sums(), Timestamp(0)));
    assert!(matches!(&asked[..], [FromDevice::RangeReq(req)] if req.repaired == Some(0)));
    let effects = hears(&mut device, found(&[3, 9]), 0);
    assert!(matches!(effects[..], [Effect::Notice(_), Effect::Compare(_)]));

    let wanted = vec![item(3), item(9)];
    let difference = Difference { wanted: wanted.clone(), removed: 1 };
    let asked = sent(&device.handle(Event::Compared(Some(difference)), Timestamp(0)));
    assert_eq!(
        asked,
        [FromDevice::Fetch(super::super::Fetch { items: wanted, repair: Some(NORTH) })]
    );
    // Only one of them fits, so the other is asked for again.
    let one = super::super::BatchItem { item: item(3), news: super::super::News::Left };
    let answer = FetchRes { repair: Some(NORTH), items: vec![one], missing: vec![] };
    hears(&mut device, FromHub::FetchRes(answer), 0);
    let asked = sent(&device.handle(Event::Mended, Timestamp(0)));
    assert!(matches!(&asked[..], [FromDevice::Fetch(it)] if it.items == [item(9)]));
    let answer = FetchRes { repair: Some(NORTH), items: vec![], missing: vec![item(9)] };
    hears(&mut device, FromHub::FetchRes(answer), 0);
    assert_eq!(device.handle(Event::Mended, Timestamp(0)), [Effect::SumUp(NORTH)]);
    let asked = sent(&device.handle(sums(), Timestamp(0)));
    assert!(matches!(&asked[..], [FromDevice::RangeReq(req)] if req.repaired == Some(2)));
    let effects = hears(&mut device, found(&[]), 0);
    assert_eq!(effects, [Effect::Agreed(NORTH, 2), Effect::UpToDate]);
}

#[test]
fn a_repair_without_an_end_starts_the_channel_over() {
    let mut device = differing();
    for _round in 0..1_000 {
        device.handle(sums(), Timestamp(0));
        let effects = hears(&mut device, found(&[3]), 0);
        if effects.contains(&Effect::StartOver(NORTH)) {
            assert!(effects.contains(&Effect::Close));
            assert!(
                matches!(&sent(&effects)[..], [FromDevice::Bye(bye)] if bye.reason == codes::DIVERGED)
            );
            return;
        }
        device.handle(Event::Compared(Some(Difference::default())), Timestamp(0));
    }
    panic!("it goes on for ever");
}

#[test]
fn an_answer_that_brings_nothing_asked_for_starts_the_channel_over() {
    let mut device = differing();
    device.handle(sums(), Timestamp(0));
    hears(&mut device, found(&[3]), 0);
    let difference = Difference { wanted: vec![item(3)], removed: 0 };
    device.handle(Event::Compared(Some(difference)), Timestamp(0));
    let answer = FetchRes { repair: Some(NORTH), items: vec![], missing: vec![] };
    assert!(hears(&mut device, FromHub::FetchRes(answer), 0).contains(&Effect::StartOver(NORTH)));
}

#[test]
fn a_throttled_device_sends_everything_without_a_receipt_again_but_not_before() {
    let (mut device, _) = line();
    open(&mut device, 5);
    device.handle(welcome(None), Timestamp(0));
    let push = |n| Event::Entries(Some(push_of(vec![vec![1]], Head { n, hash: [1; 32] }, vec![])));
    assert_eq!(sent(&device.handle(push(1), Timestamp(0))).len(), 1);
    assert_eq!(sent(&device.handle(push(2), Timestamp(0))).len(), 1);
    let throttle = FromHub::Throttle(super::super::Throttle { retry_after_ms: 5_000 });
    let effects = hears(&mut device, throttle, 1_000);
    assert!(matches!(&effects[..], [Effect::Notice(it)] if it.code == codes::THROTTLED));
    // Neither what was read already nor what is recorded now goes up.
    assert!(sent(&device.handle(push(3), Timestamp(1_000))).is_empty());
    let recorded = Event::Recorded(Head { n: 6, hash: [1; 32] });
    assert!(device.handle(recorded, Timestamp(2_000)).is_empty());
    assert!(device.handle(Event::Tick, Timestamp(5_999)).is_empty());
    let again = Effect::ReadJournal { after: 0, bytes_max: PUSH_BYTES };
    assert_eq!(device.handle(Event::Tick, Timestamp(6_000)), [again]);
}

fn stalls(effects: &[Effect], step: &str) -> bool {
    effects.iter().any(|effect| {
        matches!(effect, Effect::Stalled(it) if it.code == codes::STALLED && it.params["step"] == step)
    }) && effects.contains(&Effect::Close)
}

#[test]
fn every_step_has_a_deadline() {
    let (mut device, _) = line();
    open(&mut device, 0);
    assert!(!stalls(&device.handle(Event::Tick, Timestamp(10_000)), "welcome"));
    assert!(stalls(&device.handle(Event::Tick, Timestamp(10_001)), "welcome"));

    // Each line hears pings all the time, and nothing of what it waits for.
    let pong = || FromHub::Pong(Ping { clock: Timestamp(0), journal: None });
    let (mut device, _) = line();
    open(&mut device, 1);
    device.handle(welcome_to(vec![head_of(7)]), Timestamp(0));
    hears(&mut device, pong(), 30_000);
    assert!(stalls(&device.handle(Event::Tick, Timestamp(30_001)), "page"));

    let (mut device, _) = line();
    open(&mut device, 1);
    device.handle(welcome(None), Timestamp(0));
    let push = push_of(vec![vec![1]], Head { n: 1, hash: [1; 32] }, vec![]);
    device.handle(Event::Entries(Some(push)), Timestamp(0));
    hears(&mut device, pong(), 30_000);
    assert!(stalls(&device.handle(Event::Tick, Timestamp(30_001)), "receipt"));

    let mut device = differing();
    device.handle(sums(), Timestamp(0));
    hears(&mut device, pong(), 30_000);
    assert!(stalls(&device.handle(Event::Tick, Timestamp(30_001)), "answer"));
}

#[test]
fn progress_keeps_a_slow_line() {
    let (mut device, _) = line();
    open(&mut device, 0);
    device.handle(welcome_to(vec![head_of(9)]), Timestamp(0));
    for to in 1..=9_i64 {
        hears(&mut device, batch(to.unsigned_abs()), to * 25_000);
        device.handle(Event::Applied(Outcome::Done), Timestamp(to * 25_000));
        let effects = device.handle(Event::Tick, Timestamp(to * 25_000 + 15_000));
        assert!(!effects.contains(&Effect::Close));
    }
    // Everything is here: nothing is waited for any more.
    hears(&mut device, FromHub::Pong(Ping { clock: Timestamp(0), journal: None }), 290_000);
    assert!(!device.handle(Event::Tick, Timestamp(300_000)).contains(&Effect::Close));
}

#[test]
fn what_a_denial_says_about_coming_back_is_told() {
    let (mut device, _) = line();
    open(&mut device, 0);
    let refusal = Refusal::new(codes::INTERNAL).into();
    let denied = Denied { refusal, answers: 0, retry_after_ms: Some(7_000) };
    let effects = hears(&mut device, FromHub::Denied(denied), 0);
    assert!(effects.contains(&Effect::ComeBackAfter(7_000)) && effects.contains(&Effect::Close));
}

#[test]
fn what_was_long_on_its_way_does_not_say_what_time_it_is() {
    let clock = |effects: &[Effect]| effects.contains(&Effect::HubClock(Timestamp(0)));
    let pings = |effects: &[Effect]| {
        let now = Ping { clock: Timestamp(19 * 60_000), journal: Some(5) };
        effects.contains(&send(&FromDevice::Ping(now)))
    };
    let (mut device, _) = line();
    open(&mut device, 5);
    let effects = device.handle(welcome(None), Timestamp(40_000));
    assert!(clock(&effects) && !pings(&effects));

    // The phone slept while the answer waited in its socket.
    let (mut device, _) = line();
    open(&mut device, 5);
    let effects = device.handle(welcome(None), Timestamp(19 * 60_000));
    assert!(!clock(&effects) && pings(&effects));
    let pong = Ping { clock: Timestamp(0), journal: None };
    let pong = Event::Frame(encode_hub(&FromHub::Pong(pong)));
    assert!(clock(&device.handle(pong, Timestamp(19 * 60_000 + 500))));
}
