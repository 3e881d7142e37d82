//! A company on a real file, and phones whose socket is driven by hand.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a panic is how a test fails")]
#![allow(missing_docs, reason = "names say it")]

use std::collections::BTreeMap;
use std::time::Duration;

use automerge::{Automerge, Change, ReadDoc as _};
use ed25519_dalek::SigningKey;
use futures_util::{SinkExt as _, StreamExt as _};
use roundsman_core::documents::{Operation, Stamp, actor_of, customer, execute, order};
use roundsman_core::id::{
    CartId, CustomerId, DeviceId, ItemId, OrderId, PersonId, ProductId, TerritoryId,
};
use roundsman_core::money::{Currency, Money};
use roundsman_core::records::{
    Assignment, CustomerAccount, JournalStatus, LocalName, Person, PriceList, Record as _, Role,
    Territory,
};
use roundsman_core::sync::{
    Batch, Bytes, ChangeNews, Channel, Cursor, Digest, Entry, EntryChange, FromDevice, FromHub,
    Head, Hello, News, Push, Welcome, decode_hub, document_element, encode_device, hash,
    record_element, sign_head,
};
use roundsman_core::time::{Hlc, Timestamp};
use roundsman_core::views::PriceTrace;
use roundsman_erp::embedded::master;
use roundsman_server::clock::Clock;
use roundsman_server::config::Config;
use roundsman_server::identity::hash_password;
use roundsman_server::serve::Server;
use roundsman_store::people;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use uuid::Uuid;

pub const PASSWORD: &str = "correct horse battery";

pub type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A company with two territories; Lin works in the north, Wang in the south, Chen in the office.
pub struct Company {
    pub server: Server,
    pub north: TerritoryId,
    pub south: TerritoryId,
    pub lin: PersonId,
    pub mei: PersonId,
    pub wang: PersonId,
    pub chen: PersonId,
    _folder: tempfile::TempDir,
}

impl Company {
    pub async fn open() -> Self {
        Self::open_with(|config| config).await
    }

    /// The same, started with something else.
    pub async fn open_with(change: impl FnOnce(Config) -> Config) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = change(Config::local(folder.path()));
        let server = Server::start(config, Clock::system()).await.unwrap();
        let hash = hash_password(PASSWORD.as_bytes().to_vec(), [7; 16]).await.unwrap();
        let (north, south) = (TerritoryId(Uuid::now_v7()), TerritoryId(Uuid::now_v7()));
        let mut ids = Vec::new();
        let people = [
            ("lin", Role::Rep, Some(north)),
            ("mei", Role::Rep, Some(north)),
            ("wang", Role::Rep, Some(south)),
            ("chen", Role::Office, None),
        ];
        for (login, role, territory) in people {
            let person =
                Person { id: Uuid::now_v7().into(), name: login.to_owned(), role, devices: vec![] };
            ids.push(person.id);
            let hash = hash.clone();
            let now = server.app.clock.now();
            let added = server.app.store.write.run(move |db, commit| {
                Box::pin(async move {
                    if let Some(id) = territory {
                        let name = LocalName { zh: String::new(), en: "T".to_owned() };
                        commit
                            .publish(db, &Territory { id, name }, &[Channel::Catalog], now)
                            .await?;
                    }
                    people::add(db, commit, &person, login, &hash, now).await?;
                    match territory {
                        Some(id) => {
                            people::grant(
                                db,
                                commit,
                                person.id,
                                Channel::Territory(id),
                                Timestamp(0),
                            )
                            .await
                        }
                        None => Ok(()),
                    }
                })
            });
            added.await.unwrap();
        }
        Self {
            server,
            north,
            south,
            lin: ids[0],
            mei: ids[1],
            wang: ids[2],
            chen: ids[3],
            _folder: folder,
        }
    }

    /// Says who looks after a customer, in which territory.
    pub async fn assign(
        &self,
        customer: CustomerId,
        territory: TerritoryId,
        account_manager: PersonId,
    ) {
        let assignment = Assignment { customer, territory, account_manager, visit_every_days: 7 };
        let nothing = Money::new(0, Currency::CNY);
        let list = PriceList {
            id: Uuid::now_v7().into(),
            name: LocalName { zh: String::new(), en: "Retail".to_owned() },
            currency: Currency::CNY,
            tax_included: false,
        };
        let account = CustomerAccount {
            customer,
            code: customer.to_string(),
            price_list: list.id,
            warehouse: Uuid::nil().into(),
            credit_limit: None,
            balance: nothing,
            overdue: nothing,
            uninvoiced: nothing,
            blocked: false,
            as_of: Timestamp(1),
        };
        let assigned = self.server.app.store.write.run(move |db, commit| {
            Box::pin(async move {
                master::put_price_list(db, commit, &list, Timestamp(1)).await?;
                master::put_customer(db, commit, &account, &assignment, Timestamp(1)).await
            })
        });
        assigned.await.unwrap();
    }

    /// Enrols a phone; it is not connected yet.
    pub async fn phone(&self, login: &str) -> Phone {
        let key = SigningKey::from_bytes(&self.server.app.clock.random());
        let public = key.verifying_key().to_bytes();
        let enrolled =
            self.server.app.identity.sign_in_device(login, PASSWORD, public, None).await.unwrap();
        Phone::enrolled(
            &self.server.url(),
            self.server.app.identity.key().verifying_key().to_bytes(),
            key,
            (enrolled.device.id, enrolled.person.id),
            enrolled.access.access.to_string(),
        )
    }

    /// A phone that said hello and got everything.
    pub async fn online(&self, login: &str) -> Phone {
        let mut phone = self.phone(login).await;
        phone.connect().await;
        phone.hello().await;
        phone
    }
}

/// What a phone holds of one channel.
#[derive(Default, Clone)]
pub struct Held {
    pub cursor: Option<Cursor>,
    pub elements: BTreeMap<ItemId, [u8; 32]>,
}

/// A phone.
pub struct Phone {
    pub url: String,
    pub server_key: [u8; 32],
    pub key: SigningKey,
    pub device: DeviceId,
    pub person: PersonId,
    pub token: String,
    pub head: Head,
    pub time: Hlc,
    /// By how much its clock is ahead.
    pub ahead_ms: i64,
    /// Documents with everything recorded here.
    pub own: BTreeMap<ItemId, Automerge>,
    /// Documents as the hub told of them.
    pub seen: BTreeMap<ItemId, Automerge>,
    pub cursors: BTreeMap<Channel, Held>,
    /// The hub's last word on the journal.
    pub status: Option<JournalStatus>,
    pub socket: Option<Socket>,
}

impl Phone {
    /// A phone with these keys at this server, with nothing on it.
    pub fn enrolled(
        server: &str,
        server_key: [u8; 32],
        key: SigningKey,
        (device, person): (DeviceId, PersonId),
        token: String,
    ) -> Self {
        Self {
            url: server.replacen("http", "ws", 1) + "/sync",
            server_key,
            key,
            device,
            person,
            token,
            head: Head::default(),
            time: Hlc::default(),
            ahead_ms: 0,
            own: BTreeMap::new(),
            seen: BTreeMap::new(),
            cursors: BTreeMap::new(),
            status: None,
            socket: None,
        }
    }

    pub async fn connect(&mut self) {
        let mut request = self.url.as_str().into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", "roundsman.1".parse().unwrap());
        let (socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
        self.socket = Some(socket);
    }

    pub async fn send_raw(&mut self, bytes: Vec<u8>) {
        self.socket.as_mut().unwrap().send(Message::Binary(bytes.into())).await.unwrap();
    }

    pub async fn send(&mut self, message: FromDevice) {
        self.send_raw(encode_device(&message)).await;
    }

    pub async fn say_hello(&mut self) {
        let signature = sign_head(&self.key, self.device, self.head);
        let cursors = self.cursors.values().filter_map(|held| held.cursor).collect();
        self.send(FromDevice::Hello(Hello {
            protocol_min: 1,
            protocol_max: 1,
            token: self.token.clone(),
            device: self.device,
            journal: self.head,
            signature,
            clock: now().plus_millis(self.ahead_ms),
            cursors,
            build: "test".to_owned(),
            receipt: None,
            recorded: None,
            pruned: None,
            history: None,
        }))
        .await;
    }

    /// Says hello and is welcome.
    pub async fn hello(&mut self) -> Welcome {
        self.say_hello().await;
        match self.next().await {
            Some(FromHub::Welcome(welcome)) => welcome,
            other => panic!("not welcome: {other:?}"),
        }
    }

    /// The next message; none when the line ended.
    pub async fn next(&mut self) -> Option<FromHub> {
        loop {
            let next = self.socket.as_mut().unwrap().next();
            match tokio::time::timeout(Duration::from_secs(10), next)
                .await
                .expect("the hub says something")
            {
                Some(Ok(Message::Binary(frame))) => return Some(decode_hub(&frame).unwrap()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// The code with which the line ends; empty when it ends without a word.
    pub async fn denied(&mut self) -> String {
        let mut code = String::new();
        while let Some(message) = self.next().await {
            if let FromHub::Denied(denied) = message {
                code = denied.refusal.code;
            }
        }
        code
    }

    /// Takes in what comes until this is true.
    pub async fn until(&mut self, mut enough: impl FnMut(&mut Self, &FromHub) -> bool) {
        loop {
            let message = self.next().await.expect("the line is open");
            if let FromHub::Batch(batch) = &message {
                self.status = status_in(&message).or(self.status.take());
                self.apply(batch.clone());
            }
            if enough(self, &message) {
                return;
            }
        }
    }

    /// Applies a batch as a device does, and requires that the digests agree.
    pub fn apply(&mut self, batch: Batch) {
        let held = self.cursors.entry(batch.channel).or_default();
        let at = held.cursor.map_or((0, None), |cursor| (cursor.seq, cursor.part));
        let begins = (batch.from, batch.from_part) == (0, None);
        assert!(
            (batch.from, batch.from_part) == at || begins,
            "batch from {} at {at:?}",
            batch.from
        );
        if begins {
            held.elements.clear();
        }
        for item in batch.items {
            let id = item.item;
            let document = match item.news {
                News::Left => {
                    held.elements.remove(&id);
                    continue;
                }
                News::Record(bytes) | News::Signed(bytes, _) => {
                    held.elements.insert(id, record_element(batch.channel, id, &hash(&bytes.0)));
                    continue;
                }
                News::Snapshot(bytes) => Automerge::load(&bytes.0).unwrap(),
                News::Changes(changes) => {
                    let mut document = self.seen.remove(&id).unwrap_or_default();
                    for change in changes {
                        let change = match change {
                            ChangeNews::Whole(bytes) => Change::from_bytes(bytes.0).unwrap(),
                            ChangeNews::Own(bytes) => {
                                let hash = automerge::ChangeHash(bytes.0.try_into().unwrap());
                                self.own[&id].get_change_by_hash(&hash).unwrap()
                            }
                        };
                        document.apply_changes([change]).unwrap();
                    }
                    document
                }
            };
            let heads: Vec<[u8; 32]> = document.get_heads().iter().map(|it| it.0).collect();
            held.elements.insert(id, document_element(batch.channel, id, &heads));
            self.seen.insert(id, document);
        }
        let mut digest = Digest::default();
        held.elements.values().for_each(|element| digest.add(element));
        if let Some(told) = &batch.digest {
            assert_eq!(told.0, digest.0.to_vec(), "digest of {}", batch.channel);
        }
        held.cursor = Some(Cursor {
            channel: batch.channel,
            epoch: batch.epoch,
            seq: batch.to,
            digest: if batch.digest.is_some() { digest.0 } else { [0; 32] },
            part: batch.to_part,
        });
    }

    /// Takes in what comes until this is true of what is here.
    pub async fn sees(&mut self, enough: impl Fn(&Self) -> bool) {
        if !enough(self) {
            self.until(|phone, _| enough(phone)).await;
        }
    }

    /// Up to where the hub has judged, as far as is known here.
    pub fn judged_upto(&self) -> u64 {
        self.status.as_ref().map_or(0, |status| status.admitted_upto)
    }

    /// Waits until the hub has judged up to `n`, and returns the codes of what it did not admit.
    pub async fn judged(&mut self, n: u64) -> BTreeMap<u64, String> {
        self.sees(|phone| phone.judged_upto() >= n).await;
        let exceptions = self.status.iter().flat_map(|status| &status.exceptions);
        exceptions.map(|it| (it.n, it.code.clone())).collect()
    }

    /// Runs an operation here and makes the entry.
    pub fn record(&mut self, operation: &dyn Operation) -> Vec<u8> {
        let at = self.tick();
        self.record_at(operation, at)
    }

    /// The same with this time in it.
    pub fn record_at(&mut self, operation: &dyn Operation, at: Hlc) -> Vec<u8> {
        let stamp = Stamp { at, by: self.person, device: self.device };
        let own = &self.own;
        let made = execute(operation, &actor_of(self.device, 0), stamp, &mut |item| {
            Ok(own.get(&item).cloned())
        });
        let mut changes = Vec::new();
        for made in made.unwrap() {
            changes.push(EntryChange { item: made.item, bytes: made.change });
            self.own.insert(made.item, made.document);
        }
        self.entry(operation, at, changes)
    }

    /// An entry that claims this operation for these changes, whatever they are.
    pub fn entry(
        &mut self,
        operation: &dyn Operation,
        at: Hlc,
        changes: Vec<EntryChange>,
    ) -> Vec<u8> {
        let entry = Entry {
            n: self.head.n + 1,
            previous: self.head.hash,
            device: self.device,
            person: self.person,
            at,
            offset_minutes: 480,
            operation: operation.name().to_owned(),
            version: 1,
            args: operation.args(),
            changes,
            rests_on: vec![],
            replaces: None,
        };
        self.chain(&entry)
    }

    /// Puts an entry at the end of the journal.
    pub fn chain(&mut self, entry: &Entry) -> Vec<u8> {
        let bytes = entry.to_bytes();
        self.head = Head { n: entry.n, hash: hash(&bytes) };
        bytes
    }

    pub fn tick(&mut self) -> Hlc {
        self.time = self.time.tick(now().plus_millis(self.ahead_ms));
        self.time
    }

    pub async fn push(&mut self, entries: Vec<Vec<u8>>) {
        let signature = sign_head(&self.key, self.device, self.head);
        let entries = entries.into_iter().map(Bytes).collect();
        self.send(FromDevice::Push(Push { head: self.head, signature, entries })).await;
    }

    /// Pushes and waits for the receipt.
    pub async fn deliver(&mut self, entries: Vec<Vec<u8>>) {
        self.push(entries).await;
        let (device, key) = (self.device, self.server_key);
        self.until(|phone, message| match message {
            FromHub::Receipt(receipt) => {
                assert_eq!((receipt.device, receipt.head), (device, phone.head));
                receipt.verify(&key).unwrap();
                true
            }
            _ => false,
        })
        .await;
    }
}

/// The true time.
pub fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp(i64::try_from(since.as_millis()).unwrap())
}

pub fn status_in(message: &FromHub) -> Option<JournalStatus> {
    let FromHub::Batch(batch) = message else { return None };
    let Channel::Device(_) = batch.channel else { return None };
    batch.items.iter().find_map(|item| match &item.news {
        News::Record(bytes) | News::Signed(bytes, _) => JournalStatus::from_bytes(&bytes.0).ok(),
        _ => None,
    })
}

pub fn new_customer(name: &str) -> customer::Create {
    let fields = [("name", name), ("phone", "1"), ("address", "1 Road")];
    customer::Create {
        customer: CustomerId(Uuid::now_v7()),
        fields: fields.map(|(field, value)| (field.to_owned(), value.to_owned())).into(),
        place: None,
    }
}

pub fn edit(customer: CustomerId, field: &str, value: &str) -> customer::EditFields {
    customer::EditFields { customer, fields: [(field.to_owned(), value.to_owned())].into() }
}

pub fn submit(phone: &Phone, customer: CustomerId, cart: Option<CartId>) -> order::Submit {
    let money = Money::new(1_00, Currency::CNY);
    let line = order::SignedLine {
        id: Uuid::now_v7().into(),
        product: ProductId(Uuid::now_v7()),
        code: "A1".to_owned(),
        name: LocalName { zh: "茶".to_owned(), en: "Tea".to_owned() },
        pack: "box".to_owned(),
        quantity: "1".parse().unwrap(),
        base_quantity: "1".parse().unwrap(),
        unit_price: money,
        discount: "0".parse().unwrap(),
        net: money,
        tax: money,
        price: PriceTrace { list: None, list_name: None, steps: vec![] },
    };
    order::Submit {
        signed: order::SignedOrder {
            order: OrderId(Uuid::now_v7()),
            device_number: "K3-0001".to_owned(),
            customer,
            customer_name: "Shop".to_owned(),
            rep: phone.person,
            cart,
            placed_at: Timestamp(1),
            offset_minutes: 480,
            requested_on: None,
            note: String::new(),
            price_list: Uuid::nil().into(),
            lines: vec![line],
            net: money,
            taxes: vec![],
            total: money,
            taken_by: None,
        },
    }
}
