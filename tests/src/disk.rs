//! A file system that is small enough to be filled.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use tempfile::TempDir;

/// A mounted file system of a few MiB; unmounted at the end.
pub struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    /// Mounts one; none, said loudly, where this process may not mount.
    ///
    /// # Errors
    /// When no folder can be made.
    pub fn mount(mib: u32) -> Result<Option<Self>> {
        let folder = tempfile::tempdir()?;
        let size = format!("size={mib}m");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(folder.path())
            .output();
        match mounted {
            Ok(output) if output.status.success() => Ok(Some(Self { folder })),
            refused => {
                eprintln!("\n*** SKIPPED: no small file system can be mounted here: {refused:?}\n");
                Ok(None)
            }
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Takes all the room but so many bytes.
    ///
    /// # Errors
    /// When that cannot be done.
    pub fn fill_but(&self, left: usize) -> Result<()> {
        let mut ballast = std::fs::File::create(self.ballast())?;
        let block = vec![0u8; 4 << 10];
        while ballast.write_all(&block).is_ok() {}
        let held = ballast.metadata()?.len();
        let wanted = held.saturating_sub(left as u64);
        ensure!(wanted > 0, "there is not so much room");
        Ok(ballast.set_len(wanted)?)
    }

    /// Gives the room back.
    ///
    /// # Errors
    /// When it was not taken.
    pub fn make_room(&self) -> Result<()> {
        Ok(std::fs::remove_file(self.ballast())?)
    }

    fn ballast(&self) -> PathBuf {
        self.path().join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a process that still holds a file there must not keep the mount for ever.
        let _gone = Command::new("umount").arg("--lazy").arg(self.folder.path()).output();
    }
}
