//! `cargo xtask test`: everything, with one line at the end.

use crate::browser;
use crate::components;
use crate::contract;
use crate::install;
use crate::running::{Running, lines_of};
use crate::shell::{cargo, find, say, this_program};
use anyhow::{Context, Result, bail};
use std::fs::File;
use std::process::{Command, Stdio};

#[derive(clap::Args)]
pub struct Test {
    /// Leave out the browser tests.
    #[arg(long)]
    no_browser: bool,
    /// Only the browser tests, with the programs an earlier run has built.
    #[arg(long, conflicts_with = "no_browser")]
    only_browser: bool,
    /// Also what `cargo xtask check` does, beside the tests, which now and then wait.
    #[arg(long, conflicts_with_all = ["no_browser", "filter"])]
    check: bool,
    /// Only Rust tests whose name contains this.
    filter: Option<String>,
}

/// Passed and failed, over all suites.
#[derive(Default, Clone, Copy)]
pub struct Totals {
    pub passed: u64,
    pub failed: u64,
}

impl Totals {
    pub fn add(&mut self, other: Totals) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

pub fn run(test: &Test) -> Result<()> {
    install::program("npm", "npm", "the pages and the browser tests need npm")?;
    components::build_all()?;
    install::program("redis-server", "redis-server", "the tests run on Redis too")?;
    let mut totals = Totals::default();
    let mut check = None;
    let mut check_beside = || {
        check = test.check.then(Beside::start).transpose()?;
        Ok(())
    };
    if test.only_browser {
        check_beside()?;
    } else {
        build()?;
        totals.add(rust_tests(test.filter.as_deref(), check_beside)?);
    }
    if !test.no_browser && test.filter.is_none() {
        totals.add(browser::tests()?);
        totals.add(contract::tests()?.map(|judged| judged.totals()).unwrap_or_default());
    }
    if let Some(check) = check {
        check.finish()?;
    }
    println!("\n{} passed, {} failed", totals.passed, totals.failed);
    if totals.passed == 0 {
        bail!("no test was run");
    }
    if totals.failed > 0 { bail!("{} tests failed", totals.failed) } else { Ok(()) }
}

/// A check that runs while something else does, and speaks when it is done.
struct Beside {
    check: Running,
}

const SAID: &str = "target/check.log";

impl Beside {
    /// Whoever is tested goes first.
    fn start() -> Result<Self> {
        say("Formatting, lints and licences are checked beside the tests");
        let this = this_program()?;
        let mut command = match find("nice") {
            Some(nice) => {
                let mut command = Command::new(nice);
                command.args(["-n", "19"]).arg(&this);
                command
            }
            None => Command::new(&this),
        };
        let file = File::create(SAID).context(SAID)?;
        command.arg("check").stdout(file.try_clone()?).stderr(file);
        Ok(Self { check: Running::start("the check", &mut command)? })
    }

    fn finish(mut self) -> Result<()> {
        let status = self.check.child.wait()?;
        eprint!("{}", std::fs::read_to_string(SAID)?);
        if status.success() { Ok(()) } else { bail!("the check failed; what it said is above") }
    }
}

/// Everything with one set of features, so that the runtime under the host is compiled once. The browser
/// tests use the programs this leaves behind.
pub fn build() -> Result<()> {
    say("Building the host, the catcher and the tests (the first time takes a while)");
    crate::shell::run(cargo().args(["build", "--workspace", "--bins", "--tests", "--locked"]))
}

/// `begun` is called once they run: from then on nobody builds, so that others may.
fn rust_tests(filter: Option<&str>, begun: impl FnOnce() -> Result<()>) -> Result<Totals> {
    say("Rust tests: rules, contracts, steps, journeys, tidy");
    let mut command = cargo();
    // Not the doc tests: they would link each component as a native library, whose exports no native
    // linker can name.
    command.args(["test", "--workspace", "--lib", "--bins", "--tests", "--locked", "--no-fail-fast"]);
    command.args(filter).env("RUST_TEST_THREADS", threads().to_string());
    let mut child =
        command.stdout(Stdio::piped()).stdin(Stdio::null()).spawn().context("could not start the Rust tests")?;
    let (mut totals, mut begun) = (Totals::default(), Some(begun));
    for line in lines_of(&mut child) {
        if let Some(begun) = begun.take_if(|_| line.starts_with("running ")) {
            begun()?;
        }
        if line.contains("test result:") {
            totals.add(read_cargo(&line));
        }
    }
    if !child.wait()?.success() && totals.failed == 0 {
        bail!("the Rust tests could not be run; see above");
    }
    Ok(totals)
}

/// One more than the machine has cores: a third of the time of two was spent waiting, for clocks, disks and processes.
pub fn threads() -> usize {
    std::thread::available_parallelism().map_or(2, |cores| cores.get()) + 1
}

/// `test result: ok. 12 passed; 0 failed; ...`
fn read_cargo(line: &str) -> Totals {
    let number_before = |word: &str| {
        line.split([';', '.']).find_map(|part| part.trim().strip_suffix(word)?.trim().parse().ok()).unwrap_or(0)
    };
    Totals { passed: number_before("passed"), failed: number_before("failed") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_are_read() {
        let totals = read_cargo(
            "test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.05s",
        );
        assert_eq!((totals.passed, totals.failed), (12, 3));
    }
}
