//! Getting what a machine lacks, by its own package manager.

use crate::shell::{find, run, say, works};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
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

/// The packages of a folder of browser tests, from its lock file. None of them has a script to run: what some would
/// fetch is for uses that are not ours.
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
    run(Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(folder))?;
    std::fs::write(stamp, wanted)?;
    Ok(())
}

/// Schemathesis, with all it needs, from a folder's list of packages; in an environment of its own below `made`.
pub fn python_packages(folder: &Path, made: &Path) -> Result<PathBuf> {
    program("python3", "python3", "the contract tests need Python 3.10 or newer")?;
    let (environment, stamp) = (made.join("python"), made.join("installed.txt"));
    let wanted = std::fs::read(folder.join("requirements.txt"))?;
    let schemathesis = std::env::current_dir()?.join(&environment).join("bin/st");
    if schemathesis.is_file() && std::fs::read(&stamp).is_ok_and(|have| have == wanted) {
        return Ok(schemathesis);
    }
    say("Installing Schemathesis");
    std::fs::create_dir_all(made)?;
    let make = || Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment).output();
    if !make().is_ok_and(|made| made.status.success()) {
        debian(&["python3-venv"], "the contract tests need Python's venv and pip")?;
        let made = make()?;
        if !made.status.success() {
            bail!("python3 -m venv failed: {}", String::from_utf8_lossy(&made.stdout).trim());
        }
    }
    let mut pip = Command::new(environment.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", "--requirement"]);
    run(pip.arg(folder.join("requirements.txt"))).context("pip could not get Schemathesis")?;
    std::fs::write(stamp, wanted)?;
    Ok(schemathesis)
}
