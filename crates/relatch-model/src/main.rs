//! `cargo run --release -p relatch-model`: every scenario within the bounds of the tests; with `--full` within
//! larger ones, and with a name only those whose name contains it.

use relatch_model::{bounds, check};
use std::time::Instant;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let full = arguments.iter().any(|argument| argument == "--full");
    let wanted = arguments.iter().find(|argument| !argument.starts_with("--"));
    let begun = Instant::now();
    let mut states = 0;
    for scenario in bounds::all(full) {
        if wanted.is_none_or(|wanted| scenario.name.contains(wanted.as_str())) {
            states += check(scenario);
            println!("  after {} s", begun.elapsed().as_secs());
        }
    }
    println!("{states} states in all");
}
