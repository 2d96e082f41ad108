//! Remaking the third-party modules of the pages from the packages they come from. What it makes is committed, so
//! that nobody needs Node.js to run Relatch; a browser test makes it again and compares.

use crate::install;
use crate::shell;
use anyhow::Result;
use std::path::Path;
use std::process::Command;

const FOLDER: &str = "xtask/vendor";

/// The packages that make the modules, from their lock file.
pub fn packages() -> Result<()> {
    install::node_packages(Path::new(FOLDER))
}

pub fn run() -> Result<()> {
    packages()?;
    shell::run(Command::new("node").arg("build.mjs").current_dir(FOLDER))
}
