//! Building the components and the pages.
//!
//! `rustup target add` gives a machine the wasm target. Where rustup cannot fetch it, Debian's own
//! Rust builds the same components, `std` included.

use crate::install;
use crate::shell::{cargo, find, run, say, works};
use crate::site;
use crate::vendor;
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::Command;

const TARGET: &str = "wasm32-wasip2";
const OUT: &str = "target/components";
const DEBIAN: [&str; 7] =
    ["rustc-web", "cargo-web", "rust-web-src", "libstd-rust-web-dev", "rust-web-llvm", "lld", "wasi-libc"];

/// The components' names: the folders of `components/`.
pub fn names() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir("components").context("components/ is missing")? {
        let entry = entry?;
        if entry.path().join("Cargo.toml").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// The pages.
pub fn pages() -> Result<site::SiteReport> {
    vendor::ensure()?;
    site::build(&[Path::new("static"), Path::new(vendor::MADE)], Path::new("target/site"))
}

/// Components and pages.
pub fn build_all() -> Result<()> {
    let report = pages()?;
    say(&format!("Pages built: {} files", report.files));
    build()
}

/// All components in one cargo invocation, then copied to where spin.toml looks for them.
fn build() -> Result<()> {
    let names = names()?;
    let mut command = toolchain()?;
    command.args(["build", "--release", "--locked", "--target", TARGET, "--target-dir", "target/wasm"]);
    for name in &names {
        command.args(["-p", name]);
    }
    say(&format!("Building {} components (the first time takes a few minutes)", names.len()));
    run(&mut command)?;
    std::fs::create_dir_all(OUT)?;
    for name in &names {
        let built = format!("target/wasm/{TARGET}/release/{}.wasm", name.replace('-', "_"));
        replace(Path::new(&built), &Path::new(OUT).join(format!("{name}.wasm")))?;
    }
    Ok(())
}

/// Copies only what changed, whole or not at all: a running host must never read half a file.
fn replace(from: &Path, to: &Path) -> Result<()> {
    let new = std::fs::read(from).with_context(|| format!("{} was not built", from.display()))?;
    if std::fs::read(to).is_ok_and(|old| old == new) {
        return Ok(());
    }
    let partial = to.with_extension("partial");
    std::fs::write(&partial, new)?;
    Ok(std::fs::rename(partial, to)?)
}

/// A cargo that can build for [`TARGET`].
fn toolchain() -> Result<Command> {
    if find("cc").is_none() {
        bail!(
            "there is no C compiler, which some libraries need to be built. On Debian or Ubuntu: apt-get install gcc libc6-dev"
        );
    }
    if has_target() {
        return Ok(cargo());
    }
    if find("rustup").is_some() {
        say("Getting the wasm target: rustup target add wasm32-wasip2");
        if works(Command::new("rustup").args(["target", "add", TARGET])) && has_target() {
            return Ok(cargo());
        }
        say("rustup could not fetch it; using Debian's Rust instead");
    }
    if !debian_is_there() {
        install::debian(&DEBIAN, "the wasm target is needed: `rustup target add wasm32-wasip2`, or Debian's Rust")?;
    }
    let mut command = Command::new("/usr/bin/cargo");
    let path = std::env::var("PATH").unwrap_or_default();
    command
        .env("PATH", format!("/usr/bin:{path}"))
        .env("RUSTC", "/usr/bin/rustc")
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS", "-L native=/usr/lib/wasm32-wasi")
        .env_remove("CARGO")
        .env_remove("RUSTUP_TOOLCHAIN")
        .args(["-Z", "build-std=std,panic_abort"]);
    Ok(command)
}

fn has_target() -> bool {
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output();
    let sysroot = sysroot.ok().and_then(|output| String::from_utf8(output.stdout).ok()).unwrap_or_default();
    Path::new(sysroot.trim()).join("lib/rustlib").join(TARGET).join("lib").is_dir()
}

fn debian_is_there() -> bool {
    works(Command::new("dpkg").arg("-s").args(DEBIAN))
}
