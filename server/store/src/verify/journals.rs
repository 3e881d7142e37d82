//! Journals: chains, signatures, and that what was admitted is in the documents.

use automerge::Change;
use futures_util::TryStreamExt as _;
use roundsman_core::id::DeviceId;
use roundsman_core::sync::{Entry, Head, verify_head};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqlitePool};
use uuid::Uuid;

use super::{Part, unpacked};
use crate::Result;
use crate::devices::bytes_32;

/// What the device's row says of its journal.
struct Claimed {
    device: DeviceId,
    code: String,
    head: Head,
    judged: u64,
    key: [u8; 32],
    signature: Option<Vec<u8>>,
}

pub(super) async fn check(db: &SqlitePool) -> Result<Part> {
    let mut part = Part::new("journals");
    let devices = sqlx::query(
        "select id, code, public_key, journal_n, journal_head, journal_signature, judged_n from device",
    )
    .fetch_all(db)
    .await?;
    for row in &devices {
        check_one(db, &claimed(row)?, &mut part).await?;
    }
    Ok(part)
}

fn claimed(row: &SqliteRow) -> Result<Claimed> {
    let n = row.try_get::<i64, _>("journal_n")?.unsigned_abs();
    let hash = if n == 0 { [0; 32] } else { bytes_32(row, "journal_head")? };
    Ok(Claimed {
        device: row.try_get::<Uuid, _>("id")?.into(),
        code: row.try_get("code")?,
        head: Head { n, hash },
        judged: row.try_get::<i64, _>("judged_n")?.unsigned_abs(),
        key: bytes_32(row, "public_key")?,
        signature: row.try_get("journal_signature")?,
    })
}

async fn check_one(db: &SqlitePool, claimed: &Claimed, part: &mut Part) -> Result<()> {
    let Claimed { device, code, .. } = claimed;
    let mut head = Head::default();
    let mut rows =
        sqlx::query("select n, hash, bytes, state from journal where device = $1 order by n")
            .bind(device.0)
            .fetch(db);
    while let Some(row) = rows.try_next().await? {
        part.checked += 1;
        let (n, state) = (row.try_get::<i64, _>("n")?, row.try_get::<String, _>("state")?);
        let (next, entry) = match head.follow(*device, &unpacked(&row, "bytes")) {
            Ok(followed) => followed,
            Err(refusal) => {
                part.wrong(format!("{code}: entry {n} does not follow the one before: {refusal}"));
                return Ok(());
            }
        };
        let hash: &[u8] = row.try_get("hash")?;
        part.expect(next.hash == hash, || format!("{code}: entry {n} has another hash"));
        let judged = next.n <= claimed.judged;
        part.expect(judged == (state != "stored"), || {
            format!("{code}: entry {n} is {state}, judged up to {}", claimed.judged)
        });
        if state == "admitted" || state == "released" {
            check_changes(db, &entry, code, part).await?;
        }
        head = next;
    }
    part.expect(head == claimed.head, || {
        format!("{code}: the journal ends at {}, not at {}", head.n, claimed.head.n)
    });
    // A server process signs for nothing; what came before signatures were kept has none.
    if let Some(signature) = claimed.signature.as_ref().filter(|it| !it.is_empty()) {
        part.expect(verify_head(&claimed.key, *device, head, signature).is_ok(), || {
            format!("{code}: the device did not sign for entry {}", head.n)
        });
    }
    Ok(())
}

async fn check_changes(db: &SqlitePool, entry: &Entry, code: &str, part: &mut Part) -> Result<()> {
    for change in &entry.changes {
        let Ok(parsed) = Change::from_bytes(change.bytes.clone()) else {
            part.wrong(format!("{code}: entry {} was admitted and cannot be read", entry.n));
            continue;
        };
        let here: bool = sqlx::query_scalar(
            "select exists (select 1 from change where item = $1 and hash = $2)",
        )
        .bind(&change.item.to_bytes()[..])
        .bind(&parsed.hash().0[..])
        .fetch_one(db)
        .await?;
        part.expect(here, || {
            format!("{code}: entry {} was admitted and is not in {}", entry.n, change.item)
        });
    }
    Ok(())
}
