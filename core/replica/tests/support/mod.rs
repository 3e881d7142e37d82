//! A replica on real files, and a hub whose frames are made by hand.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
#![allow(missing_docs, reason = "names say it")]

use std::collections::BTreeMap;
use std::path::Path;

use automerge::Automerge;
use ed25519_dalek::SigningKey;
use roundsman_core::documents::Request;
use roundsman_core::error::Refusal;
use roundsman_core::id::{CustomerId, DeviceId, Entropy, ItemId, PersonId, ProductId};
use roundsman_core::money::{Currency, Money};
use roundsman_core::records::{
    CustomerAccount, EntryException, ExceptionState, JournalStatus, LocalName, Pack, Price,
    PriceBreak, PriceList, Product, Record, Role,
};
use roundsman_core::sync::{
    Batch, BatchItem, Bytes, Channel, ChannelHead, Digest, Entry, FromDevice, FromHub, News, Push,
    Receipt, Welcome, decode_device, document_element, encode_hub, hash, record_element,
};
use roundsman_core::time::{Day, Timestamp};
use roundsman_core::views::CustomerRow;
use roundsman_replica::{Files, Host, Identity, Line, Query, Replica, Rows, Todo};
use serde::de::DeserializeOwned;
use uuid::Uuid;

pub const NOW: Timestamp = Timestamp(1_795_000_000_000);

pub struct Still(pub u8);

impl Entropy for Still {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.0 += 1;
        bytes.fill(self.0);
    }
}

impl Host for Still {
    fn now(&self) -> Timestamp {
        NOW
    }

    fn offset_minutes(&self) -> i16 {
        480
    }
}

pub fn server_key() -> SigningKey {
    SigningKey::from_bytes(&[8; 32])
}

pub fn open(folder: &Path, seed: u8) -> Replica {
    open_on(folder, Box::new(Still(seed)))
}

pub fn open_on(folder: &Path, host: Box<dyn Host>) -> Replica {
    let name = |file: &str| folder.join(file).display().to_string();
    let files = Files::open(&name("journal.db"), &name("main.db"), None, None).unwrap();
    let mut replica = Replica::open(files, host).unwrap();
    replica
        .adopt(Identity {
            device: DeviceId(Uuid::from_u128(1)),
            device_code: "K3".into(),
            person: PersonId(Uuid::from_u128(2)),
            name: "Lin Mei".into(),
            role: Role::Rep,
            device_seed: [7; 32],
            server_key: server_key().verifying_key().to_bytes(),
        })
        .unwrap();
    replica
}

/// Puts these files of a device in the place of others.
pub fn copy(from: &Path, to: &Path, files: &[&str]) {
    for file in files {
        let _ = std::fs::remove_file(to.join(file));
        if from.join(file).exists() {
            std::fs::copy(from.join(file), to.join(file)).unwrap();
        }
    }
}

pub const JOURNAL: &[&str] = &["journal.db", "journal.db-wal"];
pub const MAIN: &[&str] = &["main.db", "main.db-wal"];

pub fn ask<T: DeserializeOwned>(replica: &Replica, query: &Query) -> T {
    serde_json::from_str(&replica.query(query).unwrap()).unwrap()
}

pub fn fields(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

pub fn shop(replica: &mut Replica) -> CustomerId {
    let fields = fields(&[("name", "海港食品 中山路店"), ("phone", "0532-8281 7788")]);
    CustomerId(replica.run(Request::CustomerCreate { fields, place: None }).unwrap().id)
}

pub fn search(replica: &Replica, text: &str) -> u32 {
    let query =
        Query::Customers { search: Some(text.into()), sort: None, page: Default::default() };
    ask::<Rows<CustomerRow>>(replica, &query).total
}

pub fn code<T: std::fmt::Debug>(result: roundsman_replica::Result<T>) -> String {
    Refusal::from(result.unwrap_err()).code
}

pub const EPOCH: [u8; 16] = [1; 16];

pub fn device() -> DeviceId {
    DeviceId(Uuid::from_u128(1))
}

pub fn territory() -> Channel {
    Channel::Territory(Uuid::from_u128(8).into())
}

/// The other end of a line, whose words a test chooses.
pub struct Office {
    line: Line,
    seqs: BTreeMap<Channel, u64>,
    /// What the device pushed.
    pub pushed: Vec<Push>,
    /// How far a test has taken that in.
    taken: u64,
    /// Whether each batch is the last of its channel; what is in each, then.
    whole: bool,
    elements: BTreeMap<(Channel, ItemId), [u8; 32]>,
    /// Visits as a test's office has them.
    pub visits: BTreeMap<ItemId, Automerge>,
}

impl Office {
    /// A line on which the device is welcome, with much more to come in each channel.
    pub fn welcome(replica: &mut Replica) -> Self {
        Self::welcome_at(replica, 9)
    }

    /// The same with channels whose last commit is this one.
    pub fn welcome_at(replica: &mut Replica, seq: u64) -> Self {
        let (line, _) = Line::open(replica, "", "test").unwrap();
        let mut office = Self {
            line,
            seqs: BTreeMap::new(),
            pushed: vec![],
            taken: 0,
            whole: seq == 0,
            elements: BTreeMap::new(),
            visits: BTreeMap::new(),
        };
        let head = |channel| ChannelHead { channel, epoch: EPOCH, seq, items: 9, digest: [0; 32] };
        let welcome = Welcome {
            protocol: 1,
            receipt: None,
            clock: NOW,
            channels: vec![head(Channel::Device(device())), head(territory())],
            refusal: None,
            restored: None,
        };
        office.say(replica, &FromHub::Welcome(welcome));
        office
    }

    pub fn say(&mut self, replica: &mut Replica, message: &FromHub) -> Todo {
        let todo = self.line.receive(replica, encode_hub(message)).unwrap();
        self.hear(&todo);
        todo
    }

    /// The person of the device wants to look at these.
    pub fn fetch(&mut self, replica: &mut Replica, items: Vec<ItemId>) -> Todo {
        self.line.fetch(replica, items).unwrap()
    }

    /// Has everything pushed that was recorded and signs for it; the entries that are new.
    pub fn push_all(&mut self, replica: &mut Replica) -> Vec<Entry> {
        let todo = self.line.recorded(replica).unwrap();
        self.hear(&todo);
        if self.pushed.is_empty() {
            return vec![];
        }
        self.receipt(replica);
        let taken = self.taken;
        let fresh: Vec<Entry> = self.entries().filter(|entry| entry.n > taken).collect();
        self.taken = fresh.last().map_or(taken, |entry| entry.n);
        fresh
    }

    /// The entry with this number, as it was pushed.
    pub fn entry(&self, n: u64) -> Entry {
        self.entries().find(|entry| entry.n == n).unwrap()
    }

    fn entries(&self) -> impl Iterator<Item = Entry> {
        let bytes = self.pushed.iter().flat_map(|push| &push.entries);
        bytes.map(|bytes| Entry::from_bytes(&bytes.0).unwrap())
    }

    fn hear(&mut self, todo: &Todo) {
        for frame in &todo.frames {
            if let Ok(FromDevice::Push(push)) = decode_device(frame) {
                self.pushed.push(push);
            }
        }
    }

    /// The digest of a channel after this.
    fn digest(&mut self, channel: Channel, it: &BatchItem) -> Bytes {
        let element = match &it.news {
            News::Record(bytes) => Some(record_element(channel, it.item, &hash(&bytes.0))),
            News::Snapshot(bytes) => {
                let heads = Automerge::load(&bytes.0).unwrap().get_heads();
                let heads: Vec<[u8; 32]> = heads.into_iter().map(|it| it.0).collect();
                Some(document_element(channel, it.item, &heads))
            }
            _ => None,
        };
        match element {
            Some(element) => drop(self.elements.insert((channel, it.item), element)),
            None => drop(self.elements.remove(&(channel, it.item))),
        }
        let mut digest = Digest::default();
        let own = self.elements.iter().filter(|((of, _), _)| *of == channel);
        own.for_each(|(_, element)| digest.add(element));
        Bytes(digest.0.to_vec())
    }

    /// Signs for everything that was pushed.
    pub fn receipt(&mut self, replica: &mut Replica) {
        let head = self.pushed.last().unwrap().head;
        let receipt = Receipt::sign(&server_key(), device(), head, NOW);
        self.say(replica, &FromHub::Receipt(receipt));
    }

    /// Says what became of entries.
    pub fn judge(
        &mut self,
        replica: &mut Replica,
        upto: u64,
        exceptions: &[(u64, ExceptionState, &str)],
    ) {
        let status = JournalStatus {
            device: device(),
            stored_upto: upto,
            admitted_upto: upto,
            exceptions: exceptions
                .iter()
                .map(|(n, state, code)| EntryException {
                    n: *n,
                    code: (*code).to_owned(),
                    state: *state,
                    note: String::new(),
                })
                .collect(),
            as_of: NOW,
        };
        let news = News::Record(Bytes(status.to_bytes()));
        self.batch(replica, Channel::Device(device()), BatchItem { item: status.item(), news });
    }

    /// Everything that a customer needs to order one product.
    pub fn stock_the_shop(&mut self, replica: &mut Replica, customer: CustomerId) -> ProductId {
        let name = || LocalName { zh: "酱油".to_owned(), en: "Soy sauce".to_owned() };
        let product = Product {
            id: Uuid::from_u128(31).into(),
            code: "P-1".to_owned(),
            name: name(),
            category: name(),
            unit: "pc".to_owned(),
            packs: vec![Pack { code: "box".to_owned(), factor: 12.into() }],
            tax_rate: 13.into(),
            barcode: String::new(),
            picture: None,
            active: true,
        };
        let list = PriceList {
            id: Uuid::from_u128(32).into(),
            name: name(),
            currency: Currency::CNY,
            tax_included: false,
        };
        let unit_price = Money::new(1_000, Currency::CNY);
        let price = Price {
            breaks: vec![PriceBreak { from: 0.into(), unit_price }],
            discount_max: 20.into(),
            since: Day(20_000),
            ..Price::none(list.id, product.id)
        };
        let nothing = Money::new(0, Currency::CNY);
        let account = CustomerAccount {
            customer,
            code: "C-1".to_owned(),
            price_list: list.id,
            warehouse: Uuid::from_u128(33).into(),
            credit_limit: None,
            balance: nothing,
            overdue: nothing,
            uninvoiced: nothing,
            blocked: false,
            as_of: NOW,
        };
        self.tell(replica, &product);
        self.tell(replica, &list);
        self.tell(replica, &price);
        self.tell(replica, &account);
        product.id
    }

    /// Shows a record.
    pub fn tell(&mut self, replica: &mut Replica, record: &impl Record) {
        let news = News::Record(Bytes(record.to_bytes()));
        self.batch(replica, territory(), BatchItem { item: record.item(), news });
    }

    /// Shows a document as it is admitted.
    pub fn show(&mut self, replica: &mut Replica, item: impl Into<ItemId>, document: &Automerge) {
        let news = News::Snapshot(Bytes(document.save()));
        self.batch(replica, territory(), BatchItem { item: item.into(), news });
    }

    pub fn batch(&mut self, replica: &mut Replica, channel: Channel, item: BatchItem) {
        let digest = self.whole.then(|| self.digest(channel, &item));
        let seq = self.seqs.entry(channel).or_default();
        let (from, to) = (*seq, *seq + 1);
        *seq = to;
        let batch = Batch {
            channel,
            epoch: EPOCH,
            from,
            to,
            digest,
            items: vec![item],
            from_part: None,
            to_part: None,
        };
        assert!(!self.say(replica, &FromHub::Batch(batch)).close);
    }
}
