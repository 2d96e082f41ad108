//! `cargo xtask lighthouse`: what Google's Lighthouse says of the pages people see first.

use crate::browser::TestSite;
use crate::components;
use crate::install;
use crate::shell::run as run_program;
use crate::test;
use anyhow::Result;
use std::path::Path;
use std::process::Command;

const FOLDER: &str = "tests/lighthouse";

/// Fails when a score is below 100.
pub fn run() -> Result<()> {
    components::build_all()?;
    test::build()?;
    let chromium = install::chromium()?;
    install::node_packages(Path::new(FOLDER))?;
    let site = TestSite::start()?;
    let mut command = Command::new("node");
    command.arg("lighthouse.mjs");
    site.describe(&mut command, &chromium, FOLDER);
    run_program(&mut command)
}
