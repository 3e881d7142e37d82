//! Disks that are full, the server's and a phone's: a clear error, nothing lost, nothing half done,
//! and on with it once there is room.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::time::Duration;

use roundsman_core::documents::Request;
use roundsman_core::error::{Refusal, codes};
use roundsman_device::Device;
use roundsman_replica::Replica;
use roundsman_tests::{
    Chance, Ledger, ServerProcess, SmallDisk, World, agree, decided, find, settle_numbers,
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_roundsman-under-test");
const KIB: usize = 1 << 10;
/// How long a device listens before it does the next thing.
const MOMENT: Duration = Duration::from_millis(50);

fn shop(note: &str) -> Request {
    let fields = [("name", "新店"), ("note", note)];
    let fields = fields.map(|(field, value)| (field.to_owned(), value.to_owned())).into();
    Request::CustomerCreate { fields, place: None }
}

/// A rep with what they were promised.
struct Rep {
    device: Device,
    ledger: Ledger,
    chance: Chance,
}

impl Rep {
    /// Works until the server cannot take what is here, and returns what it says.
    async fn fill_up(&mut self) -> Refusal {
        for _ in 0..50 {
            for _ in 0..20 {
                self.ledger.run(&mut self.device, shop(&"long ".repeat(150))).unwrap();
            }
            self.chance.work(&mut self.device, &mut self.ledger).unwrap();
            if !self.device.is_connected() {
                self.device.connect().await.unwrap();
            }
            self.device.listen(MOMENT).await.unwrap();
            if let Some(refusal) = self.device.replica.refusal() {
                return refusal.clone();
            }
        }
        panic!("a server without room takes everything");
    }
}

#[tokio::test]
async fn a_server_without_room_says_so_and_goes_on_once_there_is_some() {
    let Some(disk) = SmallDisk::mount(24).unwrap() else { return };
    let (folder, data) = (tempfile::tempdir().unwrap(), disk.path().join("data"));
    let mut server = ServerProcess::start_at(PROGRAM, folder, data).await.unwrap();
    let office = server.office().await.unwrap();
    let mut reps = Vec::new();
    for login in ["lin", "wang"] {
        let device = server.device(login).await.unwrap();
        let ledger = Ledger::of(&device).unwrap();
        reps.push(Rep { device, ledger, chance: Chance::new(7) });
    }
    for left in [0, 96 * KIB, 400 * KIB] {
        // Each time a little more goes in before it is full: in storing, judging or deciding.
        disk.fill_but(left).unwrap();
        for rep in &mut reps {
            let refusal = rep.fill_up().await;
            assert_eq!(refusal.code, codes::SERVER_FULL, "{}", server.log());
            rep.ledger.look(&rep.device).unwrap();
            rep.device.disconnect();
        }
        // Whoever only asks is answered.
        assert!(server.is_running().unwrap(), "{}", server.log());
        let _orders: serde_json::Value = office.get("/api/orders").await.unwrap();
        if left > 0 {
            // Nor is anything lost when it goes down like this.
            server.kill().await.unwrap();
        }
        disk.make_room().unwrap();
        if left > 0 {
            server.restart().await.unwrap();
        }
        for rep in &mut reps {
            rep.device.sync().await.unwrap();
            for order in rep.ledger.orders() {
                decided(&mut rep.device, order).await.unwrap();
            }
            agree(&mut rep.device).await.unwrap();
        }
    }
    for rep in &mut reps {
        rep.ledger.settle(&rep.device, &office).await.unwrap();
    }
    let sides: Vec<_> = reps.iter().map(|rep| (&rep.ledger, &rep.device)).collect();
    settle_numbers(&office, &sides).await.unwrap();
}

/// What the phone holds, as screens would see it.
fn everything(replica: &Replica) -> String {
    let queries = [
        roundsman_replica::Query::Status {},
        roundsman_replica::Query::Customers { search: None, sort: None, page: Default::default() },
    ];
    queries.map(|query| replica.query(&query).unwrap()).concat()
}

#[tokio::test]
async fn a_phone_without_room_refuses_and_records_nothing_by_halves() {
    let Some(disk) = SmallDisk::mount(12).unwrap() else { return };
    let world = World::start().await.unwrap();
    let office = world.office().await.unwrap();
    let mut phone = world.device_in("lin", &disk.path().join("phone")).await.unwrap();
    phone.sync().await.unwrap();
    let mut ledger = Ledger::of(&phone).unwrap();
    let mut chance = Chance::new(11);
    phone.disconnect();
    for left in [0, 20 * KIB, 64 * KIB, 200 * KIB] {
        disk.fill_but(left).unwrap();
        let refusal = loop {
            let before = everything(&phone.replica);
            match ledger.run(&mut phone, shop(&"long ".repeat(150))) {
                Ok(_) => {}
                Err(error) => {
                    assert_eq!(everything(&phone.replica), before, "left {left}");
                    break error.downcast::<Refusal>().unwrap();
                }
            }
        };
        assert_eq!(refusal.code, codes::STORAGE);
        // A line changes nothing of it: what is not recorded here cannot be sent.
        let _full = phone.sync().await;
        phone.disconnect();
        disk.make_room().unwrap();
        chance.work(&mut phone, &mut ledger).unwrap();
        let customer = find(&phone, "hgsp").unwrap();
        chance.order(&mut phone, &mut ledger, customer).unwrap();
    }
    phone.sync().await.unwrap();
    for order in ledger.orders() {
        decided(&mut phone, order).await.unwrap();
    }
    agree(&mut phone).await.unwrap();
    ledger.settle(&phone, &office).await.unwrap();
    settle_numbers(&office, &[(&ledger, &phone)]).await.unwrap();
}

#[tokio::test]
async fn a_phone_without_room_still_opens_and_shows_what_it_has() {
    let Some(disk) = SmallDisk::mount(12).unwrap() else { return };
    let world = World::start().await.unwrap();
    let mut phone = world.device_in("lin", &disk.path().join("phone")).await.unwrap();
    phone.sync().await.unwrap();
    let mut ledger = Ledger::of(&phone).unwrap();
    phone.disconnect();
    for left in [0, 20 * KIB, 64 * KIB] {
        disk.fill_but(left).unwrap();
        while ledger.run(&mut phone, shop(&"long ".repeat(150))).is_ok() {}
        let before = everything(&phone.replica);
        phone = phone.reopened().unwrap();
        assert_eq!(everything(&phone.replica), before, "left {left}");
        disk.make_room().unwrap();
        ledger.run(&mut phone, shop("short")).unwrap();
    }
    let office = world.office().await.unwrap();
    phone.sync().await.unwrap();
    agree(&mut phone).await.unwrap();
    ledger.settle(&phone, &office).await.unwrap();
}
