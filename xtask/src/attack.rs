//! `cargo xtask attack`: the attacks of the security contract against a deployment. The work is done by a program of
//! the tests, which may use the project's crates.

use crate::proof;
use crate::shell::{cargo, run as run_program, say};
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::process::Command;

/// Attack a running deployment that was made for it, over HTTP alone; without --target, run the whole suite against
/// services of its own and write docs/PROOF.md.
///
/// A deployment must not be set up yet, or have been set up by an earlier run with the same secret, and its messages must go to
/// our catcher. Ends with 1 if anything fell, with 2 if the target was refused.
#[derive(clap::Args)]
pub struct Attack {
    /// The deployment: scheme, host and port.
    #[arg(long, value_name = "URL")]
    target: Option<String>,
    /// The message catcher its messages go to.
    #[arg(long, value_name = "URL")]
    catcher: Option<String>,
    /// Its set-up secret; left out, SPIN_VARIABLE_SETUP_SECRET of the environment.
    #[arg(long)]
    secret: Option<String>,
    /// Its public_origin, where that is not --target.
    #[arg(long, value_name = "URL")]
    origin: Option<String>,
    /// Also what takes minutes: what ends after five, and longer series.
    #[arg(long)]
    full: bool,
    /// Only these: `A1,A28,SEC-55`.
    #[arg(long, value_name = "LIST")]
    only: Option<String>,
    /// Not these, but listed all the same: `A36`.
    #[arg(long, value_name = "LIST")]
    except: Option<String>,
    /// Also write the outcome to this file, as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

pub fn run(attack: &Attack) -> Result<()> {
    let Some(target) = &attack.target else {
        say("No --target: the whole suite, against services of its own");
        return proof::run(attack.full);
    };
    let catcher = attack.catcher.as_ref().context("name the --catcher that the target's messages go to")?;
    say("Building the program that attacks (the first time takes a few minutes)");
    // With the features of `cargo xtask test`, so that nothing is compiled twice.
    run_program(cargo().args(["build", "--locked", "--workspace", "--bins"]))?;
    let mut command = Command::new("target/debug/relatch-attack");
    command.args(["--target", target, "--catcher", catcher]);
    // Not as an argument: those can be seen by everybody on this machine.
    if let Some(secret) = &attack.secret {
        command.env("SPIN_VARIABLE_SETUP_SECRET", secret);
    }
    for (option, value) in [("--origin", &attack.origin), ("--only", &attack.only), ("--except", &attack.except)] {
        if let Some(value) = value {
            command.args([option, value]);
        }
    }
    command.args(attack.full.then_some("--full"));
    if let Some(file) = &attack.json {
        command.arg("--json").arg(file);
    }
    let status = command.status().context("could not start relatch-attack")?;
    // It has said what there is to say.
    if status.success() { Ok(()) } else { std::process::exit(status.code().unwrap_or(1)) }
}
