//! Skipping work whose inputs did not change since it last succeeded.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;
use std::{fs, io};

use anyhow::{Context as _, Result, bail};

use crate::shell::{command, root};

/// The state of a piece of work's inputs, to be compared with the state at its last success.
pub struct Stamp {
    file: PathBuf,
    digest: String,
}

impl Stamp {
    /// The stamp of work called `name`. `sources` are files and folders of the checkout, taken
    /// without what git ignores; `generated` are single files that other work made.
    pub fn of(name: &str, sources: &[&str], generated: &[PathBuf]) -> Result<Self> {
        let mut files = source_files(sources)?;
        files.extend(generated.iter().cloned());
        let mut hasher = DefaultHasher::new();
        for file in files {
            match fs::read(root().join(&file)) {
                Ok(bytes) => (&file, bytes).hash(&mut hasher),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error).context(format!("cannot read {}", file.display())),
            }
        }
        let digest = format!("{:016x}", hasher.finish());
        Ok(Self { file: root().join("target/stamps").join(name), digest })
    }

    /// Whether the last success had the same inputs.
    pub fn is_current(&self) -> bool {
        fs::read_to_string(&self.file).is_ok_and(|last| last == self.digest)
    }

    /// Remembers a success.
    pub fn write(&self) -> Result<()> {
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder)?;
        }
        Ok(fs::write(&self.file, &self.digest)?)
    }
}

/// Tracked files and new ones that are not ignored, in a fixed order.
fn source_files(paths: &[&str]) -> Result<BTreeSet<PathBuf>> {
    if paths.is_empty() {
        return Ok(BTreeSet::new());
    }
    let list = ["ls-files", "--cached", "--others", "--exclude-standard", "-z", "--"];
    let output = command("git", &[&list, paths].concat()).output().context("cannot start git")?;
    if !output.status.success() {
        bail!("git cannot list the files: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let names = String::from_utf8(output.stdout)?;
    Ok(names.split_terminator('\0').map(PathBuf::from).collect())
}
