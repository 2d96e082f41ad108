//! `cargo xtask bench --portal`: the administrator's pages on a small store and on a large one.

use crate::check::commit;
use crate::components;
use crate::seed;
use crate::shell::run as run_program;
use crate::up;
use anyhow::Result;
use std::path::PathBuf;

/// Accounts and groups of the two stores. A page of groups is full in both.
const SMALL: (u64, u64) = (100, 120);
const LARGE: (u64, u64) = (100_000, 1_000);

/// Two seeded stores in a temporary folder, gone in the end.
struct Stores(PathBuf);

impl Drop for Stores {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub fn run(rounds: usize, write: bool) -> Result<()> {
    components::build_all()?;
    seed::build()?;
    let stores = Stores(std::env::temp_dir().join(format!("relatch-portal-{}", std::process::id())));
    std::fs::create_dir_all(&stores.0)?;
    let mut command = seed::program();
    command.arg("portal").args(["--rounds", &rounds.to_string(), "--title", &title()?]).arg("--data");
    for (name, (accounts, groups)) in [("small", SMALL), ("large", LARGE)] {
        let folder = stores.0.join(name);
        // Nothing listens there: the program starts its own catcher.
        up::development_state(&folder, 3000, 3001)?;
        seed::fill(&folder, accounts, groups, false)?;
        command.arg(folder);
    }
    if write {
        command.args(["--write", "bench/README.md"]);
    }
    run_program(&mut command)
}

/// When, what and where, as the other measurement says it.
fn title() -> Result<String> {
    let date = crate::shell::output(std::process::Command::new("date").args(["-u", "+%Y-%m-%d"]))?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let about = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = about.lines().find_map(|line| line.strip_prefix("model name")).and_then(|rest| rest.split_once(':'));
    let model = model.map_or("processors", |(_, model)| model.trim());
    let is_changed =
        !crate::shell::output(std::process::Command::new("git").args(["status", "--porcelain"]))?.is_empty();
    let changed = if is_changed { " with changes" } else { "" };
    Ok(format!(
        "Measured {} at commit {}{changed}, {cores} x {model}, SQLite in {}",
        date.trim(),
        commit(),
        std::env::temp_dir().display()
    ))
}
