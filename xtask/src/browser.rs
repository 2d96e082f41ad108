//! Tests in a browser, pictures and measurements: all need the real thing running.

use crate::check::commit;
use crate::components;
use crate::install;
use crate::portal;
use crate::running::{Running, free_port};
use crate::shell::{run, say};
use crate::state::State;
use crate::test::{self, Totals};
use crate::up::{self, Programs};
use anyhow::{Context, Result, anyhow, bail};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

const FOLDER: &str = "tests/browser";

/// Relatch on a fresh state in a temporary folder, with its catcher.
pub struct Fresh {
    pub state: State,
    pub port: u16,
    pub catcher_port: u16,
    pub host: Running,
    _catcher: Running,
    folder: PathBuf,
}

impl Fresh {
    pub fn start(name: &str) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("relatch-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let (port, catcher_port) = (free_port()?, free_port()?);
        let mut state = up::development_state(&folder, port, catcher_port)?;
        // Every visitor of a measurement comes from an address of their own, as behind a proxy.
        state.set("TRUSTED_PROXIES", "127.0.0.1");
        let catcher = up::start_catcher(Programs::Fast, &state, catcher_port)?;
        let started = |patience: u64| -> Result<Running> {
            let mut host = up::start_host(Programs::Fast, &state, port, "sqlite")?;
            host.wait_for(&format!("http://127.0.0.1:{port}/"), Duration::from_secs(patience))?;
            Ok(host)
        };
        // The first start compiles the components; measured is a host as it runs from day to day.
        started(180)?.stop();
        let host = started(30)?;
        Ok(Self { state, port, catcher_port, host, _catcher: catcher, folder })
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        self.host.stop();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A Relatch in memory with a clock that tests can move: nobody waits half a minute for a second code.
pub struct TestSite {
    child: Child,
    described: serde_json::Value,
}

impl TestSite {
    /// Needs the programs that `cargo xtask test` has built.
    pub fn start() -> Result<Self> {
        let mut command = Command::new("target/debug/relatch-test-site");
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("could not start target/debug/relatch-test-site")?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("no output")?).read_line(&mut line)?;
        let described = serde_json::from_str(&line).context("the test site did not start; what it said is above")?;
        Ok(Self { child, described })
    }

    /// Tells a program that runs in a folder where everything is.
    pub fn describe(&self, command: &mut Command, chromium: &str, folder: &str) {
        let names = [
            ("RELATCH_URL", "url"),
            ("CATCHER_URL", "catcher"),
            ("CLOCK_URL", "clock"),
            ("SETUP_SECRET", "setup_secret"),
            ("SWEEP_SECRET", "sweep_secret"),
        ];
        for (variable, name) in names {
            command.env(variable, self.described(name));
        }
        command.env("CHROMIUM", chromium).current_dir(folder);
    }

    pub fn url(&self) -> &str {
        self.described("url")
    }

    fn described(&self, name: &str) -> &str {
        self.described.get(name).and_then(|value| value.as_str()).unwrap_or_default()
    }
}

impl Drop for TestSite {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Each file of browser tests gets a service of its own: none depends on what another left behind. They wait more than
/// they work, so two run at a time, by name: what takes longest has a name that comes first.
pub fn tests() -> Result<Totals> {
    let chromium = install::chromium()?;
    install::node_packages(Path::new(FOLDER))?;
    let files = Mutex::new(test_files()?.into_iter());
    let next = || files.lock().ok()?.next();
    let worker = || -> Result<Totals> {
        let mut totals = Totals::default();
        while let Some(file) = next() {
            totals.add(test_file(&file, &chromium)?);
        }
        Ok(totals)
    };
    let mut totals = Totals::default();
    let both = std::thread::scope(|scope| [scope.spawn(worker), scope.spawn(worker)].map(|worker| worker.join()));
    for worker in both {
        totals.add(worker.map_err(|_| anyhow!("a browser test's runner broke"))??);
    }
    Ok(totals)
}

/// Runs one file, and shows what it said once it is through.
fn test_file(file: &str, chromium: &str) -> Result<Totals> {
    say(&format!("Browser tests: {file}"));
    let site = TestSite::start()?;
    let mut command = Command::new("node");
    command.args(["--test", "--test-reporter=tap", file]).stdin(Stdio::null()).stderr(Stdio::inherit());
    site.describe(&mut command, chromium, FOLDER);
    let output = command.output().context("could not start node")?;
    let said = String::from_utf8_lossy(&output.stdout);
    println!("# {file}\n{said}");
    let mut totals = Totals::default();
    said.lines().map(read_tap).for_each(|line| totals.add(line));
    totals.failed = totals.failed.max(u64::from(!output.status.success()));
    Ok(totals)
}

fn test_files() -> Result<Vec<String>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(FOLDER).context("tests/browser is missing")? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".test.mjs") {
            files.push(name);
        }
    }
    files.sort();
    if files.is_empty() { bail!("there are no browser tests") } else { Ok(files) }
}

/// `# pass 12`, `# fail 0`
fn read_tap(line: &str) -> Totals {
    let number_after = |word: &str| line.strip_prefix(word).and_then(|rest| rest.trim().parse().ok()).unwrap_or(0);
    Totals { passed: number_after("# pass "), failed: number_after("# fail ") }
}

pub fn screenshots(folder: &Path) -> Result<()> {
    components::build_all()?;
    test::build()?;
    let chromium = install::chromium()?;
    install::node_packages(Path::new(FOLDER))?;
    std::fs::create_dir_all(folder)?;
    let folder = folder.canonicalize()?;
    let site = TestSite::start()?;
    let mut command = Command::new("node");
    command.arg("screenshots.mjs").arg(&folder);
    site.describe(&mut command, &chromium, FOLDER);
    run(&mut command)?;
    say(&format!("Pictures are in {}", folder.display()));
    Ok(())
}

#[derive(clap::Args)]
pub struct Bench {
    /// Journeys at each concurrency.
    #[arg(long, default_value_t = 64)]
    journeys: usize,
    /// The administrator's pages instead, each so many times, with 100 accounts and with 100,000.
    #[arg(long)]
    portal: bool,
    /// Requests of each kind.
    #[arg(long, default_value_t = 50, requires = "portal", value_parser = clap::value_parser!(u16).range(1..=1000))]
    rounds: u16,
    /// Write the figures to bench/README.md.
    #[arg(long)]
    write: bool,
}

/// Drives bench/journeys.mjs against a fresh service.
pub fn bench(bench: &Bench) -> Result<()> {
    if bench.portal {
        return portal::run(bench.rounds.into(), bench.write);
    }
    components::build_all()?;
    up::build_tools(Programs::Fast)?;
    let fresh = Fresh::start("bench")?;
    let mut command = Command::new("node");
    command
        .arg("journeys.mjs")
        .env("RELATCH_URL", format!("http://127.0.0.1:{}", fresh.port))
        .env("RELATCH_ORIGIN", fresh.state.get("PUBLIC_ORIGIN"))
        .env("CATCHER_URL", format!("http://127.0.0.1:{}", fresh.catcher_port))
        .env("SETUP_SECRET", fresh.state.get("SETUP_SECRET"))
        .env("HOST_PID", fresh.host.child.id().to_string())
        .env("DATABASE", fresh.state.folder.join(".spin/sqlite_key_value.db"))
        .env("FOLDER", std::env::temp_dir())
        .env("JOURNEYS", bench.journeys.to_string())
        .env("COMMIT", commit())
        .current_dir("bench");
    if bench.write {
        command.env("WRITE", "README.md");
    }
    run(&mut command)
}
