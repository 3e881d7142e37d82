//! What a phone downloads.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use brotli::CompressorWriter;

use crate::shell::root;

/// `cargo xtask size`
pub fn run() -> Result<()> {
    print("The phone app", &phone_app()?)
}

/// All of the phone app, compressed as the server sends it.
pub fn download_bytes() -> Result<usize> {
    let files = phone_app()?;
    files.iter().map(|file| Ok(Sizes::of(file)?.brotli)).sum()
}

fn phone_app() -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let folder = root().join("mobile/build");
    collect(&folder, &mut files).context("no built phone app: `cargo xtask run` builds it")?;
    Ok(files)
}

/// Files smaller than this share one line.
const SMALL_BYTES: usize = 4096;

/// Prints the files and their sum, as they are and compressed as the server sends them.
pub fn print(what: &str, files: &[PathBuf]) -> Result<()> {
    let (mut small, mut all) = (Sizes::default(), Sizes::default());
    println!("\n{:<70} {:>10} {:>10}", format!("{what}, in bytes"), "raw", "brotli");
    for file in files {
        let sizes = Sizes::of(file)?;
        all = all.plus(sizes);
        if sizes.raw < SMALL_BYTES {
            small = small.plus(sizes);
        } else {
            sizes.print(&file.strip_prefix(root()).unwrap_or(file).display().to_string());
        }
    }
    if small.files > 0 {
        small.print(&format!("{} smaller files", small.files));
    }
    all.print("all");
    Ok(())
}

#[derive(Clone, Copy, Default)]
struct Sizes {
    files: usize,
    raw: usize,
    brotli: usize,
}

impl Sizes {
    fn of(file: &Path) -> Result<Self> {
        let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        Ok(Self { files: 1, raw: bytes.len(), brotli: brotli_length(&bytes)? })
    }

    fn plus(self, other: Self) -> Self {
        Self {
            files: self.files + other.files,
            raw: self.raw + other.raw,
            brotli: self.brotli + other.brotli,
        }
    }

    fn print(self, name: &str) {
        println!("{name:<70} {:>10} {:>10}", self.raw, self.brotli);
    }
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
