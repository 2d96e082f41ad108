//! Getting what a machine lacks, by its own package manager.

use crate::shell::{find, run, say, works};
use anyhow::{Result, bail};
use std::path::Path;
use std::process::Command;

/// Installs Debian packages, or says which are missing where that cannot be done.
pub fn debian(packages: &[&str], why: &str) -> Result<()> {
    if find("apt-get").is_none() {
        bail!("{why}. Please install: {}", packages.join(" "));
    }
    say(&format!("Installing {} ({why})", packages.join(" ")));
    let update = works(apt(&["update", "-qq"]).env("DEBIAN_FRONTEND", "noninteractive"));
    let mut install = apt(&["install", "-y", "-qq", "--no-install-recommends"]);
    install.args(packages).env("DEBIAN_FRONTEND", "noninteractive").stdout(std::process::Stdio::null());
    if update && run(&mut install).is_ok() {
        return Ok(());
    }
    bail!(
        "{why}, and it could not be installed (no network, or no right to). As root: apt-get install {}",
        packages.join(" ")
    )
}

fn apt(arguments: &[&str]) -> Command {
    let is_root = std::env::var("USER").is_ok_and(|user| user == "root")
        || works(Command::new("test").args(["-w", "/var/lib/dpkg"]));
    let mut command = if is_root { Command::new("apt-get") } else { Command::new("sudo") };
    if !is_root {
        command.args(["-n", "apt-get"]);
    }
    command.args(arguments);
    command
}

/// A program, by the package that brings it.
pub fn program(name: &str, package: &str, why: &str) -> Result<()> {
    if find(name).is_some() { Ok(()) } else { debian(&[package], why) }
}

/// Chromium for the browser tests.
pub fn chromium() -> Result<String> {
    if let Ok(path) = std::env::var("CHROMIUM") {
        return Ok(path);
    }
    for name in ["chromium", "chromium-browser", "google-chrome"] {
        if let Some(path) = find(name) {
            return Ok(path.to_string_lossy().into_owned());
        }
    }
    debian(&["chromium"], "the browser tests need Chromium")?;
    Ok("/usr/bin/chromium".to_owned())
}

/// The packages of a folder of browser tests, from its lock file.
pub fn node_packages(folder: &Path) -> Result<()> {
    program("node", "nodejs", "the browser tests need Node.js 20 or newer")?;
    program("npm", "npm", "the browser tests need npm")?;
    let lock = folder.join("package-lock.json");
    let stamp = folder.join("node_modules/.installed");
    let wanted = std::fs::read(&lock)?;
    if std::fs::read(&stamp).is_ok_and(|have| have == wanted) {
        return Ok(());
    }
    say(&format!("Installing the Node packages of {}", folder.display()));
    run(Command::new("npm").args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(folder))?;
    std::fs::write(stamp, wanted)?;
    Ok(())
}
