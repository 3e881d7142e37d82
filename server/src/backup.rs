//! Backups: made while the server runs, verified, and restored.
//!
//! A backup is one SQLite file with a manifest beside it, which says when it was taken and what it
//! must hash to. Restoring begins a new epoch, so that devices give back what came after.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use roundsman_core::time::Timestamp;
use roundsman_store::epochs::{self, Restoration};
use roundsman_store::verify::{self, Part};
use roundsman_store::{Store, backup as copies};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::app;
use crate::clock::Clock;
use crate::error::{Error, Result};

/// The database's name in a data folder.
pub const DATABASE: &str = "roundsman.sqlite";

/// What stands beside a backup.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// Everything stored before this is in it.
    pub taken_at: Timestamp,
    /// Bytes of the backup.
    pub bytes: u64,
    /// SHA-256 of the backup, in hexadecimal.
    pub sha256: String,
    /// The version of the server that made it.
    pub version: String,
}

/// Writes a backup of a data folder that may be in use. When this returns, it is on disk.
///
/// # Errors
/// When there is no company, or the backup cannot be written or exists.
pub async fn back_up(data: &Path, to: &Path, clock: &Clock) -> Result<Manifest> {
    let from = existing(&data.join(DATABASE))?;
    if to.exists() {
        return Err(said(format!("{} exists already", to.display())));
    }
    let taken_at = clock.now();
    let partial = beside(to, ".partial");
    remove(&partial)?;
    copies::copy(&from, &partial).await?;
    let manifest = Manifest {
        taken_at,
        bytes: fs::metadata(&partial).map_err(Error::internal)?.len(),
        sha256: sha256(&partial)?,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let text = serde_json::to_vec_pretty(&manifest).map_err(Error::internal)?;
    // The manifest comes last: with it the backup is whole.
    keep(&partial, to)?;
    let partial = beside(to, ".manifest.partial");
    fs::write(&partial, text).map_err(Error::internal)?;
    keep(&partial, &manifest_of(to))?;
    Ok(manifest)
}

/// Checks a backup, or a data folder that may be in use.
///
/// # Errors
/// When it cannot be read at all.
pub async fn check(file_or_folder: &Path) -> Result<Vec<Part>> {
    let in_folder = file_or_folder.join(DATABASE);
    let file = if in_folder.exists() { in_folder } else { existing(file_or_folder)? };
    let mut own = Part { name: "file", checked: 1, ..Part::default() };
    own.problems.extend(differs_from_manifest(&file)?);
    own.problems.extend(copies::check_file(&file).await?);
    own.wrong = own.problems.len() as u64;
    if own.wrong > 0 {
        return Ok(vec![own]);
    }
    // A copy: the database may be in use, or of an older version that is brought up to date first.
    let folder = std::env::temp_dir().join(format!("roundsman-verify-{}", std::process::id()));
    fs::create_dir_all(&folder).map_err(Error::internal)?;
    let found = check_copy(&file, &folder.join(DATABASE)).await;
    fs::remove_dir_all(&folder).map_err(Error::internal)?;
    let mut parts = vec![own];
    parts.extend(found?);
    Ok(parts)
}

async fn check_copy(file: &Path, copy: &Path) -> Result<Vec<Part>> {
    remove(copy)?;
    copies::copy(file, copy).await?;
    let store = Store::open(copy).await?;
    Ok(verify::all(&store.read).await?)
}

/// Where a restoration put things.
#[derive(Debug)]
pub struct Restored {
    /// What the database went back to.
    pub since: Timestamp,
    /// Where the data is that was there before.
    pub aside: Option<PathBuf>,
}

/// Puts a backup in the place of a data folder and begins a new epoch. What was in the folder is
/// moved aside, and only with `force`.
///
/// # Errors
/// When the backup is damaged, the folder is in use, or holds something without `force`.
pub async fn restore(from: &Path, data: &Path, force: bool, clock: &Clock) -> Result<Restored> {
    let from = existing(from)?;
    let lives = data.join(DATABASE).exists();
    if lives && !force {
        let data = data.display();
        return Err(said(format!("{data} holds a company; with --force it is moved aside first")));
    }
    let _lock = if data.exists() { Some(app::lock(data)?) } else { None };
    let mut damage: Vec<String> = differs_from_manifest(&from)?.into_iter().collect();
    damage.extend(copies::check_file(&from).await?);
    if let Some(first) = damage.first() {
        return Err(said(format!("the backup is damaged: {first}")));
    }
    let fresh = beside(data, ".restoring");
    if fresh.exists() {
        fs::remove_dir_all(&fresh).map_err(Error::internal)?;
    }
    fs::create_dir_all(&fresh).map_err(Error::internal)?;
    let since = fill(&from, &fresh, clock).await?;
    let aside = data.exists().then(|| beside(data, &format!(".before-{}", stamp(clock.now()))));
    if let Some(aside) = &aside {
        fs::rename(data, aside).map_err(Error::internal)?;
    }
    fs::rename(&fresh, data).map_err(Error::internal)?;
    sync_folder(data)?;
    Ok(Restored { since, aside: aside.filter(|_| lives) })
}

/// Makes a data folder of the backup and begins its new epoch.
async fn fill(from: &Path, folder: &Path, clock: &Clock) -> Result<Timestamp> {
    let file = folder.join(DATABASE);
    fs::copy(from, &file).map_err(Error::internal)?;
    File::open(&file).and_then(|file| file.sync_all()).map_err(Error::internal)?;
    let store = Store::open(&file).await?;
    let since = match manifest(from)? {
        Some(manifest) => manifest.taken_at,
        None => epochs::last_trace(&store.read).await?,
    };
    let (first, now) = (clock.random(), clock.now());
    let restoration = Restoration { epoch: clock.random(), begun_at: now, since, noticed_by: None };
    let begun = store.write.run(move |db, _| {
        Box::pin(async move {
            epochs::open(db, first, now).await?;
            epochs::begin(db, &restoration).await
        })
    });
    begun.await?;
    Ok(since)
}

fn manifest(backup: &Path) -> Result<Option<Manifest>> {
    match fs::read(manifest_of(backup)) {
        Ok(text) => Ok(Some(serde_json::from_slice(&text).map_err(Error::internal)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::internal(error)),
    }
}

fn differs_from_manifest(backup: &Path) -> Result<Option<String>> {
    let Some(manifest) = manifest(backup)? else { return Ok(None) };
    let same = sha256(backup)? == manifest.sha256;
    Ok((!same).then(|| "it is not the file that its manifest was written for".to_owned()))
}

fn manifest_of(backup: &Path) -> PathBuf {
    beside(backup, ".manifest.json")
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    path.with_file_name(name)
}

fn sha256(file: &Path) -> Result<String> {
    let mut file = File::open(file).map_err(Error::internal)?;
    let (mut sum, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer).map_err(Error::internal)? {
            0 => break,
            read => sum.update(&buffer[..read]),
        }
    }
    Ok(sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Gives a finished file its name, durably.
fn keep(partial: &Path, name: &Path) -> Result<()> {
    File::open(partial).and_then(|file| file.sync_all()).map_err(Error::internal)?;
    fs::rename(partial, name).map_err(Error::internal)?;
    sync_folder(name)
}

/// Makes the name of this file or folder durable.
fn sync_folder(path: &Path) -> Result<()> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if cfg!(unix) {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(Error::internal)?;
    }
    Ok(())
}

fn remove(file: &Path) -> Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::internal(error)),
        _ => Ok(()),
    }
}

fn existing(file: &Path) -> Result<PathBuf> {
    if file.is_file() {
        Ok(file.to_owned())
    } else {
        Err(said(format!("there is no {}", file.display())))
    }
}

fn said(words: String) -> Error {
    Error::internal(words)
}

/// An instant as part of a file's name, in the office's time.
fn stamp(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_millisecond(at.millis()).unwrap_or_default();
    at.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y%m%d-%H%M%S").to_string()
}
