//! The line is cut at every message of a conversation, before it arrives and after.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use roundsman_core::documents::Request;
use roundsman_device::Device;
use roundsman_tests::{
    Breaker, Chance, Cut, Ledger, Office, Way, World, agree, decided, find, settle_numbers,
};

/// Longer than any conversation here.
const MESSAGES_MAX: u32 = 60;

/// A new customer, an order, and something more.
fn an_hour(device: &mut Device, ledger: &mut Ledger, chance: &mut Chance) {
    let fields = [("name".to_owned(), "新店".to_owned())].into();
    ledger.run(device, Request::CustomerCreate { fields, place: None }).unwrap();
    let customer = find(device, "hgsp").unwrap();
    chance.order(device, ledger, customer).unwrap();
    chance.work(device, ledger).unwrap();
}

/// Delivers what was done without a network, and goes on working on the open line.
async fn converse(device: &mut Device, ledger: &mut Ledger, chance: &mut Chance) {
    an_hour(device, ledger, chance);
    converge(device).await;
    for _ in 0..3 {
        // What their other device has done meanwhile is not done again, and then there is nothing to say.
        let before = device.replica.journal_head();
        while device.replica.journal_head() == before {
            chance.work(device, ledger).unwrap();
        }
        converge(device).await;
    }
}

/// Goes on, connecting again if it must, until nothing is left to say.
async fn converge(device: &mut Device) {
    let mut last = None;
    for _ in 0..4 {
        match device.sync().await {
            Ok(()) => return,
            Err(error) => last = Some(error),
        }
    }
    panic!("the device never gets through: {last:?}");
}

async fn cut_everywhere(way: Way, arrives: bool) {
    let seed = std::env::var("ROUNDSMAN_SEED").ok().and_then(|it| it.parse().ok());
    let seed = seed.unwrap_or_else(rand::random);
    println!("{way:?}, arrives: {arrives}, ROUNDSMAN_SEED={seed}");
    let mut world = World::start().await.unwrap();
    let breaker = Breaker::before(&world.url()).await.unwrap();
    let office: Office = world.office().await.unwrap();
    let (mut here, mut there) =
        (world.device("lin").await.unwrap(), world.device("lin").await.unwrap());
    let mut ledgers = [Ledger::of(&here).unwrap(), Ledger::of(&there).unwrap()];
    let mut chances = [Chance::new(seed), Chance::new(seed ^ 1)];
    here.disconnect();
    here.through(breaker.url());

    let mut cuts = 0;
    for at in 1..=MESSAGES_MAX {
        // Somebody else works as well, so that there is something to get.
        chances[1].work(&mut there, &mut ledgers[1]).unwrap();
        converge(&mut there).await;
        breaker.cut(Cut { way, at, arrives });
        converse(&mut here, &mut ledgers[0], &mut chances[0]).await;
        let was_cut = breaker.was_cut();
        ledgers[0].look(&here).unwrap();
        here.disconnect();
        if !was_cut {
            break;
        }
        cuts += 1;
    }
    println!("{cuts} messages");
    assert!(cuts >= 3, "a conversation has more messages than {cuts}");
    assert!(cuts < MESSAGES_MAX, "the conversation does not end");

    for (device, ledger) in [&mut here, &mut there].into_iter().zip(&mut ledgers) {
        converge(device).await;
        for order in ledger.orders() {
            decided(device, order).await.unwrap();
        }
        agree(device).await.unwrap();
        ledger.settle(device, &office).await.unwrap();
    }
    settle_numbers(&office, &[(&ledgers[0], &here), (&ledgers[1], &there)]).await.unwrap();
}

#[tokio::test]
async fn a_message_of_the_device_that_never_arrives_is_said_again() {
    cut_everywhere(Way::Up, false).await;
}

#[tokio::test]
async fn a_message_of_the_device_that_arrives_unanswered_counts_once() {
    cut_everywhere(Way::Up, true).await;
}

#[tokio::test]
async fn a_message_of_the_hub_that_never_arrives_is_said_again() {
    cut_everywhere(Way::Down, false).await;
}

#[tokio::test]
async fn a_message_of_the_hub_that_was_the_last_is_not_taken_twice() {
    cut_everywhere(Way::Down, true).await;
}
