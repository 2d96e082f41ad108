//! `relatch-attack`: the attacks of the security contract against a running deployment that was made for it, over
//! HTTP alone. `cargo xtask attack` builds and starts it; docs/OPERATIONS.md says how to use it.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command")]
#![allow(clippy::indexing_slicing, reason = "of JSON only: what is not there is null")]

#[macro_use]
mod outcome;
mod abuse;
mod app;
mod browsers;
mod codes;
mod enumeration;
mod flow;
mod inside;
mod list;
mod people;
mod report;
mod target;
mod world;

use anyhow::{Context, Result, bail};
use clap::Parser;
use futures::FutureExt;
use list::{ALL, Probe, Run};
use outcome::{Probed, Stop};
use people::Admin;
use report::Line;
use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use target::{Sink, Target};
use tokio::time::{Instant, timeout_at};
use world::World;

/// Attacks a deployment that was made for it: one that nobody has set up, or that an earlier run has.
#[derive(Parser)]
#[command(name = "relatch-attack")]
struct Arguments {
    /// The deployment: scheme, host and port.
    #[arg(long)]
    target: String,
    /// The message catcher its messages go to.
    #[arg(long)]
    catcher: String,
    /// Its set-up secret; left out, SPIN_VARIABLE_SETUP_SECRET of the environment.
    #[arg(long)]
    secret: Option<String>,
    /// Its public_origin, where that is not --target.
    #[arg(long)]
    origin: Option<String>,
    /// Also what takes minutes: what ends after five, and longer series.
    #[arg(long)]
    full: bool,
    /// Only these: `A1,A28,SEC-55`.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Not these, but listed all the same: `A36`.
    #[arg(long, value_delimiter = ',')]
    except: Vec<String>,
    /// Also write the outcome to this file, as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// True when nothing fell.
async fn run(arguments: Arguments) -> Result<bool> {
    let began = Instant::now();
    let deadline = began + Duration::from_secs(if arguments.full { 3_600 } else { 600 });
    let mut chosen = chosen(&arguments.only)?;
    let except = known(&arguments.except)?;
    let secret = arguments.secret.or_else(|| std::env::var("SPIN_VARIABLE_SETUP_SECRET").ok());
    let secret = secret.filter(|secret| !secret.is_empty());
    let secret = secret.context("the target's set-up secret is needed: --secret, or SPIN_VARIABLE_SETUP_SECRET")?;
    let sink = Sink::look(&arguments.catcher).await?;
    let target = Target::look(&arguments.target, arguments.origin.as_deref()).await?;
    let url = target.url.clone();
    let number = run_number()?;
    let admin = timeout_at(deadline, Admin::arrive(&target, &sink, &secret, number)).await.context("time is up")??;
    let world = World::new(target, sink, arguments.full, admin, number);
    order(&mut chosen, world.target.many_addresses);
    prepare(&world, &chosen, deadline).await?;
    let mut lines = Vec::new();
    for probe in chosen {
        let began = Instant::now();
        let outcome = if except.contains(probe.id) {
            Err(Stop::NotRun("left out with --except".to_owned()))
        } else {
            attempt(&world, probe, deadline).await
        };
        let line = Line::new(probe, outcome, began.elapsed());
        line.print();
        lines.push(line);
    }
    // A probe that was cut short may have left it misbehaving.
    world.sink.fail(false).await?;
    report::print_totals(&lines, began.elapsed());
    if let Some(file) = arguments.json {
        report::write(&file, &url, &lines)?;
    }
    Ok(!lines.iter().any(Line::fell))
}

/// What fits together into the allowance of one address (10 STARTs, 10 SENDs, 20 SIGNINs).
const FROM_ONE_ADDRESS: [&str; 7] = ["A6", "A8", "A24", "A9", "A21", "A15", "A40"];

/// In the order they are run: what sends messages to people comes later, because they have to wait for one. With one
/// address what fits into its allowance comes first, and what uses it up last.
fn order(chosen: &mut [&Probe], many_addresses: bool) {
    let place = |id: &str| FROM_ONE_ADDRESS.iter().position(|first| *first == id).unwrap_or(usize::MAX);
    if many_addresses {
        chosen.sort_by_key(|probe| probe.sends);
    } else {
        chosen.sort_by_key(|probe| (place(probe.id), matches!(probe.id, "A3" | "A32"), probe.people));
    }
}

static PROBES: [Probe; ALL.len()] = ALL;

/// Those that --only names; all, where it names none.
fn chosen(only: &[String]) -> Result<Vec<&'static Probe>> {
    let wanted = known(only)?;
    Ok(PROBES.iter().filter(|probe| wanted.is_empty() || wanted.contains(probe.id)).collect())
}

/// What somebody typed, if these are attacks.
fn known(ids: &[String]) -> Result<HashSet<String>> {
    let ids: HashSet<String> = ids.iter().map(|id| id.trim().to_uppercase()).collect();
    if let Some(unknown) = ids.iter().find(|id| !PROBES.iter().any(|probe| probe.id == **id)) {
        bail!("{unknown}: there is no such attack; they are A1 to A46 and SEC-53, 55, 59, 68, 76");
    }
    Ok(ids)
}

/// A number no other run has.
fn run_number() -> Result<u32> {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
    Ok(u32::from_be_bytes(bytes))
}

/// Reset for everybody, and the people of all probes, where there are enough addresses to make them from.
async fn prepare(world: &World, chosen: &[&Probe], deadline: Instant) -> Result<()> {
    let made = async {
        world.enable_all().await?;
        if world.target.many_addresses {
            let people = chosen.iter().map(|probe| probe.people).sum::<usize>() + 2;
            eprintln!("making {people} people");
            world.prepare(people).await?;
        } else {
            eprintln!("one address only: what needs more than its allowance is not run");
        }
        Ok(())
    };
    let made = timeout_at(deadline, made).await.context("time was up before the first attack")?;
    match made {
        Ok(()) => Ok(()),
        Err(Stop::Fell(said) | Stop::NotRun(said)) => bail!("the target cannot be prepared: {said}"),
    }
}

/// One probe, whatever happens in it.
async fn attempt(world: &World, probe: &Probe, deadline: Instant) -> Probed {
    let run = match probe.run {
        Run::Http(run) => run,
        Run::Never(why) => return Err(Stop::NotRun(why.to_owned())),
    };
    if Instant::now() >= deadline {
        return Err(Stop::NotRun("time is up".to_owned()));
    }
    match timeout_at(deadline, AssertUnwindSafe(run(world)).catch_unwind()).await {
        Ok(Ok(outcome)) => outcome,
        // The connections of a race have no gentler way to fail.
        Ok(Err(_)) => Err(Stop::Fell("a connection broke off".to_owned())),
        Err(_) => Err(Stop::NotRun("time was up in the middle of it".to_owned())),
    }
}
