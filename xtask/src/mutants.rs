//! `cargo xtask mutants`: what no test of the core, of the store or of what is built on them would notice if it were
//! changed.
//!
//! Each change is first tried on the tests of its own crate, which takes seconds; what they miss is tried on those of
//! the components as well.

use crate::components;
use crate::proof;
use crate::shell::{cargo, find, output, run as run_program, say};
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

const VERSION: &str = "27.1.0";
const PACKAGES: [&str; 2] = ["relatch-core", "relatch-store"];
/// For tests alone: nothing that runs depends on it.
const SUPPORT: [&str; 2] = ["**/contract.rs", "**/memory.rs"];
const MADE: &str = "target/mutants";
/// What earlier runs found, for `--again`.
const FOUND: &str = "target/mutants/found.json";
/// Survivors that were looked at: what was changed, and why no test can or need tell.
const LOOKED_AT: &str = "docs/SURVIVORS.txt";
/// Of a hundred changes, the tests notice at least so many.
const WANTED: usize = 90;

#[derive(clap::Args)]
pub struct Mutants {
    /// A part of them: `0/8` to `7/8`.
    #[arg(long, value_name = "K/N")]
    shard: Option<String>,
    /// How many at once.
    #[arg(long, default_value_t = 2)]
    jobs: u8,
    /// Only files whose name matches.
    #[arg(long, value_name = "GLOB")]
    file: Option<String>,
    /// Only those that no run noticed so far.
    #[arg(long)]
    again: bool,
    /// Only the tests of the core and of the store.
    #[arg(long)]
    own: bool,
    /// Write the outcome into docs/PROOF.md.
    #[arg(long)]
    write: bool,
}

pub fn run(mutants: &Mutants) -> Result<()> {
    if find("cargo-mutants").is_none() {
        say("Installing cargo-mutants");
        run_program(cargo().args(["install", "--locked", "--quiet", "cargo-mutants", "--version", VERSION]))?;
    }
    std::fs::create_dir_all(MADE)?;
    let mut found = Found::default();
    let listed = output(of_ours(&mut cargo()).arg("--list"))?;
    let all: BTreeSet<&str> = listed.lines().collect();
    if mutants.again {
        found = serde_json::from_slice(&std::fs::read(FOUND).context("no run before this one")?)?;
        found.keep(&all);
    }
    say("Changing the core and the store, one place at a time (an hour for all)");
    found.look(mutants, &[], mutants.again)?;
    if !mutants.own && !found.missed.is_empty() {
        say(&format!("Those {} once more, with the tests of the components", found.missed.len()));
        let mut built_on = components::names()?;
        built_on.push("relatch-spin".to_owned());
        found.look(mutants, &built_on, true)?;
    }
    let looked_at = std::fs::read_to_string(LOOKED_AT).unwrap_or_default();
    let text = found.text(all.len(), &looked_at);
    println!("\n{text}");
    if mutants.write {
        proof::record("Mutants", &text)?;
    }
    if found.share() < WANTED {
        bail!("the tests notice {} % of the changes, and {WANTED} % are wanted", found.share());
    }
    Ok(())
}

/// Which changes: those of the two crates.
fn of_ours(command: &mut Command) -> &mut Command {
    command.args(["mutants", "--colors", "never"]);
    for package in PACKAGES {
        command.args(["--package", package]);
    }
    for file in SUPPORT {
        command.args(["--exclude", file]);
    }
    command
}

/// What became of all changes, by their names, which have the place in them.
#[derive(Default, Serialize, Deserialize)]
struct Found {
    caught: BTreeSet<String>,
    unviable: BTreeSet<String>,
    missed: BTreeSet<String>,
}

impl Found {
    /// Runs the tests on changes, or on those alone that nothing noticed so far. `also`: whose tests, beside its own.
    fn look(&mut self, mutants: &Mutants, also: &[String], again: bool) -> Result<()> {
        let mut command = cargo();
        of_ours(&mut command);
        if let Some(shard) = &mutants.shard {
            // Every Nth, so that a part stands for all.
            command.args(["--sharding", "round-robin", "--shard", shard]);
        }
        if let Some(file) = &mutants.file {
            command.args(["--file", file]);
        }
        command.args(["--output", MADE, "--timeout", "60", "--no-shuffle", "--jobs", &mutants.jobs.to_string()]);
        if again {
            command.arg("--iterate");
        }
        for package in PACKAGES.into_iter().chain(also.iter().map(String::as_str)).filter(|_| !also.is_empty()) {
            command.args(["--test-package", package]);
        }
        // What is changed is compiled often and runs shortly.
        for package in PACKAGES {
            command.arg(format!("--cargo-arg=--config=profile.dev.package.{package}.opt-level=0"));
        }
        // Without the examples, which have no tests.
        command.args(["--", "--lib"]);
        // It ends with an error for each survivor; what that means is judged here.
        command.status().context("could not start cargo-mutants")?;
        let outcomes =
            std::fs::read(Path::new(MADE).join("mutants.out/outcomes.json")).context("it left no outcomes")?;
        self.add(&serde_json::from_slice(&outcomes)?)?;
        // Or what never comes to an end would be tried again by the next run.
        let caught: String = self.caught.iter().map(|name| format!("{name}\n")).collect();
        std::fs::write(Path::new(MADE).join("mutants.out/caught.txt"), caught)?;
        Ok(std::fs::write(FOUND, serde_json::to_vec(self)?)?)
    }

    fn add(&mut self, outcomes: &Value) -> Result<()> {
        for one in outcomes["outcomes"].as_array().context("no outcomes")? {
            let Some(name) = one.pointer("/scenario/Mutant/name").and_then(Value::as_str) else { continue };
            self.missed.remove(name);
            let kind = match one["summary"].as_str().unwrap_or_default() {
                // One that never comes to an end is noticed.
                "CaughtMutant" | "Timeout" => &mut self.caught,
                "MissedMutant" => &mut self.missed,
                _ => &mut self.unviable,
            };
            kind.insert(name.to_owned());
        }
        Ok(())
    }

    /// Forgets what is no longer a change that could be made.
    fn keep(&mut self, all: &BTreeSet<&str>) {
        for kind in [&mut self.caught, &mut self.unviable, &mut self.missed] {
            kind.retain(|name| all.contains(name.as_str()));
        }
    }

    /// Percent, rounded down.
    fn share(&self) -> usize {
        let all = self.caught.len().saturating_add(self.missed.len());
        self.caught.len().saturating_mul(100).checked_div(all).unwrap_or(0)
    }

    fn text(&self, all: usize, looked_at: &str) -> String {
        let reasons: BTreeMap<&str, &str> = looked_at
            .lines()
            .filter_map(|line| line.split_once(" -- "))
            .map(|(what, why)| (what.trim(), why.trim()))
            .collect();
        let tried = self.caught.len().saturating_add(self.missed.len());
        let mut text = format!(
            "Of {all} changes to relatch-core and relatch-store, {} were tried. {} do not compile. Of the other {tried}, the tests notice {}, which is {} %, and {} not.\n",
            tried.saturating_add(self.unviable.len()),
            self.unviable.len(),
            self.caught.len(),
            self.share(),
            self.missed.len(),
        );
        if !self.missed.is_empty() {
            text.push_str("\n| not noticed | why |\n|---|---|\n");
        }
        for name in &self.missed {
            let name = without_place(name);
            let reason = reasons.get(name.as_str()).unwrap_or(&"not looked at yet");
            let _ = writeln!(text, "| `{}` | {reason} |", name.replace('|', "\\|"));
        }
        text
    }
}

/// `crates/x/src/y.rs:12:3: replace a with b` without the numbers, which change with every line above.
fn without_place(name: &str) -> String {
    let Some((place, what)) = name.split_once(": ") else { return name.to_owned() };
    format!("{}: {what}", place.split(':').next().unwrap_or(place))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn outcomes_are_counted_and_survivors_named_with_their_reason() {
        let one = |name: &str, summary: &str| json!({ "scenario": { "Mutant": { "name": name } }, "summary": summary });
        let outcomes = json!({ "outcomes": [
            { "scenario": "Baseline", "summary": "Success" },
            one("a.rs:1:2: replace f with ()", "CaughtMutant"),
            one("a.rs:3:4: replace g with ()", "Timeout"),
            one("a.rs:5:6: replace h -> u8 with 0", "MissedMutant"),
            one("a.rs:7:8: replace | with ^", "MissedMutant"),
            one("a.rs:9:9: replace i with Default::default()", "Unviable"),
        ] });
        let mut found = Found::default();
        found.add(&outcomes).unwrap();
        assert_eq!((found.caught.len(), found.unviable.len(), found.share()), (2, 1, 50));
        let text = found.text(9, "a.rs: replace h -> u8 with 0 -- only said to the log\n");
        assert!(text.starts_with("Of 9 changes to relatch-core and relatch-store, 5 were tried. 1 do not"), "{text}");
        assert!(text.contains("Of the other 4, the tests notice 2, which is 50 %, and 2 not."), "{text}");
        assert!(text.contains("| `a.rs: replace h -> u8 with 0` | only said to the log |"), "{text}");
        assert!(text.contains("| `a.rs: replace \\| with ^` | not looked at yet |"), "{text}");
    }

    #[test]
    fn what_was_missed_once_and_noticed_later_is_noticed_and_what_is_gone_is_forgotten() {
        let outcome = |name: &str, summary: &str| json!({ "outcomes": [{ "scenario": { "Mutant": { "name": name } }, "summary": summary }] });
        let mut found = Found::default();
        for (name, summary) in [("f", "MissedMutant"), ("g", "MissedMutant"), ("f", "CaughtMutant")] {
            found.add(&outcome(name, summary)).unwrap();
        }
        assert_eq!((found.caught.len(), found.missed.len()), (1, 1));
        found.keep(&BTreeSet::from(["f"]));
        assert_eq!(found.share(), 100);
    }
}
