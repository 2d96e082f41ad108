//! `cargo xtask grade`: the headers of the pages, as MDN's HTTP Observatory grades them.

use crate::browser::TestSite;
use crate::components;
use crate::install;
use crate::shell::run as run_program;
use crate::test;
use anyhow::Result;
use std::path::Path;
use std::process::Command;

const FOLDER: &str = "tests/observatory";

/// Fails when a page has less than it should.
pub fn run() -> Result<()> {
    components::build_all()?;
    test::build()?;
    install::node_packages(Path::new(FOLDER))?;
    let site = TestSite::start()?;
    let mut command = Command::new("node");
    command.arg("grade.mjs");
    site.describe(&mut command, "", FOLDER);
    run_program(&mut command)
}
