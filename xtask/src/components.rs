//! Building the components and the pages.
//!
//! `rustup target add` gives a machine the wasm target. Where rustup cannot fetch it, Debian's own
//! Rust builds the same components, `std` included.

use crate::install;
use crate::sbom;
use crate::shell::{cargo, find, run, say, works};
use crate::site;
use crate::vendor;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

pub const TARGET: &str = "wasm32-wasip2";
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
    build()?;
    sbom::write()
}

/// All components, copied to where spin.toml looks for them.
fn build() -> Result<()> {
    let names = names()?;
    say(&format!("Building {} components (the first time takes a few minutes)", names.len()));
    let made = compile(&std::env::current_dir()?, &names, None)?;
    std::fs::create_dir_all(OUT)?;
    for name in &names {
        replace(&made.join(file_of(name)), &Path::new(OUT).join(format!("{name}.wasm")))?;
    }
    Ok(())
}

/// All components of the tree at `root` in one cargo invocation, by another `CARGO_HOME` if one is given. The folder
/// they are in afterwards.
pub fn compile(root: &Path, names: &[String], cargo_home: Option<&Path>) -> Result<PathBuf> {
    let cargo_home = cargo_home.map_or_else(home_of_cargo, |home| Ok(home.to_owned()))?;
    let prepared = |arguments: &[&str]| -> Result<Command> {
        let Toolchain { mut command, flags } = toolchain()?;
        command.args(arguments).args(["--locked", "--target", TARGET]).current_dir(root).env("CARGO_HOME", &cargo_home);
        // Encoded: a folder may have a space in its name. These flags are for the target alone.
        let flags = [flags, no_places(root, &cargo_home)?].concat().join("\u{1f}");
        command.env("CARGO_ENCODED_RUSTFLAGS", flags);
        Ok(command)
    };
    // Where registries are unpacked is known once they are.
    run(&mut prepared(&["fetch", "--quiet"])?)?;
    let mut command = prepared(&["build", "--release", "--target-dir", "target/wasm"])?;
    for name in names {
        command.args(["-p", name]);
    }
    run(&mut command)?;
    Ok(root.join("target/wasm").join(TARGET).join("release"))
}

pub fn file_of(name: &str) -> String {
    format!("{}.wasm", name.replace('-', "_"))
}

/// The same sources give the same bytes on every machine: the folders they were in are written as fixed ones.
fn no_places(root: &Path, cargo_home: &Path) -> Result<Vec<String>> {
    let mut places = vec![(root.to_owned(), "/relatch"), (cargo_home.to_owned(), "/cargo")];
    // A mirror unpacks to a folder of another name.
    let unpacked = cargo_home.join("registry/src");
    if unpacked.is_dir() {
        for entry in std::fs::read_dir(unpacked)? {
            places.push((entry?.path(), "/cargo/registry"));
        }
    }
    places.sort();
    places.iter().map(|(from, to)| Ok(format!("--remap-path-prefix={}={to}", shown(from)?))).collect()
}

fn shown(path: &Path) -> Result<&str> {
    path.to_str().with_context(|| format!("{} is not text", path.display()))
}

pub fn home_of_cargo() -> Result<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    home.context("there is neither CARGO_HOME nor a home folder")
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

/// A cargo that can build for [`TARGET`], and the flags it takes for that.
struct Toolchain {
    command: Command,
    flags: Vec<String>,
}

fn toolchain() -> Result<Toolchain> {
    if find("cc").is_none() {
        bail!(
            "there is no C compiler, which some libraries need to be built. On Debian or Ubuntu: apt-get install gcc libc6-dev"
        );
    }
    if has_target() {
        return Ok(Toolchain { command: cargo(), flags: Vec::new() });
    }
    if find("rustup").is_some() {
        say("Getting the wasm target: rustup target add wasm32-wasip2");
        if works(Command::new("rustup").args(["target", "add", TARGET])) && has_target() {
            return Ok(Toolchain { command: cargo(), flags: Vec::new() });
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
        .env_remove("CARGO")
        .env_remove("RUSTUP_TOOLCHAIN")
        .env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort");
    Ok(Toolchain { command, flags: vec!["-Lnative=/usr/lib/wasm32-wasi".to_owned()] })
}

fn has_target() -> bool {
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output();
    let sysroot = sysroot.ok().and_then(|output| String::from_utf8(output.stdout).ok()).unwrap_or_default();
    Path::new(sysroot.trim()).join("lib/rustlib").join(TARGET).join("lib").is_dir()
}

fn debian_is_there() -> bool {
    works(Command::new("dpkg").arg("-s").args(DEBIAN))
}
