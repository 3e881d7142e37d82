//! Other engines on the same data, in `tests/peers`.

use std::io::BufRead as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

use crate::data::{self, OFFLINE_SEED, Sizes};
use crate::table::PeerFigure;

/// Reps who come back at the same time, and what each recorded.
const DEVICES: usize = 20;

/// Runs them one after another; each line they print is a figure.
///
/// # Errors
/// When they cannot be started. One that fails is told about and left out.
pub fn run(node: &Path, scale: f64, only: Option<&str>) -> Result<Vec<PeerFigure>> {
    let folder = tempfile::tempdir()?;
    for scale in [scale, scale / 10.0] {
        let sizes = Sizes::scaled(scale);
        let data = data::generate(sizes);
        let per_device = sizes.orders / DEVICES;
        let offline: Vec<_> = (0..DEVICES)
            .map(|n| data::offline(n, per_device, sizes.customers, &data.products))
            .collect();
        let json = serde_json::json!({ "seed": OFFLINE_SEED, "scale": scale, "offline": offline,
            "customers": data.customers, "products": data.products, "orders": data.orders });
        let name =
            if folder.path().join("full.json").exists() { "tenth.json" } else { "full.json" };
        std::fs::write(folder.path().join(name), serde_json::to_vec(&json)?)?;
    }
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("../peers");
    let mut command = Command::new(node);
    // Their warnings are about themselves, and by the hundred.
    command.args(["--no-warnings", "run.mjs"]).arg(folder.path()).current_dir(&peers);
    command.args(only).stdout(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("cannot start {}", node.display()))?;
    let mut figures = Vec::new();
    if let Some(output) = child.stdout.take() {
        for line in std::io::BufReader::new(output).lines() {
            let line = line?;
            figures.push(serde_json::from_str(&line).with_context(|| line.clone())?);
        }
    }
    if !child.wait()?.success() {
        eprintln!("\nNOT ALL PEERS RAN: see above\n");
    }
    Ok(figures)
}
