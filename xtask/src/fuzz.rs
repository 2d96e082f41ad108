//! `cargo xtask fuzz`: LLVM's fuzzer on every parser that sees bytes from outside.

use crate::proof;
use crate::shell::{cargo, find, run as run_program, say};
use anyhow::{Context, Result, anyhow, bail};
use std::io::{BufRead, BufReader};
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::{Command, Stdio};

const VERSION: &str = "0.13.2";
const PROGRAMS: &str = "fuzz/fuzz_targets";
/// What the fuzzer finds worth keeping; what is committed stays small and made by hand.
const FOUND: &str = "target/fuzz/corpus";
const EXECUTIONS: &str = "stat::number_of_executed_units:";

#[derive(clap::Args)]
pub struct Fuzz {
    /// Minutes for each parser.
    #[arg(long, default_value_t = 1.0)]
    minutes: f64,
    /// How many parsers at once.
    #[arg(long, default_value = "1")]
    jobs: NonZeroUsize,
    /// Write the outcome into docs/PROOF.md.
    #[arg(long, conflicts_with = "target")]
    write: bool,
    /// Only this one.
    target: Option<String>,
}

pub fn run(fuzz: &Fuzz) -> Result<()> {
    if find("cargo-fuzz").is_none() {
        say("Installing cargo-fuzz");
        run_program(cargo().args(["install", "--locked", "--quiet", "cargo-fuzz", "--version", VERSION]))?;
    }
    let targets = match &fuzz.target {
        Some(target) => vec![target.clone()],
        None => targets()?,
    };
    // The same versions as in the components.
    std::fs::copy("Cargo.lock", "fuzz/Cargo.lock")?;
    say("Building the parsers for the fuzzer (the first time takes a while)");
    run_program(cargo_fuzz("build").args(fuzz.target.as_ref()))?;
    let seconds = std::time::Duration::try_from_secs_f64(fuzz.minutes * 60.0)?.as_secs().max(1);
    let (mut lines, mut broken) = (Vec::new(), 0);
    for together in targets.chunks(fuzz.jobs.get()) {
        say(&format!("Fuzzing {} for {seconds} s", together.join(", ")));
        for (target, outcome) in together.iter().zip(all(together, seconds)) {
            match outcome {
                Ok(executions) => lines.push(format!("{target}: {executions} executions, 0 failures")),
                Err(error) => {
                    lines.push(format!("{target}: {error:#}"));
                    broken += 1;
                }
            }
        }
    }
    println!("\n{}", lines.join("\n"));
    if fuzz.write {
        proof::record("Fuzzing", &format!("{seconds} seconds for each parser:\n\n- {}\n", lines.join("\n- ")))?;
    }
    if broken > 0 { bail!("{broken} parsers were broken") } else { Ok(()) }
}

fn targets() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(PROGRAMS).context("fuzz/ is missing")? {
        names.extend(entry?.path().file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

/// cargo-fuzz with the compiler that is there: it asks for flags that are not stable, so they are allowed to it alone.
fn cargo_fuzz(what: &str) -> Command {
    let mut command = cargo();
    command.args(["fuzz", what, "--sanitizer", "address", "--target-dir", "target/fuzz"]).env("RUSTC_BOOTSTRAP", "1");
    command
}

/// [`one`] for each, at the same time.
fn all(targets: &[String], seconds: u64) -> Vec<Result<u64>> {
    std::thread::scope(|scope| {
        let running: Vec<_> = targets.iter().map(|target| scope.spawn(move || one(target, seconds))).collect();
        let ended = running.into_iter().map(|one| one.join());
        ended.map(|one| one.unwrap_or_else(|_| Err(anyhow!("its output could not be read")))).collect()
    })
}

/// How often the parser was run. An error when something broke it: the file with the bytes is named above.
fn one(target: &str, seconds: u64) -> Result<u64> {
    let found = Path::new(FOUND).join(target);
    std::fs::create_dir_all(&found)?;
    let mut command = cargo_fuzz("run");
    command.arg(target).arg(found.canonicalize()?).arg(Path::new("fuzz/corpus").join(target));
    command.args(["--", "-print_final_stats=1", "-timeout=10", "-max_len=32768", "-verbosity=0"]);
    command.arg(format!("-max_total_time={seconds}")).stderr(Stdio::piped()).stdin(Stdio::null());
    let mut child = command.spawn().context("could not start cargo-fuzz")?;
    let mut executions = None;
    for line in BufReader::new(child.stderr.take().context("no output")?).lines().map_while(Result::ok) {
        match line.strip_prefix(EXECUTIONS) {
            Some(number) => executions = number.trim().parse().ok(),
            None => eprintln!("{line}"),
        }
    }
    if !child.wait()?.success() {
        bail!("1 failure; the bytes are in fuzz/artifacts/{target}");
    }
    executions.context("the fuzzer said nothing of how often it ran the parser")
}
