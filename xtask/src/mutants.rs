//! `cargo xtask mutants`: what the tests of the core and of the store would not notice if it were changed.

use crate::proof;
use crate::shell::{cargo, find, run as run_program, say};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

const VERSION: &str = "27.1.0";
const PACKAGES: [&str; 2] = ["relatch-core", "relatch-store"];
/// For tests alone: nothing that runs depends on it.
const SUPPORT: [&str; 2] = ["**/contract.rs", "**/memory.rs"];
const MADE: &str = "target/mutants";
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
    let mut command = cargo();
    command.args(["mutants", "--output", MADE, "--timeout", "90", "--no-shuffle", "--colors", "never"]);
    for package in PACKAGES {
        command.args(["--package", package]);
    }
    for file in SUPPORT {
        command.args(["--exclude", file]);
    }
    // What is changed is compiled often and runs shortly.
    for package in PACKAGES {
        command.arg(format!("--cargo-arg=--config=profile.dev.package.{package}.opt-level=0"));
    }
    command.args(["--jobs", &mutants.jobs.to_string()]);
    if let Some(shard) = &mutants.shard {
        // Every Nth, so that a part stands for all.
        command.args(["--sharding", "round-robin", "--shard", shard]);
    }
    if let Some(file) = &mutants.file {
        command.args(["--file", file]);
    }
    say("Changing the core and the store, one place at a time (an hour or two for all)");
    // It ends with an error for each survivor; what that means is judged here.
    command.status().context("could not start cargo-mutants")?;
    let outcomes = std::fs::read(Path::new(MADE).join("mutants.out/outcomes.json")).context("it left no outcomes")?;
    let looked_at = std::fs::read_to_string(LOOKED_AT).unwrap_or_default();
    let outcome = Outcome::of(&serde_json::from_slice(&outcomes)?, &looked_at)?;
    let text = outcome.text(mutants.shard.as_deref());
    println!("\n{text}");
    if mutants.write {
        proof::record("Mutants", &text)?;
    }
    if outcome.share() < WANTED {
        bail!("the tests notice {} % of the changes, and {WANTED} % are wanted", outcome.share());
    }
    Ok(())
}

/// What became of all changes.
struct Outcome {
    caught: usize,
    unviable: usize,
    /// Each with the reason that is known for it.
    survivors: Vec<(String, Option<String>)>,
}

impl Outcome {
    fn of(outcomes: &Value, looked_at: &str) -> Result<Self> {
        let reasons: BTreeMap<&str, &str> = looked_at
            .lines()
            .filter_map(|line| line.split_once(" -- "))
            .map(|(what, why)| (what.trim(), why.trim()))
            .collect();
        let mut outcome = Self { caught: 0, unviable: 0, survivors: Vec::new() };
        for one in outcomes["outcomes"].as_array().context("no outcomes")? {
            let Some(name) = one.pointer("/scenario/Mutant/name").and_then(Value::as_str) else { continue };
            match one["summary"].as_str().unwrap_or_default() {
                // One that never comes to an end is noticed.
                "CaughtMutant" | "Timeout" => outcome.caught += 1,
                "MissedMutant" => {
                    let name = without_place(name);
                    let reason = reasons.get(name.as_str()).map(|reason| (*reason).to_owned());
                    outcome.survivors.push((name, reason));
                }
                _ => outcome.unviable += 1,
            }
        }
        Ok(outcome)
    }

    /// Percent, rounded down.
    fn share(&self) -> usize {
        let all = self.caught.saturating_add(self.survivors.len());
        self.caught.saturating_mul(100).checked_div(all).unwrap_or(0)
    }

    fn text(&self, shard: Option<&str>) -> String {
        let part = shard.map(|shard| format!(" (part {shard} of them)")).unwrap_or_default();
        let mut text = format!(
            "{} changes to relatch-core and relatch-store{part}: {} noticed, {} not, which is {} %; {} more do not compile.\n",
            self.caught.saturating_add(self.survivors.len()),
            self.caught,
            self.survivors.len(),
            self.share(),
            self.unviable,
        );
        if !self.survivors.is_empty() {
            text.push_str("\n| not noticed | why |\n|---|---|\n");
        }
        for (name, reason) in &self.survivors {
            let reason = reason.as_deref().unwrap_or("not looked at yet");
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
        let outcome = Outcome::of(&outcomes, "a.rs: replace h -> u8 with 0 -- only said to the log\n").unwrap();
        assert_eq!((outcome.caught, outcome.unviable, outcome.share()), (2, 1, 50));
        let text = outcome.text(Some("0/8"));
        assert!(
            text.contains("4 changes to relatch-core and relatch-store (part 0/8 of them): 2 noticed, 2 not"),
            "{text}"
        );
        assert!(text.contains("| `a.rs: replace h -> u8 with 0` | only said to the log |"), "{text}");
        assert!(text.contains("| `a.rs: replace \\| with ^` | not looked at yet |"), "{text}");
    }
}
