//! The server as a real process is killed in the middle of everything, again and again.
//!
//! A short form runs with every test; `cargo xtask torture` runs 200 cycles. `ROUNDSMAN_SEED`
//! repeats what the reps do and when the server is killed.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::cell::Cell;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use roundsman_device::Device;
use roundsman_tests::{Chance, Ledger, Office, ServerProcess, agree, decided, settle_numbers};

const PROGRAM: &str = env!("CARGO_BIN_EXE_roundsman-under-test");
/// Two devices of one rep, and the other reps'.
const LOGINS: [&str; 4] = ["lin", "lin", "wang", "chen"];
/// Operations of one rep between two kills, at most.
const WORK_MAX: u64 = 6;
/// How long a cycle lasts at most before the server is killed, in milliseconds.
const CYCLE_MS: u64 = 400;
/// How long a device listens before it does the next thing.
const MOMENT: Duration = Duration::from_millis(8);

struct Rep {
    device: Device,
    ledger: Ledger,
    chance: Chance,
}

impl Rep {
    /// Works and syncs until the server is gone.
    async fn work(&mut self, stop: &Cell<bool>) {
        let mut left = self.chance.below(WORK_MAX + 1);
        while !stop.get() {
            if !self.device.is_connected() && self.device.connect().await.is_err() {
                // Nobody listens yet, or any more.
                tokio::task::yield_now().await;
            }
            if left > 0 {
                left -= 1;
                self.chance.work(&mut self.device, &mut self.ledger).unwrap();
            }
            self.device.listen(MOMENT).await.unwrap();
            self.ledger.look(&self.device).unwrap();
        }
        // Some notice that the line is dead, some do not before the next one.
        if self.chance.below(2) == 0 {
            self.device.disconnect();
        }
    }

    /// Delivers and gets everything, and holds what the server holds.
    async fn settle(&mut self) {
        self.device.disconnect();
        self.device.sync().await.unwrap();
        for order in self.ledger.orders() {
            decided(&mut self.device, order).await.unwrap();
        }
        agree(&mut self.device).await.unwrap();
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|value| value.parse().ok())
}

async fn judge(server: &mut ServerProcess, reps: &mut [Rep]) {
    let office: Office = server.office().await.unwrap();
    for rep in reps.iter_mut() {
        rep.settle().await;
    }
    for rep in reps.iter_mut() {
        rep.ledger.settle(&rep.device, &office).await.unwrap();
    }
    let sides: Vec<_> = reps.iter().map(|rep| (&rep.ledger, &rep.device)).collect();
    settle_numbers(&office, &sides).await.unwrap();
    // Whoever comes new sees the same.
    for login in ["lin", "wang", "chen"] {
        let mut fresh = server.device(login).await.unwrap();
        agree(&mut fresh).await.unwrap();
    }
}

#[tokio::test]
async fn a_server_killed_under_load_loses_and_doubles_nothing() {
    let seed = number("ROUNDSMAN_SEED").unwrap_or_else(rand::random);
    let cycles = number("ROUNDSMAN_TORTURE_CYCLES").unwrap_or(5);
    let minutes = number("ROUNDSMAN_TORTURE_MINUTES").unwrap_or(u64::MAX / 60);
    println!("ROUNDSMAN_SEED={seed}, {cycles} cycles");
    let mut chance = Chance::new(seed);
    let mut server = ServerProcess::start(PROGRAM).await.unwrap();
    let mut reps = Vec::new();
    for login in LOGINS {
        let device = server.device(login).await.unwrap();
        let ledger = Ledger::of(&device).unwrap();
        reps.push(Rep { device, ledger, chance: Chance::new(chance.below(u64::MAX)) });
    }

    let until = Instant::now().checked_add(Duration::from_secs(minutes.saturating_mul(60)));
    let mut kills = 0u64;
    for _ in 0..cycles {
        if until.is_some_and(|until| Instant::now() > until) {
            break;
        }
        let stop = Cell::new(false);
        let moment = Duration::from_millis(chance.below(CYCLE_MS));
        let kill = async {
            tokio::time::sleep(moment).await;
            server.kill().await.unwrap();
            stop.set(true);
        };
        tokio::join!(join_all(reps.iter_mut().map(|rep| rep.work(&stop))), kill);
        kills += 1;
        // Now and then it does not even come up.
        if chance.below(4) == 0 {
            drop(server.spawn().unwrap());
            tokio::time::sleep(Duration::from_millis(chance.below(60))).await;
            server.kill().await.unwrap();
            kills += 1;
        }
        server.restart().await.unwrap();
    }
    judge(&mut server, &mut reps).await;
    let entries: u64 = reps.iter().map(|rep| rep.ledger.entries()).sum();
    let orders: usize = reps.iter().map(|rep| rep.ledger.orders().count()).sum();
    println!("{kills} kills, {entries} entries, {orders} orders: all there, each once");
    assert!(entries > cycles, "too little was going on to prove anything");
}
