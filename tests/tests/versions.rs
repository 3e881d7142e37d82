//! Files of the first version: the server that is opened with them goes on with them, and so does
//! the phone, with work in it that it had not sent.
//!
//! `docs/versions.md` says what `fixtures/v1` holds.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::fs;
use std::path::Path;

use roundsman_core::views::{OrderRow, OrderView};
use roundsman_device::Device;
use roundsman_replica::{Query, Rows};
use roundsman_server::backup;
use roundsman_tests::{World, decided};

fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/v1").join(name);
    zstd::decode_all(fs::File::open(path).unwrap()).unwrap()
}

async fn orders(world: &World) -> Vec<OrderRow> {
    let office = world.office().await.unwrap();
    office.get::<Rows<OrderRow>>("/api/orders").await.unwrap().rows
}

#[tokio::test]
async fn a_phone_of_the_first_version_delivers_what_it_had_not_sent() {
    let world = World::start_on(&fixture("roundsman.sqlite.zst")).await.unwrap();
    assert_eq!(orders(&world).await.len(), 1, "what the server had");
    for part in backup::check(&world.data()).await.unwrap() {
        assert_eq!(part.wrong, 0, "{part:?}");
    }

    let folder = world.data().with_file_name("phone");
    fs::create_dir_all(&folder).unwrap();
    for file in ["journal.db", "main.db"] {
        fs::write(folder.join(file), fixture(&format!("{file}.zst"))).unwrap();
    }
    let mut phone = Device::return_to(&world.url(), "lin", "roundsman", &folder).await.unwrap();
    assert!(phone.status().unwrap().journal.waiting > 0, "it holds work that was not sent");
    let mine: Rows<OrderRow> = phone
        .ask(&Query::Orders { search: None, state: None, customer: None, page: Default::default() })
        .unwrap();
    assert_eq!(mine.rows.len(), 2, "also after the main file was made anew");
    phone.sync().await.unwrap();
    for row in mine.rows {
        let order: OrderView = decided(&mut phone, row.id).await.unwrap();
        assert!(order.row.number.is_some());
        assert_eq!(order.row.total, row.total);
    }
    assert_eq!(orders(&world).await.len(), 2);
    for part in backup::check(&world.data()).await.unwrap() {
        assert_eq!(part.wrong, 0, "{part:?}");
    }
}
