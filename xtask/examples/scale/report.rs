//! Figures of several stores next to one another.

use crate::cases::CASES;
use anyhow::{Context, Result};
use std::path::Path;
use std::time::Duration;

/// What one kind of request took, on one store.
#[derive(Default)]
pub struct Figures {
    pub times: Vec<Duration>,
    /// Of every request: store operations, and those of them that are commits.
    pub operations: Vec<u64>,
    pub commits: Vec<u64>,
}

/// All kinds of requests, in the order of the cases.
pub struct Measured {
    pub accounts: u64,
    pub groups: u64,
    pub figures: Vec<Figures>,
}

/// In milliseconds.
const AIM: f64 = 50.0;

fn percentile<T: Copy + Ord>(values: &[T], percent: usize) -> Option<T> {
    let mut sorted = values.to_vec();
    sorted.sort();
    sorted.get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1))).copied()
}

pub fn milliseconds(times: &[Duration], percent: usize) -> f64 {
    percentile(times, percent).unwrap_or_default().as_secs_f64() * 1_000.0
}

impl Figures {
    fn milliseconds(&self, percent: usize) -> f64 {
        milliseconds(&self.times, percent)
    }

    fn operations(&self) -> u64 {
        percentile(&self.operations, 50).unwrap_or_default()
    }

    fn commits(&self) -> u64 {
        percentile(&self.commits, 50).unwrap_or_default()
    }
}

/// The smallest store and the largest, as a table.
pub fn table(small: &Measured, large: &Measured) -> (String, Vec<String>) {
    let head = |measured: &Measured| format!("{} accounts: p50 / p95 ms | operations (commits)", measured.accounts);
    let mut text = format!("| request | {} | {} | time ratio |\n|---|---|---|---|---|---|\n", head(small), head(large));
    let mut slow = Vec::new();
    for (case, (few, many)) in CASES.iter().zip(small.figures.iter().zip(&large.figures)) {
        let cell = |figures: &Figures| {
            let (middle, late) = (figures.milliseconds(50), figures.milliseconds(95));
            format!("{middle:.1} / {late:.1} | {} ({})", figures.operations(), figures.commits())
        };
        let ratio = many.milliseconds(50) / few.milliseconds(50).max(0.001);
        text.push_str(&format!("| {} | {} | {} | {ratio:.1} |\n", case.name, cell(few), cell(many)));
        if many.milliseconds(50) > AIM {
            slow.push(format!("{} takes {:.0} ms", case.name, many.milliseconds(50)));
        }
    }
    (text, slow)
}

/// Puts a report between its two comments of a page.
pub fn write(page: &Path, report: &str) -> Result<()> {
    const BEGIN: &str = "<!-- portal -->";
    const END: &str = "<!-- end of portal -->";
    let text = std::fs::read_to_string(page).with_context(|| page.display().to_string())?;
    let (before, rest) = text.split_once(BEGIN).with_context(|| format!("{} has no {BEGIN}", page.display()))?;
    let (_, after) = rest.split_once(END).with_context(|| format!("{} has no {END}", page.display()))?;
    Ok(std::fs::write(page, format!("{before}{BEGIN}\n{report}{END}{after}"))?)
}
