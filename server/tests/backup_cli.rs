//! Backing up, verifying and restoring at the terminal, with the real program.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use sqlx::{ConnectOptions as _, Connection as _};

fn roundsman(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_roundsman")).args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8(text).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_company_is_backed_up_verified_and_restored() {
    let folder = tempfile::tempdir().unwrap();
    let (data, copy) = (folder.path().join("data"), folder.path().join("monday.backup"));
    let (data, copy) = (text(&data), text(&copy));
    assert!(roundsman(&["demo", "--scale", "0", "--data", data]).status.success());

    let made = roundsman(&["backup", "--data", data, copy]);
    assert!(made.status.success(), "{}", said(&made));
    assert!(folder.path().join("monday.backup.manifest.json").exists());
    assert!(!roundsman(&["backup", "--data", data, copy]).status.success(), "never written over");
    for what in [vec!["verify", copy], vec!["verify", "--data", data]] {
        let verified = roundsman(&what);
        assert!(verified.status.success(), "{}", said(&verified));
        assert!(said(&verified).contains("channels"));
    }

    let refused = roundsman(&["restore", copy, "--data", data]);
    assert!(!refused.status.success());
    assert!(said(&refused).contains("--force"), "{}", said(&refused));
    let restored = roundsman(&["restore", copy, "--data", data, "--force"]);
    assert!(restored.status.success(), "{}", said(&restored));
    let aside = fs::read_dir(folder.path())
        .unwrap()
        .any(|entry| entry.unwrap().file_name().to_str().unwrap().starts_with("data.before-"));
    assert!(aside, "what was there is kept");
    assert!(roundsman(&["verify", "--data", data]).status.success());

    let elsewhere = folder.path().join("elsewhere");
    assert!(roundsman(&["restore", copy, "--data", text(&elsewhere)]).status.success());
}

#[test]
fn damage_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (data, copy) = (folder.path().join("data"), folder.path().join("monday.backup"));
    assert!(roundsman(&["demo", "--scale", "0", "--data", text(&data)]).status.success());
    assert!(roundsman(&["backup", "--data", text(&data), text(&copy)]).status.success());
    let mut bytes = fs::read(&copy).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&copy, bytes).unwrap();
    let verified = roundsman(&["verify", text(&copy)]);
    assert!(!verified.status.success());
    assert!(said(&verified).contains("manifest"), "{}", said(&verified));
    assert!(
        !roundsman(&["restore", text(&copy), "--data", text(&folder.path().join("new"))])
            .status
            .success()
    );
}

#[tokio::test]
async fn what_was_tampered_with_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    assert!(roundsman(&["demo", "--scale", "0", "--data", text(&data)]).status.success());
    let tampered = [
        (
            "update customer_row set body = '{}' where id = (select min(id) from customer_row)",
            "documents",
        ),
        ("update channel set items = items + 1 where id = 1", "channels"),
        (
            "update record set hash = zeroblob(32) where item = (select min(item) from record)",
            "records",
        ),
        ("update journal set bytes = cast(bytes || x'00' as blob) where n = 2", "journals"),
        (
            "update erp_stock set reserved = '7' where product = (select min(product) from erp_stock)",
            "reservations",
        ),
    ];
    for (statement, part) in tampered {
        let copy = folder.path().join(format!("{part}.sqlite"));
        roundsman_store::backup::copy(&data.join("roundsman.sqlite"), &copy).await.unwrap();
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&copy);
        let mut db = options.connect().await.unwrap();
        sqlx::query(statement).execute(&mut db).await.unwrap();
        db.close().await.unwrap();
        let verified = roundsman(&["verify", text(&copy)]);
        assert!(!verified.status.success(), "{part}: {}", said(&verified));
        let line = said(&verified).lines().find(|line| line.starts_with(part)).unwrap().to_owned();
        assert!(line.contains("wrong"), "{line}");
    }
}
