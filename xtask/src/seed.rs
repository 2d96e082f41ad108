//! `cargo xtask seed`: a store as large as one likes. The work is done by examples/scale, which may use the project's
//! crates.

use crate::shell::{cargo, find, output, run as run_program, say};
use crate::state::FOLDER;
use crate::up;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Fill a store with made-up people and groups.
///
/// Everything is sealed and indexed as the service itself does it. The people share one password, which is printed at
/// the end: never seed a store that real people use.
#[derive(clap::Args)]
pub struct Seed {
    /// How many people.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    accounts: u64,
    /// How many groups.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(0..=10_000))]
    groups: u64,
    /// The state folder; made if it is not there. What is missing of an earlier seed is added.
    #[arg(long, value_name = "DIR", default_value = FOLDER)]
    data: PathBuf,
    /// Also into a store that holds other people already.
    #[arg(long)]
    add: bool,
}

pub fn run(seed: &Seed) -> Result<()> {
    must_rest(&seed.data)?;
    build()?;
    // The addresses are replaced by those of the next `up`.
    up::development_state(&seed.data, 3000, 3001)?;
    fill(&seed.data, seed.accounts, seed.groups, seed.add)
}

/// With the runtime's features as in [`up::build_tools`], so that it is not compiled twice.
pub fn build() -> Result<()> {
    say("Building the program that fills and measures stores (the first time takes a few minutes)");
    let mut command = cargo();
    command.args(["build", "--locked", "--workspace", "--exclude", "relatch-tests", "--example", "scale"]);
    run_program(command.args(["--profile", "host"]))
}

/// That program.
pub fn program() -> Command {
    Command::new("target/host/examples/scale")
}

pub fn fill(folder: &Path, accounts: u64, groups: u64, add: bool) -> Result<()> {
    say(&format!("Seeding {accounts} accounts and {groups} groups"));
    let mut command = program();
    command.arg("seed").arg("--data").arg(folder);
    command.args(["--accounts", &accounts.to_string(), "--groups", &groups.to_string()]);
    command.args(add.then_some("--add"));
    run_program(&mut command)
}

/// Fails while a service has the store of this folder open: it would not notice what is written behind its back.
fn must_rest(folder: &Path) -> Result<()> {
    let database = folder.join(".spin/sqlite_key_value.db");
    let Ok(database) = database.canonicalize() else { return Ok(()) };
    let user = if Path::new("/proc/self/fd").is_dir() { opened_by(&database)? } else { asked_lsof(&database)? };
    match user {
        Some(process) => bail!("{} is in use by {process}: stop it first", database.display()),
        None => Ok(()),
    }
}

/// A process of ours that has this file open.
fn opened_by(file: &Path) -> Result<Option<String>> {
    for process in std::fs::read_dir("/proc").context("/proc cannot be read")?.flatten() {
        // Other people's processes do not show their files, and could not open ours.
        let Ok(files) = std::fs::read_dir(process.path().join("fd")) else { continue };
        if files.flatten().any(|open| std::fs::read_link(open.path()).is_ok_and(|target| target == file)) {
            let name = std::fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            return Ok(Some(format!("{} (process {})", name.trim(), process.file_name().to_string_lossy())));
        }
    }
    Ok(None)
}

fn asked_lsof(file: &Path) -> Result<Option<String>> {
    if find("lsof").is_none() {
        bail!("whether a service uses {} cannot be told without /proc or lsof", file.display());
    }
    // It fails when nobody has the file open.
    let processes = output(Command::new("lsof").arg("-t").arg(file)).unwrap_or_default();
    Ok(processes.lines().next().map(|process| format!("process {process}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_store_is_noticed() {
        let folder = std::env::temp_dir().join(format!("relatch-seed-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        assert!(must_rest(&folder).is_ok(), "nothing is there");
        std::fs::create_dir_all(folder.join(".spin")).unwrap();
        let file = std::fs::File::create(folder.join(".spin/sqlite_key_value.db")).unwrap();
        let error = must_rest(&folder).unwrap_err().to_string();
        assert!(error.contains("stop it first"), "{error}");
        drop(file);
        assert!(must_rest(&folder).is_ok());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
