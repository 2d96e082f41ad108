//! `cargo xtask removals`: takes one gate, limit, decoy, check or header at a time out of the shipped components, and
//! wants a test to notice (SEC-2 asks for that of decoys).

mod list;

use crate::components;
use crate::proof;
use crate::reproduce::copy_tracked;
use crate::shell::{cargo, say};
use crate::test;
use anyhow::{Context, Result, bail};
use list::{REMOVALS, Removal};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

const FOLDER: &str = "target/removals";
const SHIPPED: &str = "target/components";
/// The variable by which the tests take another manifest than the shipped one.
const MANIFEST: &str = "RELATCH_MANIFEST";
/// What a test says that could not begin, and what is said when there was none of that name.
const NOT_BEGUN: &str = "are the components built?";
const NONE_RAN: &str = "test result: ok. 0 passed";

#[derive(clap::Args)]
pub struct Removals {
    /// Only those whose name has these words.
    words: Option<String>,
    /// Write the outcome into docs/PROOF.md.
    #[arg(long)]
    write: bool,
}

/// Fails when a test fails with nothing taken away, or passes with something taken away.
pub fn run(removals: &Removals) -> Result<()> {
    let is_wanted = |removal: &&Removal| removals.words.as_ref().is_none_or(|words| removal.what.contains(words));
    let wanted: Vec<&Removal> = REMOVALS.iter().filter(is_wanted).collect();
    if wanted.is_empty() {
        bail!("none is called so");
    }
    components::build_all()?;
    test::build()?;
    say("With nothing taken away");
    let mut shown = BTreeSet::new();
    for removal in &wanted {
        if shown.insert(removal.test) && is_noticed(removal, Path::new("spin.toml"))? {
            bail!("{} fails as it is", removal.test);
        }
    }
    let tree = prepare()?;
    let mut unnoticed = Vec::new();
    let mut table = "| taken away | noticed by |\n|---|---|\n".to_owned();
    for removal in wanted {
        say(&format!("Without {}", removal.what));
        take_away(removal, &tree)?;
        let is_noticed = is_noticed(removal, &tree.join("spin.toml"))?;
        put_back(removal, &tree)?;
        println!("{}: {}", if is_noticed { "noticed" } else { "NOT NOTICED" }, removal.what);
        unnoticed.extend((!is_noticed).then_some(removal.what));
        let by = if is_noticed { removal.test } else { "nothing" };
        let _ = writeln!(table, "| {} | `{by}` |", removal.what);
    }
    println!("\n{table}");
    if removals.write {
        proof::record("Removals", &table)?;
    }
    if unnoticed.is_empty() { Ok(()) } else { bail!("not noticed: {}", unnoticed.join(", ")) }
}

/// What the test says with these components. One that could not begin, or was not found, has said nothing.
fn is_noticed(removal: &Removal, manifest: &Path) -> Result<bool> {
    let mut command = cargo();
    let test = format!("sqlite::{}", removal.test);
    command.args(["test", "--workspace", "--test", "blackbox", "--locked", "--", &test]);
    command.env(MANIFEST, std::path::absolute(manifest)?).stderr(Stdio::inherit());
    let output = command.output().context("could not start the tests")?;
    let said = String::from_utf8_lossy(&output.stdout);
    if output.status.success() && !said.contains(NONE_RAN) {
        return Ok(false);
    }
    println!("{said}");
    if said.contains(NOT_BEGUN) || !removal.says.is_none_or(|words| said.contains(words)) {
        bail!("{test} did not come to its end");
    }
    if output.status.success() { bail!("there is no test {test}") } else { Ok(true) }
}

/// A tree like this one, with the shipped components and pages.
fn prepare() -> Result<PathBuf> {
    let tree = std::env::current_dir()?.join(FOLDER).join("tree");
    copy_tracked(&tree)?;
    let components = tree.join(SHIPPED);
    std::fs::create_dir_all(&components)?;
    for entry in std::fs::read_dir(SHIPPED)? {
        let entry = entry?;
        std::fs::copy(entry.path(), components.join(entry.file_name()))?;
    }
    let pages = tree.join("target/site");
    if !pages.exists() {
        std::os::unix::fs::symlink(std::path::absolute("target/site")?, pages)?;
    }
    Ok(tree)
}

fn take_away(removal: &Removal, tree: &Path) -> Result<()> {
    let text = std::fs::read_to_string(removal.file)?;
    std::fs::write(tree.join(removal.file), text.replace(removal.is, removal.becomes))?;
    let names: Vec<String> = removal.components.iter().map(|name| (*name).to_owned()).collect();
    let made = components::compile(tree, &names, None)?;
    for name in &names {
        std::fs::copy(made.join(components::file_of(name)), tree.join(SHIPPED).join(format!("{name}.wasm")))?;
    }
    Ok(())
}

fn put_back(removal: &Removal, tree: &Path) -> Result<()> {
    std::fs::copy(removal.file, tree.join(removal.file))?;
    for name in removal.components {
        let name = format!("{name}.wasm");
        std::fs::copy(Path::new(SHIPPED).join(&name), tree.join(SHIPPED).join(name))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_removal_still_has_its_place() {
        for removal in REMOVALS {
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(removal.file);
            let text = std::fs::read_to_string(file).unwrap();
            assert_eq!(text.matches(removal.is).count(), 1, "{}", removal.what);
        }
    }
}
