//! Modified clients and strangers against the real server: its memory stays where it was, nobody
//! gets what is not theirs, and an honest rep is served meanwhile.
//!
//! What each forgery is answered with: `server/tests/hub_hostile.rs`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a panic is how a test fails")]

#[path = "../../server/tests/hub_support/mod.rs"]
mod hub_support;

use std::cell::Cell;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;
use futures_util::SinkExt as _;
use futures_util::future::join_all;
use hub_support::{Phone, edit, new_customer};
use rand::RngCore as _;
use roundsman_core::documents::{Stamp, actor_of, execute};
use roundsman_core::id::{CustomerId, DeviceId, ItemId, PersonId};
use roundsman_core::sync::{
    Bytes, Channel, Cursor, Entry, EntryChange, FromDevice, FromHub, Head, Ping, Push, compressed,
    encode_device, sign_head,
};
use roundsman_core::time::Timestamp;
use roundsman_device::Device;
use roundsman_tests::{Chance, Ledger, ServerProcess, agree, decided};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

const PROGRAM: &str = env!("CARGO_BIN_EXE_roundsman-under-test");
const PASSWORD: &str = "roundsman";
/// How much more memory than a quiet server's an attack may cost.
const EXTRA_KIB_MAX: u64 = 64 << 10;
/// Operations of the honest rep during an attack at most.
const WORK_MAX: u32 = 20;
/// How long the honest rep listens before doing the next thing.
const MOMENT: Duration = Duration::from_millis(20);
/// How long the server may take to end a line on which nobody says who they are.
const PATIENCE: Duration = Duration::from_secs(15);

/// What is done to the server at this address.
type Attack = fn(String) -> std::pin::Pin<Box<dyn Future<Output = ()>>>;

/// Enrols a phone whose line is driven by hand.
async fn enrol(server: &str, login: &str) -> Phone {
    let mut seed = [0; 32];
    rand::rng().fill_bytes(&mut seed);
    let key = SigningKey::from_bytes(&seed);
    let public = STANDARD.encode(key.verifying_key().to_bytes());
    let body = serde_json::json!({ "login": login, "password": PASSWORD, "publicKey": public });
    let sent = reqwest::Client::new().post(format!("{server}/api/device/sign-in")).json(&body);
    let answer: Value =
        sent.send().await.unwrap().error_for_status().unwrap().json().await.unwrap();
    let id = |value: &Value| Uuid::parse_str(value.as_str().unwrap()).unwrap();
    let server_key = STANDARD.decode(answer["serverKey"].as_str().unwrap()).unwrap();
    let token = answer["access"].as_str().unwrap().to_owned();
    let who = (DeviceId(id(&answer["device"])), PersonId(id(&answer["person"]["id"])));
    Phone::enrolled(server, server_key.try_into().unwrap(), key, who, token)
}

async fn online(server: &str, login: &str) -> Phone {
    let mut phone = enrol(server, login).await;
    phone.connect().await;
    phone.hello().await;
    phone
}

/// Several phones at once.
async fn phones(server: &str, count: usize) -> Vec<Phone> {
    let mut phones = Vec::new();
    for _ in 0..count {
        phones.push(online(server, "wang").await);
    }
    phones
}

/// Runs an attack while an honest rep works, and judges memory and service.
async fn withstands(attack: Attack) {
    let mut server = ServerProcess::start(PROGRAM).await.unwrap();
    let mut honest = server.device("lin").await.unwrap();
    let mut ledger = Ledger::of(&honest).unwrap();
    let mut chance = Chance::new(1);
    chance.work(&mut honest, &mut ledger).unwrap();
    honest.sync().await.unwrap();
    server.forget_peak().unwrap();
    let quiet = server.peak_kib().unwrap();

    let over = Cell::new(false);
    let mut served = 0;
    let attacking = async {
        attack(server.url()).await;
        over.set(true);
    };
    let working = async {
        while !over.get() || served == 0 {
            if served < WORK_MAX {
                chance.work(&mut honest, &mut ledger).unwrap();
            }
            honest.sync().await.expect("an honest rep is served meanwhile");
            served += 1;
            honest.listen(MOMENT).await.unwrap();
        }
    };
    tokio::join!(attacking, working);
    let peak = server.peak_kib().unwrap();
    println!("quiet {quiet} KiB, at its height {peak} KiB; {served} honest syncs meanwhile");
    assert!(peak <= quiet + EXTRA_KIB_MAX, "quiet {quiet} KiB, at its height {peak} KiB");

    assert!(server.is_running().unwrap(), "{}", server.log());
    honest.sync().await.unwrap();
    for order in ledger.orders() {
        decided(&mut honest, order).await.unwrap();
    }
    agree(&mut honest).await.unwrap();
    ledger.settle(&honest, &server.office().await.unwrap()).await.unwrap();
    let _fresh: Device = server.device("chen").await.unwrap();
}

macro_rules! attacks {
    ($($name:ident: $attack:ident;)*) => {$(
        #[tokio::test]
        async fn $name() {
            withstands(|server| Box::pin($attack(server))).await;
        }
    )*};
}

attacks! {
    bombs_are_not_unpacked: bombs;
    lists_of_nothing_are_not_kept: lists_of_nothing;
    entries_of_another_device_are_not_taken: replayed;
    forged_actors_are_put_aside: forged_actors;
    a_flood_of_orphans_is_put_aside: orphans;
    channels_without_a_grant_tell_nothing: foreign_channels;
    huge_lists_of_dependencies_are_read_within_bounds: dependencies;
    pushes_that_do_not_wait_are_all_answered: impatient;
    a_hello_that_never_ends_is_not_waited_for: slow_hello;
    lines_that_nobody_reads_are_dropped: deaf;
    garbage_after_hello_ends_the_line: garbage;
    a_thousand_lines_that_say_nothing: mute;
    a_thousand_connections_that_are_not_even_lines: idle;
    sign_ins_at_once_take_turns: guesses;
}

/// Frames that claim to unpack to megabytes, before hello and after.
async fn bombs(server: String) {
    let zeros = vec![0u8; 64 << 20];
    let small = zstd::bulk::compress(&zeros, 19).unwrap();
    drop(zeros);
    let bombs = [64 << 20, 4 << 20, u32::MAX].map(|size| compressed(0x02, size, &small));
    let mut phones = phones(&server, 8).await;
    let waves = phones.iter_mut().map(|phone| async {
        for bomb in bombs.iter().cycle().take(12) {
            phone.send_raw(bomb.clone()).await;
            assert!(["MALFORMED", "TOO_LARGE"].contains(&phone.denied().await.as_str()));
            phone.connect().await;
            phone.send_raw(bomb.clone()).await;
            assert!(["MALFORMED", "TOO_LARGE"].contains(&phone.denied().await.as_str()));
            phone.connect().await;
            phone.hello().await;
        }
    });
    join_all(waves).await;
}

/// A megabyte of empty entries: each byte would become an object.
async fn lists_of_nothing(server: String) {
    let mut phones = phones(&server, 16).await;
    let empty = encode_device(&FromDevice::Push(Push {
        head: Head { n: 1, hash: [1; 32] },
        signature: vec![0; 64],
        entries: vec![Bytes(vec![]); (1 << 20) - 1_000],
    }));
    let sent = phones.iter_mut().map(|phone| async {
        phone.send_raw(empty.clone()).await;
        assert!(["MALFORMED", "TOO_LARGE"].contains(&phone.denied().await.as_str()));
    });
    join_all(sent).await;
}

/// What one device recorded, pushed by others under their own names.
async fn replayed(server: String) {
    let mut victim = online(&server, "wang").await;
    let entries: Vec<_> = (0..50).map(|_| victim.record(&new_customer("Shop"))).collect();
    let head = victim.head;
    victim.deliver(entries.clone()).await;
    for phone in &mut phones(&server, 10).await {
        phone.head = head;
        phone.push(entries.clone()).await;
        assert_eq!(phone.denied().await, "FORGED");
    }
}

fn made_by(phone: &Phone, actor: DeviceId, customer: CustomerId) -> EntryChange {
    let stamp = Stamp { at: phone.time, by: phone.person, device: actor };
    let made = execute(&edit(customer, "phone", "2"), &actor_of(actor, 0), stamp, &mut |item| {
        Ok(phone.own.get(&item).cloned())
    });
    let made = made.unwrap().remove(0);
    EntryChange { item: made.item, bytes: made.change }
}

/// Hundreds of changes that claim to be another device's.
async fn forged_actors(server: String) {
    let mut phone = online(&server, "wang").await;
    let create = new_customer("Shop");
    let mut entries = vec![phone.record(&create)];
    for _ in 0..300 {
        let at = phone.tick();
        let change = made_by(&phone, DeviceId(Uuid::now_v7()), create.customer);
        entries.push(phone.entry(&edit(create.customer, "phone", "2"), at, vec![change]));
    }
    phone.deliver(entries).await;
    let codes = phone.judged(301).await;
    assert_eq!(codes.len(), 300);
    assert!(codes.values().all(|code| code == "FORGED"));
}

/// Thousands of changes that build on one that was never sent.
async fn orphans(server: String) {
    let mut phone = online(&server, "wang").await;
    let create = new_customer("Shop");
    let first = phone.record(&create);
    phone.deliver(vec![first]).await;
    // Recorded and kept back: nothing after it can be admitted.
    let before = phone.head;
    phone.record(&edit(create.customer, "note", "kept back"));
    phone.head = before;
    let mut entries = Vec::new();
    for n in 0..2_000 {
        entries.push(phone.record(&edit(create.customer, "note", &format!("orphan {n}"))));
        if entries.len() == 500 {
            phone.deliver(std::mem::take(&mut entries)).await;
        }
    }
    let codes = phone.judged(2_001).await;
    assert!(codes.values().all(|code| code == "MISSING_DEPENDENCY"));
}

/// A hello whose cursors name what belongs to others.
async fn foreign_channels(server: String) {
    let victim = online(&server, "lin").await;
    let mut phone = enrol(&server, "wang").await;
    let welcome = {
        let mut other = enrol(&server, "lin").await;
        other.connect().await;
        other.hello().await
    };
    let foreign: Vec<Channel> = welcome
        .channels
        .iter()
        .map(|head| head.channel)
        .filter(|it| matches!(it, Channel::Territory(_) | Channel::User(_)))
        .chain([Channel::Device(victim.device)])
        .collect();
    assert!(foreign.len() >= 3);
    for channel in &foreign {
        let cursor =
            Cursor { channel: *channel, epoch: [0; 16], seq: 0, digest: [0; 32], part: None };
        phone.cursors.entry(*channel).or_default().cursor = Some(cursor);
    }
    // And as many that do not exist as a hello can hold.
    for _ in 0..120 {
        let channel = Channel::Territory(Uuid::now_v7().into());
        let cursor = Cursor { channel, epoch: [9; 16], seq: u64::MAX, digest: [9; 32], part: None };
        phone.cursors.entry(channel).or_default().cursor = Some(cursor);
    }
    phone.connect().await;
    let welcome = phone.hello().await;
    let own: Vec<_> = welcome.channels.iter().map(|head| head.channel).collect();
    assert!(foreign.iter().all(|channel| !own.contains(channel)), "{own:?}");
    phone.send(FromDevice::Ping(Ping { clock: Timestamp(0), journal: None })).await;
    loop {
        match phone.next().await.expect("the line is open") {
            FromHub::Batch(batch) => assert!(own.contains(&batch.channel), "{}", batch.channel),
            FromHub::Pong(_) => break,
            _ => {}
        }
    }
}

/// Entries that rest on half a million others, and changes with thousands of dependencies.
async fn dependencies(server: String) {
    let mut phone = online(&server, "wang").await;
    let create = new_customer("Shop");
    let item = ItemId::from(create.customer);
    let first = phone.record(&create);
    phone.deliver(vec![first]).await;
    let honest = phone.entry(&edit(create.customer, "phone", "2"), phone.time, vec![]);
    let honest = Entry::from_bytes(&honest).unwrap();
    phone.head = Head { n: 1, hash: honest.previous };
    for round in 0..8 {
        let at = phone.tick();
        let change = made_by(&phone, phone.device, create.customer);
        let rests_on = vec![1; 500_000];
        let entry = Entry {
            n: phone.head.n + 1,
            previous: phone.head.hash,
            at,
            rests_on,
            ..honest.clone()
        };
        let entry = if round % 2 == 0 {
            Entry { changes: vec![change], ..entry }
        } else {
            let bytes = many_dependencies(&change.bytes);
            Entry { rests_on: vec![], changes: vec![EntryChange { item, bytes }], ..entry }
        };
        let bytes = phone.chain(&entry);
        phone.push(vec![bytes]).await;
        // Taken and put aside, or not taken at all: the next line goes on either way.
        let taken = loop {
            match phone.next().await {
                Some(FromHub::Receipt(_)) => break true,
                Some(FromHub::Denied(_)) | None => break false,
                Some(_) => {}
            }
        };
        if !taken {
            phone.head = Head { n: entry.n - 1, hash: entry.previous };
            phone.connect().await;
            phone.hello().await;
        }
    }
}

/// The change with twenty thousand dependencies in front of its own.
fn many_dependencies(change: &[u8]) -> Vec<u8> {
    const COUNT: usize = 20_000;
    // The length of a small change is one or two bytes; then comes the number of dependencies.
    let body_at = change[9..].iter().position(|byte| byte & 0x80 == 0).unwrap() + 10;
    let mut body = vec![0xa0, 0x9c, 0x01];
    body.extend((0..COUNT).flat_map(|n| roundsman_core::sync::hash(&n.to_be_bytes())));
    body.extend(&change[body_at + 1 + 32 * usize::from(change[body_at])..]);
    let mut rest = vec![1u8];
    let mut length = body.len();
    while length >= 0x80 {
        rest.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
        length >>= 7;
    }
    rest.push(u8::try_from(length).unwrap());
    rest.extend(body);
    let sum = roundsman_core::sync::hash(&rest);
    [&change[..4], &sum[..4], &rest].concat()
}

/// Thousands of pushes before the first receipt is read.
async fn impatient(server: String) {
    const PUSHES: u64 = 1_000;
    let mut phone = online(&server, "wang").await;
    let create = new_customer("Shop");
    let first = phone.record(&create);
    phone.deliver(vec![first]).await;
    for n in 0..PUSHES {
        let entry = phone.record(&edit(create.customer, "note", &format!("note {n}")));
        let signature = sign_head(&phone.key, phone.device, phone.head);
        let push = Push { head: phone.head, signature, entries: vec![Bytes(entry)] };
        let frame = Message::Binary(encode_device(&FromDevice::Push(push)).into());
        phone.socket.as_mut().unwrap().feed(frame).await.unwrap();
    }
    phone.socket.as_mut().unwrap().flush().await.unwrap();
    let last = phone.head;
    loop {
        match phone.next().await.expect("the line is open") {
            FromHub::Receipt(receipt) if receipt.head == last => break,
            FromHub::Denied(denied) => panic!("{denied:?}"),
            _ => {}
        }
    }
}

/// A raw connection that has been upgraded to a line.
async fn upgraded(server: &str) -> TcpStream {
    let address = server.trim_start_matches("http://");
    let mut socket = TcpStream::connect(address).await.unwrap();
    let upgrade = format!(
        "GET /sync HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: roundsman.1\r\n\r\n"
    );
    socket.write_all(upgrade.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(socket.read_u8().await.unwrap());
    }
    assert!(answer.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&answer));
    socket
}

/// Waits until the server has closed a connection.
async fn closed(socket: &mut TcpStream) {
    let mut said = Vec::new();
    let ended = tokio::time::timeout(PATIENCE, socket.read_to_end(&mut said)).await;
    assert!(ended.is_ok(), "the server waits for ever");
}

/// Two hundred frames of a megabyte that come by the byte.
async fn slow_hello(server: String) {
    let lines = (0..200).map(|_| async {
        let mut socket = upgraded(&server).await;
        let header = [0x82, 0xff, 0, 0, 0, 0, 0, 0x0f, 0, 0, 1, 2, 3, 4];
        for byte in header {
            if socket.write_all(&[byte]).await.is_err() {
                return;
            }
        }
        closed(&mut socket).await;
    });
    join_all(lines).await;
}

/// Phones that ask for everything, again and again, and read nothing.
async fn deaf(server: String) {
    let mut lines = Vec::new();
    for _ in 0..40 {
        let mut phone = enrol(&server, "wang").await;
        phone.connect().await;
        phone.say_hello().await;
        lines.push(phone);
    }
    // Somebody writes, so that there is always more to tell them.
    let mut writer = online(&server, "wang").await;
    let mut entries = Vec::new();
    for n in 0..400 {
        let mut create = new_customer("Shop");
        create.fields.insert("note".to_owned(), format!("{n} ").repeat(200));
        entries.push(writer.record(&create));
        if entries.len() == 100 {
            writer.deliver(std::mem::take(&mut entries)).await;
        }
    }
    assert!(writer.judged(400).await.is_empty());
}

/// Everything that is no protocol, on lines that began well.
async fn garbage(server: String) {
    let mut random = rand::rng();
    for size in [1usize, 3, 100, 5_000, 300_000] {
        for version in [0u8, 1, 2] {
            let mut phone = online(&server, "wang").await;
            let mut bytes = vec![0; size];
            random.fill_bytes(&mut bytes);
            bytes[0] = version;
            phone.send_raw(bytes).await;
            phone.send_raw(vec![1, 0x02, 0, 0xff]).await;
            let code = phone.denied().await;
            assert!(["MALFORMED", "UNKNOWN_VERSION", ""].contains(&code.as_str()), "{code}");
        }
    }
    let mut phone = online(&server, "wang").await;
    phone.socket.as_mut().unwrap().send(Message::text("{}".repeat(100_000))).await.unwrap();
    assert_eq!(phone.denied().await, "MALFORMED");
    // Bytes that are not even a WebSocket frame.
    let mut socket = upgraded(&server).await;
    let mut bytes = vec![0xff; 64 << 10];
    random.fill_bytes(&mut bytes[2..]);
    let _closed_meanwhile = socket.write_all(&bytes).await;
    let mut said = Vec::new();
    let _reset = tokio::time::timeout(PATIENCE, socket.read_to_end(&mut said)).await.unwrap();
}

/// A thousand lines on which nothing is said.
async fn mute(server: String) {
    let mut lines = Vec::new();
    for _ in 0..1_000 {
        lines.push(upgraded(&server).await);
    }
    online(&server, "chen").await;
    join_all(lines.iter_mut().map(closed)).await;
}

/// A thousand connections that do not even ask for anything.
async fn idle(server: String) {
    let address = server.trim_start_matches("http://").to_owned();
    let mut connections = Vec::new();
    for _ in 0..1_000 {
        connections.push(TcpStream::connect(&address).await.unwrap());
    }
    online(&server, "chen").await;
}

/// Two hundred passwords at once, for logins that exist and for others.
async fn guesses(server: String) {
    let client = reqwest::Client::new();
    let guess = |n: usize| {
        let login = if n < 5 { "wang".to_owned() } else { format!("nobody {n}") };
        let public = STANDARD.encode([7; 32]);
        let body = serde_json::json!({ "login": login, "password": "guess", "publicKey": public });
        client.post(format!("{server}/api/device/sign-in")).json(&body).send()
    };
    let answers = join_all((0..200).map(guess)).await;
    assert!(answers.iter().all(|answer| answer.as_ref().is_ok_and(|it| !it.status().is_success())));
}
