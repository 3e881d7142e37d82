//! SQLite on a disk in memory keeps its word, and only its word.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use roundsman_sim::disk::{Plug, VFS};
use rusqlite::{Connection, OpenFlags};

fn open(disk: &Plug, synchronous: &str) -> Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let db = Connection::open_with_flags_and_vfs(disk.path("test.db"), flags, VFS).unwrap();
    db.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(())).unwrap();
    db.pragma_update(None, "synchronous", synchronous).unwrap();
    db.execute_batch("create table if not exists t (n integer primary key, text text)").unwrap();
    db
}

fn count(db: &Connection) -> u32 {
    db.query_row("select count(*) from t", [], |row| row.get(0)).unwrap()
}

fn whole(db: &Connection) {
    let answer: String = db.query_row("pragma integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(answer, "ok");
}

fn insert(db: &Connection, n: u32) -> rusqlite::Result<usize> {
    db.execute("insert into t values (?1, ?2)", (n, "x".repeat(500)))
}

#[test]
fn several_connections_share_a_database() {
    let disk = Plug::new();
    let (writer, reader) = (open(&disk, "full"), open(&disk, "full"));
    for n in 0..500 {
        insert(&writer, n).unwrap();
    }
    assert_eq!(count(&reader), 500);
    drop((writer, reader));
    assert_eq!(count(&open(&disk, "full")), 500);
}

#[test]
fn a_full_commit_survives_every_power_cut() {
    for seed in 0..60 {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let disk = Plug::new();
        let mut promised = 0;
        for _ in 0..4 {
            let db = open(&disk, "full");
            assert!(count(&db) >= promised, "seed {seed}: {} of {promised}", count(&db));
            whole(&db);
            let from = count(&db);
            disk.trip_after(u32::try_from(seed).unwrap() * 7 % 90 + 5);
            promised = from;
            while insert(&db, promised).is_ok() {
                promised += 1;
            }
            disk.cut_power(&mut chance);
        }
    }
}

#[test]
fn a_normal_commit_may_be_gone_but_nothing_is_broken() {
    let mut lost = 0;
    for seed in 0..60 {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let disk = Plug::new();
        let db = open(&disk, "normal");
        for n in 0..100 {
            insert(&db, n).unwrap();
        }
        disk.cut_power(&mut chance);
        drop(db);
        let db = open(&disk, "normal");
        whole(&db);
        lost += 100 - count(&db);
    }
    assert!(lost > 0);
}

#[test]
fn a_full_disk_says_so_and_goes_on_when_there_is_room() {
    let disk = Plug::new();
    let db = open(&disk, "full");
    disk.set_full(true);
    let mut n = 0;
    while insert(&db, n).is_ok() {
        n += 1;
    }
    disk.set_full(false);
    insert(&db, n).unwrap();
    assert_eq!(count(&db), n + 1);
    whole(&db);
}

#[test]
fn a_copy_is_another_disk() {
    let disk = Plug::new();
    let db = open(&disk, "full");
    insert(&db, 1).unwrap();
    let copy = Plug::with(&disk.image());
    insert(&db, 2).unwrap();
    assert_eq!((count(&open(&copy, "full")), count(&db)), (1, 2));
    drop(db);
    disk.restore(&copy.image());
    assert_eq!(count(&open(&disk, "full")), 1);
}
