//! What is printed and written.

use crate::list::Probe;
use crate::outcome::{Probed, Stop};
use anyhow::{Context, Result};
use serde_json::json;
use std::path::Path;
use std::time::Duration;

pub struct Line {
    probe: &'static Probe,
    outcome: Probed,
    took: Duration,
}

impl Line {
    pub fn new(probe: &'static Probe, outcome: Probed, took: Duration) -> Self {
        Self { probe, outcome, took }
    }

    pub fn fell(&self) -> bool {
        matches!(self.outcome, Err(Stop::Fell(_)))
    }

    fn word(&self) -> &'static str {
        match self.outcome {
            Ok(()) => "safe",
            Err(Stop::Fell(_)) => "FELL",
            Err(Stop::NotRun(_)) => "not run",
        }
    }

    fn detail(&self) -> &str {
        match &self.outcome {
            Ok(()) => "",
            Err(Stop::Fell(said) | Stop::NotRun(said)) => said,
        }
    }

    /// One line of the table.
    pub fn print(&self) {
        let seconds = self.took.as_secs_f64();
        let mut line = format!("{:<7} {:<42} {:<8} {seconds:>6.1} s", self.probe.id, self.probe.title, self.word());
        if !self.detail().is_empty() {
            line.push_str(&format!("  {}", self.detail()));
        }
        if matches!(self.outcome, Err(Stop::NotRun(_))) && !self.probe.test.is_empty() {
            line.push_str(&format!(" (cargo xtask test {})", self.probe.test));
        }
        println!("{line}");
    }
}

/// Safe, fell, not run.
fn totals(lines: &[Line]) -> [usize; 3] {
    ["safe", "FELL", "not run"].map(|word| lines.iter().filter(|line| line.word() == word).count())
}

pub fn print_totals(lines: &[Line], took: Duration) {
    let [safe, fell, not_run] = totals(lines);
    let attacks = lines.iter().filter(|line| line.probe.id.starts_with('A') && line.word() != "not run").count();
    println!(
        "\n{safe} safe, {fell} fell, {not_run} not run, in {} s; {attacks} of the 46 attacks were run",
        took.as_secs()
    );
}

/// The same for a program.
pub fn write(file: &Path, target: &str, lines: &[Line]) -> Result<()> {
    let [safe, fell, not_run] = totals(lines);
    let probes: Vec<_> = lines
        .iter()
        .map(|line| {
            json!({
                "id": line.probe.id,
                "title": line.probe.title,
                "outcome": line.word().to_lowercase().replace(' ', "_"),
                "detail": line.detail(),
                "seconds": (line.took.as_secs_f64() * 10.0).round() / 10.0,
                "test": line.probe.test,
            })
        })
        .collect();
    let all = json!({ "target": target, "safe": safe, "fell": fell, "not_run": not_run, "probes": probes });
    std::fs::write(file, format!("{all:#}\n")).with_context(|| format!("cannot write {}", file.display()))
}
