//! `cargo xtask reproduce`: are the components the same bytes, wherever they are built?

use crate::components;
use crate::shell::{output, say};
use anyhow::{Context, Result, bail};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::Command;

const FOLDER: &str = "target/reproduce";

#[derive(clap::Args)]
pub struct Reproduce {
    /// Only these components.
    names: Vec<String>,
}

/// Builds them twice: in two fresh folders of other names and depths, the second time with another `CARGO_HOME`.
pub fn run(reproduce: &Reproduce) -> Result<()> {
    let folder = std::env::current_dir()?.join(FOLDER);
    let _ = std::fs::remove_dir_all(&folder);
    let names = if reproduce.names.is_empty() { components::names()? } else { reproduce.names.clone() };
    let first = digests(&folder.join("first"), &names, None)?;
    let home = other_home(&folder.join("home"))?;
    let second = digests(&folder.join("another/second tree"), &names, Some(&home))?;
    let mut differ = 0;
    for ((name, one), other) in names.iter().zip(&first).zip(&second) {
        let same = one == other;
        differ += usize::from(!same);
        println!("{} {one}  {name}.wasm", if same { "same  " } else { "DIFFER" });
    }
    std::fs::remove_dir_all(&folder)?;
    println!("{} components, {differ} differ", names.len());
    if differ > 0 { bail!("the components depend on where they are built") } else { Ok(()) }
}

fn digests(tree: &Path, names: &[String], cargo_home: Option<&Path>) -> Result<Vec<String>> {
    say(&format!("Building in {} (a few minutes)", tree.display()));
    copy_tracked(tree)?;
    let made = components::compile(tree, names, cargo_home)?;
    names
        .iter()
        .map(|name| {
            let wasm = std::fs::read(made.join(components::file_of(name)))?;
            Ok(HEXLOWER.encode(&Sha256::digest(wasm)))
        })
        .collect()
}

/// What git knows, as it is now.
pub fn copy_tracked(to: &Path) -> Result<()> {
    let files = output(Command::new("git").args(["ls-files", "-z"]))?;
    for file in files.split('\0').filter(|file| !file.is_empty() && Path::new(file).is_file()) {
        let copy = to.join(file);
        std::fs::create_dir_all(copy.parent().context("a file in no folder")?)?;
        std::fs::copy(file, copy)?;
    }
    Ok(())
}

/// Another home of cargo with the same packages in it.
fn other_home(home: &Path) -> Result<PathBuf> {
    let ours = components::home_of_cargo()?;
    std::fs::create_dir_all(home)?;
    for entry in ["registry", "config.toml"] {
        if ours.join(entry).exists() {
            std::os::unix::fs::symlink(ours.join(entry), home.join(entry))?;
        }
    }
    Ok(home.to_owned())
}
