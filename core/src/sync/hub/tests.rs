use super::*;
use crate::sync::{
    Bytes, Entry, PUSH_WINDOW, Part, Place, decode_hub, encode_device, hash, sign_head,
};

const NOW: Timestamp = Timestamp(1_000_000);

fn device_key() -> SigningKey {
    SigningKey::from_bytes(&[8; 32])
}

fn device() -> DeviceId {
    DeviceId(uuid::Uuid::from_u128(1))
}

fn head_of(channel: Channel, seq: u64) -> ChannelHead {
    ChannelHead { channel, epoch: [4; 16], seq, items: 1, digest: [5; 32] }
}

/// A line of a device that says it is at these cursors.
fn line(channels: Vec<ChannelHead>, cursors: Vec<crate::sync::Cursor>) -> (Session, Vec<Effect>) {
    meet(channels, cursors, None, None)
}

/// The same of one that says it once recorded so many entries, and that is refused.
fn meet(
    channels: Vec<ChannelHead>,
    cursors: Vec<crate::sync::Cursor>,
    recorded: Option<u64>,
    refusal: Option<Refusal>,
) -> (Session, Vec<Effect>) {
    let mut session = Session::new(SigningKey::from_bytes(&[7; 32]), NOW);
    let hello = Hello {
        protocol_min: 1,
        protocol_max: 1,
        token: String::new(),
        device: device(),
        journal: Head::default(),
        signature: sign_head(&device_key(), device(), Head::default()),
        clock: NOW,
        cursors,
        build: "test".into(),
        receipt: None,
        recorded,
        pruned: None,
        history: None,
    };
    session.handle(Event::Frame(encode_device(&FromDevice::Hello(hello))), NOW);
    let known = Known {
        person: None,
        device_key: device_key().verifying_key().to_bytes(),
        stored: Head::default(),
        stored_at: NOW,
        channels,
        refusal,
        restored: None,
        wipe_ordered_at: None,
    };
    let effects = session.handle(Event::Known(Box::new(known)), NOW);
    (session, effects)
}

/// Pushes of one entry each.
fn pushes(count: u64) -> Vec<Vec<u8>> {
    let mut head = Head::default();
    let mut frames = Vec::new();
    for n in 1..=count {
        let entry = Entry {
            n,
            previous: head.hash,
            device: device(),
            person: PersonId(uuid::Uuid::from_u128(2)),
            at: crate::time::Hlc::default(),
            offset_minutes: 0,
            operation: "test".into(),
            version: 1,
            args: vec![],
            changes: vec![],
            rests_on: vec![],
            replaces: None,
        };
        let bytes = entry.to_bytes();
        head = Head { n, hash: hash(&bytes) };
        let signature = sign_head(&device_key(), device(), head);
        let push = Push { head, signature, entries: vec![Bytes(bytes)] };
        frames.push(encode_device(&FromDevice::Push(push)));
    }
    frames
}

fn ends(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Close))
}

fn said(effects: &[Effect]) -> Vec<FromHub> {
    let frames = effects.iter().filter_map(|effect| match effect {
        Effect::Send(frame) => Some(frame),
        _ => None,
    });
    frames.map(|frame| decode_hub(frame).unwrap()).collect()
}

#[test]
fn a_device_that_does_not_wait_for_receipts_loses_its_line() {
    let (mut session, _) = line(vec![], vec![]);
    let frames = pushes(PUSH_WINDOW as u64 + 3);
    let (last, allowed) = frames.split_last().unwrap();
    for frame in allowed {
        assert!(!ends(&session.handle(Event::Frame(frame.clone()), NOW)));
    }
    assert!(ends(&session.handle(Event::Frame(last.clone()), NOW)));
}

#[test]
fn a_device_whose_storage_went_back_delivers_what_it_has_left_only_when_it_is_shut_out() {
    let (_, effects) = meet(vec![], vec![], Some(5), None);
    assert!(
        matches!(&said(&effects)[..], [FromHub::Denied(it)] if it.refusal.code == codes::JOURNAL_FORKED)
    );
    let revoked = Refusal::new(codes::DEVICE_REVOKED);
    let (mut session, effects) = meet(vec![], vec![], Some(5), Some(revoked));
    assert!(matches!(&said(&effects)[..], [FromHub::Welcome(it)] if it.refusal.is_some()));
    let effects = session.handle(Event::Frame(pushes(1).remove(0)), NOW);
    assert!(matches!(&effects[..], [Effect::Store { .. }]), "{effects:?}");
}

#[test]
fn after_a_throttle_the_device_begins_again_where_it_has_a_receipt() {
    let (mut session, _) = line(vec![], vec![]);
    let frames = pushes(4);
    session.handle(Event::Frame(frames[0].clone()), NOW);
    session.handle(Event::Frame(frames[1].clone()), NOW);
    let effects = session.handle(Event::Busy { retry_after_ms: 3_000 }, NOW);
    assert!(matches!(&said(&effects)[..], [FromHub::Throttle(it)] if it.retry_after_ms == 3_000));
    // These were on their way.
    for frame in &frames[2..] {
        assert!(session.handle(Event::Frame(frame.clone()), NOW).is_empty());
    }
    for frame in &frames {
        let effects = session.handle(Event::Frame(frame.clone()), NOW);
        let [Effect::Store { entries, .. }] = &effects[..] else { panic!("{effects:?}") };
        let head = entries[0].0;
        assert!(!ends(&session.handle(Event::Stored { head, at: NOW }, NOW)));
    }
}

#[test]
fn a_device_that_holds_something_else_is_told_the_digest_and_keeps_its_place() {
    let head = head_of(Channel::Catalog, 7);
    let cursor = crate::sync::Cursor {
        channel: Channel::Catalog,
        epoch: [4; 16],
        seq: 7,
        digest: [6; 32],
        part: None,
    };
    let (_, effects) = line(vec![head], vec![cursor]);
    let batches: Vec<_> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::SendBatch(batch) => Some(batch),
            _ => None,
        })
        .collect();
    assert_eq!(batches.len(), 1);
    assert_eq!((batches[0].from, batches[0].to, batches[0].items.len()), (7, 7, 0));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::ReadFeed(_))));
}

#[test]
fn what_a_person_needs_first_of_a_territory_goes_before_the_rest() {
    let north = Channel::Territory(uuid::Uuid::from_u128(3).into());
    let own = Channel::User(PersonId(uuid::Uuid::from_u128(2)));
    let heads = vec![head_of(own, 7), head_of(north, 7), head_of(Channel::Catalog, 7)];
    let (mut session, effects) = line(heads, vec![]);
    let next = |effects: &[Effect]| {
        effects.iter().find_map(|effect| match effect {
            Effect::ReadFeed(span) => Some(*span),
            _ => None,
        })
    };
    let span = next(&effects).unwrap();
    assert_eq!(span.channel, north);
    let early = Some(Part::from(Place::Early(3)));
    let page = |to, to_part| Batch {
        channel: north,
        epoch: [4; 16],
        from: 0,
        to,
        digest: None,
        items: vec![],
        from_part: None,
        to_part,
    };
    let effects = session.handle(Event::Page(north, Some(page(0, early))), NOW);
    let span = next(&effects).unwrap();
    assert_eq!((span.channel, span.part), (north, early));
    // The first page of the order itself: from here on channels go one after another.
    let page = Batch { from_part: early, ..page(5, None) };
    let effects = session.handle(Event::Page(north, Some(page)), NOW);
    assert_eq!(next(&effects).unwrap().channel, own);
}

#[test]
fn questions_are_limited() {
    let (mut session, _) = line(vec![head_of(Channel::Catalog, 7)], vec![]);
    let asked = RangeReq {
        channel: Channel::Catalog,
        epoch: [4; 16],
        seq: 7,
        buckets: vec![0; 2048],
        repaired: None,
    };
    let frame = encode_device(&FromDevice::RangeReq(asked));
    let mut answered = 0;
    while !ends(&session.handle(Event::Frame(frame.clone()), NOW)) {
        answered += 1;
        assert!(answered < 1_000);
    }
    assert!(answered > 10);
}
