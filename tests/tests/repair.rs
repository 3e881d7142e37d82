//! A phone whose storage says something else than the office: the exact items are found and put
//! right, at a cost that follows the difference, and the office reads about it.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use roundsman_device::Device;
use roundsman_tests::World;
use serde_json::Value;

const ROUNDS: u64 = 12;

/// A channel's name, an item in it, its element.
type Member = (String, Vec<u8>, Vec<u8>);

/// Everything a channel holds, with what is really stored of each item.
fn contents(device: Device) -> (Device, Vec<Member>) {
    let mut held = Vec::new();
    let device = device
        .damaged(|db| {
            let mut statement = db.prepare(
                "select m.channel, m.item, coalesce(r.bytes, d.base) from membership m \
                 left join record r on r.item = m.item left join document d on d.item = m.item \
                 order by m.channel, m.item",
            )?;
            let rows =
                statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            held = rows.collect::<rusqlite::Result<_>>()?;
            Ok(())
        })
        .unwrap();
    (device, held)
}

/// Does one thing at random to the main file, and says how many items that makes wrong at least.
fn harm(db: &rusqlite::Connection, random: &mut StdRng) -> rusqlite::Result<()> {
    let kinds = ["forget", "rot", "element", "digest", "stray"];
    let kind = *kinds.choose(random).unwrap_or(&"forget");
    let skip = random.random_range(0..40);
    let some = random.random_range(1..6);
    let picked = format!(
        "select channel, item from membership where channel like 'territory/%' or channel = 'catalog' \
         order by substr(item, 16) limit {some} offset {skip}"
    );
    match kind {
        "forget" => db.execute_batch(&format!(
            "delete from membership where (channel, item) in ({picked});
             delete from document where item not in (select item from membership);"
        )),
        "rot" => db.execute_batch(&format!(
            "update document set base = substr(base, 1, length(base) / 2) \
             where item in (select item from ({picked}));
             update record set bytes = cast(bytes || x'00' as blob) where item in (select item from ({picked}));"
        )),
        "element" => db.execute_batch(&format!(
            "update membership set element = zeroblob(32) where (channel, item) in ({picked});"
        )),
        "digest" => db.execute_batch("update channel set digest = zeroblob(32)"),
        _ => db.execute_batch(
            "insert into membership select channel, cast(x'40' || randomblob(16) as blob), randomblob(32) \
             from membership where channel = 'catalog' limit 3",
        ),
    }
}

/// Comes into contact and goes on until what was found is put right.
async fn repaired(phone: &mut Device) {
    let before = phone.status().unwrap().repairs;
    phone.connect().await.unwrap();
    phone.audit().await.unwrap();
    phone
        .until("everything agrees", |phone| {
            let status = phone.status()?;
            Ok(status.repairs > before && status.catch_up.is_none())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn whatever_rots_is_named_exactly_and_put_right() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7);
    println!("SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut world = World::start().await.unwrap();
    let phone = world.device("lin").await.unwrap();
    let first_sync = phone.traffic.received;
    let (mut device, right) = contents(phone);
    for round in 0..ROUNDS {
        device = device.damaged(|db| harm(db, &mut random)).unwrap();
        repaired(&mut device).await;
        let spent = device.traffic.received;
        assert!(spent < first_sync / 2, "round {round}: {spent} of {first_sync} bytes");
        let (again, held) = contents(device);
        let same = held.iter().zip(&right).all(|(left, right)| left == right);
        assert!(same && held.len() == right.len(), "round {round}: something is still wrong");
        device = again;
    }
    let office = world.office().await.unwrap();
    let told: Vec<Value> = office.get("/api/divergences").await.unwrap();
    assert!(!told.is_empty());
    for row in &told {
        assert_eq!(row["state"], "repaired", "{row}");
    }
    let metrics = reqwest::get(format!("{}/metrics", world.url())).await.unwrap();
    let metrics = metrics.text().await.unwrap();
    let counted = format!("roundsman_divergences_total {}", told.len());
    assert!(metrics.contains(&counted), "{metrics}");
    // Whoever asks through a proxy on the same machine is somebody else.
    let through = reqwest::Client::new().get(format!("{}/metrics", world.url()));
    let refused = through.header("x-forwarded-for", "203.0.113.9").send().await.unwrap();
    assert_eq!(refused.status(), 401);
}
