//! Pictures of every screen, for people to look at.

use anyhow::Result;
use pico_args::Arguments;

use crate::shell::{node_command, root, show};
use crate::stage::{Did, Stages};
use crate::{finish, install, test, wasm};

/// `cargo xtask screenshots`
pub fn run(args: Arguments) -> Result<()> {
    finish(args)?;
    let mut stages = Stages::default();
    test::build(&mut stages, wasm::Build::Quick)?;
    stages.need("browser", install::browser)?;
    stages.need("pictures", || {
        let mut playwright = node_command("playwright", &["test"])?;
        playwright
            .args(["--config", "pictures.config.ts"])
            .current_dir(root().join("tests/browser"));
        show(playwright).map(|()| Did::Work)
    })?;
    stages.finish()?;
    println!("the pictures are in {}", root().join("target/screenshots").display());
    Ok(())
}
