//! The demo company.

use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::shell::{command, quiet};
use crate::stage::Did;

/// Fills `folder` with the demo company, unless a company lives there already.
pub fn demo(server: &Path, folder: &Path) -> Result<Did> {
    if folder.exists() {
        return Ok(Did::Nothing);
    }
    // Beside its place until it is whole: half a company would look like one.
    let unfinished = folder.with_extension("unfinished");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished)?;
    }
    let data = unfinished.to_string_lossy();
    quiet(command(&server.to_string_lossy(), &["demo", "--data", &data]))?;
    fs::rename(&unfinished, folder)?;
    Ok(Did::Work)
}
