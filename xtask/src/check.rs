//! Formatting, lints, licences: what a reviewer should not have to look for.

use crate::shell::{cargo, find, output, say, works};
use anyhow::Result;
use std::process::Command;

const DENY_VERSION: &str = "0.20.2";

pub fn run() -> Result<()> {
    say("Formatting");
    run_cargo(&["fmt", "--all", "--check"])?;
    say("Lints");
    run_cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--locked",
        "--quiet",
        "--",
        "-D",
        "warnings",
    ])?;
    deny()
}

fn run_cargo(arguments: &[&str]) -> Result<()> {
    crate::shell::run(cargo().args(arguments))
}

/// Licences, bans and sources always; advisories where their database can be had.
fn deny() -> Result<()> {
    if find("cargo-deny").is_none() {
        // Unoptimised, and nothing for debuggers: it is built on every new machine, and what it does takes a second.
        say("Installing cargo-deny");
        let mut install = cargo();
        install.args(["install", "--debug", "--locked", "--quiet", "cargo-deny", "--version", DENY_VERSION]);
        crate::shell::run(install.env("CARGO_PROFILE_DEV_DEBUG", "0"))?;
    }
    say("Licences, bans, sources");
    run_cargo(&["deny", "--log-level", "error", "check", "licenses", "bans", "sources"])?;
    let fetched = works(cargo().args(["deny", "fetch", "db"]));
    if fetched {
        say("Advisories");
        return run_cargo(&["deny", "--log-level", "error", "check", "advisories"]);
    }
    say("Advisories skipped: their database could not be fetched from here");
    Ok(())
}

/// The commit this tree is at, for reports.
pub fn commit() -> String {
    output(Command::new("git").args(["rev-parse", "--short", "HEAD"]))
        .map_or_else(|_| "unknown".to_owned(), |text| text.trim().to_owned())
}
