//! What `cargo xtask seed` and `cargo xtask bench --portal` start. It uses the project's own crates, which the commands
//! themselves do not depend on.

mod cases;
mod client;
mod overlay;
mod people;
mod portal;
mod report;
mod seed;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fill a state folder.
    Seed(seed::Seed),
    /// Measure the portal on seeded state folders.
    Portal(portal::Portal),
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    // This executor only waits: the host and the store bring their own threads.
    let executor = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match command {
        Command::Seed(seed) => executor.block_on(seed::run(&seed)),
        Command::Portal(portal) => portal::run(&portal, &executor),
    }
}
