//! The demo company.

use std::path::Path;

use anyhow::Result;

use crate::shell::{command, quiet};
use crate::stage::Did;

/// Fills `folder` with the demo company, unless a company lives there already.
pub fn demo(server: &Path, folder: &Path) -> Result<Did> {
    if folder.exists() {
        return Ok(Did::Nothing);
    }
    let folder = folder.to_string_lossy();
    quiet(command(&server.to_string_lossy(), &["demo", "--data", &folder]))?;
    Ok(Did::Work)
}
