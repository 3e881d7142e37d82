//! What a rep waits for in the browser that phones have: `tests/browser/bench/phone.ts`.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use super::{Figure, figure};
use crate::company::{Company, OUTSIDER, READER};
use crate::server::{Binary, Server};

/// What the script calls its figures, and the rows they are in.
const ROWS: [(&str, &str); 4] = [
    ("line", "chromium.line"),
    ("search", "chromium.search"),
    ("open", "chromium.open"),
    ("rebase", "chromium.rebase"),
];

/// Once through, by this Node.
///
/// # Errors
/// When the server or the browser fails.
pub async fn measure(binary: &Binary, company: &Company, node: &Path) -> Result<Vec<Figure>> {
    let server = Server::start(binary, company.folder.path()).await?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../browser/bench/phone.ts");
    let said = Command::new(node)
        .arg("--no-warnings")
        .arg(script)
        // A service worker wants a secure origin, which this name is.
        .env("BENCH_SERVER", format!("http://localhost:{}", server.port))
        .env("BENCH_REP", READER)
        .env("BENCH_OUTSIDER", OUTSIDER)
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {}", node.display()))?;
    ensure!(said.status.success(), "the browser did not come to its end");
    server.stop().await?;
    String::from_utf8(said.stdout)?.lines().filter_map(|line| read(line).transpose()).collect()
}

/// A figure, or a note that is passed on.
fn read(line: &str) -> Result<Option<Figure>> {
    let (name, said) = line.split_once(' ').with_context(|| format!("not a figure: {line}"))?;
    if name == "note" {
        eprintln!("   {said}");
        return Ok(None);
    }
    let row = ROWS.into_iter().find(|(known, _)| *known == name);
    let (_, row) = row.with_context(|| format!("no row for {line}"))?;
    Ok(Some(figure(row, said.parse().with_context(|| format!("not a figure: {line}"))?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_and_anything_else_is_an_error() {
        let read_one = read("line 4.2").ok().flatten().map(|it| (it.row, it.value));
        assert_eq!(read_one, Some(("chromium.line", 4.2)));
        assert!(matches!(read("note a quarter of this machine"), Ok(None)));
        for wrong in ["", "line", "line NaN ms", "lines 4.2"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
