//! Readers of protocol bytes, records and names.

use minicbor::{Decode, Encode};
use roundsman_core::documents::{Request, decode_operation};
use roundsman_core::error::Refusal;
use roundsman_core::id::{ItemId, ItemKind};
use roundsman_core::records::{
    Assignment, CustomerAccount, JournalStatus, Person, Price, PriceList, Product, Record,
    SalesOrder, Stock, Territory, Warehouse,
};
use roundsman_core::sync::{
    Channel, Cursor, Entry, History, Receipt, decode_device, decode_hub, decode_hub_after,
    encode_device, encode_hub,
};

use super::mutate::Format;
use super::{Target, honest, run};

const KIB: usize = 1 << 10;

/// How a refusal reads in the corpus.
pub fn refused(refusal: &Refusal) -> String {
    let detail = refusal.params.get("detail").map_or("", String::as_str);
    format!("{}: {detail}", refusal.code)
}

#[test]
fn frames_of_devices() {
    run(&Target {
        name: "device-frame",
        format: Format::Frame,
        // Lists inside lists, of a key that is not known: skipping them takes a place for each.
        per_byte: 64,
        fixed: 64 * KIB,
        read: |bytes| match decode_device(bytes) {
            Ok(message) => {
                assert_eq!(decode_device(&encode_device(&message)).as_ref(), Ok(&message));
                format!("message {:#x}", message.number()).replace('0', "o")
            }
            Err(refusal) => refused(&refusal),
        },
        honest: || honest::frames(true),
    });
}

#[test]
fn frames_of_the_hub() {
    run(&Target {
        name: "hub-frame",
        format: Format::Frame,
        per_byte: 64,
        // What a small frame may become, and the window of its decompression.
        fixed: 16 << 20,
        read: |bytes| match decode_hub_after(bytes, &mut before()) {
            Ok(message) => {
                assert_eq!(decode_hub(&encode_hub(&message)).as_ref(), Ok(&message));
                format!("message {:?}", char::from(message.number()))
            }
            Err(refusal) => refused(&refusal),
        },
        honest: || honest::frames(false),
    });
}

/// What a line carried before: frames may refer back to it.
fn before() -> History {
    let mut history = History::default();
    history.add(b"what came before");
    history
}

#[test]
fn entries() {
    run(&Target {
        name: "entry",
        format: Format::Plain,
        per_byte: 64,
        fixed: 64 * KIB,
        read: |bytes| match Entry::from_bytes(bytes) {
            Ok(entry) => {
                assert_eq!(Entry::from_bytes(&entry.to_bytes()).as_ref(), Ok(&entry));
                format!("entry, {} changes", "c".repeat(entry.changes.len().min(4)))
            }
            Err(refusal) => refused(&refusal),
        },
        honest: || honest::journal().0.iter().map(Entry::to_bytes).collect(),
    });
}

/// The name's length, the name, the arguments.
fn read_operation(bytes: &[u8]) -> String {
    let Some((length, rest)) = bytes.split_first() else { return "nothing".to_owned() };
    let (name, args) = rest.split_at(usize::from(*length).min(rest.len()));
    let Ok(name) = str::from_utf8(name) else { return "no name".to_owned() };
    match decode_operation(name, 1, args) {
        Ok(operation) => {
            let again = decode_operation(name, 1, &operation.args()).unwrap();
            assert_eq!(again.args(), operation.args());
            let documents = operation.documents();
            assert!(!documents.is_empty());
            let _all = (operation.reads(), operation.writes(), operation.acts_as());
            let creates = documents.iter().any(|item| operation.creates(*item));
            format!("{name} {creates}")
        }
        Err(refusal) => format!("{name}: {}", refused(&refusal)),
    }
}

#[test]
fn arguments_of_operations() {
    run(&Target {
        name: "operation",
        format: Format::Plain,
        per_byte: 64,
        fixed: 64 * KIB,
        read: read_operation,
        honest: || {
            let bytes = |name: &str, args: Vec<u8>| {
                [&[u8::try_from(name.len()).unwrap()], name.as_bytes(), &args].concat()
            };
            honest::operations().iter().map(|it| bytes(it.name(), it.args())).collect()
        },
    });
}

#[test]
fn requests_of_screens() {
    run(&Target {
        name: "request",
        format: Format::Plain,
        per_byte: 64,
        fixed: 64 * KIB,
        read: |bytes| match serde_json::from_slice::<Request>(bytes) {
            Ok(_) => "request".to_owned(),
            Err(error) => error.to_string(),
        },
        honest: || {
            let requests: [&[u8]; 4] = [
                br#"{"operation":"order.submit","customer":"00000000-0000-0000-0000-000000000003"}"#,
                br#"{"operation":"customer.edit","customer":"00000000-0000-0000-0000-000000000003","fields":{"phone":"1"}}"#,
                br#"{"operation":"cart.set_line","customer":"00000000-0000-0000-0000-000000000003","product":"00000000-0000-0000-0000-000000000009","pack":"box","quantity":"1.5"}"#,
                br#"{"operation":"visit.check_in","customer":"00000000-0000-0000-0000-000000000003","place":{"latitude":36.1,"longitude":120.4,"accuracyM":5.0}}"#,
            ];
            requests.map(<[u8]>::to_vec).to_vec()
        },
    });
}

fn read_record<R: Record>(bytes: &[u8]) -> String {
    match R::from_bytes(bytes) {
        Ok(record) => {
            let again = record.to_bytes();
            assert_eq!(R::from_bytes(&again).map(|it| it.to_bytes()), Ok(again));
            let _item = record.item();
            format!("{:?}", R::KIND)
        }
        Err(refusal) => format!("{:?}: {}", R::KIND, refused(&refusal)),
    }
}

/// The kind's number, the record.
fn read_any_record(bytes: &[u8]) -> String {
    let Some((kind, record)) = bytes.split_first() else { return "nothing".to_owned() };
    match ItemKind::from_number(*kind) {
        Some(ItemKind::Product) => read_record::<Product>(record),
        Some(ItemKind::PriceList) => read_record::<PriceList>(record),
        Some(ItemKind::Price) => read_record::<Price>(record),
        Some(ItemKind::Stock) => read_record::<Stock>(record),
        Some(ItemKind::CustomerAccount) => read_record::<CustomerAccount>(record),
        Some(ItemKind::Assignment) => read_record::<Assignment>(record),
        Some(ItemKind::SalesOrder) => read_record::<SalesOrder>(record),
        Some(ItemKind::JournalStatus) => read_record::<JournalStatus>(record),
        Some(ItemKind::Person) => read_record::<Person>(record),
        Some(ItemKind::Warehouse) => read_record::<Warehouse>(record),
        Some(ItemKind::Territory) => read_record::<Territory>(record),
        _ => "no record".to_owned(),
    }
}

#[test]
fn records() {
    run(&Target {
        name: "record",
        format: Format::Plain,
        per_byte: 64,
        fixed: 64 * KIB,
        read: read_any_record,
        honest: honest::records,
    });
}

/// CBOR that reads back as it was written.
fn read_part<T>(bytes: &[u8]) -> String
where
    T: for<'b> Decode<'b, ()> + Encode<()> + PartialEq + std::fmt::Debug,
{
    match minicbor::decode::<T>(bytes) {
        Ok(part) => {
            let again = minicbor::to_vec(&part).unwrap();
            assert_eq!(minicbor::decode::<T>(&again).unwrap(), part);
            "read".to_owned()
        }
        Err(error) => error.to_string(),
    }
}

#[test]
fn receipts() {
    run(&Target {
        name: "receipt",
        format: Format::Plain,
        per_byte: 64,
        fixed: 16 * KIB,
        read: |bytes| {
            if let Ok(receipt) = minicbor::decode::<Receipt>(bytes) {
                assert!(receipt.verify(&[7; 32]).is_err());
            }
            read_part::<Receipt>(bytes)
        },
        honest: || {
            honest::frames(false)
                .iter()
                .filter(|it| it[1] == 0x43)
                .map(|it| it[3..].to_vec())
                .collect()
        },
    });
}

#[test]
fn cursors() {
    run(&Target {
        name: "cursor",
        format: Format::Plain,
        per_byte: 64,
        fixed: 16 * KIB,
        read: read_part::<Cursor>,
        honest: || {
            let channel = Channel::User(honest::PERSON);
            let cursor = Cursor { channel, epoch: [4; 16], seq: 7, digest: [5; 32], part: None };
            vec![minicbor::to_vec(cursor).unwrap()]
        },
    });
}

#[test]
fn names_of_channels() {
    run(&Target {
        name: "channel",
        format: Format::Plain,
        per_byte: 64,
        fixed: 16 * KIB,
        read: |bytes| {
            let Ok(name) = str::from_utf8(bytes) else { return "no text".to_owned() };
            match name.parse::<Channel>() {
                Ok(channel) => {
                    assert_eq!(channel.to_string().parse(), Ok(channel));
                    name.split('/').next().unwrap_or_default().to_owned()
                }
                Err(refusal) => refused(&refusal),
            }
        },
        honest: || {
            let id = "00000000-0000-0000-0000-000000000003";
            let kinds = ["warehouse", "territory", "user", "device"];
            let mut names = kinds.map(|kind| format!("{kind}/{id}").into_bytes()).to_vec();
            names.push(b"catalog".to_vec());
            names
        },
    });
}

#[test]
fn items() {
    run(&Target {
        name: "item",
        format: Format::Plain,
        per_byte: 1,
        fixed: KIB,
        read: |bytes| match ItemId::from_bytes(bytes) {
            Some(item) => {
                assert_eq!(item.to_bytes(), bytes);
                "item".to_owned()
            }
            None => "no item".to_owned(),
        },
        honest: || vec![ItemId::new(ItemKind::Order, honest::PERSON.0).to_bytes().to_vec()],
    });
}
