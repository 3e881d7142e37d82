//! What a phone downloads.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use brotli::CompressorWriter;

use crate::shell::root;

/// `cargo xtask size`
pub fn run() -> Result<()> {
    let folder = root().join("mobile/build");
    let mut files = Vec::new();
    collect(&folder, &mut files).context("no built phone app: `cargo xtask run` builds it")?;
    print("The phone app", &files)
}

/// Prints each file and their sum, as they are and compressed as the server sends them.
pub fn print(what: &str, files: &[PathBuf]) -> Result<()> {
    println!("\n{what}, in bytes {:>43} {:>10}", "raw", "brotli");
    let mut sum = (0, 0);
    for file in files {
        let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        let packed = brotli_length(&bytes)?;
        sum = (sum.0 + bytes.len(), sum.1 + packed);
        let name = file.strip_prefix(root()).unwrap_or(file).display().to_string();
        println!("{name:<60} {:>10} {packed:>10}", bytes.len());
    }
    println!("{:<60} {:>10} {:>10}", "all", sum.0, sum.1);
    Ok(())
}

/// All files below `folder`, without the compressed copies that a build may put beside them.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let mut paths =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, files)?;
        } else if !path.extension().is_some_and(|end| end == "br" || end == "gz") {
            files.push(path);
        }
    }
    Ok(())
}

fn brotli_length(bytes: &[u8]) -> Result<usize> {
    let mut writer = CompressorWriter::new(Vec::new(), 1 << 16, 11, 22);
    writer.write_all(bytes)?;
    writer.flush()?;
    Ok(writer.into_inner().len())
}
