//! The client package, the phone app and the console.

use anyhow::Result;

use crate::shell::{node_command, quiet, root};
use crate::stage::{Did, Stages};
use crate::stamp::Stamp;
use crate::{install, wasm};

struct Package {
    name: &'static str,
    npm: &'static str,
    folder: &'static str,
    /// A file that exists once the package is built.
    built: &'static str,
    /// What else it is built from.
    uses: &'static [&'static str],
    uses_engine: bool,
}

const CLIENT: Package = Package {
    name: "client",
    npm: "@roundsman/client",
    folder: "wasm/client",
    built: "wasm/client/dist/index.js",
    uses: &[],
    uses_engine: true,
};

const MOBILE: Package = Package {
    name: "phone app",
    npm: "@roundsman/mobile",
    folder: "mobile",
    built: "mobile/build/index.html",
    uses: &["wasm/client"],
    uses_engine: true,
};

const OFFICE: Package = Package {
    name: "console",
    npm: "@roundsman/office",
    folder: "server/office",
    built: "server/office/build/index.html",
    uses: &["mobile/kit"],
    uses_engine: false,
};

/// Builds the client package, after the engine.
pub fn client(stages: &mut Stages) -> Result<()> {
    stages.need("npm packages", install::npm_packages)?;
    stages.need(CLIENT.name, || build(&CLIENT))
}

/// Builds both web apps, after the client.
pub fn apps(stages: &mut Stages) -> Result<()> {
    stages.need(MOBILE.name, || build(&MOBILE))?;
    stages.need(OFFICE.name, || build(&OFFICE))
}

/// Runs a script in every npm package that has it.
pub fn in_each_package(script: &str) -> Result<Did> {
    let args = ["run", script, "--workspaces", "--if-present"];
    crate::shell::show(node_command("npm", &args)?)?;
    Ok(Did::Work)
}

fn build(package: &Package) -> Result<Did> {
    let sources = [&[package.folder, "package-lock.json"], package.uses].concat();
    let engine = package.uses_engine.then(wasm::module);
    let stamp = Stamp::of(package.name, &sources, engine.as_slice())?;
    if stamp.is_current() && root().join(package.built).is_file() {
        return Ok(Did::Nothing);
    }
    // By its name: a folder would also mean the packages inside it.
    quiet(node_command("npm", &["run", "build", "--workspace", package.npm])?)?;
    stamp.write()?;
    Ok(Did::Work)
}
