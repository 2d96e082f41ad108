//! Sizes against their budgets.

use crate::components;
use anyhow::{Result, bail};

/// Largest component, all components, first page view, a module that a page loads later: bytes. The reasons are in docs/adr/0007.
const COMPONENT: u64 = 1_300_000;
const ALL: u64 = 16_000_000;
const FIRST_VIEW: u64 = 60_000;
const LATER: u64 = 250_000;

pub fn run() -> Result<()> {
    let mut over = Vec::new();
    let mut all = 0;
    println!("{:<16} {:>10}  budget {COMPONENT}", "component", "bytes");
    for name in components::names()? {
        let path = format!("target/components/{name}.wasm");
        let Ok(file) = std::fs::metadata(&path) else { bail!("{path} is not built: run `cargo xtask build` first") };
        println!("{name:<16} {:>10}", file.len());
        all += file.len();
        if file.len() > COMPONENT {
            over.push(format!("component {name} is over its budget"));
        }
    }
    println!("{:<16} {all:>10}  budget {ALL}", "all");
    if all > ALL {
        over.push("all components together are over their budget".to_owned());
    }
    let report = components::pages()?;
    println!("\n{:<16} {:>10}  budget {FIRST_VIEW} (compressed)", "first view of", "bytes");
    for (page, bytes) in report.first_view {
        println!("{page:<16} {bytes:>10}");
        if bytes > FIRST_VIEW {
            over.push(format!("the first view of {page} is over its budget"));
        }
    }
    println!("\n{:<16} {:>10}  budget {LATER} (compressed)", "loaded later", "bytes");
    for (module, bytes) in report.later {
        println!("{module:<16} {bytes:>10}");
        if bytes > LATER {
            over.push(format!("{module} is over its budget"));
        }
    }
    if over.is_empty() { Ok(()) } else { bail!(over.join("; ")) }
}
